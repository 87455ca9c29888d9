import type { Page } from "@playwright/test";
import { holdBack, THE_PROGRAM } from "../support/network.ts";
import { button, emailField, fillIn, heading, hydrated, passwordField, signedIn } from "../support/page.ts";
import { expect, test, type Person } from "../support/test.ts";

test.use({ expectedComplaints: [401] });

const wrong = (person: Person) => ({ email: person.email, password: "not the password at all" });

async function oneMessageAndTheEmailKept(page: Page, person: Person): Promise<void> {
  const message = page.getByRole("alert");
  await expect(message).toHaveText("E-mail or password is wrong. Check both and try again.");
  await expect(message).toBeFocused();
  await expect(emailField(page)).toHaveValue(person.email);
  await expect(passwordField(page)).toHaveValue("");
  await expect(page).toHaveURL("/login");
}

async function theSecondTryWorks(page: Page, person: Person): Promise<void> {
  await passwordField(page).fill(person.password);
  await button(page, "Sign in").click();
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeVisible();
}

test("who enters a wrong password is told once, and only the password is to be typed again", async ({ page, member }) => {
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, wrong(member));
  const answer = page.waitForResponse("**/api/auth/login");
  await button(page, "Sign in").click();
  expect((await answer).status()).toBe(401);
  await oneMessageAndTheEmailKept(page, member);
  await theSecondTryWorks(page, member);
});

test("who enters a wrong password before the program has arrived is told the same, and the page becomes live", async ({
  page,
  member,
}) => {
  const release = await holdBack(page, THE_PROGRAM);
  await page.goto("/login", { waitUntil: "commit" });
  await fillIn(page, wrong(member));
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await button(page, "Sign in").click();
  expect((await answer).status()).toBe(401);
  expect((await answer).request().resourceType()).toBe("document");
  await oneMessageAndTheEmailKept(page, member);

  release();
  await hydrated(page);
  await oneMessageAndTheEmailKept(page, member);
  await theSecondTryWorks(page, member);
});

test("who has no account is told the same as who mistypes the password", async ({ page, newcomer }) => {
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, newcomer);
  await button(page, "Sign in").click();
  await oneMessageAndTheEmailKept(page, newcomer);
});
