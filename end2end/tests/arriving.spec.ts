// Ways to arrive at a page: links from other sites (SameSite=Strict), prerendering, the back/forward cache.

import { chromium, type Browser, type Page } from "@playwright/test";
import { inChromium } from "../playwright.config.ts";
import { Traffic } from "../support/network.ts";
import { otherSite } from "../support/other-site.ts";
import { alsoOn, heading, hydrated, signedIn, signedOut, signIn, signOut, titleField, withoutChannel, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";
import { Witness } from "../support/witness.ts";

test("a link from another site opens a signed-in page without a glimpse of the login form", async ({ page, context, member, server }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const site = await otherSite(`<a href="${server.url}/notes">your notes</a>`);
  await page.goto(site.url);
  const witness = await Witness.of(context);
  const traffic = new Traffic(context);
  await page.getByRole("link", { name: "your notes" }).click();
  await signedIn(page);
  await expect(heading(page, "Milk")).toBeVisible();
  expect(witness.saw()).toEqual([]);
  expect(await traffic.pathsWith("cookie", "__Secure-refresh-")).toEqual(["/api/auth/refresh"]);
  site.close();
});

test("a prerendered page does not refresh before it is shown", async ({ page, context, member, wire }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const before = wire.statuses("/api/auth/refresh").length;
  const witness = await Witness.of(context);
  // Playwright has no access to a page that Chromium prerenders, so the test simulates the API.
  await page.addInitScript(() => {
    let prerendering = true;
    Object.defineProperty(Document.prototype, "prerendering", { get: () => prerendering });
    document.addEventListener("prerenderingchange", () => (prerendering = false), { capture: true });
  });
  await page.goto("/notes");
  await hydrated(page);
  await expect(page.getByText("Restoring your session…")).toBeVisible();
  expect(wire.statuses("/api/auth/refresh").length).toBe(before);

  await page.evaluate(() => document.dispatchEvent(new Event("prerenderingchange")));
  await signedIn(page);
  await expect(heading(page, "Milk")).toBeVisible();
  expect(wire.statuses("/api/auth/refresh").length).toBe(before + 1);
  expect(witness.saw()).toEqual([]);
});

/** Simulates the restore from the back/forward cache. Returns the text that the page shows at the next frame. */
const restoreFromCache = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    await new Promise(requestAnimationFrame);
    return document.body.innerText;
  });

test.describe("a page from the back/forward cache", () => {
  // Where the session hint is gone, the page asks the server.
  test.use({ expectedComplaints: [401] });
  // A frozen page receives no messages.
  test.beforeEach(async ({ page }) => void (await withoutChannel(page)));

  test("shows nothing private after a sign-out in another tab", async ({ page, context, member }) => {
    await signIn(page, member);
    await writeNote(page, "Milk", "for nobody else");
    const other = await alsoOn(context, "/notes");
    const told = other.waitForResponse("**/api/auth/logout");
    await signOut(other);
    await told;
    expect(await restoreFromCache(page)).not.toContain("for nobody else");
    await signedOut(page);
    await expect(heading(page, "Your session has ended")).toBeVisible();
  });

  test("shows nothing private before the session is restored", async ({ page, member, wire }) => {
    await signIn(page, member);
    await writeNote(page, "Milk", "for nobody else");
    await titleField(page).fill("Honey");
    const refresh = wire.hold("/api/auth/refresh");
    expect(await restoreFromCache(page)).not.toContain("for nobody else");
    await expect(page.getByText("Restoring your session…")).toBeVisible();
    refresh.release();
    await expect(page.getByText("for nobody else")).toBeVisible();
    await expect(titleField(page)).toHaveValue("Honey");
  });
});

test.describe("Back, in a Chromium with the back/forward cache", () => {
  let browser: Browser;
  test.beforeAll(async () => {
    browser = await chromium.launch({
      ...inChromium.use?.launchOptions,
      ignoreDefaultArgs: ["--disable-back-forward-cache"],
    });
  });
  test.afterAll(() => browser.close());

  test("after a sign-out in another tab shows nothing private", async ({ member, server }) => {
    const context = await browser.newContext({ baseURL: server.url, locale: "en-GB" });
    const page = await context.newPage();
    await signIn(page, member);
    await writeNote(page, "Milk", "for nobody else");
    const site = await otherSite("nothing of ours");
    await page.goto(site.url);
    const other = await alsoOn(context, "/notes");
    const told = other.waitForResponse("**/api/auth/logout");
    await signOut(other);
    await told;

    await page.goBack();
    await signedOut(page);
    await expect(heading(page, "Sign in")).toBeVisible();
    expect(await page.content()).not.toContain("for nobody else");
    site.close();
    await context.close();
  });
});
