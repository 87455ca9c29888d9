// Single-flight: many tabs and many calls at once.

import type { Page } from "@playwright/test";
import { A_TOKEN_LIFE, accessTokenOf, alsoOn, button, heading, notes, reload, signIn, titleField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

const REFRESH = "/api/auth/refresh";

test("ten tabs restored at once are all signed in", async ({ page, context, member, server, wire }) => {
  test.slow();
  await signIn(page, member);
  const tabs = [page];
  while (tabs.length < 10) tabs.push(await alsoOn(context, "/notes"));
  await server.later(A_TOKEN_LIFE);
  const before = wire.statuses(REFRESH).length;
  await Promise.all(tabs.map((tab) => tab.reload()));
  // Ten pages at once keep two cores busy for longer than one page may take.
  const restored = (tab: Page) => expect(tab.locator("html")).toHaveAttribute("data-auth-state", "signed-in", { timeout: 20_000 });
  await Promise.all(tabs.map(restored));
  const refreshes = wire.statuses(REFRESH).slice(before);
  expect(refreshes.length).toBeLessThanOrEqual(10);
  expect(new Set(refreshes)).toEqual(new Set([200]));
  await reload(tabs[7]!);
});

test.describe(() => {
  test.use({ expectedComplaints: [401] });

  test("fifty simultaneous calls with an expired access token cause one refresh (single-flight)", async ({ page, request, member, server, wire }) => {
    test.slow();
    const token = await accessTokenOf(await signIn(page, member));
    for (let at = 0; at < 50; at++) {
      const form = { title: `Note ${at}`, body: "" };
      await request.post("/api/notes/create", { form, headers: { authorization: `Bearer ${token}` } });
    }
    await reload(page);
    await expect(notes(page)).toHaveCount(50);
    await server.later(A_TOKEN_LIFE);
    const before = wire.statuses(REFRESH).length;
    await page.evaluate(() => {
      for (const button of document.querySelectorAll<HTMLButtonElement>("[data-delete]")) button.click();
    });
    await expect(button(page, "Keep it")).toHaveCount(50);
    await page.evaluate(() => {
      for (const button of document.querySelectorAll<HTMLButtonElement>(".notes .danger")) button.click();
    });
    // The browser sends a hundred requests, six at a time.
    await expect(page.getByText("No notes yet.")).toBeVisible({ timeout: 20_000 });
    expect(wire.statuses(REFRESH).slice(before)).toEqual([200]);
    const deletes = wire.statuses("/api/notes/delete");
    expect(deletes.filter((status) => status === 204)).toHaveLength(50);
    await reload(page);
    await expect(page.getByText("No notes yet.")).toBeVisible();
  });

  test("leaving the page does not cancel a refresh in flight", async ({ page, member, server, wire }) => {
    await signIn(page, member);
    await titleField(page).fill("Milk");
    await server.later(A_TOKEN_LIFE);
    const refresh = wire.hold(REFRESH);
    await button(page, "Save note").click();
    await refresh.answered;
    await page.getByRole("link", { name: "Home", exact: true }).click();
    await expect(titleField(page)).toBeHidden();
    refresh.release();
    await expect.poll(() => wire.statuses("/api/notes/create")).toEqual([401, 200]);

    await page.getByRole("link", { name: "Notes", exact: true }).click();
    await expect(heading(page, "Milk")).toBeVisible();
    await expect(titleField(page)).toHaveValue("");
    expect(wire.statuses(REFRESH)).toEqual([200]);
  });
});
