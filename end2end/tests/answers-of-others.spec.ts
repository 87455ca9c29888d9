// Answers that are not the server's: a firewall, a proxy, a gate with its own sign-in, a content blocker. Each is told,
// loses no text, signs nobody out, and makes no tab send more than a few requests a minute.

import type { Page, Route } from "@playwright/test";
import { NO_NETWORK } from "../support/network.ts";
import { button, heading, noteField, passUntil, signedIn, signIn, titleField, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

const CREATE = "**/api/notes/create";
const REFRESH = "**/api/auth/refresh";
const API = "**/api/**";
const OFFLINE = "You are offline or the server cannot be reached.";
const GATE = "Something in front of this site wants you to sign in there";

const COMPLAINTS = [401, 403, 404, 405, 413, 429, 503, "ERR_BLOCKED_BY_CLIENT", ...NO_NETWORK];

test.use({ expectedComplaints: COMPLAINTS });

/** Answers every request of a kind in the server's place; counts them. */
async function inPlace(page: Page, kind: string, answer: (route: Route) => Promise<void>): Promise<() => number> {
  let count = 0;
  await page.route(kind, async (route) => {
    count += 1;
    await answer(route);
  });
  return () => count;
}

const html = (status: number, headers: Record<string, string> = {}) => (route: Route) =>
  route.fulfill({ status, headers: { "content-type": "text/html", ...headers }, body: "<html><body>Blocked</body></html>" });

async function tryToSave(page: Page): Promise<void> {
  await titleField(page).fill("Milk");
  await noteField(page).fill("Three bottles");
  await button(page, "Save note").click();
}

async function nothingIsLost(page: Page): Promise<void> {
  await expect(titleField(page)).toHaveValue("Milk");
  await expect(noteField(page)).toHaveValue("Three bottles");
  await signedIn(page);
}

test("a firewall's refusal of a note is told once, with its status, and the text stays", async ({ page, member }) => {
  await signIn(page, member);
  for (const status of [403, 404, 405, 413]) {
    const sent = await inPlace(page, CREATE, html(status));
    await tryToSave(page);
    await expect(page.getByText(`Something in front of this site refused this (${status})`)).toBeVisible();
    await expect(button(page, "Save note")).toBeEnabled();
    await nothingIsLost(page);
    expect(sent()).toBe(1);
    await page.unroute(CREATE);
  }
  await button(page, "Save note").click();
  await expect(heading(page, "Milk")).toBeVisible();
});

const gates: [string, (route: Route) => Promise<void>][] = [
  ["a page instead of a result", html(200)],
  ["a redirect to its sign-in", (route) => route.fulfill({ status: 302, headers: { location: "https://gate.example/" } })],
  ["the challenge of another authentication", html(401, { "www-authenticate": "Basic realm=gate" })],
];
// A request that is on its way to the gate's own host when the gate goes away fails there.
test.describe(() => {
  test.use({ expectedComplaints: [...COMPLAINTS, "gate.example", "ERR_FAILED"] });

  for (const [what, answer] of gates) {
    test(`a gate that answers with ${what} leads to an offered reload, and to few requests`, async ({ page, member }) => {
      await page.clock.install();
      await signIn(page, member);
      const sent = await inPlace(page, API, answer);
      await tryToSave(page);
      await expect(page.getByText(GATE)).toBeVisible();
      await nothingIsLost(page);
      await page.clock.runFor(60_000);
      expect(sent()).toBeLessThan(4);

      // After a reload the session itself cannot be restored.
      await page.reload();
      await passUntil(page, () => button(page, "Reload").isVisible());
      await expect(page.getByText(GATE)).toBeVisible();
      const before = sent();
      await page.clock.runFor(60_000);
      expect(sent() - before).toBeLessThan(10);
      // Still gated: the page comes back as it was. Behind the gate the session is there again.
      await Promise.all([page.waitForEvent("load"), button(page, "Reload").click()]);
      await page.unroute(API);
      await page.reload();
      await signedIn(page);
    });
  }
});

for (const status of [429, 503]) {
  test(`the Retry-After of a proxy's ${status} is kept`, async ({ page, member }) => {
    await page.clock.install();
    await signIn(page, member);
    const sent = await inPlace(page, API, html(status, { "retry-after": "120" }));
    await tryToSave(page);
    await passUntil(page, () => page.getByText(OFFLINE).isVisible());
    await page.clock.runFor(100_000);
    expect(sent()).toBe(1);
    await page.unroute(API);
    await page.clock.runFor(25_000);
    await passUntil(page, () => heading(page, "Milk").isVisible());
    await signedIn(page);
  });
}

test("one kind of call that is blocked does not put the tab offline", async ({ page, member }) => {
  await page.clock.install();
  const notices = await inPlace(page, "**/api/account/notices", (route) => route.abort("blockedbyclient"));
  await signIn(page, member);
  await expect.poll(notices).toBeGreaterThan(0);
  await writeNote(page, "Honey");
  await page.clock.runFor(60_000);
  await expect(page.getByText(OFFLINE)).toBeHidden();
  await signedIn(page);
  expect(notices()).toBeLessThan(4);
});

test("a save that is blocked while others get through is told, and sent only twice", async ({ page, member }) => {
  await page.clock.install();
  await signIn(page, member);
  const sent = await inPlace(page, CREATE, (route) => route.abort("blockedbyclient"));
  await tryToSave(page);
  await expect(page.getByText("This request does not get through, though others do")).toBeVisible();
  await nothingIsLost(page);
  await page.clock.runFor(60_000);
  expect(sent()).toBe(2);
  await page.unroute(CREATE);
  await button(page, "Save note").click();
  await expect(heading(page, "Milk")).toBeVisible();
});

test("a sign-in that a firewall refuses is told at the form", async ({ page, member }) => {
  await page.goto("/login");
  await inPlace(page, "**/api/auth/login", html(403));
  await page.getByLabel("E-mail", { exact: true }).fill(member.email);
  await page.getByLabel("Password", { exact: true }).fill(member.password);
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
  await button(page, "Sign in").click();
  await expect(page.getByText("Something in front of this site refused this (403)")).toBeVisible();
});

test("a refresh that a firewall refuses signs nobody out", async ({ page, member }) => {
  await page.clock.install();
  await signIn(page, member);
  await inPlace(page, REFRESH, html(403));
  await page.reload();
  await passUntil(page, () => button(page, "Reload").isVisible());
  await page.unroute(REFRESH);
  await page.reload();
  await signedIn(page);
});
