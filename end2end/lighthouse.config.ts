// `npm run lighthouse`: what Lighthouse makes of the pages for everybody, and the first load of the sign-in page on a slow phone.

import { defineConfig } from "@playwright/test";
import { inChromium } from "./playwright.config.ts";

export default defineConfig({
  testDir: ".",
  testMatch: ["lighthouse.ts", "first-load.ts"],
  // One page at a time: it measures.
  workers: 1,
  timeout: 300_000,
  reporter: "line",
  projects: [inChromium],
});
