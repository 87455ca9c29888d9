// `npm run look`: pictures of every page; see look.ts.

import { defineConfig } from "@playwright/test";
import { inChromium } from "./playwright.config.ts";

export default defineConfig({
  testDir: ".",
  testMatch: "look.ts",
  workers: 2,
  fullyParallel: true,
  reporter: "list",
  use: { locale: "en-GB", timezoneId: "Europe/London" },
  projects: [inChromium],
});
