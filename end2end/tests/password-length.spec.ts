// The minimum password length of the server's settings.

import { button, hydrated, passwordField, signIn } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: { passwordMin: 8 } });

test("the forms state this server's minimum password length, before and after hydration", async ({
  page,
  member,
}) => {
  const words = /At least 8 characters/;
  const served = await (await page.request.get("/register")).text();
  expect(served).toMatch(words);
  await page.goto("/register");
  await hydrated(page);
  await expect(passwordField(page)).toHaveAccessibleDescription(words);
  await signIn(page, member);
  await page.goto("/account");
  await button(page, "Change password").click();
  await expect(page.getByLabel("New password", { exact: true })).toHaveAccessibleDescription(words);
});
