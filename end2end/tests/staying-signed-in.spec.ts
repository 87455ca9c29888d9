// The session survives a reload, and no frame shows the login form.

import { holdBack } from "../support/network.ts";
import { button, fillIn, heading, hydrated, notes, reload, signedIn, signedOut, signIn, signOut, writeNote } from "../support/page.ts";
import { Server } from "../support/server.ts";
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

// Cookies know no ports.
test("two copies on two ports of one host sign each other neither out nor in", async ({ page, context, newcomer }) => {
  const other = await Server.start({});
  try {
    const register = async (of: typeof page, url: string, as: typeof newcomer) => {
      await of.goto(`${url}/register`);
      await hydrated(of);
      await fillIn(of, as);
      await button(of, "Create account").click();
      await signedIn(of);
    };
    const there = await context.newPage();
    await register(page, "", newcomer);
    await register(there, other.url, { ...newcomer, email: `other-${newcomer.email}` });
    for (const [of, email] of [[page, newcomer.email], [there, `other-${newcomer.email}`]] as const) {
      await reload(of);
      await signedIn(of);
      await expect(of.getByRole("banner")).toContainText(email);
    }
    await signOut(there);
    await signedOut(there);
    await reload(page);
    await signedIn(page);
  } finally {
    await other.stop();
  }
});
