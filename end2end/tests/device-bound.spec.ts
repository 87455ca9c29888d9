// Device-bound sessions, with Chromium's own implementation: it makes a key (in software here), binds the session to it, and renews the
// bound cookie before it sends a refresh.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "@playwright/test";
import { fullChromium, inChromium } from "../playwright.config.ts";
import { speak } from "../support/language.ts";
import { NO_NETWORK } from "../support/network.ts";
import { alsoOn, button, cookieAt, fillIn, heading, hydrated, reload, signedIn, signedOut, signIn, signOut, writeNote } from "../support/page.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";
import type { Wire } from "../support/wire.ts";

const BIND = "/api/auth/bind";
const RENEW = "/api/auth/bound";
const REFRESH = "/api/auth/refresh";
/** Longer than a bound cookie counts on the server, in seconds. */
const PAST_THE_COOKIE = 6 * 60;

const plain = inChromium.use?.launchOptions;
const FEATURES = "DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting";

const bindsSessions = {
  ...plain,
  ...(fullChromium ? { executablePath: fullChromium } : {}),
  args: [...(plain?.args ?? []), `--enable-features=${FEATURES}`],
};

test.use({
  launchOptions: bindsSessions,
  expectedComplaints: [401, 403, 500, ...NO_NETWORK],
});

/** The browser has bound its session, which it does beside everything else. */
async function bound(context: BrowserContext, { url }: Server, wire: Wire): Promise<void> {
  await expect.poll(() => wire.statuses(BIND)).toEqual([200]);
  const names = async () => (await context.cookies()).map(({ name }) => name);
  await expect.poll(names).toContain(cookieAt(url, "__Secure-bound"));
}

async function signInBound(page: Page, person: Parameters<typeof signIn>[1], server: Server, wire: Wire): Promise<void> {
  await signIn(page, person);
  await bound(page.context(), server, wire);
}

/** Lets the bound cookie run out, for the browser and for the server. */
async function runOut(context: BrowserContext, server: Server): Promise<void> {
  await server.later(PAST_THE_COOKIE);
  await context.clearCookies({ name: cookieAt(server.url, "__Secure-bound") });
}

const authState = (page: Page) => page.locator("html").getAttribute("data-auth-state");

test("a sign-in binds the session, the list of browsers says so, and calls are never held for it", async ({ page, context, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await page.goto("/sessions");
  await expect(page.getByRole("listitem").filter({ hasText: "This browser" })).toContainText("bound to this device");
  await runOut(context, server);
  const renewals = wire.statuses(RENEW).length;
  await page.getByRole("link", { name: "Notes" }).first().click();
  await writeNote(page, "Milk");
  expect(wire.statuses(RENEW).length).toBe(renewals);
});

test("a registration binds the session", async ({ page, context, newcomer, server, wire }) => {
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, newcomer);
  await button(page, "Create account").click();
  await signedIn(page);
  await bound(context, server, wire);
});

test("a form without scripts binds the session", async ({ browser, member, server, wire }) => {
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto("/login");
  await fillIn(page, member);
  await button(page, "Sign in").click();
  await expect(page).toHaveURL("/notes");
  await bound(context, server, wire);
  await context.close();
});

test("a refresh after the bound cookie ran out is held until it is renewed, and goes through", async ({ page, context, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await writeNote(page, "Milk");
  for (let turn = 1; turn <= 3; turn++) {
    await runOut(context, server);
    await reload(page);
    await expect(heading(page, "Milk")).toBeVisible();
    expect(wire.statuses(RENEW), "asked, and proved").toEqual(Array(turn).fill([403, 200]).flat());
  }
  expect(new Set(wire.statuses(REFRESH))).toEqual(new Set([200]));
});

test("ten tabs that come back together renew the bound cookie once and are all signed in", async ({ page, context, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await runOut(context, server);
  const tabs = await Promise.all(Array.from({ length: 10 }, () => alsoOn(context, "/notes")));
  expect(tabs).toHaveLength(10);
  expect(wire.statuses(RENEW)).toEqual([403, 200]);
  expect(new Set(wire.statuses(REFRESH))).toEqual(new Set([200]));
});

test("a cookie jar in another profile refreshes nothing, and its owner lives on", async ({ page, context, browser, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await writeNote(page, "Milk");
  const stolen = await context.storageState();
  await server.later(PAST_THE_COOKIE);
  const profile = await browser.newContext({ baseURL: server.url, storageState: stolen, locale: "en-GB" });
  const thief = await profile.newPage();
  await thief.goto("/notes");
  await expect.poll(() => wire.statuses(REFRESH)).toContain(403);
  await expect.poll(() => authState(thief)).toBe("offline");
  await expect(heading(thief, "Milk")).toBeHidden();

  await context.clearCookies({ name: cookieAt(server.url, "__Secure-bound") });
  await reload(page);
  await expect(heading(page, "Milk")).toBeVisible();
  // Long after the grace, when an unbound session would end for both.
  await runOut(context, server);
  await reload(page);
  const before = wire.statuses(REFRESH).length;
  await thief.reload();
  await expect.poll(() => wire.statuses(REFRESH).slice(before)).toContain(403);
  await expect(heading(thief, "Milk")).toBeHidden();
  await runOut(context, server);
  await reload(page);
  await expect(heading(page, "Milk")).toBeVisible();
  await profile.close();
});

test("a restarted browser has its binding still", async ({ member, server, wire }) => {
  const folder = mkdtempSync(join(tmpdir(), "two-tokens-profile-"));
  const open = async () => {
    const context = await chromium.launchPersistentContext(folder, { ...bindsSessions, baseURL: server.url, locale: "en-GB" });
    return { context, page: context.pages()[0]! };
  };
  const first = await open();
  await signInBound(first.page, member, server, wire);
  await first.context.close();
  await server.later(PAST_THE_COOKIE);
  const again = await open();
  await again.context.clearCookies({ name: cookieAt(server.url, "__Secure-bound") });
  await again.page.goto("/notes");
  await signedIn(again.page);
  expect(wire.statuses(REFRESH).filter((status) => status !== 200)).toEqual([]);
  await again.context.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a restart of the server ends no binding", async ({ page, context, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await server.restart();
  await reload(page);
  await runOut(context, server);
  await reload(page);
  expect(new Set(wire.statuses(REFRESH))).toEqual(new Set([200]));
});

test("the answer to the registration is lost, and the browser binds with the next one", async ({ page, context, member, server, wire }) => {
  const lost = wire.hold(BIND);
  await signIn(page, member);
  await lost.answered;
  lost.drop();
  await bound(context, server, wire);
  await runOut(context, server);
  await reload(page);
  expect(new Set(wire.statuses(REFRESH))).toEqual(new Set([200]));
});

test("a browser whose binding was ended by a proxy is asked to sign in, and goes on with a new one", async ({ page, context, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await runOut(context, server);
  wire.refuse(RENEW, { status: 404, code: "not_found", retry_after: 1 });
  await page.reload();
  await signedOut(page);
  expect(wire.statuses(REFRESH)).toContain(401);
  await fillIn(page, member);
  await button(page, "Sign in").click();
  await signedIn(page);
  await expect.poll(() => wire.statuses(BIND)).toEqual([200, 200]);
  await runOut(context, server);
  await reload(page);
});

test("a server error of the renewal signs nobody out, and the next refresh goes through", async ({ page, context, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await writeNote(page, "Milk");
  await runOut(context, server);
  wire.refuse(RENEW, { status: 500, code: "temporarily_unavailable", retry_after: 1 });
  await page.reload();
  await expect.poll(() => wire.statuses(REFRESH)).toContain(403);
  const skipped = wire.passed.find(({ path, status }) => path === REFRESH && status === 403);
  expect(skipped?.headers["secure-session-skipped"]).toContain("server_error");
  await signedIn(page);
  await expect(heading(page, "Milk")).toBeVisible();
  expect(wire.statuses(RENEW)).toEqual([500, 403, 200]);
});

test("an offline minute signs nobody out", async ({ page, context, member, server, wire }) => {
  await signInBound(page, member, server, wire);
  await page.goto("/account");
  await signedIn(page);
  // The part of the program that shows this page is here: without it a click shows an error and asks the server nothing.
  await page.waitForLoadState("networkidle");
  await server.later(16 * 60);
  await context.clearCookies({ name: cookieAt(server.url, "__Secure-bound") });
  wire.down();
  await page.getByRole("link", { name: "Notes" }).first().click();
  await expect.poll(() => authState(page)).toBe("offline");
  wire.up();
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeVisible();
  await reload(page);
});

test("a sign-out and another sign-in leave one binding, the new one", async ({ page, context, member, stranger, server, wire }) => {
  await signInBound(page, member, server, wire);
  await signOut(page);
  await expect.poll(async () => (await context.cookies()).map(({ name }) => name)).not.toContain(cookieAt(server.url, "__Secure-bound"));
  await signIn(page, stranger);
  await expect.poll(() => wire.statuses(BIND)).toEqual([200, 200]);
  await runOut(context, server);
  await reload(page);
  const endings = wire.passed.filter(({ path, answer }) => path === RENEW && answer.body.includes("\"continue\":false"));
  expect(endings.length, "the binding of the session that ended").toBeLessThanOrEqual(1);
  await runOut(context, server);
  await reload(page);
  expect(new Set(wire.statuses(REFRESH))).toEqual(new Set([200]));
});

test.describe("in German", () => {
  test.use({ locale: "de-DE" });
  test.beforeEach(() => speak("de"));
  test.afterEach(() => speak("en"));

  test("the list of browsers says that a session is bound, and a browser that cannot prove it is told why it is asked", async ({ page, context, member, server, wire }) => {
    await signInBound(page, member, server, wire);
    await page.goto("/sessions");
    const here = page.getByRole("listitem").filter({ hasText: "Dieser Browser" });
    await expect(here).toContainText("an dieses Gerät gebunden");
    await runOut(context, server);
    wire.refuse(RENEW, { status: 404, code: "not_found", retry_after: 1 });
    await page.reload();
    await signedOut(page);
    await expect(page.getByText("Die Anmeldung dieses Browsers gilt nicht mehr.")).toBeVisible();
  });
});

test("in a browser without them nothing differs", async ({ member, server, wire }) => {
  const browser = await chromium.launch({ ...plain, ...(fullChromium ? { executablePath: fullChromium } : {}) });
  const context = await browser.newContext({ baseURL: server.url, locale: "en-GB" });
  const page = await context.newPage();
  await signIn(page, member);
  const offered = wire.passed.find(({ path }) => path === "/api/auth/login");
  expect(offered?.answer.headers.map((word) => word.toLowerCase())).toContain("secure-session-registration");
  await server.later(PAST_THE_COOKIE);
  await reload(page);
  expect([...wire.statuses(BIND), ...wire.statuses(RENEW)]).toEqual([]);
  expect((await context.cookies()).map(({ name }) => name)).not.toContain(cookieAt(server.url, "__Secure-bound"));
  await browser.close();
});
