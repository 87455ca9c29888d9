// Where tokens are: in no storage that scripts can read, and in no request but those that need them.

import type { BrowserContext, Page } from "@playwright/test";
import { Traffic } from "../support/network.ts";
import { accessTokenOf, heading, refreshCookie, reload, signIn, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

const DAY = 24 * 60 * 60;

/** The shapes of the two tokens. */
const A_TOKEN = /ttr_[\w-]{20}|eyJ[\w-]+\.[\w-]+\.[\w-]+/;

/** Everything persistent that a script in the page can read. */
function withinReachOfScripts(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => ({
    localStorage: JSON.stringify({ ...localStorage }),
    sessionStorage: JSON.stringify({ ...sessionStorage }),
    databases: JSON.stringify(await indexedDB.databases()),
    caches: JSON.stringify(await caches.keys()),
    history: String(JSON.stringify(history.state)),
    name: window.name,
    cookies: document.cookie,
    elements: document.documentElement.outerHTML,
  }));
}

/** Collects the text of every document, script and style that is served from now on. */
function everythingServed(context: BrowserContext): Promise<[url: string, text: string]>[] {
  const served: Promise<[string, string]>[] = [];
  context.on("response", (response) => {
    const isFile = !new URL(response.url()).pathname.startsWith("/api/");
    if (!isFile || ![200, 404].includes(response.status())) return;
    // The browser drops the body of a part that a page no longer needs because it was left. It is asked for again.
    const again = async () => (await context.request.get(response.url())).text();
    const one = response.text().catch(again).then((text): [string, string] => [response.url(), text]);
    // What comes after the last look fails when the browser closes, and nobody awaits it any more.
    one.catch(() => {});
    served.push(one);
  });
  return served;
}

test.describe(() => {
  test.use({ expectedComplaints: [404] });
  test("a signed-in browser has no token in any storage, page or address", async ({ page, context, member }) => {
    const served = everythingServed(context);
    const traffic = new Traffic(context);
    const access = await accessTokenOf(await signIn(page, member));
    expect(access, "an access token is found by its shape").toMatch(A_TOKEN);
    expect((await refreshCookie(context))?.value, "a refresh token is found by its shape").toMatch(A_TOKEN);
    await writeNote(page, "Milk");

    const visits = [
      () => reload(page),
      () => page.goto("/"),
      () => page.goto("/login"),
      () => page.goto("/nowhere"),
      () => page.goto("/notes"),
    ];
    for (const visit of visits) {
      await visit();
      await expect(page.getByRole("banner")).toContainText(member.email);
      for (const [place, text] of Object.entries(await withinReachOfScripts(page))) {
        expect(text, place).not.toMatch(A_TOKEN);
      }
      for (const [url, text] of await Promise.all(served)) expect(text, url).not.toMatch(A_TOKEN);
    }
    const kept = await withinReachOfScripts(page);
    expect(kept).toMatchObject({ cookies: expect.stringMatching(/^two_tokens_signed_in-\d+=1$/), databases: "[]", caches: "[]" });
    expect(served.length, "pages, scripts and styles were looked at").toBeGreaterThan(visits.length);
    expect(traffic.urls.filter((url) => A_TOKEN.test(url) || url.includes(member.secret))).toEqual([]);
  });
});

test("the sign-in sets a refresh cookie with exactly the documented attributes", async ({ page, context, member }) => {
  const now = Date.now() / 1000;
  const answer = await signIn(page, member);
  const lines = (await answer.headersArray()).filter(({ name }) => name.toLowerCase() === "set-cookie");
  const cookies = lines.map(({ value }) => value.split("; ")).map(([pair, ...attributes]) => [pair, attributes.sort()]);
  expect(cookies).toEqual([
    [
      expect.stringMatching(/^__Secure-refresh-\d+=ttr_[\w-]{70}$/),
      ["HttpOnly", `Max-Age=${7 * DAY}`, "Path=/api/auth", "SameSite=Strict", "Secure"],
    ],
    [expect.stringMatching(/^two_tokens_signed_in-\d+=1$/), [`Max-Age=${7 * DAY}`, "Path=/", "SameSite=Lax", "Secure"]],
  ]);
  expect(await answer.headerValue("cache-control")).toBe("no-store");

  const cookie = await refreshCookie(context);
  expect(cookie).toMatchObject({
    // Without a leading dot: the cookie is host-only.
    domain: "localhost",
    path: "/api/auth",
    httpOnly: true,
    secure: true,
    sameSite: "Strict",
  });
  expect(Math.abs(cookie!.expires - now - 7 * DAY)).toBeLessThan(60);
});

test.describe(() => {
  test.use({ expectedComplaints: [401, 404] });
  test("the refresh cookie is sent to the refresh endpoint only, the access token to the API only", async ({
    page,
    context,
    member,
  }) => {
    await signIn(page, member);
    const traffic = new Traffic(context);
    await reload(page);
    await writeNote(page, "Milk");
    await page.getByRole("link", { name: "Home" }).click();
    await expect(page).toHaveURL("/");
    for (const address of ["/", "/login", "/nowhere", "/api/nowhere", "/notes"]) await page.goto(address);
    await expect(heading(page, "Milk")).toBeVisible();

    expect(await traffic.pathsWith("cookie", "__Secure-refresh-")).toEqual(["/api/auth/refresh"]);
    expect(await traffic.pathsWith("authorization", "Bearer ")).toEqual([
      "/api/account/notices",
      "/api/notes/create",
      "/api/notes/list",
    ]);
  });
});
