// Replay detection: each refresh rotates the refresh token, and the reuse of an old one ends the session.

import type { APIRequestContext, APIResponse, PlaywrightWorkerArgs } from "@playwright/test";
import { button, cookieAt, heading, passwordField, refreshTokenOf, reload, signIn, titleField, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

/** Longer than the grace of a superseded refresh token, in seconds. */
const PAST_THE_GRACE = 11;

/** An HTTP client with a copy of the refresh token; it keeps the cookies of its responses. */
async function thiefWith(token: string, { request }: PlaywrightWorkerArgs["playwright"], url: string) {
  const cookie = { name: cookieAt(url, "__Secure-refresh"), value: token, domain: "localhost", path: "/api/auth", expires: -1 };
  const cookies = [{ ...cookie, httpOnly: true, secure: true, sameSite: "Strict" as const }];
  return request.newContext({ baseURL: url, storageState: { cookies, origins: [] } });
}

const refreshOf = (thief: APIRequestContext): Promise<APIResponse> => thief.post("/api/auth/refresh", { form: {} });

test("each refresh rotates the refresh token", async ({ page, context, member }) => {
  await signIn(page, member);
  const seen = [await refreshTokenOf(context)];
  for (let turn = 0; turn < 3; turn++) {
    await reload(page);
    seen.push(await refreshTokenOf(context));
  }
  expect(new Set(seen).size).toBe(4);
});

test.describe(() => {
  test.use({ expectedComplaints: [401], expectsReuse: true });

  test("reuse of an old refresh token ends the session for thief and owner, and the owner is told why", async ({
    page,
    context,
    member,
    playwright,
    server,
  }) => {
    await signIn(page, member);
    const stolen = await refreshTokenOf(context);
    await reload(page);
    await reload(page);
    await writeNote(page, "Milk");
    const newest = await refreshTokenOf(context);
    await server.later(PAST_THE_GRACE);

    const thief = await thiefWith(stolen, playwright, server.url);
    const caught = await refreshOf(thief);
    expect(caught.status()).toBe(401);
    expect(await caught.json()).toMatchObject({ code: "refresh_token_reused", reason: "reuse" });
    expect(caught.headers()["set-cookie"]).toBeUndefined();

    await titleField(page).fill("Honey");
    const refused = page.waitForResponse("**/api/notes/create");
    await button(page, "Save note").click();
    expect(await (await refused).json()).toMatchObject({ code: "session_revoked", reason: "reuse" });
    await expect(heading(page, "We ended your session for your safety")).toBeVisible();
    await expect(heading(page, "Milk")).toBeHidden();

    expect(await refreshTokenOf(context), "a refusal leaves the cookie alone").toBe(newest);
    const late = await refreshOf(await thiefWith(newest, playwright, server.url));
    expect(late.status()).toBe(401);
    expect(await late.json()).toMatchObject({ code: "session_revoked", reason: "reuse" });
  });

  test("a thief who refreshes first gets one access token and is detected once the owner has refreshed", async ({
    page,
    context,
    member,
    playwright,
    server,
  }) => {
    await signIn(page, member);
    const thief = await thiefWith(await refreshTokenOf(context), playwright, server.url);
    expect((await refreshOf(thief)).status()).toBe(200);
    await server.later(PAST_THE_GRACE);
    await reload(page);
    // A call still under way would be refused and show the reason before the reload does.
    await expect(page.getByText("No notes yet. The first one you save appears here.")).toBeVisible();

    const caught = await refreshOf(thief);
    expect(await caught.json()).toMatchObject({ code: "refresh_token_reused" });
    await page.reload();
    await expect(heading(page, "We ended your session for your safety")).toBeVisible();
  });

  test("after reuse detection a user signs in again in place and keeps the draft", async ({
    page,
    context,
    member,
    playwright,
    server,
  }) => {
    await signIn(page, member);
    const stolen = await refreshTokenOf(context);
    await reload(page);
    await reload(page);
    await expect(page.getByText("No notes yet.")).toBeVisible();
    await server.later(PAST_THE_GRACE);
    await refreshOf(await thiefWith(stolen, playwright, server.url));

    await titleField(page).fill("Honey");
    await button(page, "Save note").click();
    await expect(heading(page, "We ended your session for your safety")).toBeVisible();
    await passwordField(page).fill(member.password);
    await button(page, "Sign in").click();
    await expect(titleField(page)).toHaveValue("Honey");
    await button(page, "Save note").click();
    await expect(heading(page, "Honey")).toBeVisible();
  });
});
