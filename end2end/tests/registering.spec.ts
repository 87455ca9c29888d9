// The registration form.

import { button, emailField, fillIn, hydrated, passwordField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ expectedComplaints: [409, 422] });

test("a password that is too short is reported at its field", async ({ page, newcomer }) => {
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, { email: newcomer.email, password: "14 characters!" });
  const answer = page.waitForResponse("**/api/auth/register");
  await button(page, "Create account").click();
  expect((await answer).status()).toBe(422);
  await expect(page.getByRole("alert")).toContainText("15");
  await expect(passwordField(page)).toHaveAttribute("aria-invalid", "true");
  await expect(passwordField(page)).toHaveAccessibleDescription(/15/);
  await expect(emailField(page)).toHaveValue(newcomer.email);
});

test("registering an existing e-mail address shows an error", async ({ page, member }) => {
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, member);
  const answer = page.waitForResponse("**/api/auth/register");
  await button(page, "Create account").click();
  expect((await answer).status()).toBe(409);
  await expect(page.getByRole("alert")).toContainText("There is an account with this e-mail already.");
  await expect(emailField(page)).toHaveValue(member.email);
});

test("a shown password is hidden again when the form is sent", async ({ page, member }) => {
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, member);
  await button(page, "Show password").click();
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await button(page, "Hide password").click();
  await expect(passwordField(page)).toHaveAttribute("type", "password");
  await button(page, "Show password").click();
  await button(page, "Create account").click();
  await expect(passwordField(page)).toHaveAttribute("type", "password");
});
