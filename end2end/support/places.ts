// Every page in every state that looks different: the list that the accessibility checks and the pictures go through.
// A new page is one more entry.

import type { Page } from "@playwright/test";
import { alsoOn, button, emailField, fillIn, heading, hydrated, menuButton, NO_LONGER_RECENT, notes, signIn, signOut, stealRefreshToken, titleField, writeNote } from "./page.ts";
import { A_PART, NOT_DOWNLOADED } from "./network.ts";
import { t } from "./language.ts";
import type { Server } from "./server.ts";
import { expect, test, type Person } from "./test.ts";

export interface Place {
  /** Begins a test title. */
  name: string;
  /** The state follows the reuse of a stolen refresh token. */
  reuse?: boolean;
  open(page: Page, member: Person, server: Server): Promise<void>;
}

/** Console messages of refused requests and failed downloads. */
const REFUSALS = [401, 404, 409, 412, 422, ...NOT_DOWNLOADED];

/** Declares tests for each entry. */
export function atEachPlace(declare: (place: Place) => void): void {
  for (const place of places) {
    test.describe(() => {
      test.use({ expectedComplaints: REFUSALS, expectsReuse: place.reuse ?? false });
      declare(place);
    });
  }
}

const places: Place[] = [
  { name: "the start page", open: (page) => arrive(page, "/", "One sign-in, two tokens") },
  {
    name: "the start page, signed in",
    async open(page, member) {
      await signIn(page, member);
      await page.getByRole("link", { name: t("Home"), exact: true }).click();
      await expect(page.getByText(t(`You are signed in as ${member.email}.`))).toBeVisible();
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
  {
    name: "the page about a forgotten password",
    async open(page) {
      await page.goto("/forgot-password");
      await expect(heading(page, t("Forgot your password?"))).toBeVisible();
    },
  },
  {
    name: "the list of documents",
    async open(page) {
      await page.goto("/docs");
      await expect(heading(page, t("Documentation"))).toBeVisible();
    },
  },
  {
    name: "a document",
    async open(page) {
      await page.goto("/docs/flow/throttling");
      await expect(page.getByRole("article").getByRole("heading", { level: 1 })).toBeVisible();
    },
  },
  {
    name: "the page of the API",
    async open(page) {
      await page.goto("/docs/api");
      await expect(heading(page, t("The API"))).toBeVisible();
    },
  },
  { name: "the registration page", open: (page) => arrive(page, "/register", "Create account") },
  {
    name: "the registration page after a short password",
    async open(page) {
      await arrive(page, "/register", "Create account");
      await refused(page, { email: "grace@example.com", password: "14 characters!" }, "Create account");
    },
  },
  {
    name: "the registration page with a shown password",
    async open(page, member) {
      await arrive(page, "/register", "Create account");
      await fillIn(page, member);
      await button(page, "Show password").click();
      await expect(button(page, "Show password")).toHaveAttribute("aria-pressed", "true");
    },
  },
  {
    name: "the registration page with a suggested passphrase",
    async open(page) {
      await arrive(page, "/register", "Create account");
      await button(page, "Suggest a passphrase").click();
      await expect(page.getByRole("status", { name: t("Suggested passphrase") })).toBeVisible();
    },
  },
  {
    name: "the notes page without notes",
    async open(page, member) {
      await signIn(page, member);
      await expect(page.getByText(t("No notes yet. The first one you save appears here."))).toBeVisible();
    },
  },
  { name: "the notes page", open: withNotes },
  {
    name: "the notes page with a note being edited",
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
    name: "the notes page with a note that was changed elsewhere",
    async open(page, member) {
      await withNotes(page, member);
      await button(page, "Edit Milk").click();
      await titleField(page).fill("Milk, two bottles");
      const other = await alsoOn(page.context(), "/notes");
      await button(other, "Edit Milk").click();
      await titleField(other).fill("Oat milk");
      await button(other, "Save changes").click();
      await expect(heading(other, "Oat milk")).toBeVisible();
      await other.close();
      await button(page, "Save changes").click();
      await expect(heading(page, t("This note was changed elsewhere"))).toBeVisible();
    },
  },
  {
    name: "the notes page after saving without a title",
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
      await signOut(other);
      await told;
      await other.close();
      await expect(heading(page, t("Your session has ended"))).toBeVisible();
    },
  },
  { name: "the account page", open: withAccount },
  {
    name: "the account page after a wrong password",
    async open(page, member) {
      await withAccount(page, member);
      await button(page, "Change password").click();
      const form = page.getByRole("form", { name: t("Password") });
      await form.getByLabel(t("Current password"), { exact: true }).fill("not the password at all");
      await form.getByLabel(t("New password"), { exact: true }).fill(`${member.password} and more`);
      await button(page, "Change password").click();
      await expect(form.getByRole("alert")).toBeFocused();
    },
  },
  {
    name: "the account page with a changed e-mail",
    async open(page, member) {
      await withAccount(page, member);
      await button(page, "Change e-mail").click();
      const form = page.getByRole("form", { name: t("E-mail") });
      await form.getByLabel(t("New e-mail"), { exact: true }).fill(`much.longer.than.before.${member.email}`);
      await form.getByLabel(t("Current password"), { exact: true }).fill(member.password);
      await button(page, "Change e-mail").click();
      await expect(page.getByText(t(`You now sign in as much.longer.than.before.${member.email}.`))).toBeVisible();
    },
  },
  {
    name: "the account menu",
    async open(page, member) {
      await signIn(page, member);
      await menuButton(page).click();
      await expect(page.getByRole("link", { name: t("Signed-in browsers") })).toBeVisible();
    },
  },
  {
    name: "the page after the account was deleted",
    async open(page, member) {
      await withAccount(page, member);
      await button(page, "Delete account").click();
      await page.getByLabel(t("Current password"), { exact: true }).fill(member.password);
      await button(page, "Delete my account").click();
      await expect(heading(page, t("Your account was deleted"))).toBeVisible();
    },
  },
  { name: "the sessions page", open: withSessions },
  {
    name: "the sessions page after ending a session",
    async open(page, member) {
      await withSessions(page, member);
      await button(page, "Sign out all other browsers").click();
      await expect(page.getByText(t("One other browser was signed out."))).toBeVisible();
    },
  },
  { name: "the step-up dialog", open: withStepUp },
  {
    name: "the step-up dialog after a wrong password",
    async open(page, member, server) {
      await withStepUp(page, member, server);
      await page.getByLabel(t("Your password"), { exact: true }).fill("not the password at all");
      await button(page, "Continue").click();
      await expect(page.getByRole("dialog").getByRole("alert")).toBeFocused();
    },
  },
  {
    name: "the notice that a session was ended for safety",
    reuse: true,
    async open(page, member, server) {
      await stealRefreshToken(page, member, server);
      await expect(page.getByRole("region", { name: t("For your safety"), exact: true })).toBeVisible();
    },
  },
  {
    name: "a lazy-loaded page that could not be downloaded",
    async open(page, member) {
      await signIn(page, member);
      await page.route(A_PART, (route) => route.abort("internetdisconnected"));
      await page.goto("/account");
      await expect(button(page, "Try again")).toBeVisible();
    },
  },
  { name: "the 404 page", open: (page) => arrive(page, "/nowhere", "Page not found") },
];

async function arrive(page: Page, address: string, title: string): Promise<void> {
  await page.goto(address);
  await hydrated(page);
  await expect(heading(page, t(title))).toBeVisible();
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

async function withAccount(page: Page, member: Person): Promise<void> {
  await signIn(page, member);
  await page.goto("/account");
  await hydrated(page);
  await expect(page.getByText(t("Account created"))).toBeVisible();
}

async function withSessions(page: Page, member: Person): Promise<void> {
  await signIn(page, member);
  await page.goto("/sessions");
  await hydrated(page);
  await expect(button(page, "Sign out all other browsers")).toBeVisible();
}

async function withStepUp(page: Page, member: Person, server: Server): Promise<void> {
  await withSessions(page, member);
  await server.later(NO_LONGER_RECENT);
  await button(page, "Sign out all other browsers").click();
  await expect(page.getByRole("dialog", { name: t("Confirm it's you") })).toBeVisible();
}
