// Actions and locators of the app's pages, and the two states a test awaits: hydration and the auth state.

import type { BrowserContext, Locator, Page, Response } from "@playwright/test";
import { t } from "./language.ts";
import { pathOf } from "./network.ts";
import type { Server } from "./server.ts";
import { expect, type Person } from "./test.ts";

/** The page is hydrated. Until then the browser alone handles forms and links. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
}

export async function signedIn(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-auth-state", "signed-in");
}

export async function signedOut(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-auth-state", "anonymous");
}

export const emailField = (page: Page): Locator => page.getByLabel(t("E-mail"), { exact: true });
export const passwordField = (page: Page): Locator => page.getByLabel(t("Password"), { exact: true });
export const titleField = (page: Page): Locator => page.getByRole("textbox", { name: t("Title"), exact: true });
export const noteField = (page: Page): Locator => page.getByRole("textbox", { name: t("Note"), exact: true });
export const button = (page: Page, name: string): Locator => page.getByRole("button", { name: t(name), exact: true });
export const menuButton = (page: Page): Locator => page.getByRole("button", { name: new RegExp(`^${t("Account menu")}: `) });
export const heading = (page: Page, name: string): Locator => page.getByRole("heading", { name, exact: true });
export const notes = (page: Page): Locator => page.getByRole("list", { name: t("Your notes") }).getByRole("listitem");

export async function fillIn(page: Page, { email, password }: Pick<Person, "email" | "password">): Promise<void> {
  await emailField(page).fill(email);
  await passwordField(page).fill(password);
}

/**
 * Opens a page of a signed-in user by this step, and waits until the calls that the page makes as it opens are answered. Such a call
 * would else come late to a step of the test: one that meets an expired access token begins a refresh of its own.
 */
async function openSignedIn(page: Page, address: string, step: () => Promise<unknown>): Promise<void> {
  const calls = address.endsWith("/notes") ? ["/api/account/notices", "/api/notes/list"] : ["/api/account/notices"];
  const answered = calls.map(async (path) => (await page.waitForRequest((request) => pathOf(request).endsWith(path))).response());
  await Promise.all([step().then(() => signedIn(page)), ...answered]);
}

/** Signs in on the sign-in page. Returns the response that carries the tokens. */
export async function signIn(page: Page, person: Person, address = "/login"): Promise<Response> {
  await page.goto(address);
  await hydrated(page);
  await fillIn(page, person);
  const answer = page.waitForResponse("**/api/auth/login");
  await openSignedIn(page, "/notes", () => button(page, "Sign in").click());
  await expect(heading(page, t("Notes"))).toBeVisible();
  return answer;
}

/** Signs out by the account menu. */
export async function signOut(page: Page): Promise<void> {
  await menuButton(page).click();
  await button(page, "Sign out").click();
}

export async function accessTokenOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { access_token: string }).access_token;
}

export async function cookieNames(context: BrowserContext): Promise<string[]> {
  return (await context.cookies()).map(({ name }) => name.replace(/-\d+$/, "")).sort();
}

/** The name of a cookie of the app at this address: with the port, because cookies know none. */
export const cookieAt = (address: string, name: string): string => `${name}-${new URL(address).port}`;

/** The browser's current refresh cookie. */
export async function refreshCookie(context: BrowserContext) {
  const cookies = await context.cookies();
  return cookies.find((cookie) => cookie.name.startsWith("__Secure-refresh-"));
}

export async function refreshTokenOf(context: BrowserContext): Promise<string> {
  const cookie = await refreshCookie(context);
  expect(cookie, "the browser holds a refresh token").toBeDefined();
  return cookie!.value;
}

export async function writeNote(page: Page, title: string, body = ""): Promise<void> {
  await titleField(page).fill(title);
  await noteField(page).fill(body);
  await button(page, "Save note").click();
  await expect(notes(page).filter({ has: heading(page, title) })).toBeVisible();
}

/** Reloads, which drops the access token and so rotates the refresh token. */
export async function reload(page: Page): Promise<void> {
  await openSignedIn(page, page.url(), () => page.reload());
}

/** Another tab of the same browser. */
export async function alsoOn(context: BrowserContext, address: string): Promise<Page> {
  const other = await context.newPage();
  await openSignedIn(other, address, () => other.goto(address));
  return other;
}

/** Longer than the lifetime of an access token, in seconds. */
export const A_TOKEN_LIFE = 16 * 60;

/** Longer than the step-up `max_age`, in seconds: afterwards a sign-in is not recent. */
export const NO_LONGER_RECENT = 11 * 60;

/** Replays an old refresh token of this user, which ends the session, and signs in again. */
export async function stealRefreshToken(page: Page, member: Person, server: Server): Promise<void> {
  await signIn(page, member);
  const cookie = `${cookieAt(server.url, "__Secure-refresh")}=${await refreshTokenOf(page.context())}`;
  await reload(page);
  await reload(page);
  await server.later(60);
  const answer = await fetch(`${server.url}/api/auth/refresh`, { method: "POST", headers: { cookie } });
  expect(answer.status).toBe(401);
  await page.reload();
  await fillIn(page, member);
  await button(page, "Sign in").click();
  await signedIn(page);
}

/** Saves a note in each of two tabs at the same moment. */
export async function saveInBothAtOnce(first: Page, second: Page, meanwhile: () => Promise<void>): Promise<void> {
  await titleField(first).fill("Milk");
  await titleField(second).fill("Honey");
  await meanwhile();
  await Promise.all([button(first, "Save note").click(), button(second, "Save note").click()]);
  await expect(heading(first, "Milk")).toBeVisible();
  await expect(heading(second, "Honey")).toBeVisible();
}

/** Removes the Web Locks API. */
export const withoutLocks = (of: Page | BrowserContext) =>
  of.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));

/** Removes BroadcastChannel. */
export const withoutChannel = (of: Page | BrowserContext) =>
  of.addInitScript(() => Object.defineProperty(window, "BroadcastChannel", { value: undefined }));

/** A clock of the page's own: after `stop`, time passes only by `pass`. Timers still run in real time, as after a suspend. */
export async function ownClock(page: Page): Promise<{ stop(): Promise<void>; pass(seconds: number): Promise<void> }> {
  await page.addInitScript(() => {
    const real = { now: performance.now.bind(performance), wall: Date.now.bind(Date) };
    let passed: number | undefined;
    const stopped = { now: 0, wall: 0 };
    const read = (of: "now" | "wall") => (passed === undefined ? real[of]() : stopped[of] + passed);
    performance.now = () => read("now");
    Date.now = () => read("wall");
    addEventListener("time-passes", ({ detail }: CustomEventInit<number>) => {
      if (passed === undefined) [stopped.now, stopped.wall, passed] = [real.now(), real.wall(), 0];
      passed += detail!;
    });
  });
  const pass = (seconds: number) =>
    page.evaluate((detail) => void dispatchEvent(new CustomEvent("time-passes", { detail })), seconds * 1000);
  return { pass, stop: () => pass(0) };
}

/**
 * Stops the fake clock of this page, up to half a second from now; `page.clock.install()` comes before the page is opened.
 * Afterwards timers fire in `page.clock.runFor` only.
 */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 500);
}

/** Lets fake time pass, a quarter of a second at a time, until the condition holds. Responses arrive in real time meanwhile. */
export async function passUntil(page: Page, holds: () => Promise<boolean> | boolean): Promise<void> {
  const step = async () => {
    await page.clock.runFor(250);
    return holds();
  };
  await expect.poll(step, { intervals: [50] }).toBe(true);
}
