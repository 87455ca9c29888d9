// Several tabs of one browser.

import { alsoOn, button, heading, signedIn, signedOut, signIn, signOut, writeNote, menuButton } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("a sign-out in one tab signs out the other, which shows nothing private any more", async ({
  page,
  member,
}) => {
  await signIn(page, member);
  await writeNote(page, "Milk", "for nobody else");
  const other = await alsoOn(page.context(), "/notes");
  await expect(heading(other, "Milk")).toBeVisible();

  await signOut(page);
  await signedOut(other);
  await expect(heading(other, "Your session has ended")).toBeVisible();
  expect(await other.content()).not.toContain("for nobody else");
  await expect(menuButton(other)).toBeHidden();
});

test("a second tab is signed in without another sign-in", async ({ page, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const other = await alsoOn(page.context(), "/notes");
  await writeNote(other, "Honey");
  await page.reload();
  await expect(heading(page, "Honey")).toBeVisible();
});

test("another user's sign-in takes over every tab and shows only that user's notes", async ({
  page,
  member,
  newcomer,
}) => {
  await signIn(page, member);
  await writeNote(page, "Milk", "for nobody else");
  const other = await alsoOn(page.context(), "/notes");
  await expect(heading(other, "Milk")).toBeVisible();

  await signOut(page);
  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(heading(page, "Create account")).toBeVisible();
  await page.getByLabel("E-mail", { exact: true }).fill(newcomer.email);
  await page.getByLabel("Password", { exact: true }).fill(newcomer.password);
  await button(page, "Create account").click();
  await signedIn(page);

  await signedIn(other);
  await expect(other.getByRole("banner")).toContainText(newcomer.email);
  await expect(other.getByText("No notes yet.")).toBeVisible();
  expect(await other.content()).not.toContain("for nobody else");
});
