// Two hands on one note: nobody overwrites what they have not seen, and no text is lost.

import { NO_NETWORK } from "../support/network.ts";
import { alsoOn, button, heading, noteField, notes, signIn, signOut, titleField, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";
import type { Page } from "@playwright/test";

const UPDATE = "/api/notes/update";
const CREATE = "/api/notes/create";
const CHANGED = "This note was changed elsewhere";
const DELETED = "This note was deleted elsewhere";

test.use({ expectedComplaints: [404, 412, ...NO_NETWORK] });

const question = (page: Page) => page.getByRole("alert").filter({ has: page.getByRole("heading", { name: /^This note was/ }) });

/** Starts to change a note in one tab, saves another change of it in the other, then saves the first. */
async function changedInBoth(page: Page, other: Page, { from, mine, theirs }: { from: string; mine: string; theirs: string }): Promise<void> {
  await button(page, `Edit ${from}`).click();
  await titleField(page).fill(mine);
  await button(other, `Edit ${from}`).click();
  await titleField(other).fill(theirs);
  await button(other, "Save changes").click();
  await expect(heading(other, theirs)).toBeVisible();
  await button(page, "Save changes").click();
  await expect(question(page)).toBeFocused();
  await expect(question(page).getByRole("heading")).toHaveText(CHANGED);
  // Both texts are in sight.
  await expect(question(page)).toContainText(theirs);
  await expect(titleField(page)).toHaveValue(mine);
}

const MILK = { from: "Milk", mine: "Milk, two bottles", theirs: "Oat milk" };

const titles = (page: Page) => notes(page).getByRole("heading");

test("of two tabs that change one note the second one is asked, and each answer keeps what it says", async ({ page, context, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const other = await alsoOn(context, "/notes");

  await changedInBoth(page, other, MILK);
  await button(page, "Save my text instead").click();
  await expect(question(page)).toBeHidden();
  await expect(titles(page)).toHaveText(["Milk, two bottles"]);
  await expect(titleField(page)).toHaveValue("");
  await other.reload();
  await expect(titles(other)).toHaveText(["Milk, two bottles"]);

  await button(other, "Delete Milk, two bottles").click();
  await button(other, "Really delete? Milk, two bottles").click();
  await expect(notes(other)).toHaveCount(0);
  await writeNote(other, "Milk");
  await page.reload();
  await changedInBoth(page, other, MILK);
  await button(page, "Keep the other text").click();
  await expect(question(page)).toBeHidden();
  await expect(titles(page)).toHaveText(["Oat milk"]);
  await expect(titleField(page)).toHaveValue("");

  await changedInBoth(page, other, { from: "Oat milk", mine: "Soy milk", theirs: "Rice milk" });
  await button(page, "Save my text as a new note").click();
  await expect(question(page)).toBeHidden();
  await page.reload();
  await expect(titles(page)).toHaveText(["Soy milk", "Rice milk"]);
});

test("a note deleted in another tab while it is being changed is saved as a new one or given up", async ({ page, context, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const other = await alsoOn(context, "/notes");
  await button(page, "Edit Milk").click();
  await titleField(page).fill("Milk, two bottles");
  await button(other, "Delete Milk").click();
  await button(other, "Really delete? Milk").click();
  await expect(notes(other)).toHaveCount(0);

  await button(page, "Save changes").click();
  await expect(question(page).getByRole("heading")).toHaveText(DELETED);
  await expect(titleField(page)).toHaveValue("Milk, two bottles");
  await button(page, "Save my text as a new note").click();
  await expect(titles(page)).toHaveText(["Milk, two bottles"]);

  // A delete that has not seen the change deletes nothing.
  await other.reload();
  await expect(titles(other)).toHaveText(["Milk, two bottles"]);
  await button(page, "Edit Milk, two bottles").click();
  await noteField(page).fill("from the farm");
  await button(page, "Save changes").click();
  await expect(notes(page)).toContainText(["from the farm"]);
  await button(other, "Delete Milk, two bottles").click();
  await button(other, "Really delete? Milk, two bottles").click();
  await expect(other.getByRole("alert")).toContainText("so it was not deleted");
  await expect(notes(other)).toContainText(["from the farm"]);
});

test("a save that waited for the network undoes no newer change and brings no deleted note back", async ({ page, context, member, wire }) => {
  await signIn(page, member);
  const other = await alsoOn(context, "/notes");
  // The answer to the first save is lost. Before the tab tries again, the note is deleted.
  const lost = wire.hold(CREATE);
  await titleField(page).fill("Milk");
  await button(page, "Save note").click();
  await lost.answered;
  await other.reload();
  await button(other, "Delete Milk").click();
  await button(other, "Really delete? Milk").click();
  await expect(notes(other)).toHaveCount(0);
  lost.drop();
  await expect(question(page).getByRole("heading")).toHaveText(DELETED);
  await other.reload();
  await expect(other.getByText("No notes yet.")).toBeVisible();
  await button(page, "Discard my text").click();
  await expect(titleField(page)).toHaveValue("");

  // A change whose answer is lost is no conflict with itself.
  await writeNote(page, "Honey");
  await button(page, "Edit Honey").click();
  await titleField(page).fill("Heather honey");
  const again = wire.hold(UPDATE);
  await button(page, "Save changes").click();
  await again.answered;
  again.drop();
  await expect(titles(page)).toHaveText(["Heather honey"]);
  await expect(titleField(page)).toHaveValue("");
  await expect(question(page)).toBeHidden();
});

test("signing out with a text that is not saved asks first", async ({ page, member }) => {
  await signIn(page, member);
  // An extension fills fields in without an event.
  await titleField(page).evaluate((field: HTMLInputElement) => (field.value = "Half a no"));
  page.once("dialog", (dialog) => dialog.dismiss());
  await signOut(page);
  await expect(page.locator("html")).toHaveAttribute("data-auth-state", "signed-in");
  await expect(titleField(page)).toHaveValue("Half a no");

  // Nor is it lost with the page.
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("link", { name: "Notes", exact: true }).click();
  await expect(titleField(page)).toHaveValue("Half a no");

  page.once("dialog", (dialog) => dialog.accept());
  await signOut(page);
  await expect(page).toHaveURL("/login");
});
