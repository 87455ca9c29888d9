// The page is not what the server sent: other software has changed it, before the program starts or while it runs.

import type { Page } from "@playwright/test";
import { CHANGES, changeEachPage } from "../support/hostile.ts";
import { holdBack, THE_WASM } from "../support/network.ts";
import { button, emailField, fillIn, heading, hydrated, passwordField, signedIn, signedOut, signIn, signOut, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

// What the first instance of the program says when the page is not the server's.
test.use({ expectedComplaints: ["panicked", 401] });

const PAGES_OUT = ["/", "/register", "/notes"];
const PAGES_IN = ["/", "/account", "/notes"];

// One of each kind of damage. `make soak` tries all of them, before and after the start.
const EVERY_ROW = process.env.E2E_SOAK === "1";
const BEFORE = [
  "an element at the start and one at the end of the body",
  "a section that this version of the program does not know",
  "every text wrapped",
  "every comment replaced by an element",
];
const WHILE = ["every text wrapped", "comments stripped", "shadow hosts in every form, header and main"];

for (const [name, change] of Object.entries(CHANGES).filter(([name]) => EVERY_ROW || BEFORE.includes(name))) {
  test(`before the program starts, ${name}: the page lives and keeps what was typed`, async ({ page, member }) => {
    await changeEachPage(page, change);
    for (const address of PAGES_OUT) {
      await page.goto(address);
      await hydrated(page);
    }
    // The notes lead to the sign-in page.
    await expect(heading(page, "Sign in")).toBeVisible();

    const release = await holdBack(page, THE_WASM);
    await page.goto("/login", { waitUntil: "commit" });
    await fillIn(page, member);
    await emailField(page).focus();
    release();
    await hydrated(page);
    await expect(emailField(page)).toHaveValue(member.email);
    await expect(passwordField(page)).toHaveValue(member.password);
    await expect(emailField(page)).toBeFocused();
    const sent = page.waitForRequest("**/api/auth/login");
    await button(page, "Sign in").click();
    await sent;
    await signedIn(page);
    await writeNote(page, "Milk");

    for (const address of PAGES_IN) {
      await page.goto(address);
      await hydrated(page);
      await signedIn(page);
    }
    await expect(heading(page, "Milk")).toBeVisible();
    await expect(page.getByRole("alert")).toBeHidden();
    await signOut(page);
    await signedOut(page);
  });
}

for (const [name, change] of Object.entries(CHANGES).filter(([name]) => EVERY_ROW || WHILE.includes(name))) {
  test(`while the program runs, ${name}: nothing stops working`, async ({ page, member }) => {
    await page.goto("/login");
    await hydrated(page);
    await page.evaluate(change);
    await fillIn(page, member);
    await button(page, "Sign in").click();
    await signedIn(page);
    await expect(heading(page, "Notes")).toBeVisible();
    await page.evaluate(change);
    await writeNote(page, "Milk");
    await page.evaluate(change);
    await writeNote(page, "Honey");
    await page.evaluate(change);
    // A text that the program changes, in a page that others have changed.
    await button(page, "Edit Honey").click();
    await expect(heading(page, "Edit note")).toBeVisible();
    await expect(heading(page, "New note")).toBeHidden();
    await button(page, "Cancel").click();
    await expect(heading(page, "New note")).toBeVisible();
    await page.getByRole("link", { name: "Home", exact: true }).click();
    await expect(page).toHaveURL("/");
    await page.evaluate(change);
    await page.getByRole("link", { name: "Notes", exact: true }).click();
    await expect(heading(page, "Honey")).toBeVisible();
    await expect(page.getByRole("alert")).toBeHidden();
    await signOut(page);
    await signedOut(page);
  });
}

test("a refused plain form is answered even where the page is changed", async ({ page, member }) => {
  await changeEachPage(page, CHANGES["comments stripped"]!);
  const release = await holdBack(page, THE_WASM);
  await page.goto("/login", { waitUntil: "commit" });
  await fillIn(page, { email: member.email, password: "not the password at all" });
  await button(page, "Sign in").click();
  const refusal = page.getByText("E-mail or password is wrong. Check both and try again.");
  await expect(refusal).toBeVisible();
  await passwordField(page).fill(member.password);
  release();
  await hydrated(page);
  await expect(page).toHaveURL("/login");
  await expect(refusal).toBeVisible();
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(passwordField(page)).toHaveValue(member.password);
});

/** The next element that the program makes is refused, and it panics. */
const breakTheProgram = (page: Page) =>
  page.evaluate(() => {
    Document.prototype.createElement = () => {
      throw new Error("refused by a test");
    };
  });

test("a page whose program stopped says so, keeps what was typed, and offers to reload", async ({ page, member, context }) => {
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, { email: member.email, password: "not the password at all" });
  // The panic is an uncaught exception.
  context.removeAllListeners("weberror");
  await breakTheProgram(page);
  await button(page, "Sign in").click();
  const alert = page.getByRole("alert").filter({ hasText: "Something went wrong in this page" });
  await expect(alert).toBeInViewport();
  await expect(emailField(page)).toHaveValue(member.email);
  const asked = page.waitForEvent("dialog");
  const left = alert.getByRole("button", { name: "Reload" }).click();
  await (await asked).accept();
  await left;
  await hydrated(page);
  await expect(alert).toBeHidden();
  await signIn(page, member);
});

const SOAK = process.env.E2E_SOAK ? Object.entries(CHANGES) : [];
for (const [first, one] of SOAK) {
  for (const [second, other] of SOAK) {
    test(`soak: ${first}, then ${second}`, async ({ page, member }) => {
      await changeEachPage(page, one);
      await changeEachPage(page, other);
      await page.goto("/login");
      await hydrated(page);
      await page.evaluate(other);
      await fillIn(page, member);
      await button(page, "Sign in").click();
      await signedIn(page);
      for (const address of ["/", "/login", "/register", "/notes", "/account", "/sessions"]) {
        await page.goto(address);
        await hydrated(page);
        await signedIn(page);
        await page.evaluate(one);
      }
    });
  }
}
