// Outages: the offline state, exponential backoff, Retry-After and request limits. An outage signs nobody out.

import type { BrowserContext, Page } from "@playwright/test";
import { NO_NETWORK } from "../support/network.ts";
import { A_TOKEN_LIFE, button, heading, notes, passUntil, reload, signIn, stopClock, titleField, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";
import { Witness } from "../support/witness.ts";

const REFRESH = "/api/auth/refresh";
const CREATE = "/api/notes/create";
const BANNER = "You are offline or the server cannot be reached.";
const isSignedIn = async (page: Page) => (await page.locator("html").getAttribute("data-auth-state")) === "signed-in";
const later = (status: number, code: string, retry_after = 1) => ({ status, code, retry_after });
const away = later(503, "temporarily_unavailable");

test.use({ expectedComplaints: [401, 429, 503, ...NO_NETWORK] });

for (const refusal of [away, later(429, "rate_limited")]) {
  test(`a reload while the server answers ${refusal.status} keeps the session and goes on when the server is back`, async ({
    page,
    context,
    member,
    wire,
  }) => {
    await signIn(page, member);
    await writeNote(page, "Milk");
    const witness = await Witness.of(context);
    wire.refuse(REFRESH, ...Array<typeof refusal>(3).fill(refusal));
    await page.clock.install();
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("data-auth-state", "offline");
    await passUntil(page, () => page.getByText(BANNER).isVisible());
    await passUntil(page, () => isSignedIn(page));
    await expect(page.getByText(BANNER)).toBeHidden();
    await expect(heading(page, "Milk")).toBeVisible();
    expect(witness.saw()).toEqual([]);
  });
}

test("a note whose response is lost stays editable and is saved exactly once when the network is back", async ({
  page,
  member,
  wire,
}) => {
  await page.clock.install();
  await signIn(page, member);
  await titleField(page).fill("Milk");
  // The worst case: the server has the note, and only its response is lost.
  const lost = wire.hold(CREATE);
  await button(page, "Save note").click();
  await lost.answered;
  wire.down();
  lost.drop();
  await passUntil(page, () => page.getByText(BANNER).isVisible());
  await expect(button(page, "Waiting to save…")).toBeDisabled();
  await titleField(page).fill("Milk and honey");
  wire.up();
  await passUntil(page, () => heading(page, "Milk and honey").isVisible());
  await expect(page.getByText(BANNER)).toBeHidden();
  await expect(titleField(page)).toHaveValue("");
  await reload(page);
  await expect(notes(page)).toHaveCount(1);
});

test("a refresh that is answered 503 twice loses no note", async ({ page, member, server, wire }) => {
  await page.clock.install();
  await signIn(page, member);
  await server.later(A_TOKEN_LIFE);
  wire.refuse(REFRESH, away, away);
  await titleField(page).fill("Milk");
  await button(page, "Save note").click();
  await passUntil(page, () => heading(page, "Milk").isVisible());
  expect(wire.statuses(REFRESH)).toEqual([503, 503, 200]);
  expect(wire.statuses(CREATE).at(-1)).toBe(200);
});

test("a refresh waits for the Retry-After that the server names", async ({ page, member, server, wire }) => {
  await page.clock.install();
  // The moments of all requests on the page's own clock.
  await page.addInitScript(() => {
    const { fetch } = window;
    const sent: [string, number][] = [];
    window.fetch = (...given) => {
      sent.push([given[0] instanceof Request ? given[0].url : `${given[0]}`, performance.now()]);
      return fetch(...given);
    };
    Object.assign(window, { sent });
  });
  await signIn(page, member);
  await server.later(A_TOKEN_LIFE);
  wire.refuse(REFRESH, later(429, "rate_limited", 3));
  await titleField(page).fill("Milk");
  await button(page, "Save note").click();
  await expect(page.locator("html")).toHaveAttribute("data-auth-state", "offline");
  // Neither the event of a returning network nor a retry of the call shortens the wait.
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await passUntil(page, () => heading(page, "Milk").isVisible());
  expect(wire.statuses(REFRESH)).toEqual([429, 200]);
  const sent = await page.evaluate(() => (window as unknown as { sent: [string, number][] }).sent);
  const [refused, granted] = sent.filter(([url]) => url.endsWith(REFRESH)).map(([, at]) => at);
  expect(granted! - refused!).toBeGreaterThan(2_900);
});

test("a refresh without a response is aborted after eight seconds and repeated", async ({ page, member, server, wire }) => {
  await page.clock.install();
  await signIn(page, member);
  await server.later(A_TOKEN_LIFE);
  const silence = wire.hold(REFRESH);
  await titleField(page).fill("Milk");
  await stopClock(page);
  await button(page, "Save note").click();
  await silence.asked;
  await page.clock.runFor(7_500);
  await expect(page.locator("html")).toHaveAttribute("data-auth-state", "signed-in");
  await page.clock.runFor(600);
  await expect(page.locator("html")).toHaveAttribute("data-auth-state", "offline");
  await passUntil(page, () => heading(page, "Milk").isVisible());
});

/** Collects every text of the offline banner. */
async function bannerWatch(context: BrowserContext): Promise<string[]> {
  const seen: string[] = [];
  await context.exposeFunction("bannerIsThere", (text: string) => void seen.push(text));
  await context.addInitScript(() => {
    const { bannerIsThere } = window as unknown as { bannerIsThere(text: string): void };
    const look = () => {
      const text = document.querySelector(".offline")?.textContent;
      if (text) bannerIsThere(text);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  });
  return seen;
}

test("an outage shorter than two seconds shows no banner", async ({ page, context, member, wire }) => {
  const seen = await bannerWatch(context);
  await signIn(page, member);
  wire.refuse(CREATE, away);
  await writeNote(page, "Milk");
  expect(wire.statuses(CREATE)).toEqual([503, 200]);
  expect(seen).toEqual([]);
});
