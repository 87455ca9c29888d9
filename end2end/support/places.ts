// Every page in every state that looks different. A new page is one more entry, and all that is asked of pages is asked of it.

import type { Page } from "@playwright/test";
import { alsoOn, button, emailField, fillIn, heading, hydrated, notes, signIn, writeNote } from "./page.ts";
import { expect, type Person } from "./test.ts";

export interface Place {
  /** As in "nothing is wrong with …". */
  name: string;
  open(page: Page, member: Person): Promise<void>;
}

/** What the console says where something is refused. */
export const REFUSALS = [401, 404, 409, 422];

export const places: Place[] = [
  { name: "the start page", open: (page) => arrive(page, "/", "One sign-in, two tokens") },
  {
    name: "the start page of who is signed in",
    async open(page, member) {
      await signIn(page, member);
      await page.getByRole("link", { name: "Home", exact: true }).click();
      await expect(page.getByText(`You are signed in as ${member.email}.`)).toBeVisible();
    },
  },
  { name: "the sign-in page", open: (page) => arrive(page, "/login", "Sign in") },
  {
    name: "the sign-in page after a wrong password",
    async open(page, { email }) {
      await arrive(page, "/login", "Sign in");
      await refused(page, { email, password: "not the password at all" }, "Sign in");
    },
  },
  { name: "the page to register", open: (page) => arrive(page, "/register", "Create account") },
  {
    name: "the page to register after a short password",
    async open(page) {
      await arrive(page, "/register", "Create account");
      await refused(page, { email: "grace@example.com", password: "14 characters!" }, "Create account");
    },
  },
  {
    name: "the page to register with a visible password",
    async open(page, member) {
      await arrive(page, "/register", "Create account");
      await fillIn(page, member);
      await button(page, "Show password").click();
      await expect(button(page, "Hide password")).toBeVisible();
    },
  },
  {
    name: "the notes page without notes",
    async open(page, member) {
      await signIn(page, member);
      await expect(page.getByText("No notes yet.")).toBeVisible();
    },
  },
  { name: "the notes page", open: withNotes },
  {
    name: "the notes page with a note being changed",
    async open(page, member) {
      await withNotes(page, member);
      await button(page, "Edit Milk").click();
      await expect(button(page, "Cancel")).toBeVisible();
    },
  },
  {
    name: "the notes page with a note about to be deleted",
    async open(page, member) {
      await withNotes(page, member);
      await button(page, "Delete Milk").click();
      await expect(button(page, "Really delete? Milk")).toBeVisible();
    },
  },
  {
    name: "the notes page with a note without a title",
    async open(page, member) {
      await signIn(page, member);
      await button(page, "Save note").click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "the notes page whose session has ended",
    async open(page, member) {
      await withNotes(page, member);
      const other = await alsoOn(page.context(), "/notes");
      const told = other.waitForResponse("**/api/auth/logout");
      await button(other, "Sign out").click();
      await told;
      await other.close();
      await expect(heading(page, "Your session has ended")).toBeVisible();
    },
  },
  { name: "the page at an address that leads nowhere", open: (page) => arrive(page, "/nowhere", "There is nothing here") },
];

async function arrive(page: Page, address: string, title: string): Promise<void> {
  await page.goto(address);
  await hydrated(page);
  await expect(heading(page, title)).toBeVisible();
}

async function refused(page: Page, typed: Pick<Person, "email" | "password">, press: string): Promise<void> {
  await fillIn(page, typed);
  await button(page, press).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await expect(emailField(page)).toHaveValue(typed.email);
}

async function withNotes(page: Page, member: Person): Promise<void> {
  await signIn(page, member);
  await writeNote(page, "Milk", "one bottle\nand two rolls");
  await writeNote(page, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft");
  await expect(notes(page)).toHaveCount(2);
}
