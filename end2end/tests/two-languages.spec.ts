// English and German.

import { button, heading, hydrated, signedIn, titleField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.describe("a browser that prefers German", () => {
  test.use({ locale: "de-DE", expectedComplaints: [401] });

  test("gets German pages and messages, and the user can switch to English", async ({ page, member }) => {
    await page.goto("/login");
    await hydrated(page);
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await page.getByLabel("E-Mail", { exact: true }).fill(member.email);
    await page.getByLabel("Passwort", { exact: true }).fill("not the password at all");
    await button(page, "Anmelden").click();
    await expect(page.getByRole("alert")).toContainText(
      "E-Mail oder Passwort ist falsch. Prüfe beide und versuche es noch einmal.",
    );
    await page.getByLabel("Passwort", { exact: true }).fill(member.password);
    await button(page, "Anmelden").click();
    await signedIn(page);
    await expect(heading(page, "Notizen")).toBeVisible();
    await expect(page).toHaveTitle("Notizen · Two Tokens");

    await page.goto("/account");
    await hydrated(page);
    await expect(page.getByText("Konto angelegt")).toBeVisible();

    await button(page, "English").click();
    await hydrated(page);
    await expect(page).toHaveURL("/account");
    await expect(heading(page, "Account")).toBeVisible();
    await signedIn(page);
  });
});

test("switching the language works by a plain form and keeps what is typed, but no password", async ({ page, member }) => {
  await page.goto("/login");
  await hydrated(page);
  await button(page, "Deutsch").click();
  await expect(page).toHaveURL("/login");
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await hydrated(page);
  await page.getByLabel("E-Mail", { exact: true }).fill(member.email);
  await page.getByLabel("Passwort", { exact: true }).fill(member.password);
  await button(page, "Passwort anzeigen").click();
  await button(page, "English").click();
  await hydrated(page);
  await expect(page.getByLabel("E-mail", { exact: true })).toHaveValue(member.email);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.getByLabel("Password", { exact: true }).fill(member.password);
  await button(page, "Sign in").click();
  await signedIn(page);
  await titleField(page).fill("Milk");
  await button(page, "Deutsch").click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await hydrated(page);
  await expect(page.getByRole("textbox", { name: "Titel", exact: true })).toHaveValue("Milk");
});

test.describe(() => {
  test.use({ expectedComplaints: [401] });
  test("a page that is open in English gets English messages after the language was changed in another tab", async ({ page, context, member }) => {
    await page.goto("/login");
    await hydrated(page);
    const other = await context.newPage();
    await other.goto("/login");
    await button(other, "Deutsch").click();
    await expect(other.locator("html")).toHaveAttribute("lang", "de");
    await page.getByLabel("E-mail", { exact: true }).fill(member.email);
    await page.getByLabel("Password", { exact: true }).fill("not the password at all");
    await button(page, "Sign in").click();
    await expect(page.getByRole("alert")).toContainText("E-mail or password is wrong.");
  });
});
