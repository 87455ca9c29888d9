// `npm run lighthouse`: what Lighthouse makes of the pages for everybody.

import { defineConfig } from "@playwright/test";
import { inChromium } from "./playwright.config.ts";

export default defineConfig({
  testDir: ".",
  testMatch: "lighthouse.ts",
  // One page at a time: it measures.
  workers: 1,
  timeout: 300_000,
  reporter: "line",
  projects: [inChromium],
});
