import type { APIRequestContext } from "@playwright/test";
import { holdBack, Traffic } from "../support/network.ts";
import { accessTokenOf, button, heading, noteField, notes, signIn, titleField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

// The shortest lifetime that can be set.
test.use({ settings: { accessTtl: "5s" }, expectedComplaints: [401] });

/** Asks until the server says that this access token has expired. */
async function expired(request: APIRequestContext, token: string): Promise<void> {
  const code = async () => {
    const answer = await request.get("/api/account/me", { headers: { authorization: `Bearer ${token}` } });
    return answer.ok() ? "accepted" : ((await answer.json()) as { code: string }).code;
  };
  await expect.poll(code, { timeout: 15_000 }).toBe("access_token_expired");
}

test("who saves a note after the access token ran out notices nothing", async ({ page, context, request, member }) => {
  const token = await accessTokenOf(await signIn(page, member));
  await titleField(page).fill("Milk & more");
  await noteField(page).fill("two rolls\nünd 1 % of 100 €");
  await expired(request, token);

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
  expect(await answer.json()).toMatchObject([{ title: "Milk & more", body: "two rolls\nünd 1 % of 100 €" }]);
});

test("who saves in two tabs at once after the access tokens ran out keeps both notes and the session", async ({
  page,
  context,
  request,
  member,
}) => {
  await signIn(page, member);
  const other = await context.newPage();
  const renewed = other.waitForResponse("**/api/auth/refresh");
  await other.goto("/notes");
  const token = await accessTokenOf(await renewed);
  await titleField(page).fill("Milk");
  await titleField(other).fill("Honey");
  await expired(request, token);

  await Promise.all([button(page, "Save note").click(), button(other, "Save note").click()]);
  await expect(heading(page, "Milk")).toBeVisible();
  await expect(heading(other, "Honey")).toBeVisible();
  await page.reload();
  await expect(notes(page)).toHaveCount(2);
});
