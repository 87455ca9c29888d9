// The session survives a reload, and no frame shows the login form.

import { holdBack } from "../support/network.ts";
import { button, fillIn, heading, hydrated, notes, signedIn, signIn, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";
import { Witness } from "../support/witness.ts";

test("a new user stays signed in after a reload, without a glimpse of the login form", async ({
  page,
  context,
  newcomer,
}) => {
  const witness = await Witness.of(context);
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, newcomer);
  await button(page, "Create account").click();
  await signedIn(page);
  await writeNote(page, "Milk", "and two rolls");
  expect(witness.saw(), "the witness does see forms").toEqual(["/register"]);

  witness.forget();
  await page.reload();
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeVisible();
  await expect(notes(page)).toContainText(["and two rolls"]);
  await expect(page.getByRole("banner")).toContainText(newcomer.email);
  expect(witness.saw()).toEqual([]);
});

test("the login page sends a signed-in user to the notes, without a glimpse of the form", async ({
  page,
  context,
  member,
}) => {
  await signIn(page, member);
  const witness = await Witness.of(context);
  await page.goto("/login");
  await expect(heading(page, "Notes")).toBeVisible();
  await expect(page).toHaveURL("/notes");
  expect(witness.saw()).toEqual([]);
});

test("a page that restores the session says so", async ({ page, context, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const witness = await Witness.of(context);
  for (const address of ["/notes", "/login", "/register"]) {
    const release = await holdBack(page, "**/api/auth/refresh");
    await page.goto(address);
    await hydrated(page);
    await expect(page.getByRole("status").filter({ hasText: "Restoring your session…" })).toBeVisible();
    await expect(page.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeHidden();
    release();
    await expect(heading(page, "Milk")).toBeVisible();
    await page.unrouteAll();
  }
  expect(witness.saw()).toEqual([]);
});
