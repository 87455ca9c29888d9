// A browser that blocks all cookies.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { fullChromium, inChromium } from "../playwright.config.ts";
import { button, emailField, fillIn, hydrated, signedOut } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("a browser that blocks cookies shows an explanation and no redirect loop", async ({ member, server, wire }) => {
  const folder = mkdtempSync(join(tmpdir(), "two-tokens-profile-"));
  mkdirSync(join(folder, "Default"));
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify(settings));
  const context = await chromium.launchPersistentContext(folder, {
    ...inChromium.use?.launchOptions,
    // The headless shell reads no preferences.
    ...(fullChromium ? { executablePath: fullChromium } : {}),
    baseURL: server.url,
    locale: "en-GB",
  });
  const page = context.pages()[0]!;
  await page.goto("/login");
  await hydrated(page);
  const word = page.getByRole("alert").filter({ hasText: "This browser blocks cookies" });
  await expect(word, "said before a password is typed").toBeVisible();

  await fillIn(page, member);
  await button(page, "Sign in").click();
  await expect.poll(() => wire.statuses("/api/account/revoke_session")).toEqual([204]);
  await expect(word).toBeVisible();
  await signedOut(page);
  await expect(emailField(page)).toHaveValue(member.email);
  expect(await context.cookies()).toEqual([]);

  await page.goto("/notes");
  await expect(page).toHaveURL("/login?next=%2Fnotes");
  await expect(word).toBeVisible();
  const calls = wire.passed.filter(({ path }) => path.startsWith("/api/")).map(({ path }) => path);
  expect(calls.slice(1), "after the member was made").toEqual(["/api/auth/login", "/api/account/revoke_session"]);
  await context.close();
  rmSync(folder, { recursive: true });
});
