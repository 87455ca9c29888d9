import { expect, test } from "../support/test.ts";
import { openLab, press, outcome } from "../support/lab.ts";
test.use({ settings: { lab: true }, expectedComplaints: [401, 403, 404, 429, 503, "Content Security Policy", "ERR_FAILED", "ERR_BLOCKED_BY_RESPONSE", "beacon"], expectsReuse: false });
const OUT = "/tmp/labpage-shots";
for (const [w, h] of [[1440, 900], [1280, 720], [360, 740]] as const) {
  test(`shots ${w}`, async ({ page }) => {
    test.setTimeout(200_000);
    await page.setViewportSize({ width: w, height: h });
    const both = async (name: string, full = false) => {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: `${OUT}/${name}-${w}-${colorScheme}.png`, fullPage: full, animations: "disabled" });
      }
    };
    const next = page.locator("#next");
    const ready = async () => { await expect(next).toBeVisible({ timeout: 40_000 }); await expect(next).not.toHaveAttribute("aria-disabled", "true", { timeout: 60_000 }); };
    await page.goto("/lab");
    await expect(page.locator(".first-view .primary")).not.toHaveAttribute("aria-disabled", "true", { timeout: 20_000 });
    await both("first");
    await page.goto("/lab?scene=silent-refresh");
    await ready();
    await both("before");
    await next.click(); await ready();
    await both("after");
    if (w === 360) await both("after-full", true);
    await page.getByRole("button", { name: "Sequence", exact: true }).click();
    await both("sequence");
    await page.getByRole("button", { name: "Map", exact: true }).click();
    if (w !== 1280) {
      await page.goto("/lab?scene=another-site");
      await ready(); await next.click(); await ready();
      await both("attack");
      await page.goto("/lab?scene=two-tabs");
      await ready(); await next.click(); await ready();
      await both("tabs");
      await page.locator("#lab .break").scrollIntoViewIfNeeded();
      await both("tabs-why");
      await page.goto("/lab?view=free"); await expect(page.locator(".actions-panel")).toBeVisible();
      await both("free", w === 360);
    }
    await page.goto("/lab?view=presenter&scene=silent-refresh");
    await ready(); await next.click(); await ready();
    await both("presenter");
  });
}
