// Sign-out: pages, cookies, copies of tokens, and a sign-out without a connection.

import { NO_NETWORK, Traffic } from "../support/network.ts";
import { accessTokenOf, cookieAt, cookieNames, heading, refreshTokenOf, signedOut, signIn, signOut, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("a sign-out leaves nothing private behind, neither on Back nor after a reload", async ({
  page,
  context,
  member,
}) => {
  await signIn(page, member);
  await writeNote(page, "Milk", "for nobody else");
  const nothingPrivate = async () => {
    await signedOut(page);
    await expect(heading(page, "Sign in")).toBeVisible();
    const all = await page.content();
    expect(all).not.toContain("for nobody else");
    expect(all).not.toContain(member.email);
  };
  const told = page.waitForResponse("**/api/auth/logout");
  await signOut(page);
  expect((await told).status()).toBe(204);
  await nothingPrivate();
  expect(await cookieNames(context)).toEqual([]);

  const traffic = new Traffic(context);
  await page.goBack();
  await nothingPrivate();
  await page.reload();
  await nothingPrivate();
  await page.goto("/notes");
  await nothingPrivate();
  await page.goto("/");
  await page.goBack();
  await nothingPrivate();
  expect(await cookieNames(context)).toEqual([]);
  expect(await traffic.calls(), "without a session there is nothing to ask the API").toEqual([]);
});

test("a sign-out invalidates every copy of both tokens", async ({
  page,
  context,
  member,
  playwright,
  server,
}) => {
  const access = await accessTokenOf(await signIn(page, member));
  const refresh = await refreshTokenOf(context);
  const told = page.waitForResponse("**/api/auth/logout");
  await signOut(page);
  await told;

  const elsewhere = await playwright.request.newContext({ baseURL: server.url });
  const copies = [
    await elsewhere.get("/api/notes/list", { headers: { authorization: `Bearer ${access}` } }),
    await elsewhere.post("/api/auth/refresh", { form: {}, headers: { cookie: `${cookieAt(server.url, "__Secure-refresh")}=${refresh}` } }),
  ];
  for (const answer of copies) {
    expect(answer.status()).toBe(401);
    expect(await answer.json()).toMatchObject({ code: "session_revoked", reason: "logout" });
  }
});

test.describe(() => {
  test.use({ expectedComplaints: NO_NETWORK });
  test("a sign-out without a connection ends the session here at once, and on the server when the connection is back", async ({
    page,
    context,
    member,
    wire,
  }) => {
    await signIn(page, member);
    await writeNote(page, "Milk", "for nobody else");
    wire.down();
    await signOut(page);
    await signedOut(page);
    expect(await page.content()).not.toContain("for nobody else");
    const pending = page.getByRole("status").filter({ hasText: "The server will be told as soon as it can be reached." });
    await expect(pending).toBeVisible();

    wire.up();
    await expect(pending).toBeHidden();
    expect(wire.statuses("/api/auth/logout")).toEqual([204]);
    expect(await cookieNames(context)).toEqual([]);
  });

  test("a sign-out without a connection reaches the server at the next visit when the tab was closed", async ({
    page,
    context,
    member,
    wire,
  }) => {
    await signIn(page, member);
    wire.down();
    await signOut(page);
    await signedOut(page);
    await page.close();
    wire.up();

    const next = await context.newPage();
    await next.goto("/");
    await signedOut(next);
    await expect.poll(() => wire.statuses("/api/auth/logout")).toEqual([204]);
    expect(wire.statuses("/api/auth/refresh")).toEqual([]);
    await expect.poll(() => cookieNames(context)).toEqual([]);
  });
});
