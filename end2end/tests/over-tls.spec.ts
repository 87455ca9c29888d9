// A server that speaks TLS itself: the browser has HTTP/2 there, and the app and the lab are the same.

import type { Page } from "@playwright/test";
import { inOrder, inShort, openLab, openSignedIn, press, tab } from "../support/lab.ts";
import { NO_NETWORK } from "../support/network.ts";
import { button, fillIn, hydrated, notes, signedIn, signedOut, signOut, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

// What the lab provokes, the browser complains about. A lost answer is a stream that was reset.
const PROVOKED = [401, 403, 404, ...NO_NETWORK, "ERR_HTTP2_PROTOCOL_ERROR", "ERR_FAILED", "ERR_BLOCKED_BY_RESPONSE", "Content Security Policy"];

test.use({ settings: { tls: true, lab: true }, ignoreHTTPSErrors: true });
test.describe.configure({ timeout: 60_000 });

/** The protocols of all that the page has loaded from its server. */
const protocols = (page: Page) =>
  page.evaluate(() => {
    const loaded = performance.getEntries().filter(({ name }) => name.startsWith(location.origin));
    return [...new Set(loaded.map((entry) => (entry as PerformanceResourceTiming).nextHopProtocol))];
  });

test("a sign-in over TLS and HTTP/2 survives a reload, and its cookie is gone with it", async ({ page, context, newcomer }) => {
  await page.goto("/register");
  await hydrated(page);
  await fillIn(page, newcomer);
  await button(page, "Create account").click();
  await signedIn(page);
  await writeNote(page, "Milk", "and two rolls");
  await page.reload();
  await signedIn(page);
  await expect(notes(page)).toContainText(["and two rolls"]);
  expect(await protocols(page)).toEqual(["h2"]);
  const refresh = async () => (await context.cookies()).filter(({ name }) => name.startsWith("__Secure-refresh"));
  expect(await refresh()).toMatchObject([{ secure: true, httpOnly: true, sameSite: "Strict", path: "/api/auth" }]);
  await signOut(page);
  await signedOut(page);
  // The page is signed out at once; the server's answer takes the cookie.
  await expect.poll(refresh).toEqual([]);
});

test.describe(() => {
  test.use({ expectedComplaints: PROVOKED, expectsReuse: true });

  test("the lab runs over TLS: lost answers, racing tabs, the thief, another site and another port", async ({ page }) => {
    await openSignedIn(page);
    expect(await protocols(page)).toEqual(["h2"]);
    const presses: [string, string[]][] = [
      ["Drop the next refresh answer", ["settings"]],
      ["Expire the access token now", ["rotate", "lost", "replay", "tab POST /api/auth/refresh 200"]],
      ["Race two tabs", ["held", "rotate", "replay"]],
      ["Fifty calls at once", ["tab GET /api/notes/list 401", "tab POST /api/auth/refresh 200", "tab GET /api/notes/list 200"]],
      ["Attack from another site", ["other_site POST /api/auth/logout 403", "other_site POST /api/auth/refresh 403"]],
      ["Attack from another port", ["other_site POST /api/auth/logout 403", "other_site POST /api/auth/refresh 403"]],
      ["Steal and replay: thief first, after the grace", ["stole_refresh", "rotate", "re_key", "reuse", "session_ended reuse"]],
    ];
    for (const [name, happens] of presses) {
      await test.step(name, async () => {
        const happened = inShort(await press(page, name));
        expect(inOrder(happened, happens), happened.join("\n")).toEqual([]);
      });
    }
  });
});

test.describe(() => {
  // The page that signs in does so with a sandbox of all six, and each of them asks the server once more.
  test.use({ expectedComplaints: [401] });

  test("over HTTP/2 more pages follow the lab than a browser has connections, and the site goes on", async ({ page, context }) => {
    test.slow();
    await openLab(page);
    const labs = [page];
    while (labs.length < 6) {
      labs.push(await context.newPage());
      await openLab(labs.at(-1)!);
    }
    for (const lab of labs) await expect(lab.getByText("Newer pages of this browser show the lab")).toBeHidden();
    await press(page, "Sign in");
    for (const lab of labs) await expect(tab(lab).locator("html")).toHaveAttribute("data-auth-state", "signed-in");
  });
});
