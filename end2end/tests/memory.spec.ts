// Memory: the heap after a thousand refreshes.

import { signIn, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test("a thousand refreshes do not grow the heap", async ({ page, context, member, wire }) => {
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

  // The browser's resource timing buffer holds 250 requests; it is full before the first measurement.
  await refresh(300);
  const before = await heap();
  await refresh(1_000);
  const after = await heap();
  expect(wire.statuses("/api/auth/refresh")).toEqual(Array(1_300).fill(200));
  console.log(`heap: ${before} bytes, after 1,000 refreshes ${(after / before).toFixed(3)} of that`);
  expect(after / before).toBeLessThan(1.05);
});
