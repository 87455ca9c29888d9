// The app below a base path, as behind a reverse proxy that serves other apps of the same host.

import { pathOf, Traffic } from "../support/network.ts";
import { button, fillIn, heading, hydrated, noteField, notes, reload, signedIn, signedOut, signOut, titleField } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: { basePath: "/my-app" } });

test("sign-in, silent refresh, lazy-loaded pages and sign-out stay below the base path", async ({ page, context, newcomer }) => {
  const traffic = new Traffic(context);
  await page.goto("/my-app/register");
  await hydrated(page);
  await fillIn(page, newcomer);
  await button(page, "Create account").click();
  await signedIn(page);
  await titleField(page).fill("Below");
  await noteField(page).fill("the base path");
  await button(page, "Save note").click();
  await expect(notes(page)).toHaveCount(1);
  await reload(page);
  await expect(page).toHaveURL("/my-app/notes");
  await page.goto("/my-app/account");
  await expect(heading(page, "Account")).toBeVisible();
  expect((await context.cookies()).map(({ name, path }) => `${name.replace(/-\d+$/, "")} ${path}`).sort()).toEqual([
    "__Secure-refresh /my-app/api/auth",
    "my-app_signed_in /my-app/",
  ]);
  await signOut(page);
  await signedOut(page);
  expect(traffic.requests.map(pathOf).filter((path) => !path.startsWith("/my-app"))).toEqual([]);
});
