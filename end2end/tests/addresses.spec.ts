// Return addresses (no open redirect) and unknown addresses.

import { Traffic } from "../support/network.ts";
import { button, fillIn, heading, hydrated, signIn } from "../support/page.ts";
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
    await expect(heading(page, "There is nothing here")).toBeVisible();
    await page.getByRole("link", { name: "Go to the start page" }).click();
    await expect(page).toHaveURL("/");
  });
});
