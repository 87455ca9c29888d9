// Lost and reordered refresh responses: the grace of a superseded refresh token keeps the session.

import { A_TOKEN_LIFE, alsoOn, button, heading, notes, reload, signedIn, signIn, titleField, writeNote, withoutLocks } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

const REFRESH = "/api/auth/refresh";

test("a reload before the refresh response arrives keeps the session", async ({ page, member, wire }) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const lost = wire.hold(REFRESH);
  await page.reload();
  // The server has rotated the token; the browser never receives the new one.
  await lost.answered;
  await page.reload();
  lost.drop();
  await signedIn(page);
  await expect(heading(page, "Milk")).toBeVisible();
  await reload(page);
});

test("closing the tab before the refresh response arrives keeps the session for the next day", async ({
  page,
  context,
  member,
  server,
  wire,
}) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  const lost = wire.hold(REFRESH);
  await page.reload();
  await lost.answered;
  await page.close();
  lost.drop();
  await server.later(24 * 3600);

  const reopened = await alsoOn(context, "/notes");
  await expect(heading(reopened, "Milk")).toBeVisible();
  await reload(reopened);
});

test.describe(() => {
  test.use({ expectedComplaints: [401] });

  test("two tabs whose refresh responses arrive in reverse order both stay signed in", async ({ page, context, member, server, wire }) => {
    // Without the lock both tabs refresh at once.
    await withoutLocks(context);
    await signIn(page, member);
    const other = await alsoOn(context, "/notes");
    await titleField(page).fill("Milk");
    await titleField(other).fill("Honey");
    await server.later(A_TOKEN_LIFE);

    const [first, second] = [wire.hold(REFRESH), wire.hold(REFRESH)];
    await button(page, "Save note").click();
    await first.answered;
    await button(other, "Save note").click();
    await second.answered;
    second.release();
    await expect(heading(other, "Honey")).toBeVisible();
    first.release();
    await expect(heading(page, "Milk")).toBeVisible();
    expect(wire.statuses(REFRESH).slice(-2)).toEqual([200, 200]);

    await server.later(A_TOKEN_LIFE);
    await writeNote(page, "Rolls");
    await writeNote(other, "Tea");
    await reload(page);
    await expect(notes(page)).toHaveCount(4);
  });
});
