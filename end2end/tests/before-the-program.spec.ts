// Progressive enhancement: the forms work before the WebAssembly has loaded.

import { holdBack, THE_WASM, Traffic } from "../support/network.ts";
import { button, emailField, fillIn, heading, hydrated, passwordField, signedIn, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("signing in before the WebAssembly has loaded works, and the password is in no address", async ({
  page,
  context,
  member,
}) => {
  const traffic = new Traffic(context);
  const release = await holdBack(page, THE_WASM);
  await page.goto("/login", { waitUntil: "commit" });
  await fillIn(page, member);
  const sending = page.waitForRequest((request) => request.isNavigationRequest());
  await button(page, "Sign in").click();
  const sent = await sending;
  expect(sent.url()).not.toContain(member.secret);
  expect(sent.postData(), "the password is in the body").toContain(member.secret);
  await expect(page).toHaveURL("/notes");
  await expect(page.getByText("Restoring your session…")).toBeVisible();
  await expect(page.locator("html")).not.toHaveAttribute("data-hydrated");

  release();
  await signedIn(page);
  await writeNote(page, "Milk");
  expect(traffic.urls.filter((url) => url.includes(member.secret) || url.includes("password"))).toEqual([]);
});

test("creating an account before the WebAssembly has loaded signs in", async ({ page, newcomer }) => {
  const release = await holdBack(page, THE_WASM);
  await page.goto("/register", { waitUntil: "commit" });
  await fillIn(page, newcomer);
  await button(page, "Create account").click();
  await expect(page).toHaveURL("/notes");
  release();
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeVisible();
});

test("text typed before the WebAssembly has loaded is kept", async ({ page, member }) => {
  const release = await holdBack(page, THE_WASM);
  await page.goto("/login", { waitUntil: "commit" });
  await fillIn(page, member);
  release();
  await hydrated(page);
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(passwordField(page)).toHaveValue(member.password);
  await button(page, "Sign in").click();
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeVisible();
});
