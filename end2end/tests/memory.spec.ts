// Memory: the heap after many refreshes.

import { signIn, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

/** `make soak` finds smaller leaks: 5 % of the heap is about 1 kB for each of 150 refreshes. */
const REFRESHES = process.env.E2E_SOAK ? 1_000 : 150;
const WARM_UP = 30;

test("refreshes do not grow the heap", async ({ page, context, member, wire }) => {
  test.setTimeout(120_000);
  await signIn(page, member);
  await writeNote(page, "Milk");
  const session = await context.newCDPSession(page);
  const heap = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const usage = (await session.send("Runtime.getHeapUsage")) as { usedSize: number; backingStorageSize?: number };
    return usage.usedSize + (usage.backingStorageSize ?? 0);
  };
  // A page that is restored from the back/forward cache refreshes before it shows anything.
  const refresh = (times: number) =>
    page.evaluate(async (times) => {
      const state = () => document.documentElement.getAttribute("data-auth-state");
      for (let at = 0; at < times; at++) {
        const renewed = new Promise<void>((resolve) => {
          const watch = new MutationObserver(() => {
            if (state() !== "signed-in") return;
            watch.disconnect();
            resolve();
          });
          watch.observe(document.documentElement, { attributeFilter: ["data-auth-state"] });
        });
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
        await renewed;
      }
    }, times);

  // The browser's resource timing buffer grows with the first requests.
  await page.evaluate(() => performance.setResourceTimingBufferSize(1));
  await refresh(WARM_UP);
  const before = await heap();
  await refresh(REFRESHES);
  const after = await heap();
  expect(wire.statuses("/api/auth/refresh")).toEqual(Array(WARM_UP + REFRESHES).fill(200));
  console.log(`heap: ${before} bytes, after ${REFRESHES} refreshes ${(after / before).toFixed(3)} of that`);
  expect(after / before).toBeLessThan(1.05);
});
