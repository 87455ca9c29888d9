// Notes: editing, deleting, drafts.

import { button, fillIn, heading, noteField, notes, reload, signIn, signOut, titleField, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("an edited note is shown changed, also after a reload", async ({ page, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk", "one bottle");
  await button(page, "Edit Milk").click();
  await expect(titleField(page)).toBeFocused();
  await expect(noteField(page)).toHaveValue("one bottle");
  await titleField(page).fill("Oat milk");
  await button(page, "Save changes").click();
  await expect(heading(page, "Oat milk")).toBeVisible();
  await expect(button(page, "Save note")).toBeVisible();

  await reload(page);
  await expect(notes(page)).toHaveCount(1);
  await expect(notes(page)).toContainText(["one bottle"]);
  await expect(heading(page, "Oat milk")).toBeVisible();
});

test("cancelling an edit leaves the note unchanged and restores the earlier draft", async ({ page, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  await titleField(page).fill("Honey");
  await button(page, "Edit Milk").click();
  await titleField(page).fill("Oat milk");
  await button(page, "Cancel").click();
  await expect(titleField(page)).toHaveValue("Honey");
  await expect(heading(page, "Milk")).toBeVisible();
});

test("deleting a note asks for confirmation", async ({ page, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  await writeNote(page, "Honey");
  await button(page, "Delete Milk").click();
  await expect(notes(page)).toHaveCount(2);
  await button(page, "Really delete? Milk").click();
  await expect(notes(page)).toHaveCount(1);

  await reload(page);
  await expect(heading(page, "Honey")).toBeVisible();
  await expect(heading(page, "Milk")).toBeHidden();
});

test("markup in a note is shown as text", async ({ page, member }) => {
  await signIn(page, member);
  const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
  await writeNote(page, markup, markup);
  await reload(page);
  await expect(notes(page).getByText(markup)).toHaveCount(2);
  await expect(page).toHaveTitle("Notes · Two Tokens");
});

test.describe(() => {
  test.use({ expectedComplaints: [422] });
  test("saving a note without a title shows an error and keeps the text", async ({ page, member }) => {
    await signIn(page, member);
    await noteField(page).fill("two rolls");
    await button(page, "Save note").click();
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("Give the note a title.");
    // The button was disabled while the save was under way, so the focus needs a place.
    await expect(alert).toBeFocused();
    await alert.getByRole("link").click();
    await expect(titleField(page)).toBeFocused();
    await expect(titleField(page)).toHaveAttribute("aria-invalid", "true");
    await expect(noteField(page)).toHaveValue("two rolls");
    await writeNote(page, "Milk", "two rolls");
    await expect(page.getByRole("alert")).toBeHidden();
  });
});

test.describe(() => {
  test.use({ expectedComplaints: ["ERR_INTERNET_DISCONNECTED"] });
  test("a note saved offline stays editable and is sent when the connection is back", async ({ page, context, member }) => {
    await signIn(page, member);
    await titleField(page).fill("Milk");
    await context.setOffline(true);
    await button(page, "Save note").click();
    await expect(button(page, "Waiting to save…")).toBeVisible();
    await titleField(page).fill("Milk and honey");
    await context.setOffline(false);
    await expect(heading(page, "Milk and honey")).toBeVisible();
    await expect(titleField(page)).toHaveValue("");
    await expect(notes(page)).toHaveCount(1);
  });
});

test("a draft survives a visit to another page, and no other user sees it", async ({
  page,
  member,
  newcomer,
}) => {
  await signIn(page, member);
  await titleField(page).fill("Milk");
  await noteField(page).fill("and two rolls");
  await page.getByRole("link", { name: "Home", exact: true }).click();
  await page.getByRole("link", { name: "Notes", exact: true }).click();
  await expect(titleField(page)).toHaveValue("Milk");
  await expect(noteField(page)).toHaveValue("and two rolls");

  const warned = page.waitForEvent("dialog");
  const leaving = page.evaluate(() => location.reload());
  const dialog = await warned;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await leaving;
  await expect(titleField(page)).toHaveValue("Milk");

  page.once("dialog", (asked) => asked.accept());
  await signOut(page);
  await page.getByRole("link", { name: "Create an account" }).click();
  await fillIn(page, newcomer);
  await button(page, "Create account").click();
  await expect(heading(page, "Notes")).toBeVisible();
  await expect(titleField(page)).toHaveValue("");
});
