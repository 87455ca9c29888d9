// The lab on one screen: its scenes, the first view, the modes, the presenter view, the phone.

import type { Locator, Page } from "@playwright/test";
import { violations, WCAG } from "../support/axe.ts";
import { actions, inShort, log, openLab, outcome, press, tab } from "../support/lab.ts";
import { NO_NETWORK } from "../support/network.ts";
import { expect, test } from "../support/test.ts";

const PROVOKED = [401, 403, 404, 429, 503, ...NO_NETWORK, "Content Security Policy", "ERR_FAILED", "ERR_BLOCKED_BY_RESPONSE", "beacon"];

test.use({ settings: { lab: true }, expectedComplaints: PROVOKED });
test.describe.configure({ timeout: 90_000 });

const next = (page: Page): Locator => page.locator("#next");
const told = (page: Page): Locator => page.locator(".told li");
const status = (page: Page): Locator => page.locator(".status-line");

async function openScene(page: Page, id: string, view = ""): Promise<void> {
  await page.goto(`/lab?${view}scene=${id}`);
  await isReady(page);
}

async function isReady(page: Page): Promise<void> {
  await expect(next(page)).toBeVisible({ timeout: 30_000 });
  await expect(next(page)).not.toHaveAttribute("aria-disabled", "true", { timeout: 45_000 });
}

async function advance(page: Page): Promise<void> {
  await isReady(page);
  await next(page).click();
  await expect(next(page)).toHaveAttribute("aria-disabled", "true");
  await isReady(page);
}

/** Whether an element is inside the window, whole. */
async function inSight(page: Page, element: Locator): Promise<boolean> {
  const [box, size] = [await element.boundingBox(), page.viewportSize()!];
  return !!box && box.y >= 0 && box.x >= 0 && box.y + box.height <= size.height + 1 && box.x + box.width <= size.width + 1;
}

const scrolled = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);

const SILENT = [
  "The access token had expired, so the server answered 401.",
  "The browser added refresh token 0 to the refresh call.",
  "The server rotated it: refresh token 1 replaces 0.",
  "The call was sent again and answered 200. Nothing typed was lost.",
];

test("the first view is an empty map and one button, which plays a silent refresh", async ({ page }) => {
  await page.goto("/lab");
  const watch = page.getByRole("button", { name: "Watch a silent refresh (20 seconds)" });
  await expect(watch).not.toHaveAttribute("aria-disabled", "true");
  await expect(tab(page).locator("html")).toHaveAttribute("data-hydrated", "true", { timeout: 15_000 });
  await expect(page.locator('iframe[name="tab"]')).toBeHidden();
  await expect(page.locator(".coin")).toHaveCount(0);
  await watch.click();
  await expect(outcome(page)).toContainText("Nothing typed was lost.", { timeout: 60_000 });
  await expect(told(page)).toHaveText(SILENT);
  await expect(page).toHaveURL("/lab?scene=silent-refresh");
  await expect(tab(page).getByRole("textbox", { name: "Title", exact: true })).toHaveValue("1 kg mango, 2 l ");
  await expect(next(page)).toHaveText(/^Next: /);
});

test("a scene asks, runs, and says why and what it does not protect against", async ({ page }) => {
  await openScene(page, "two-tabs");
  await page.getByRole("button", { name: "It takes the second for a thief." }).click();
  await expect(page.getByText("A strict server does, and signs honest people out at random.")).toBeVisible();
  await page.getByRole("button", { name: "Both get the same next token." }).click();
  await expect(page.getByText("✓ Right.")).toBeVisible();
  await advance(page);
  await expect(page.getByRole("heading", { name: "Why", exact: true })).toBeVisible();
  await expect(page.locator(".links li").first()).toBeVisible();
  await expect(page.getByRole("heading", { name: "What this does not protect against" })).toBeVisible();
});

test.describe(() => {
  test.use({ expectsReuse: true });
  test("without the defence the other result stands beside the first", async ({ page }) => {
    await openScene(page, "two-tabs");
    await advance(page);
    await expect(told(page).filter({ hasText: "Within 10 s that is no theft" })).toHaveCount(1);
    await page.getByRole("button", { name: /^Run without: / }).click();
    await isReady(page);
    await expect(page.locator(".both .with")).toContainText("Within 10 s that is no theft", { timeout: 45_000 });
    await expect(page.locator(".both .without")).toContainText("without the grace, a second use counts as theft");
    await expect(status(page)).toContainText("A defence is off.");
    await status(page).getByRole("button", { name: "Restore" }).click();
    await expect(status(page)).not.toContainText("A defence is off.");
  });
});

test("without single-flight or stored sessions a scene ends as it says, at the step where the runs differ", async ({ page }) => {
  test.setTimeout(90_000);
  for (const [scene, told, steps] of [
    ["restart", ["in its memory alone, so they are gone", "The server knew no such session any more"], 3],
    ["fifty-calls", ["Each of the 50 calls refreshed for itself", "takes that for a race", "All 50 calls were sent again and answered 200."], 1],
  ] as const) {
    await openScene(page, scene);
    for (let step = 0; step < steps; step++) await advance(page);
    await page.getByRole("button", { name: /^Run without: / }).click();
    for (const sentence of told) await expect(page.locator(".both .without")).toContainText(sentence, { timeout: 45_000 });
    await expect(page.locator(".transport .problem")).toHaveCount(0);
  }
});

test("a scene is run, looked back at and broken by keyboard alone", async ({ page }) => {
  const press = async (target: Locator) => {
    for (let steps = 0; !(await target.evaluate((element) => element === document.activeElement)); steps++) {
      expect(steps, "the keyboard does not reach it").toBeLessThan(120);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
  };
  await openScene(page, "sign-out");
  await press(page.locator(".answers button").first());
  await expect(page.locator(".reply")).toBeVisible();
  for (let step = 1; step <= 4; step++) {
    await isReady(page);
    await press(next(page));
    await expect(next(page)).toHaveAttribute("aria-disabled", "true");
  }
  await isReady(page);
  await press(told(page).first().getByRole("button"));
  await expect(status(page)).toContainText("You look back at event");
  await press(status(page).getByRole("button", { name: "Back to live" }));
  await expect(status(page)).not.toContainText("You look back");
  await press(page.getByRole("button", { name: /^Run without: / }));
  await expect(status(page)).toContainText("A defence is off.", { timeout: 30_000 });
  await expect(page.locator(".both .without")).toBeVisible({ timeout: 45_000 });
});

test.describe(() => {
  test.use({ expectsReuse: true });
  test.skip(process.env.E2E_SOAK !== "1", "make soak: every scene over HTTP is in make test");
  test("a browser goes through the whole course, and each step tells what it must", async ({ page }) => {
    test.setTimeout(600_000);
    const scenes: { title: string; run: { id: string }[] }[] = await (await page.request.get("/lab/scenes.json")).json();
    await openScene(page, "sign-in");
    for (const scene of scenes.filter(({ run }) => run.length > 0)) {
      await expect(page.locator("#lesson-title")).toHaveText(scene.title);
      for (const _ of scene.run) {
        await advance(page);
        await expect(page.locator(".transport .problem")).toHaveCount(0);
        await expect(told(page)).not.toHaveCount(0);
      }
      await expect(page.getByRole("heading", { name: "What this does not protect against" })).toBeVisible();
      await page.getByRole("button", { name: /^Run without: / }).click();
      await expect(page.locator(".both .without li").first()).toBeVisible({ timeout: 45_000 });
      await expect(page.locator(".transport .problem")).toHaveCount(0);
      await isReady(page);
      await next(page).click();
    }
    await expect(page.locator("#lesson-title")).toHaveText(scenes.at(-1)!.title);
  });
});

test("a broken network is named in one line, with the way out, and a lever is found by a word", async ({ page }) => {
  await openLab(page);
  const search = page.getByRole("searchbox", { name: "Search the levers" });
  const levers = actions(page).getByRole("button");
  for (const [lever, mode] of [
    ["Go offline", "The browser is offline."],
    ["Answer 503", "Every answer is 503."],
    ["Answer 429", "Every answer is 429."],
  ] as const) {
    await search.fill(lever.toLowerCase());
    await expect(levers).toHaveText([lever]);
    await levers.click();
    await expect(status(page)).toContainText(mode);
    await status(page).getByRole("button", { name: "Restore" }).click();
    await expect(status(page)).not.toContainText(mode);
  }
  await search.fill("no lever is called this");
  await expect(levers).toHaveCount(0);
});

test("a scene begins in an empty sandbox, and the rail leads to the others", async ({ page }) => {
  await openLab(page);
  await press(page, "Sign in");
  const before = await page.locator('iframe[name="tab"]').getAttribute("src");
  await page.getByRole("button", { name: "Scenes", exact: true }).click();
  const rail = page.getByRole("navigation", { name: "Scenes" });
  await expect(rail.getByRole("link")).toHaveCount(13);
  await expect(rail.getByRole("heading")).toHaveText(["Everyday", "Accidents", "Attacks", "Beyond"]);
  await rail.getByRole("link").first().click();
  await isReady(page);
  await expect(page.locator('iframe[name="tab"]')).not.toHaveAttribute("src", before!);
  expect(inShort(await log(page)).filter((line) => line.includes("/api/auth/login"))).toEqual([]);
  await expect(page).toHaveURL("/lab?scene=sign-in");
});

for (const [width, height] of [[1366, 768], [1100, 700], [1920, 1080]] as const) {
  test(`at ${width} by ${height} the page does not scroll, and stage and story are in sight`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openScene(page, "silent-refresh");
    await advance(page);
    expect(await scrolled(page)).toBeLessThanOrEqual(0);
    for (const part of [".stage", ".lesson", ".transport", ".rail", ".inspector"]) {
      expect(await inSight(page, page.locator(part)), part).toBe(true);
    }
    for (const line of await told(page).all()) expect(await inSight(page, line)).toBe(true);
    // Both tokens, with their claims closed.
    for (const half of await page.locator(".tokens .half").all()) expect(await inSight(page, half)).toBe(true);
  });
}

test("no lane of the diagram is cut, equal calls are one arrow, and it begins at the cause", async ({ page }) => {
  await page.setViewportSize({ width: 1366, height: 768 });
  await openScene(page, "fifty-calls");
  await advance(page);
  await page.getByRole("button", { name: "Sequence", exact: true }).click();
  const drawing = page.locator(".sequence .scroll");
  await expect(drawing.getByText("50 × GET /api/notes/list", { exact: true })).toHaveCount(2);
  const cut = await drawing.evaluate((box) => [box.scrollWidth - box.clientWidth, box.scrollTop]);
  expect(cut).toEqual([0, 0]);
  await expect(drawing.locator(".step").first()).toContainText("50 calls at once");
});

test("neither the focus nor the page moves while something happens in a frame", async ({ page }) => {
  await page.setViewportSize({ width: 1366, height: 768 });
  await openScene(page, "two-tabs");
  await next(page).focus();
  await page.keyboard.press("Enter");
  await expect(next(page)).toHaveAttribute("aria-disabled", "true");
  await isReady(page);
  await expect(next(page)).toBeFocused();
  expect(await page.evaluate(() => [window.scrollY, document.querySelector(".lab")!.scrollTop])).toEqual([0, 0]);
});

test("the presenter view fits 1280 by 720, tells in 28 pixels, and obeys a clicker", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  await openScene(page, "silent-refresh", "view=presenter&");
  await page.keyboard.press("Space");
  await expect(told(page)).toHaveText(SILENT, { timeout: 45_000 });
  await isReady(page);
  expect(await scrolled(page)).toBeLessThanOrEqual(0);
  const size = await told(page).first().evaluate((line) => Number.parseFloat(getComputedStyle(line).fontSize));
  expect(size).toBe(28);
  for (const part of [page.locator(".stage"), page.locator('iframe[name="tab"]'), told(page).first()]) {
    expect(await inSight(page, part)).toBe(true);
  }
  await page.keyboard.press("PageUp");
  await expect(told(page).locator("[aria-current]")).toHaveCount(1);
  await page.keyboard.press("PageDown");
  await expect(status(page)).not.toContainText("You look back");
  await page.keyboard.press("b");
  await expect(page.getByRole("img", { name: "Blank" })).toBeVisible();
  await page.keyboard.press("b");
  await expect(page.getByRole("img", { name: "Blank" })).toBeHidden();
});

test("on a phone stage and story come first, and the main button stays at the lower edge", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openScene(page, "silent-refresh");
  await advance(page);
  const button = await next(page).boundingBox();
  expect(button!.y + button!.height).toBeGreaterThan(700);
  const stage = await page.locator(".stage").boundingBox();
  const story = await page.locator(".lesson").boundingBox();
  expect(stage!.y).toBeLessThan(story!.y);
  expect(story!.y).toBeLessThan(640);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test("the page has five sizes of type at most, and passes axe in both themes", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openScene(page, "silent-refresh");
  await advance(page);
  const sizes = await page.evaluate(() => {
    const found = new Set<string>();
    for (const element of document.querySelectorAll(".lab *")) {
      const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim());
      if (hasText) found.add(getComputedStyle(element).fontSize);
    }
    return [...found];
  });
  expect(sizes.length, sizes.join(", ")).toBeLessThanOrEqual(5);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await violations(page, WCAG), colorScheme).toEqual([]);
  }
});

test("in German no panel, no label and no text of a scene is English, a digit chooses a scene, and a term has its meaning", async ({ page, context }) => {
  await openScene(page, "silent-refresh");
  await page.getByRole("button", { name: "Deutsch" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page).toHaveURL("/lab?scene=silent-refresh");
  await expect(page.getByRole("heading", { name: "Stilles Erneuern: Nichts Getipptes geht verloren" })).toBeVisible({ timeout: 30_000 });
  await isReady(page);
  await expect(next(page)).toHaveText("Ablaufen lassen");
  await next(page).focus();
  await page.keyboard.press("9");
  await expect(page).toHaveURL("/lab?scene=stolen-refresh-token");
  await isReady(page);
  const term = page.locator(".lesson .term").first();
  await term.focus();
  const shown = await term.evaluate((link) => getComputedStyle(link, "::after").content);
  expect(shown).toContain((await term.getAttribute("data-meaning"))!.replaceAll("\"", "\\\""));
  expect(await term.getAttribute("href")).toMatch(/^\/learn#word-/);
  await advance(page);
  await page.getByRole("button", { name: "Ablauf", exact: true }).click();
  await expect(page.locator(".sequence .twin li").first()).toBeAttached();
  const english = / (the|is|and|of|with|has|token) |\b(You|The|It|This|That) /;
  for (const panel of await page.getByRole("tab").all()) {
    await panel.click();
    expect(await page.locator("#inspector").innerText()).not.toMatch(english);
    const cut = await page.locator("#inspector").evaluate((panel) => [panel, ...panel.querySelectorAll("*")]
      .filter((part) => part.clientWidth > 0 && part.scrollWidth > part.clientWidth).map((part) => part.className));
    expect(cut).toEqual([]);
  }
  expect(await page.locator(".lesson, .sequence, .transport, .rail").allInnerTexts().then((all) => all.join("\n"))).not.toMatch(english);
  await context.clearCookies();
});
