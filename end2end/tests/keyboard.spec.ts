import type { Locator, Page } from "@playwright/test";
import { button, emailField, heading, hydrated, noteField, passwordField, signedIn, signedOut, titleField } from "../support/page.ts";
import { atEachPlace } from "../support/places.ts";
import { expect, test } from "../support/test.ts";

test("the keyboard alone signs in, writes, edits and deletes a note, and signs out", async ({ page, member }) => {
  const { keyboard } = page;
  await page.goto("/login");
  await hydrated(page);
  await moveTo(emailField(page));
  await keyboard.type(member.email);
  await moveTo(passwordField(page));
  await keyboard.type(member.password);
  await keyboard.press("Enter");
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeFocused();

  await moveTo(titleField(page));
  await keyboard.type("Milk");
  await moveTo(noteField(page));
  await keyboard.type("one bottle");
  await moveTo(button(page, "Save note"));
  await keyboard.press("Space");
  await expect(heading(page, "Milk")).toBeVisible();
  await expect(titleField(page)).toBeFocused();

  await moveTo(button(page, "Edit Milk"));
  await keyboard.press("Enter");
  await expect(titleField(page)).toBeFocused();
  await keyboard.press("Home");
  await keyboard.type("Oat ");
  await keyboard.press("Enter");
  await expect(heading(page, "Oat Milk")).toBeVisible();
  await expect(button(page, "Edit Oat Milk")).toBeFocused();

  await moveTo(button(page, "Delete Oat Milk"));
  await keyboard.press("Space");
  await expect(button(page, "Really delete? Oat Milk")).toBeFocused();
  await keyboard.press("Space");
  await expect(page.getByText("No notes yet.")).toBeVisible();
  await expect(heading(page, "Your notes")).toBeFocused();

  await moveTo(button(page, "Sign out"), "Shift+Tab");
  await keyboard.press("Enter");
  await signedOut(page);
  await expect(heading(page, "Sign in")).toBeFocused();
});

test("the first Tab reaches the skip link", async ({ page }) => {
  await page.goto("/login");
  await hydrated(page);
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).not.toBeInViewport();
  await page.keyboard.press("Tab");
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(emailField(page)).toBeFocused();
});

atEachPlace(({ name, open }) => {
  test(`${name} is good for fingers at 360 px and does not scroll sideways at 320`, async ({ page, member, server }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await open(page, member, server);
    expect(await page.evaluate(smallTargets)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 256 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    expect(await page.evaluate(cutOff), "a field or a button beyond the edge").toEqual([]);
  });

  test(`${name} keeps still for who wants that, and has borders in forced colours`, async ({ page, member, server }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await open(page, member, server);
    // What has appeared counts among the animations as long as it is there.
    const animations = () => document.getAnimations().map(({ effect }) => Number(effect?.getComputedTiming().activeDuration));
    for (const duration of await page.evaluate(animations)) expect(duration, "no longer than a frame").toBeLessThan(17);
    await page.emulateMedia({ forcedColors: "active" });
    expect(await page.evaluate(withoutBorder)).toEqual([]);
  });
});

/** Presses Tab until it is there. Wherever the focus is on the way can be seen. */
async function moveTo(target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const page: Page = target.page();
  for (let presses = 0; presses < 20; presses++) {
    await page.keyboard.press(key);
    const focused = page.locator(":focus");
    await expect(focused).toBeInViewport();
    await expect(focused).not.toHaveCSS("outline-style", "none");
    await expect(focused).not.toHaveCSS("outline-width", "0px");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  await expect(target, "reached by twenty presses").toBeFocused();
}

// These run in the page, each by itself.

/** What to press is at least 24 by 24 pixels; a link within a sentence is as high as its line. */
function smallTargets(): string[] {
  const within = (link: Element) =>
    getComputedStyle(link).display === "inline" && link.parentElement!.textContent!.trim() !== link.textContent!.trim();
  const targets = [...document.querySelectorAll("a[href], button, input, textarea, select, summary, [tabindex='0']")];
  return targets.flatMap((target) => {
    const { width, height } = target.getBoundingClientRect();
    const fine = (width >= 24 && height >= 24) || !target.checkVisibility({ visibilityProperty: true }) || within(target);
    return fine ? [] : [`${target.outerHTML}: ${width} x ${height}`];
  });
}

function cutOff(): string[] {
  const targets = [...document.querySelectorAll(":is(main, header, .notices) :is(a[href], button, input, textarea, select)")];
  return targets.flatMap((target) => {
    const { left, right } = target.getBoundingClientRect();
    return left >= 0 && right <= innerWidth ? [] : [target.outerHTML];
  });
}

function withoutBorder(): string[] {
  // A box to tick is drawn by the browser, which keeps its edge.
  const fields = "input:not([type=checkbox], [type=radio]), textarea, select";
  const things = [...document.querySelectorAll(`button, .button, ${fields}`)];
  return things.flatMap((thing) => {
    const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(thing);
    const border = borderTopStyle !== "none" && parseFloat(borderTopWidth) >= 1;
    const seen = border && !/^rgba\(.*, 0\)$/.test(borderTopColor) && borderTopColor !== backgroundColor;
    return seen || !thing.checkVisibility({ visibilityProperty: true }) ? [] : [`${thing.outerHTML}: ${borderTopColor}`];
  });
}
