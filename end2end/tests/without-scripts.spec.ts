// No JavaScript.

import type { Page } from "@playwright/test";
import { button, cookieAt, cookieNames, emailField, fillIn, heading, passwordField, refreshTokenOf } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

// The preloaded program is never used.
test.use({ javaScriptEnabled: false, expectedComplaints: [401, "preload"] });

/** By role, because a search by text skips `noscript`. */
const needsScripts = (page: Page) => page.getByRole("paragraph").filter({ hasText: "Notes need JavaScript" });

test("without JavaScript the start page and its links work", async ({ page }) => {
  await page.goto("/");
  await expect(heading(page, "One sign-in, two tokens")).toBeVisible();
  await expect(page.getByText("You are signed out, so at the moment you have neither.")).toBeVisible();
  await expect(needsScripts(page)).toBeVisible();
  await expect(page.getByRole("alert")).toBeHidden();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await expect(heading(page, "Sign in")).toBeVisible();
  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(heading(page, "Create account")).toBeVisible();
});

test("without JavaScript a user signs in, and a wrong password shows an error", async ({ page, context, member }) => {
  await page.goto("/login");
  await expect(button(page, "Show password")).toBeHidden();
  await fillIn(page, { email: member.email, password: "not the password at all" });
  await button(page, "Sign in").click();
  await expect(page.getByRole("alert")).toContainText("E-mail or password is wrong. Check both and try again.");
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(passwordField(page)).toHaveValue("");

  await passwordField(page).fill(member.password);
  await button(page, "Sign in").click();
  await expect(page).toHaveURL("/notes");
  await expect(needsScripts(page)).toBeVisible();
  expect(await cookieNames(context)).toEqual(["__Secure-refresh", "two_tokens_signed_in"]);
});

test("without JavaScript the page about a forgotten password is reached from the sign-in page and leads back", async ({ page }) => {
  await page.goto("/login");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await expect(heading(page, "Forgot your password?")).toBeVisible();
  await expect(page.getByText("two-tokens users disable")).toBeVisible();
  await page.getByRole("link", { name: "Back to sign in" }).click();
  await expect(heading(page, "Sign in")).toBeVisible();
});

test("without JavaScript the theme is chosen, and the page comes in it", async ({ page }) => {
  await page.goto("/login");
  const background = () => page.locator("html").evaluate((html) => getComputedStyle(html).backgroundColor);
  const light = await background();
  await button(page, "Dark").click();
  await expect(page).toHaveURL("/login");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  expect(await background()).not.toBe(light);
  await expect(button(page, "Dark")).toHaveAttribute("aria-pressed", "true");
  await button(page, "System").click();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
});

test("without JavaScript a signed-in user is told so on every page, signs out, and signs in again", async ({ page, context, member }) => {
  await page.goto("/login");
  await fillIn(page, member);
  await button(page, "Sign in").click();
  await expect(page).toHaveURL("/notes");
  for (const address of ["/", "/notes", "/account", "/login"]) {
    await page.goto(address);
    await expect(page.getByRole("paragraph").filter({ hasText: "This browser seems to be signed in." })).toBeInViewport();
    await expect(page.getByText("Restoring your session…")).toBeHidden();
    await expect(page.getByText("Looking for your session…")).toBeHidden();
  }
  // The cookie that tells of a session may be older than the session's end.
  await expect(emailField(page)).toBeVisible();

  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByText("You are signed out, so at the moment you have neither.")).toBeVisible();
  expect(await cookieNames(context)).toEqual([]);
});

test("without JavaScript another sign-in ends the session that the browser had", async ({ page, context, member, server }) => {
  const signIn = async () => {
    await page.goto("/login");
    await fillIn(page, member);
    await button(page, "Sign in").click();
    await expect(page).toHaveURL("/notes");
    return refreshTokenOf(context);
  };
  const first = await signIn();
  await signIn();
  const headers = { cookie: `${cookieAt(server.url, "__Secure-refresh")}=${first}` };
  const answer = await fetch(`${server.url}/api/auth/refresh`, { method: "POST", headers });
  expect(await answer.json()).toMatchObject({ code: "session_revoked" });
});

test("without JavaScript a foreign return address leads to the notes", async ({ page, member }) => {
  for (const next of ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example"]) {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await fillIn(page, member);
    await button(page, "Sign in").click();
    await expect(page).toHaveURL("/notes");
    await page.context().clearCookies();
  }
});
