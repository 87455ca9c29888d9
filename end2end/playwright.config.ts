import { defineConfig, devices, type PlaywrightTestProject } from "@playwright/test";
import type { Options } from "./support/test.ts";

// Set by script/test where Playwright's own browser cannot be had; see script/bootstrap.
export const fullChromium = process.env.TWO_TOKENS_CHROMIUM;
const chromium = process.env.TWO_TOKENS_HEADLESS_SHELL ?? fullChromium;

export const inChromium: PlaywrightTestProject = {
  name: "chromium",
  use: {
    ...devices["Desktop Chrome"],
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        // Chromium refuses to sandbox what root starts, as in a container.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
};

/** A password manager. `make soak` runs every file with it. */
const withAddOn: PlaywrightTestProject<Options> = {
  name: "chromium with an add-on",
  use: { ...inChromium.use, addOn: "an element after each field and inside each button" },
  testMatch: process.env.E2E_SOAK === "1" ? /.*/ : /(silent-refresh|registering|ended-elsewhere|wrong-password)\.spec\.ts$/,
};

const others: PlaywrightTestProject[] = [
  { name: "firefox", use: devices["Desktop Firefox"] },
  { name: "webkit", use: devices["Desktop Safari"] },
];

export default defineConfig<Options>({
  testDir: "tests",
  fullyParallel: true,
  forbidOnly: true,
  // A test that passes the second time has found something.
  retries: 0,
  workers: 2,
  timeout: 30_000,
  // Long for a page, short for a slow machine: it is waited for only where a test fails.
  expect: { timeout: 10_000 },
  reporter: [["list"], ["./support/last-words.ts"]],
  // A trace is recorded for every test, also for those that pass, and costs a third of the time: `--trace on` for one test.
  use: { locale: "en-GB", trace: "off" },
  projects: process.env.E2E_ALL_BROWSERS === "1" ? [inChromium, withAddOn, ...others] : [inChromium, withAddOn],
});
