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
  const words = "This password is too short: use at least 15 characters.";
  await expect(page.getByRole("alert").getByRole("link", { name: words })).toHaveAttribute("href", "#password");
  await expect(page.getByText(words), "on top and at the field").toHaveCount(2);
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
  await expect(page.getByRole("alert")).toContainText("An account with this e-mail already exists.");
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(emailField(page)).toHaveAccessibleDescription(/already exists/);
});

test("a suggested passphrase can be read as a whole on a narrow screen, and copied", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto("/register");
  await hydrated(page);
  await button(page, "Suggest a passphrase").click();
  const shown = page.getByRole("status", { name: "Suggested passphrase" });
  await expect(shown).toBeVisible();
  const words = await passwordField(page).inputValue();
  await expect(shown).toHaveText(words);
  expect(await shown.evaluate((output) => output.scrollWidth <= output.clientWidth)).toBe(true);
  await button(page, "Copy").click();
  await expect(button(page, "Copied")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(words);
});

test("a shown password is hidden again when the form is sent", async ({ page, member }) => {
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, member);
  await button(page, "Show password").click();
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await expect(button(page, "Show password")).toHaveAttribute("aria-pressed", "true");
  await button(page, "Show password").click();
  await expect(passwordField(page)).toHaveAttribute("type", "password");
  await button(page, "Show password").click();
  await button(page, "Create account").click();
  await expect(passwordField(page)).toHaveAttribute("type", "password");
});
