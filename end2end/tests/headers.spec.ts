// Clickjacking (frame-ancestors) and the content security policy.

import { otherSite } from "../support/other-site.ts";
import { hydrated, signedIn, signIn } from "../support/page.ts";
import { expect, test } from "../support/test.ts";

test.describe(() => {
  test.use({ expectedComplaints: ["frame-ancestors", 404] });

  for (const [where, host] of [["another site", "127.0.0.1"], ["another port of this site", "localhost"]] as const) {
    test(`a frame of these pages on ${where} stays empty`, async ({ page, context, member, server, wire }) => {
      await signIn(page, member);
      const refreshes = wire.statuses("/api/auth/refresh").length;
      const addresses = ["/", "/login", "/register", "/forgot-password", "/notes", "/account", "/nowhere"];
      const frames = addresses.map((address) => `<iframe src="${server.url}${address}"></iframe>`);
      const site = await otherSite(frames.join(""), host);
      const tab = await context.newPage();
      await tab.goto(site.url);
      const framed = tab.frames().slice(1);
      expect(framed.length).toBe(addresses.length);
      for (const [at, frame] of framed.entries()) {
        expect(await frame.getByRole("banner").or(frame.getByRole("main")).count(), addresses[at]).toBe(0);
      }
      for (const address of addresses) expect(wire.statuses(address), address).not.toEqual([]);
      expect(wire.statuses("/api/auth/refresh").length, "no script of the framed pages ran").toBe(refreshes);
      site.close();
    });
  }
});

test.describe(() => {
  test.use({ expectedComplaints: [404, "127.0.0.1:9"] });

  for (const who of ["a visitor", "a member"]) {
    test(`no page shown to ${who} violates the content security policy`, async ({ page, context, member }) => {
      const violations: string[] = [];
      await context.exposeFunction("violated", (what: string) => void violations.push(what));
      await context.addInitScript(() => {
        const { violated } = window as unknown as { violated(what: string): void };
        document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, documentURI }) =>
          violated(`${documentURI}: ${violatedDirective} ${blockedURI}`),
        );
      });
      if (who === "a member") await signIn(page, member);
      for (const address of ["/forgot-password", "/", "/login", "/register", "/notes", "/account", "/nowhere"]) {
        const answer = await page.goto(address);
        expect(await answer!.headerValue("content-security-policy"), address).toContain("script-src 'nonce-");
        if (address === "/forgot-password") continue;
        await hydrated(page);
        if (who === "a member") await signedIn(page);
      }
      expect(violations).toEqual([]);

      // The listener works: a blocked image is reported.
      await page.evaluate(() => void document.body.append(Object.assign(document.createElement("img"), { src: "http://127.0.0.1:9/" })));
      await expect.poll(() => violations).toEqual([expect.stringMatching(/nowhere: img-src/)]);
    });
  }
});
