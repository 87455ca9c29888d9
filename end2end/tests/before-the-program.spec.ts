// Progressive enhancement: the forms work before the WebAssembly has loaded.

import type { Page } from "@playwright/test";
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

const WORDS = "This page did not load completely.";

test.describe(() => {
  test.use({ expectedComplaints: [401, 404, "ERR_FAILED", "Failed to fetch", "WebAssembly", "preload", "MIME"] });

  const troubles: Record<string, (page: Page) => Promise<unknown>> = {
    "is blocked": (page) => page.route(THE_WASM, (route) => route.abort()),
    "is gone": (page) => page.route(THE_WASM, (route) => route.fulfill({ status: 404, body: "gone" })),
    "has no JavaScript": (page) => page.route(/\/pkg\/two-tokens\.[^/]*\.js$/, (route) => route.abort()),
    "meets a browser without WebAssembly": (page) => page.addInitScript("delete globalThis.WebAssembly"),
  };
  for (const [name, trouble] of Object.entries(troubles)) {
    test(`where the program ${name}, each page says so on top, and one signs in and out`, async ({ page, member }) => {
      await trouble(page);
      for (const address of ["/", "/register", "/notes", "/login"]) {
        await page.goto(address);
        await expect(page.getByRole("alert")).toContainText(WORDS);
        await expect(page.getByRole("alert")).toBeInViewport();
        await expect(page.getByText("Restoring your session…")).toBeHidden();
        await expect(button(page, "Sign out")).toBeHidden();
      }
      await fillIn(page, member);
      await button(page, "Sign in").click();
      await expect(page).toHaveURL("/notes");
      await expect(page.getByRole("alert")).toContainText("This browser seems to be signed in.");
      await page.goto("/login");
      await expect(emailField(page)).toBeVisible();
      await button(page, "Sign out").click();
      await expect(page).toHaveURL("/");
      await expect(page.getByText("You are signed out, so at the moment you have neither.")).toBeVisible();
      await button(page, "Reload").click();
      await expect(page.getByRole("alert")).toContainText(WORDS);
    });
  }
});
