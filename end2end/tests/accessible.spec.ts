import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { emailField, hydrated } from "../support/page.ts";
import { atEachPlace } from "../support/places.ts";
import { expect, test } from "../support/test.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

test.use({ expectedComplaints: [401] });

atEachPlace(({ name, open }) => {
  test(`axe finds nothing wrong with ${name}, in light and in dark`, async ({ page, member, server }) => {
    await open(page, member, server);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findings(page), colorScheme).toEqual([]);
    }
  });
});

test("axe finds nothing wrong with the wait for a session", async ({ page, context, wire, baseURL }) => {
  // The hint alone makes the page wait for an answer.
  await context.addCookies([{ name: "signed_in", value: "1", url: baseURL! }]);
  const refresh = wire.hold("/api/auth/refresh");
  await page.goto("/notes");
  await expect(page.getByText("Restoring your session…")).toBeVisible();
  expect(await findings(page)).toEqual([]);
  refresh.release();
  await expect(page).toHaveURL("/login?next=%2Fnotes");
});

test("axe does find what is wrong", async ({ page }) => {
  await page.goto("/login");
  await hydrated(page);
  await emailField(page).evaluate((field: HTMLInputElement) => field.labels![0]!.remove());
  expect(await findings(page)).toEqual([expect.stringMatching(/^label: .* at #email$/)]);
});

/** What is wrong and where, when what appears has appeared. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return violations.map(({ id, help, nodes }) => `${id}: ${help} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}
