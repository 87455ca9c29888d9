// A class follows a presenter on its phones.

import { violations, WCAG } from "../support/axe.ts";
import { openSignedIn, press } from "../support/lab.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: { lab: true }, expectedComplaints: [401, 404] });
test.describe.configure({ timeout: 60_000 });

test("a phone with the code sees what the presenter does, and finds the lessons without scripts", async ({ page, context, browser, server }) => {
  await openSignedIn(page);
  const opened = context.waitForEvent("page");
  await page.getByRole("button", { name: "Let others follow" }).click();
  const shared = await opened;
  await shared.waitForURL(/\/follow\/\w{10}$/);
  const code = (await shared.locator(".code strong").textContent())!;

  const phone = await browser.newContext({ baseURL: server.url, viewport: { width: 320, height: 640 }, locale: "de-DE" });
  const follower = await phone.newPage();
  await follower.goto("/follow");
  await follower.getByLabel("Der Code der vortragenden Person").fill(code.toLowerCase());
  await follower.getByRole("button", { name: "Folgen" }).click();
  await expect(follower.locator(".story li").first()).toBeVisible();
  await press(page, "Expire the access token now");
  await expect(follower.locator(".story")).toContainText("Refresh-Token 1", { timeout: 2_000 });
  await expect(follower.getByRole("img", { name: "Was die letzte Aktion bewirkt hat" })).toBeVisible();
  expect(await follower.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  for (const theme of ["light", "dark"] as const) {
    await follower.emulateMedia({ colorScheme: theme });
    expect(await violations(follower, WCAG)).toEqual([]);
  }

  await follower.goto("/follow/0000000000");
  await expect(follower.getByRole("alert")).toContainText("Keine Vorführung hat diesen Code.");
  await phone.close();
  const plain = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false, locale: "en-GB" });
  const still = await plain.newPage();
  await still.goto(shared.url());
  await still.getByRole("main").getByRole("link", { name: "Lessons" }).click();
  await expect(still).toHaveURL("/learn");
  await plain.close();
});
