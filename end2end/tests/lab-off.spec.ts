import { hydrated } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.use({ expectedComplaints: [404] });

test("without --lab the lab is absent, and the sign-in page downloads none of it", async ({ page }) => {
  const answer = await page.goto("/lab");
  expect(answer?.status()).toBe(404);
  const files: string[] = [];
  page.on("request", (request) => files.push(new URL(request.url()).pathname));
  await page.goto("/login");
  await hydrated(page);
  expect(files.filter((file) => /lab|stage/.test(file))).toEqual([]);
});
