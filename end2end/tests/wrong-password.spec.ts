// Sign-in errors.

import type { Page } from "@playwright/test";
import { holdBack, THE_WASM } from "../support/network.ts";
import { button, emailField, fillIn, heading, hydrated, passwordField, signedIn } from "../support/page.ts";
import { expect, test, type Person } from "../support/test.ts";

test.use({ expectedComplaints: [401] });

const wrong = (person: Person) => ({ email: person.email, password: "not the password at all" });

async function oneMessageAndTheEmailKept(page: Page, person: Person): Promise<void> {
  const message = page.getByRole("alert");
  await expect(message.getByRole("heading")).toHaveText("There is a problem");
  const words = "E-mail or password is wrong. Check both and try again.";
  await expect(page.getByText(words)).toHaveCount(1);
  await expect(message.getByRole("link", { name: words })).toHaveAttribute("href", "#password");
  await expect(emailField(page)).toHaveAccessibleDescription(new RegExp(words));
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

test("a wrong password shows one error and clears only the password", async ({ page, member }) => {
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, wrong(member));
  const answer = page.waitForResponse("**/api/auth/login");
  await button(page, "Sign in").click();
  expect((await answer).status()).toBe(401);
  await oneMessageAndTheEmailKept(page, member);
  await theSecondTryWorks(page, member);
});

test("the error leads to the password field", async ({ page, member }) => {
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, wrong(member));
  await button(page, "Sign in").click();
  await page.getByRole("alert").getByRole("link").click();
  await expect(passwordField(page)).toBeFocused();
  await theSecondTryWorks(page, member);
});

test("a wrong password before the WebAssembly has loaded shows the same error, and the page hydrates", async ({
  page,
  member,
}) => {
  const release = await holdBack(page, THE_WASM);
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

test("an unknown e-mail address gets the same error as a wrong password", async ({ page, newcomer }) => {
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, newcomer);
  await button(page, "Sign in").click();
  await oneMessageAndTheEmailKept(page, newcomer);
});
