// A server without `--lab`.

import type { Request } from "@playwright/test";
import { A_PART, pathOf } from "../support/network.ts";
import { hydrated } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ expectedComplaints: [404] });

test("without --lab the lab is absent, and the sign-in page downloads none of it", async ({ page }) => {
  const answer = await page.goto("/lab");
  expect(answer?.status()).toBe(404);
  const requests: Request[] = [];
  page.on("request", (request) => requests.push(request));
  await page.goto("/login");
  await hydrated(page);
  // Once the page is live, the session's part is fetched, with the chunks that it shares.
  await expect.poll(() => requests.map(pathOf).some((path) => path.includes("/split_session."))).toBe(true);
  const others = requests.map(pathOf).filter((path) => A_PART.test(path) && !/\/(split_session\.|chunk_)/.test(path));
  expect([...others, ...requests.map(pathOf).filter((path) => path.includes("lab"))]).toEqual([]);
  // The pages of the app have one stylesheet; the lab's page has more.
  expect(requests.filter((request) => request.resourceType() === "stylesheet")).toHaveLength(1);
});
