// Silent refresh: an expired access token costs one 401, one refresh and one retry.

import { holdBack, Traffic } from "../support/network.ts";
import { A_TOKEN_LIFE, accessTokenOf, alsoOn, button, noteField, notes, saveInBothAtOnce, signIn, titleField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ expectedComplaints: [401] });

test("saving a note with an expired access token refreshes silently and keeps what is typed", async ({ page, context, request, member, server }) => {
  const token = await accessTokenOf(await signIn(page, member));
  await titleField(page).fill("Milk & more");
  await noteField(page).fill("two rolls\nünd 1 % of 100 €");
  await server.later(A_TOKEN_LIFE);

  const traffic = new Traffic(context);
  const release = await holdBack(page, "**/api/auth/refresh");
  const refresh = page.waitForRequest("**/api/auth/refresh");
  await button(page, "Save note").click();
  await refresh;
  await expect(titleField(page)).toHaveValue("Milk & more");
  await expect(noteField(page)).toHaveValue("two rolls\nünd 1 % of 100 €");
  release();
  await expect(notes(page)).toContainText(["ünd 1 % of 100 €"]);

  expect(await traffic.calls()).toEqual([
    "POST /api/notes/create 401",
    "POST /api/auth/refresh 200",
    "POST /api/notes/create 200",
  ]);
  const [refused, retried] = traffic.to("/api/notes/create");
  expect(retried!.postDataBuffer()).toEqual(refused!.postDataBuffer());
  expect(await refused!.headerValue("authorization")).toBe(`Bearer ${token}`);
  expect(await retried!.headerValue("authorization")).not.toBe(`Bearer ${token}`);

  const [renewed] = traffic.to("/api/auth/refresh");
  const answer = await request.get("/api/notes/list", {
    headers: { authorization: `Bearer ${await accessTokenOf((await renewed!.response())!)}` },
  });
  expect(await answer.json()).toMatchObject({
    notes: [{ title: "Milk & more", body: "two rolls\nünd 1 % of 100 €" }],
  });
});

test("two tabs that save at once with expired access tokens keep both notes and the session", async ({
  page,
  context,
  member,
  server,
}) => {
  await signIn(page, member);
  const other = await alsoOn(context, "/notes");
  await saveInBothAtOnce(page, other, () => server.later(A_TOKEN_LIFE));
  await page.reload();
  await expect(notes(page)).toHaveCount(2);
});
