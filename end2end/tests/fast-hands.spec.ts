// Fast hands: a double click and a held key do what one press does, with and without the program.

import { holdBack, NO_NETWORK, THE_WASM } from "../support/network.ts";
import { button, fillIn, heading, hydrated, menuButton, notes, signedIn, signIn, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ expectedComplaints: NO_NETWORK });

test("a double click on Create account before the program has come makes one account and signs in", async ({ page, newcomer }) => {
  const release = await holdBack(page, THE_WASM);
  await page.goto("/register", { waitUntil: "commit" });
  await fillIn(page, newcomer);
  await button(page, "Create account").dblclick();
  release();
  await signedIn(page);
  await expect(page).toHaveURL("/notes");
});

test("a double click on Sign out does not press what comes in its place", async ({ page, member }) => {
  await signIn(page, member);
  await menuButton(page).click();
  const place = (await button(page, "Sign out").boundingBox())!;
  await page.mouse.dblclick(place.x + place.width / 2, place.y + place.height / 2);
  await expect(page).toHaveURL("/login");
  await expect(heading(page, "Sign in")).toBeVisible();
});

test("neither a double click nor a held Enter confirms a deletion", async ({ page, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  await button(page, "Delete Milk").dblclick();
  await expect(button(page, "Keep it")).toBeVisible();
  await button(page, "Keep it").click();
  await button(page, "Delete Milk").focus();
  // `down` again and again is a held key.
  for (let times = 0; times < 10; times++) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await expect(button(page, "Keep it")).toBeFocused();
  await page.reload();
  await hydrated(page);
  await expect(notes(page)).toHaveCount(1);

  // A translator wraps each text, so that the program's changes of it are not seen: the question is elements of its own.
  await page.evaluate(() => {
    const walker = document.createTreeWalker(document.querySelector("main")!, NodeFilter.SHOW_TEXT);
    const texts: Node[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      const font = document.createElement("font");
      font.textContent = text.textContent;
      text.parentNode!.replaceChild(font, text);
    }
  });
  await button(page, "Delete Milk").click();
  await expect(page.getByText("Really delete?")).toBeVisible();
  await button(page, "Really delete? Milk").click();
  await expect(notes(page)).toHaveCount(0);
});

test("a new password whose answer is lost is set once, and the retry succeeds", async ({ page, member, wire }) => {
  await signIn(page, member);
  await page.goto("/account#password");
  await signedIn(page);
  const form = page.getByRole("form", { name: "Password" });
  await form.getByLabel("Current password", { exact: true }).fill(member.password);
  await form.getByLabel("New password", { exact: true }).fill("a wholly new battery staple");
  const lost = wire.hold("/api/account/change_password");
  await button(page, "Change password").click();
  await lost.answered;
  // Chromium sends the request again by itself. It is the same submission, so the old password is not wrong.
  lost.drop();
  await expect(page.getByText("Your password was changed")).toBeVisible();
});
