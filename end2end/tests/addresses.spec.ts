// Return addresses (no open redirect) and unknown addresses.

import { Traffic } from "../support/network.ts";
import { button, fillIn, heading, hydrated, menuButton, signedIn, signIn } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

const ELSEWHERE = ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"];

test("a sign-in link with a foreign return address leads to the notes (no open redirect)", async ({ page, context, member, server }) => {
  const traffic = new Traffic(context);
  for (const next of ELSEWHERE) {
    await signIn(page, member, `/login?next=${encodeURIComponent(next)}`);
    await expect(page).toHaveURL("/notes");
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await expect(heading(page, "Notes")).toBeVisible();
    await expect(page).toHaveURL("/notes");
    await context.clearCookies();
  }
  expect(traffic.urls.filter((url) => !url.startsWith(server.url))).toEqual([]);
});

test("the notes page asks a visitor to sign in and then shows the notes", async ({ page, member }) => {
  await page.goto("/notes");
  await expect(page).toHaveURL("/login?next=%2Fnotes");
  await hydrated(page);
  await fillIn(page, member);
  await button(page, "Sign in").click();
  await expect(heading(page, "Notes")).toBeVisible();
  await expect(page).toHaveURL("/notes");
});

test("a sign-in begun on the start page returns there", async ({ page, member }) => {
  await page.goto("/login?next=%2F");
  await hydrated(page);
  await fillIn(page, member);
  await button(page, "Sign in").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByText(`You are signed in as ${member.email}.`)).toBeVisible();
});

test.describe(() => {
  test.use({ expectedComplaints: [404] });
  test("an unknown address shows a 404 page with a link to the start page", async ({ page }) => {
    const answer = await page.goto("/nowhere");
    expect(answer?.status()).toBe(404);
    await hydrated(page);
    await expect(heading(page, "Page not found")).toBeVisible();
    await page.getByRole("link", { name: "Go to the home page" }).click();
    await expect(page).toHaveURL("/");
  });
});

test("Back from the sign-in page leads to the page that the visitor came from", async ({ page }) => {
  await page.goto("/");
  await hydrated(page);
  await page.getByRole("link", { name: "Notes", exact: true }).click();
  await expect(heading(page, "Sign in")).toBeVisible();
  await expect(page).toHaveURL("/login?next=%2Fnotes");
  await page.goBack();
  // Through the notes, which lead to the sign-in page again, or at once: never out of the site.
  await expect(page).not.toHaveURL("about:blank");
  await page.getByRole("link", { name: "Home", exact: true }).click();
  await expect(heading(page, "One sign-in, two tokens")).toBeVisible();
});

test("a long e-mail address makes no page wider than a phone", async ({ page }) => {
  const email = `${"a-very-long-name.".repeat(3)}x@${"a-long-domain.".repeat(8)}example.com`;
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, { email, password: "five words nobody else has" });
  await button(page, "Create account").click();
  await signedIn(page);
  for (const address of ["/", "/notes", "/account", "/sessions"]) {
    await page.goto(address);
    await signedIn(page);
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate(() => document.documentElement.scrollWidth), address).toBeLessThanOrEqual(320);
  }
  await menuButton(page).click();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
