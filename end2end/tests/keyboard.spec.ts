// The app by keyboard alone: focus order, visible focus, focus after each action.

import type { Locator, Page } from "@playwright/test";
import { button, emailField, heading, hydrated, menuButton, noteField, passwordField, signedIn, signedOut, titleField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("the keyboard alone signs in, writes, edits and deletes a note, and signs out", async ({ page, member }) => {
  const { keyboard } = page;
  await page.goto("/login");
  await hydrated(page);
  await moveTo(emailField(page));
  await keyboard.type(member.email);
  await moveTo(passwordField(page));
  await keyboard.type(member.password);
  await keyboard.press("Enter");
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeFocused();

  await moveTo(titleField(page));
  await keyboard.type("Milk");
  await moveTo(noteField(page));
  await keyboard.type("one bottle");
  await moveTo(button(page, "Save note"));
  await keyboard.press("Space");
  await expect(heading(page, "Milk")).toBeVisible();
  await expect(titleField(page)).toBeFocused();

  await moveTo(button(page, "Edit Milk"));
  await keyboard.press("Enter");
  await expect(titleField(page)).toBeFocused();
  await keyboard.press("Home");
  await keyboard.type("Oat ");
  await keyboard.press("Enter");
  await expect(heading(page, "Oat Milk")).toBeVisible();
  await expect(button(page, "Edit Oat Milk")).toBeFocused();

  await moveTo(button(page, "Delete Oat Milk"));
  await keyboard.press("Space");
  await expect(button(page, "Keep it")).toBeFocused();
  await keyboard.press("Space");
  await expect(button(page, "Delete Oat Milk")).toBeFocused();
  await keyboard.press("Space");
  await expect(button(page, "Keep it")).toBeFocused();
  await keyboard.press("Tab");
  await expect(button(page, "Really delete? Oat Milk")).toBeFocused();
  await keyboard.press("Space");
  await expect(page.getByText("No notes yet.")).toBeVisible();
  await expect(heading(page, "Your notes")).toBeFocused();

  await moveTo(menuButton(page), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(button(page, "Sign out")).toBeVisible();
  await keyboard.press("Escape");
  await expect(button(page, "Sign out")).toBeHidden();
  await expect(menuButton(page)).toBeFocused();
  await keyboard.press("Enter");
  await moveTo(button(page, "Sign out"));
  await keyboard.press("Enter");
  await signedOut(page);
  await expect(heading(page, "Sign in")).toBeFocused();
});

test("the first Tab reaches the skip link", async ({ page }) => {
  await page.goto("/login");
  await hydrated(page);
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).not.toBeInViewport();
  await page.keyboard.press("Tab");
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(emailField(page)).toBeFocused();
});

/** Presses Tab until the target has the focus. Each stop on the way is in view and has an outline. */
async function moveTo(target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const page: Page = target.page();
  for (let presses = 0; presses < 20; presses++) {
    await page.keyboard.press(key);
    const focused = page.locator(":focus");
    await expect(focused).toBeInViewport();
    await expect(focused).not.toHaveCSS("outline-style", "none");
    await expect(focused).not.toHaveCSS("outline-width", "0px");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  await expect(target, "reached by twenty presses").toBeFocused();
}
