// Lazy loading: what is downloaded as separate WebAssembly files, the session's commands and pages.

import type { Page, Request } from "@playwright/test";
import { A_PART, holdBack, NOT_DOWNLOADED, pathOf, Traffic } from "../support/network.ts";
import { button, emailField, fillIn, heading, hydrated, noteField, passwordField, signedIn, signIn, titleField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

const parts = (traffic: Traffic) => traffic.requests.map(pathOf).filter((path) => A_PART.test(path));
const whole = (paths: string[]) => paths.filter((path) => !path.includes("/chunk_"));
const follow = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

test("a lazy-loaded page is downloaded when it is opened, and only once", async ({ page, context, member }) => {
  const traffic = new Traffic(context);
  await page.goto("/login");
  await hydrated(page);
  await signIn(page, member);
  const session = expect.stringMatching(/split_session\.[\w-]{22}\.wasm$/);
  expect(whole(parts(traffic))).toContainEqual(session);
  const pages = whole(parts(traffic)).filter((path) => !path.includes("/split_session."));
  expect(pages).toEqual([expect.stringMatching(/split_notes\.[\w-]{22}\.wasm$/)]);
  const before = parts(traffic).length;

  await page.goto("/account");
  await expect(heading(page, "Account")).toBeVisible();
  const downloaded = parts(traffic).slice(before);
  // One part and the chunks that it shares with other parts.
  expect(whole(downloaded)).toEqual([session, expect.stringMatching(/split_account\.[\w-]{22}\.wasm$/)]);
  expect(new Set(downloaded).size).toBe(downloaded.length);
  await follow(page, "Review: Signed-in browsers");
  await expect(heading(page, "Signed-in browsers")).toBeFocused();
  await follow(page, "change your password");
  await expect(page.getByRole("form", { name: "Password" })).toBeInViewport();
  expect(parts(traffic).slice(before)).toEqual(downloaded);
});

test("the sign-in page is live before any part has come, and a form that is sent meanwhile waits for the session's", async ({ page, member }) => {
  const release = await holdBack(page, A_PART);
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, member);
  await button(page, "Show password").click();
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await button(page, "Sign in").click();
  await expect(button(page, "Signing in…")).toBeDisabled();
  release();
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeVisible();
});

test("a page that restores a session asks for the session's part before the program has come", async ({ page, context, member }) => {
  await signIn(page, member);
  const release = await holdBack(page, /\/pkg\/two-tokens\.[^/]*\.wasm$/);
  const traffic = new Traffic(context);
  await page.goto("/notes", { waitUntil: "commit" });
  await expect.poll(() => whole(parts(traffic))).toEqual([expect.stringMatching("/split_session")]);
  const before = parts(traffic);
  release();
  await signedIn(page);
  await expect(heading(page, "Notes")).toBeVisible();
  const again = parts(traffic).slice(before.length).filter((path) => before.includes(path));
  expect(again, "what is preloaded is used").toEqual([]);
});

test("focus and address wait for a lazy-loaded page", async ({ page, member }) => {
  await signIn(page, member);
  const release = await holdBack(page, A_PART);
  await page.evaluate(() => {
    // The notes page has no link to it.
    document.querySelector("main")!.append(Object.assign(document.createElement("a"), { href: "/account", textContent: "There" }));
  });
  await follow(page, "There");
  await expect(page.getByRole("status").filter({ hasText: "Loading…" })).toBeVisible();
  await expect(heading(page, "One moment")).toBeFocused();
  release();
  await expect(heading(page, "Account")).toBeFocused();

  // A full page load does not move the focus.
  await page.goto("/account#password");
  await expect(page.getByRole("form", { name: "Password" })).toBeInViewport();
  await expect(page.locator("body")).toBeFocused();
});

test.describe(() => {
  test.use({ expectedComplaints: [...NOT_DOWNLOADED, 404, "Response with null body", "HTTP status code is not ok"] });

  test("where the session's part cannot be downloaded, the form says so, and the second press signs in as without the program", async ({ page, member }) => {
    const isPlainForm = (request: Request) => request.isNavigationRequest() && request.method() === "POST";
    let gone = true;
    page.on("request", (request) => (gone &&= !isPlainForm(request)));
    await page.route(A_PART, (route) => (gone ? route.fulfill({ status: 404, body: "gone" }) : route.continue()));
    await page.goto("/login");
    await hydrated(page);
    await fillIn(page, member);
    await button(page, "Sign in").click();
    await expect(page.getByRole("alert")).toContainText("The server could not be reached.");
    await expect(emailField(page)).toHaveValue(member.email);
    await expect(passwordField(page)).toHaveValue(member.password);
    const sent = page.waitForRequest(isPlainForm);
    await button(page, "Sign in").click();
    await sent;
    await signedIn(page);
    await expect(heading(page, "Notes")).toBeVisible();
  });
});

test.describe(() => {
  test.use({ expectedComplaints: [...NOT_DOWNLOADED, 404, "Response with null body", "HTTP status code is not ok"] });

  test("a lazy-loaded page that cannot be downloaded shows an error and can be tried again", async ({ page, member }) => {
    await signIn(page, member);
    await page.route(A_PART, (route) => route.abort("internetdisconnected"));
    await page.goto("/sessions");
    await expect(heading(page, "This page couldn't be loaded")).toBeVisible();
    await expect(page.getByRole("alert")).toContainText("It could not be downloaded.");
    const again = page.waitForRequest(A_PART);
    await button(page, "Try again").click();
    await again;
    await expect(heading(page, "This page couldn't be loaded")).toBeFocused();

    await page.unroute(A_PART);
    await button(page, "Try again").click();
    await expect(heading(page, "Signed-in browsers")).toBeFocused();
    await expect(page.getByText("This browser", { exact: true })).toBeVisible();
  });

  test("where a deployment has taken a part away, a reload is offered that keeps the draft", async ({ page, member, context }) => {
    await signIn(page, member);
    await titleField(page).fill("Milk");
    await noteField(page).fill("one bottle");
    await page.route(A_PART, (route) => route.fulfill({ status: 404, body: "gone" }));
    await page.evaluate(() => {
      document.querySelector("main")!.append(Object.assign(document.createElement("a"), { href: "/account", textContent: "There" }));
    });
    await follow(page, "There");
    await expect(heading(page, "This page couldn't be loaded")).toBeVisible();
    await page.unroute(A_PART);
    // The reload asks nothing: a dialog that nobody answers would hold it.
    await button(page, "Reload").click();
    await expect(heading(page, "Account")).toBeVisible();
    await follow(page, "Notes");
    await expect(titleField(page)).toHaveValue("Milk");
    await expect(noteField(page)).toHaveValue("one bottle");
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    await button(page, "Save note").click();
    await expect(heading(page, "Milk")).toBeVisible();
    expect(context.pages()).toHaveLength(1);
  });
});
