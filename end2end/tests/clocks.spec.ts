// Wrong browser clocks and idle tabs: the client measures the age of an access token from its receipt.

import type { BrowserContext } from "@playwright/test";
import { Traffic } from "../support/network.ts";
import { A_TOKEN_LIFE, button, heading, reload, signIn, titleField, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

const DAY = 24 * 3600;
test.use({ expectedComplaints: [401] });

/** Sets the wall clock of the browser; its monotonic clock is not changed. */
async function setClock(context: BrowserContext, seconds: number): Promise<void> {
  const shift = (seconds: number) => {
    const real = ((window as unknown as { realDate?: DateConstructor }).realDate ??= Date);
    const now = () => real.now() + seconds * 1000;
    window.Date = class extends real {
      constructor(...given: unknown[]) {
        // @ts-expect-error: the overloads of Date take what `new Date` was given
        super(...(given.length > 0 ? given : [now()]));
      }
      static override now = now;
    } as DateConstructor;
  };
  await context.addInitScript(shift, seconds);
  for (const page of context.pages()) await page.evaluate(shift, seconds);
}

for (const [words, seconds] of [["a day ahead", DAY], ["a day behind", -DAY]] as const) {
  test(`a browser whose clock is ${words} signs in, refreshes once per expiry, and stays signed in`, async ({
    page,
    context,
    member,
    server,
    wire,
  }) => {
    await setClock(context, seconds);
    await signIn(page, member);
    await writeNote(page, "Milk");
    expect(wire.statuses("/api/auth/refresh")).toEqual([]);
    await server.later(A_TOKEN_LIFE);
    await writeNote(page, "Honey");
    expect(wire.statuses("/api/auth/refresh")).toEqual([200]);
    await reload(page);
    expect(wire.statuses("/api/auth/refresh")).toEqual([200, 200]);
  });

  test(`a session goes on when the browser's clock is set ${words}`, async ({ page, context, member, server, wire }) => {
    await signIn(page, member);
    await setClock(context, seconds);
    await writeNote(page, "Milk");
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await server.later(A_TOKEN_LIFE);
    await writeNote(page, "Honey");
    const refreshes = wire.statuses("/api/auth/refresh");
    expect(new Set(refreshes)).toEqual(new Set([200]));
    expect(refreshes.length).toBeLessThanOrEqual(2);
  });
}

test("an idle tab sends no requests, so the idle limit applies", async ({ page, context, member, server }) => {
  await page.clock.install();
  await signIn(page, member);
  await writeNote(page, "Milk");
  const traffic = new Traffic(context);
  await server.later(8 * DAY);
  // An hour on the page's clock, in which every timer would fire.
  await page.clock.runFor(3_600_000);
  expect(traffic.urls).toEqual([]);

  await titleField(page).fill("Honey");
  await button(page, "Save note").click();
  await expect(heading(page, "Your session has expired")).toBeVisible();
  await expect(page.getByText("You were away for more than 7 days.")).toBeVisible();
  expect(await traffic.calls()).toEqual(["POST /api/notes/create 401", "POST /api/auth/refresh 401"]);
});
