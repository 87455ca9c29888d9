import { chromium } from "@playwright/test";
import lighthouse from "lighthouse";
import { freePort } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

const PAGES = ["/", "/login", "/register"];

/** At least so much of 100. */
const ASKED = { performance: 95, accessibility: 100, "best-practices": 100, seo: 100 };
type Category = keyof typeof ASKED;
const CATEGORIES = Object.keys(ASKED) as Category[];

test("Lighthouse is content with the pages for everybody", async ({ server }, { project }) => {
  const port = await freePort();
  const { launchOptions = {} } = project.use;
  const browser = await chromium.launch({ ...launchOptions, args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`] });
  const table = ["", ["page", ...CATEGORIES].join(" | "), "---|".repeat(CATEGORIES.length) + "---"];
  const complaints: string[] = [];
  for (const page of PAGES) {
    const result = await lighthouse(server.url + page, { port, logLevel: "error", onlyCategories: CATEGORIES });
    const { categories, audits } = result!.lhr;
    const scores = CATEGORIES.map((name) => Math.round((categories[name]!.score ?? 0) * 100));
    table.push([page, ...scores].join(" | "));
    for (const [at, name] of CATEGORIES.entries()) {
      if (scores[at]! >= ASKED[name]) continue;
      const { auditRefs } = categories[name]!;
      const lost = auditRefs.map(({ id, weight }) => ({ weight, ...audits[id]! })).filter(({ weight, score }) => weight > 0 && score !== null && score < 1);
      complaints.push(...lost.map(({ id, title, score, displayValue = "" }) => `${page} ${name}: ${id}, ${title} (${score}) ${displayValue}`));
    }
  }
  await browser.close();
  console.log(table.join("\n"));
  expect(complaints).toEqual([]);
});
