// Accessibility (WCAG 2.2 AA) of every page in every state: axe in both themes, target size, reflow, reduced motion and
// forced colours.

import { violations, WCAG } from "../support/axe.ts";
import { cookieAt, emailField, hydrated } from "../support/page.ts";
import { atEachPlace } from "../support/places.ts";
import { expect, test } from "../support/test.ts";

const RULES = [...WCAG, "best-practice"];
const PHONE = { width: 360, height: 740 };
/** WCAG 1.4.10: 1280 by 1024 at 400 %. */
const REFLOW = { width: 320, height: 256 };
const DESKTOP = { width: 1280, height: 720 };

test.use({ expectedComplaints: [401] });

atEachPlace(({ name, open }) => {
  test(`${name} passes axe in both themes, fits small screens, keeps still and has borders in forced colours`, async ({
    page,
    member,
    server,
  }) => {
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await open(page, member, server);
    // A finished animation is listed as long as its element exists.
    const animations = () => document.getAnimations().map(({ effect }) => Number(effect?.getComputedTiming().activeDuration));
    for (const duration of await page.evaluate(animations)) expect(duration, "no longer than a frame").toBeLessThan(17);
    expect(await page.evaluate(smallTargets)).toEqual([]);
    expect(await page.evaluate(missingIcons), "each icon is in the sprite").toEqual([]);

    await page.setViewportSize(REFLOW);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(REFLOW.width);
    expect(await page.evaluate(cutOff), "a field or a button beyond the edge").toEqual([]);

    await page.setViewportSize(DESKTOP);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page, RULES), colorScheme).toEqual([]);
    }
    await page.emulateMedia({ forcedColors: "active" });
    expect(await page.evaluate(withoutBorder)).toEqual([]);
  });
});

test("the page that restores the session passes axe", async ({ page, context, wire, baseURL }) => {
  // The session hint cookie alone makes the page wait for a refresh.
  await context.addCookies([{ name: cookieAt(baseURL!, "two_tokens_signed_in"), value: "1", url: baseURL! }]);
  const refresh = wire.hold("/api/auth/refresh");
  await page.goto("/notes");
  await expect(page.getByText("Restoring your session…")).toBeVisible();
  expect(await violations(page, RULES)).toEqual([]);
  refresh.release();
  await expect(page).toHaveURL("/login?next=%2Fnotes");
});

test("axe finds a missing label", async ({ page }) => {
  await page.goto("/login");
  await hydrated(page);
  await emailField(page).evaluate((field: HTMLInputElement) => field.labels![0]!.remove());
  expect(await violations(page, RULES)).toEqual([expect.stringMatching(/^label: .* at #email$/)]);
});

// The functions below run in the page, so each is self-contained.

/** A target is at least 24 by 24 pixels (WCAG 2.5.8); a link within a sentence is as high as its line. */
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
  // The browser draws check boxes and keeps their edge.
  const fields = "input:not([type=checkbox], [type=radio]), textarea, select";
  const things = [...document.querySelectorAll(`button, .button, ${fields}`)];
  return things.flatMap((thing) => {
    const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(thing);
    const border = borderTopStyle !== "none" && parseFloat(borderTopWidth) >= 1;
    const seen = border && !/^rgba\(.*, 0\)$/.test(borderTopColor) && borderTopColor !== backgroundColor;
    return seen || !thing.checkVisibility({ visibilityProperty: true }) ? [] : [`${thing.outerHTML}: ${borderTopColor}`];
  });
}

function missingIcons(): string[] {
  const names = [...document.querySelectorAll("use")].map((use) => `${use.getAttribute("href")}`);
  return names.filter((name) => !document.querySelector(`symbol${name}`));
}
