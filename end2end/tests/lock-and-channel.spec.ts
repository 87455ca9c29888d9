// Web Locks and BroadcastChannel: a held lock, browsers without either, other users and sign-outs in other tabs.

import { holdBack } from "../support/network.ts";
import { A_TOKEN_LIFE, alsoOn, button, heading, notes, reload, saveInBothAtOnce, signedIn, signedOut, signIn, signOut, stopClock, titleField, withoutChannel, withoutLocks, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("a frozen tab that holds the lock delays another tab by at most ten seconds", async ({ page, context, member }) => {
  await page.clock.install();
  await signIn(page, member);
  const frozen = await alsoOn(context, "/notes");
  await frozen.evaluate(
    () => new Promise<void>((held) => void navigator.locks.request("two-tokens/refresh", () => (held(), new Promise(() => {})))),
  );
  await stopClock(page);
  await page.reload();
  const pending = () => page.evaluate(async () => (await navigator.locks.query()).pending?.map(({ name }) => name));
  await expect.poll(pending).toEqual(["two-tokens/refresh"]);
  await page.clock.runFor(9_500);
  expect(await pending(), "the tab still waits for the lock").toEqual(["two-tokens/refresh"]);
  await page.clock.runFor(600);
  await signedIn(page);
  const held = await page.evaluate(async () => (await navigator.locks.query()).held?.map(({ name }) => name));
  expect(held, "the lock was not stolen").toEqual(["two-tokens/refresh"]);
});

test.describe("in a browser without Web Locks and BroadcastChannel", () => {
  test.use({ expectedComplaints: [401] });
  test.beforeEach(async ({ context }) => {
    await withoutLocks(context);
    await withoutChannel(context);
  });

  test("everything works, in two tabs, and a sign-out is noticed at the next call", async ({ page, context, member, server }) => {
    await signIn(page, member);
    await reload(page);
    const other = await alsoOn(context, "/notes");
    await saveInBothAtOnce(page, other, () => server.later(A_TOKEN_LIFE));

    const told = page.waitForResponse("**/api/auth/logout");
    await signOut(page);
    await signedOut(page);
    await told;
    await titleField(other).fill("Rolls");
    await button(other, "Save note").click();
    await expect(heading(other, "Your session has ended")).toBeVisible();
    await expect(notes(other)).toHaveCount(0);
  });
});

test.describe(() => {
  test.use({ expectedComplaints: [401, 503] });

  test("a pending note is never sent as another user who signs in meanwhile in another tab", async ({
    page,
    context,
    member,
    newcomer,
    server,
    wire,
  }) => {
    await signIn(page, member);
    await writeNote(page, "Milk");
    const other = await alsoOn(context, "/notes");
    await titleField(page).fill("For my eyes only");
    const away = { status: 503, code: "temporarily_unavailable", retry_after: 1 };
    wire.refuse("/api/notes/create", ...Array<typeof away>(9).fill(away));
    await button(page, "Save note").click();
    await expect(button(page, "Waiting to save…")).toBeVisible();

    const elsewhere = await context.request.post(`${server.url}/api/auth/register`, {
      form: { email: newcomer.email, password: newcomer.password },
    });
    expect(elsewhere.status()).toBe(200);
    const { access_token: theirs } = (await elsewhere.json()) as { access_token: string };
    // The other tab learns of the new session and broadcasts it.
    await other.reload();
    await signedIn(page);
    await expect(page.getByRole("banner")).toContainText(newcomer.email);
    await expect(titleField(page)).toHaveValue("");
    await expect(page.getByText("No notes yet.")).toBeVisible();
    wire.reset();
    await writeNote(page, "Honey");
    const list = await page.request.get("/api/notes/list", { headers: { authorization: `Bearer ${theirs}` } });
    expect(await list.json()).toMatchObject({ notes: [{ title: "Honey" }] });
  });
});

test("a sign-out reaches the other tab within a second", async ({ page, context, member }) => {
  await signIn(page, member);
  const other = await alsoOn(context, "/notes");
  await signOut(page);
  const since = performance.now();
  // An assertion that has failed a few times looks again only after a second.
  await other.waitForFunction(() => document.documentElement.dataset.authState === "anonymous", undefined, { polling: 10 });
  expect(performance.now() - since).toBeLessThan(1_000);
});

test.describe(() => {
  test.use({ expectedComplaints: ["ERR_INTERNET_DISCONNECTED"] });

  test("a tab that missed the sign-out because it was away shows nothing private when it is back", async ({ page, context, member }) => {
    await signIn(page, member);
    const other = await context.newPage();
    await withoutChannel(other);
    await other.goto("/notes");
    await signedIn(other);
    await writeNote(other, "Milk", "for nobody else");
    // The server hears of the sign-out last, so the other tab has it from this browser and asks nobody.
    const letSignOutThrough = await holdBack(page, "**/api/auth/logout");
    await context.setOffline(true);
    await signOut(page);
    await signedOut(page);
    await expect(heading(other, "Milk")).toBeVisible();
    await context.setOffline(false);
    await signedOut(other);
    await expect(heading(other, "Your session has ended")).toBeVisible();
    expect(await other.content()).not.toContain("for nobody else");
    letSignOutThrough();
  });
});
