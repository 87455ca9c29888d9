// No JavaScript.

import type { Page } from "@playwright/test";
import { button, cookieNames, emailField, fillIn, heading, passwordField } from "../support/page.ts";
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
  await expect(page.getByRole("alert")).toHaveText("E-mail or password is wrong. Check both and try again.");
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(passwordField(page)).toHaveValue("");

  await passwordField(page).fill(member.password);
  await button(page, "Sign in").click();
  await expect(page).toHaveURL("/notes");
  await expect(needsScripts(page)).toBeVisible();
  expect(await cookieNames(context)).toEqual(["__Secure-refresh", "signed_in"]);
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
