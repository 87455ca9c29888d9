// `npm run look`: the pages as pictures, for people to look at.

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
