// Account page and sessions: step-up authentication, change of password and e-mail address, deletion, the notice of a theft.

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { alsoOn, button, fillIn, heading, NO_LONGER_RECENT, reload, signedOut, signIn, signOut, stealRefreshToken, titleField, writeNote } from "../support/page.ts";
import { expect, test, type Person } from "../support/test.ts";

const part = (page: Page, name: string) => page.getByRole("form", { name });
const current = (page: Page, name: string) => part(page, name).getByLabel("Current password", { exact: true });
const browsers = (page: Page) => page.getByRole("list", { name: "Signed-in browsers" }).getByRole("listitem");

async function signedInElsewhere(page: Page, member: Person): Promise<Page> {
  const context = await page.context().browser()!.newContext({ baseURL: new URL(page.url()).origin, locale: "en-GB" });
  const elsewhere = await context.newPage();
  await signIn(elsewhere, member);
  return elsewhere;
}

test.describe(() => {
  test.use({ expectedComplaints: [401] });

  test("a user ends the session of an unknown browser after entering the password again", async ({ page, member, server }) => {
    await signIn(page, member);
    const elsewhere = await signedInElsewhere(page, member);
    await server.later(NO_LONGER_RECENT);
    await page.goto("/sessions");
    // The third session belongs to the registration.
    await expect(browsers(page)).toHaveCount(3);
    await expect(browsers(page).first()).toContainText("This browser");
    const strange = browsers(page).filter({ hasNotText: "This browser" });
    await strange.first().getByRole("button", { name: /^Sign out / }).click();

    const dialog = page.getByRole("dialog", { name: "Confirm it's you" });
    await dialog.getByLabel("Your password", { exact: true }).fill("not this one, I think");
    await dialog.getByRole("button", { name: "Continue" }).click();
    await expect(dialog.getByRole("alert")).toBeVisible();
    await dialog.getByLabel("Your password", { exact: true }).fill(member.password);
    await dialog.getByRole("button", { name: "Continue" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText("was signed out.")).toBeVisible();
    await expect(browsers(page)).toHaveCount(2);
    await button(page, "Sign out all other browsers").click();
    await expect(page.getByText("One other browser was signed out.")).toBeVisible();
    await expect(browsers(page)).toHaveCount(1);

    await titleField(elsewhere).fill("Milk");
    await button(elsewhere, "Save note").click();
    await expect(heading(elsewhere, "Your session has ended")).toBeVisible();
  });

  test("changing the password ends the other sessions, and the new password signs in", async ({ page, member }) => {
    await signIn(page, member);
    const elsewhere = await signedInElsewhere(page, member);
    await page.goto("/account");
    await button(page, "Change password").click();
    await expect(current(page, "Password")).toBeFocused();
    await current(page, "Password").fill(member.password);
    await button(page, "Suggest a passphrase").click();
    const field = part(page, "Password").getByLabel("New password", { exact: true });
    await expect(field).toHaveAttribute("type", "text");
    const suggested = await field.inputValue();
    expect(suggested.split(/[ -]/).length).toBeGreaterThanOrEqual(5);
    await button(page, "Change password").click();
    await expect(page.getByText("Your password was changed. Other browsers signed out: 2.")).toBeVisible();
    await expect(field).toBeHidden();
    await expect(button(page, "Change password")).toBeFocused();
    await elsewhere.reload();
    await expect(elsewhere.getByText("The password was changed, which ends every other session.")).toBeVisible();

    await signOut(page);
    await signIn(page, { ...member, password: suggested });
  });
});

test("the account lists what happened, newest first, with the browser and the time", async ({ page, member }) => {
  await signIn(page, member);
  await page.goto("/account");
  const rows = page.getByRole("region", { name: "Recent activity" }).getByRole("listitem");
  await expect(rows).toContainText([/Signed in.*Chrome on .*this sign-in/s, /Account created/]);
  await expect(rows.first().locator("time")).toHaveAttribute("title", /\d/);
});

test("a user downloads all of their data as one file", async ({ page, member }) => {
  await signIn(page, member);
  await writeNote(page, "Milk", "two litres");
  await page.goto("/account");
  const download = page.waitForEvent("download");
  await button(page, "Download my data").click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("two-tokens-data.json");
  const data = JSON.parse(readFileSync(await file.path(), "utf8")) as Record<string, unknown>;
  expect(JSON.stringify(data)).toContain(member.email);
  expect(JSON.stringify(data.notes)).toContain("two litres");
});

test("one row of the account is open at a time, and closing it leaves the focus at its button", async ({ page, member }) => {
  await signIn(page, member);
  await page.goto("/account");
  await button(page, "Change e-mail").click();
  await expect(part(page, "E-mail").getByLabel("New e-mail", { exact: true })).toBeFocused();
  await button(page, "Change password").click();
  await expect(part(page, "E-mail")).toBeHidden();
  await expect(part(page, "Password")).toBeVisible();
  await button(page, "Cancel").click();
  await expect(part(page, "Password")).toBeHidden();
  await expect(button(page, "Change password")).toBeFocused();
});

test.describe(() => {
  test.use({ expectedComplaints: [401] });
  test("Escape in the password dialog leaves the focus at the button that asked, and browsers of one name differ", async ({ page, member, server }) => {
    await signIn(page, member);
    await server.later(NO_LONGER_RECENT);
    const elsewhere = await signedInElsewhere(page, member);
    await page.goto("/sessions");
    await expect(browsers(page)).toHaveCount(3);
    const names = await page.getByRole("button", { name: /^Sign out .*, .*\d/ }).evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
    expect(new Set(names).size).toBe(2);
    await server.later(NO_LONGER_RECENT);
    const all = button(page, "Sign out all other browsers");
    await all.click();
    await expect(page.getByRole("dialog", { name: "Confirm it's you" })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    await expect(all).toBeFocused();
    await elsewhere.context().close();
  });
});

test.describe(() => {
  test.use({ expectedComplaints: [401], expectsReuse: true });

  test("after a refresh token was stolen, a notice is shown at the next sign-in until it is dismissed", async ({
    page,
    member,
    server,
  }) => {
    await stealRefreshToken(page, member, server);
    const notice = page.getByRole("region", { name: "For your safety", exact: true });
    await expect(notice).toContainText("We stopped a copied sign-in");
    await reload(page);
    await expect(notice).toBeVisible();
    await notice.getByRole("button", { name: "Dismiss" }).click();
    await expect(notice).toBeHidden();
    await page.goto("/account");
    await expect(page.getByText("A sign-in was used in two places: signed out for your safety")).toBeVisible();
    await expect(notice).toBeHidden();
  });
});

test("a changed e-mail address is used in every tab and at the next sign-in", async ({ page, context, member, newcomer }) => {
  await signIn(page, member);
  await page.goto("/account");
  const { email } = newcomer;
  await button(page, "Change e-mail").click();
  await part(page, "E-mail").getByLabel("New e-mail", { exact: true }).fill(email);
  await current(page, "E-mail").fill(member.password);
  await button(page, "Change e-mail").click();
  await expect(page.getByText(`You now sign in as ${email}.`)).toBeVisible();
  await expect(page.getByRole("banner")).toContainText(email);
  const other = await alsoOn(context, "/notes");
  await expect(other.getByRole("banner")).toContainText(email);
  await signOut(page);
  await signIn(page, { ...member, email });
});

test.describe(() => {
  test.use({ expectedComplaints: [401, 422] });
  test("deleting the account signs out, and signing in to it fails afterwards", async ({ page, member }) => {
    await signIn(page, member);
    await page.goto("/account");
    await expect(page.getByRole("group", { name: "Security history" })).toContainText("Account created");
    await button(page, "Delete account").click();
    await current(page, "Delete account").fill("not this one, I think");
    await button(page, "Delete my account").click();
    const refusal = part(page, "Delete account").getByRole("alert");
    await expect(refusal).toBeFocused();
    await expect(current(page, "Delete account")).toHaveAccessibleDescription(/^This is not your current password/);
    await refusal.getByRole("link", { name: /^This is not your current password/ }).click();
    await expect(current(page, "Delete account")).toBeFocused();
    await current(page, "Delete account").fill(member.password);
    await button(page, "Delete my account").click();
    await signedOut(page);
    await expect(heading(page, "Your account was deleted")).toBeVisible();
    await expect(page.getByText("anything you typed is still here")).toBeHidden();
    await page.goto("/login");
    await fillIn(page, member);
    await button(page, "Sign in").click();
    await expect(page.getByRole("alert")).toBeVisible();
  });
});
