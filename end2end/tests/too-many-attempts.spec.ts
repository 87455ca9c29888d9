// Throttling: forms count the wait down and keep what is typed.

import type { Locator } from "@playwright/test";
import { holdBack, THE_WASM } from "../support/network.ts";
import {
  accessTokenOf,
  button,
  emailField,
  cookieAt,
  fillIn,
  hydrated,
  NO_LONGER_RECENT,
  ownClock,
  passwordField,
  refreshTokenOf,
  signedIn,
  signedOut,
  signIn,
} from "../support/page.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: { throttle: true }, expectedComplaints: [401, 422, 429] });

/** All counters have expired after a day. The tests need that because all their users have one address. */
const A_DAY = 24 * 3600;
type Clock = Awaited<ReturnType<typeof ownClock>>;
const WRONG = "not the password at all";

test.beforeEach(({ server }) => server.later(A_DAY));

/** Sends wrong passwords, waiting as told, until the next wait is at least eight seconds; returns it in seconds. */
async function guess(server: Server, path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<number> {
  for (;;) {
    const answer = await fetch(server.url + path, { method: "POST", headers, body: new URLSearchParams(fields) });
    if (answer.status !== 429) continue;
    const { retry_after } = (await answer.json()) as { retry_after: number };
    if (retry_after >= 8) return retry_after;
    await server.later(retry_after);
  }
}

const guessToSignIn = (server: Server, email: string) => guess(server, "/api/auth/login", { email, password: WRONG });
const guessAsMember = (server: Server, token: string) =>
  guess(server, "/api/account/delete_account", { password: WRONG }, { authorization: `Bearer ${token}` });
/** Guesses with an access token do not count here. A wrong password leaves the refresh token as it is. */
const guessToReauthenticate = (server: Server, refreshToken: string) =>
  guess(server, "/api/auth/reauthenticate", { password: WRONG }, { cookie: `${cookieAt(server.url, "__Secure-refresh")}=${refreshToken}` });

const seen = (message: Locator): Locator => message.locator("[aria-hidden=true]");
const heard = (message: Locator): Locator => message.locator(".unseen");

/** Follows the countdown to its end. The clock was stopped before it began. */
async function waitAsTold(clock: Clock, server: Server, message: Locator): Promise<void> {
  const told = (await heard(message).textContent())!;
  expect(told).toMatch(/^Too many attempts\. Try again in [2-8] seconds\.$/);
  await expect(seen(message)).toHaveText(told);
  const left = Number(/\d/.exec(told));
  await clock.pass(left - 1);
  await expect(seen(message)).toHaveText("Too many attempts. Try again in 1 second.");
  expect(await heard(message).textContent(), "it is not read out each second").toBe(told);
  await clock.pass(1);
  await expect(heard(message)).toHaveText("You can try again now.");
  await expect(seen(message)).toHaveText("You can try again now.");
  await server.later(8);
}

test("a throttled sign-in counts the wait down, keeps what is typed, and succeeds afterwards", async ({ page, member, server }) => {
  const clock = await ownClock(page);
  await guessToSignIn(server, member.email);
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, member);
  await clock.stop();
  await button(page, "Sign in").click();

  const message = page.getByRole("alert");
  await expect(message).toBeFocused();
  await expect(button(page, "Sign in")).toBeDisabled();
  await waitAsTold(clock, server, message);
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(passwordField(page)).toHaveValue(member.password);
  await button(page, "Sign in").click();
  await signedIn(page);
});

test("a throttled sign-in before the WebAssembly has loaded states the wait", async ({ page, member, server }) => {
  const clock = await ownClock(page);
  await guessToSignIn(server, member.email);
  const release = await holdBack(page, THE_WASM);
  await page.goto("/login", { waitUntil: "commit" });
  await fillIn(page, member);
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await button(page, "Sign in").click();
  expect((await answer).status()).toBe(429);
  const message = page.getByRole("alert");
  await expect(seen(message)).toHaveText(/^Too many attempts\. Try again in \d seconds\.$/);
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(button(page, "Sign in"), "without the program nothing would enable it again").toBeEnabled();

  await clock.stop();
  release();
  await hydrated(page);
  await waitAsTold(clock, server, message);
  await passwordField(page).fill(member.password);
  await button(page, "Sign in").click();
  await signedIn(page);
});

const FORMS = [
  { name: "E-mail", open: "Change e-mail", press: "Change e-mail", field: "New e-mail", typed: "countess@example.com" },
  { name: "Password", open: "Change password", press: "Change password", field: "New password", typed: "five words nobody else has" },
  { name: "Delete account", open: "Delete account", press: "Delete my account" },
];

for (const { name, open, press, field, typed } of FORMS) {
  test(`the throttled form "${name}" counts the wait down and succeeds afterwards`, async ({ page, member, server }) => {
    const clock = await ownClock(page);
    const token = await accessTokenOf(await signIn(page, member));
    await guessAsMember(server, token);
    await page.goto("/account");
    await button(page, open).click();
    const form = page.getByRole("form", { name });
    const current = form.getByLabel("Current password", { exact: true });
    await current.fill(member.password);
    if (field) await form.getByLabel(field, { exact: true }).fill(typed);
    await clock.stop();
    await button(page, press).click();

    const message = form.getByRole("alert");
    await expect(message).toBeFocused();
    await expect(button(page, press)).toBeDisabled();
    await waitAsTold(clock, server, message);
    // Not offline: the server has answered.
    await signedIn(page);
    await expect(current).toHaveValue(member.password);
    if (field) await expect(form.getByLabel(field, { exact: true })).toHaveValue(typed);
    await button(page, press).click();
    if (field) await expect(page.getByText(/was changed|now sign in as/)).toBeVisible();
    else await signedOut(page);
  });
}

test("a throttled step-up authentication counts the wait down in the dialog", async ({ page, context, member, server }) => {
  const clock = await ownClock(page);
  await signIn(page, member);
  await page.goto("/sessions");
  await expect(button(page, "Sign out all other browsers")).toBeVisible();
  await server.later(NO_LONGER_RECENT);
  await guessToReauthenticate(server, await refreshTokenOf(context));
  await button(page, "Sign out all other browsers").click();
  const dialog = page.getByRole("dialog", { name: "Confirm it's you" });
  const password = dialog.getByLabel("Your password", { exact: true });
  await password.fill(member.password);
  await clock.stop();
  await button(page, "Continue").click();

  const message = dialog.getByRole("alert");
  await expect(message).toBeFocused();
  await expect(button(page, "Continue")).toBeDisabled();
  await waitAsTold(clock, server, message);
  await expect(password).toHaveValue(member.password);
  await button(page, "Continue").click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText("One other browser was signed out.")).toBeVisible();
});
