// A session that is ended from another browser.

import type { APIRequestContext } from "@playwright/test";
import { accessTokenOf, button, heading, noteField, passwordField, refreshTokenOf, signIn, titleField, writeNote } from "../support/page.ts";
import { expect, test, type Person } from "../support/test.ts";

test.use({ expectedComplaints: [401] });

/** Signs the same user in over HTTP, as another browser. Returns a function that posts to a path. */
async function elsewhere(request: APIRequestContext, { email, password }: Person): Promise<(path: string) => Promise<void>> {
  const answer = await request.post("/api/auth/login", { form: { email, password } });
  const { access_token } = (await answer.json()) as { access_token: string };
  return async (path) => {
    const done = await request.post(path, { form: {}, headers: { authorization: `Bearer ${access_token}` } });
    expect(done.status()).toBe(200);
  };
}

test("a session ended from another browser is reported at the next call, and signing in in place keeps the draft", async ({
  page,
  context,
  request,
  member,
}) => {
  await signIn(page, member);
  await writeNote(page, "Milk");
  await titleField(page).fill("Honey");
  await noteField(page).fill("not yet saved");
  const before = await refreshTokenOf(context);
  await (await elsewhere(request, member))("/api/account/revoke_other_sessions");

  await button(page, "Save note").click();
  await expect(heading(page, "Your session has ended")).toBeVisible();
  await expect(page.getByText("It was ended from another tab or another browser")).toBeVisible();
  await expect(heading(page, "Milk")).toBeHidden();
  await passwordField(page).fill(member.password);
  await button(page, "Sign in").click();
  await expect(noteField(page)).toHaveValue("not yet saved");
  await expect(page.getByRole("alert")).toBeHidden();
  await button(page, "Save note").click();
  await expect(heading(page, "Honey")).toBeVisible();
  expect(await refreshTokenOf(context)).not.toBe(before);
});

test("a reload after the session was ended from another browser shows the reason", async ({ page, request, member }) => {
  const token = await accessTokenOf(await signIn(page, member));
  await (await elsewhere(request, member))("/api/account/revoke_other_sessions");
  await page.reload();
  await expect(heading(page, "Your session has ended")).toBeVisible();
  const copy = await request.get("/api/account/me", { headers: { authorization: `Bearer ${token}` } });
  expect(await copy.json()).toMatchObject({ code: "session_revoked", reason: "signed_out_elsewhere" });
});
