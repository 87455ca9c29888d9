// The lessons: text with recorded runs, on a server without the lab.

import { violations, WCAG } from "../support/axe.ts";
import { expect, test } from "../support/test.ts";

const RULES = [...WCAG, "best-practice"];

/** The addresses of all lessons, in the order of the course. */
const LESSONS = '.paths section:last-child a[href^="/learn/"]';

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the course is read from the first lesson to the last, with a picture and a story of each step", async ({ page }) => {
    await page.goto("/learn");
    const lessons = await page.locator(LESSONS).evaluateAll((links) => links.map((link) => link.getAttribute("href")!));
    expect(lessons).toHaveLength(13);
    await page.locator(LESSONS).first().click();
    for (const [index, lesson] of lessons.entries()) {
      await expect(page).toHaveURL(lesson);
      const steps = await page.locator(".step").count();
      expect(steps > 0).toBe(index < 12);
      await expect(page.locator(".step svg.run")).toHaveCount(steps);
      await expect(page.locator(".step .story")).toHaveCount(steps);
      // There is no lab to run it in.
      await expect(page.getByRole("link", { name: "Run it in the lab" })).toHaveCount(0);
      if (index + 1 < lessons.length) await page.locator(".around .next").click();
    }
    await expect(page.locator(".around .next")).toHaveCount(0);
  });

  test("a guess shows its reply, and a term its meaning, by keyboard alone", async ({ page }) => {
    await page.goto("/learn/two-tabs");
    const guess = page.getByText("Both get the same next token.");
    await guess.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByText("Whichever answer comes last, the jar holds the right one.")).toBeVisible();
    const term = page.locator('a.term[href="#word-cookie-jar"]');
    await term.focus();
    const shown = await term.evaluate((link) => getComputedStyle(link, "::after").content);
    expect(shown).toContain("The place where a browser keeps its cookies");
    await page.keyboard.press("Enter");
    await expect(page.locator("#word-cookie-jar")).toBeInViewport();
  });

  test("a step has an address of its own, and a frame for other sites", async ({ page }) => {
    await page.goto("/learn/two-tabs");
    await page.getByRole("link", { name: "This step alone" }).click();
    await expect(page).toHaveURL("/learn/two-tabs/race");
    await expect(page.locator("svg.run")).toHaveCount(1);
    await page.goto("/embed/two-tabs/race");
    await expect(page.getByRole("img")).toBeVisible();
    await expect(page.getByRole("listitem").first()).toHaveText("The access token had expired, so the server answered 401.");
  });
});

for (const path of ["/learn", "/learn/stolen-refresh-token", "/learn/two-tabs/race", "/embed/two-tabs/race"]) {
  test(`${path} passes axe in both themes, fits small screens and loads no program`, async ({ page }) => {
    const programs: string[] = [];
    page.on("request", (request) => {
      if (["script", "fetch"].includes(request.resourceType())) programs.push(request.url());
    });
    await page.goto(path);
    for (const width of [320, 360, 1440]) {
      await page.setViewportSize({ width, height: 740 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width} pixels`).toBeLessThanOrEqual(width);
    }
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page, RULES), colorScheme).toEqual([]);
    }
    expect(programs).toEqual([]);
  });
}
