// CSRF: forms, scripts, images, links and frames of other sites, other ports and sandboxed frames.

import { randomUUID } from "node:crypto";
import type { BrowserContext, Frame, Page } from "@playwright/test";
import { FETCHES, fetchAll, showAll, submitAll, type Fields, type Into, type Target } from "../support/attacks.ts";
import { otherSite } from "../support/other-site.ts";
import { accessTokenOf, reload, signedIn, signIn, writeNote } from "../support/page.ts";
import { expect, test, type Person } from "../support/test.ts";
import type { Passed, Wire } from "../support/wire.ts";

/** Every endpoint that changes state, with valid fields and the right passwords. */
function targets(url: string, member: Person, stranger: Person, newcomer: Person): Target[] {
  const { password } = member;
  const id = randomUUID();
  const signIn = { email: stranger.email, password: stranger.password };
  const register = { email: newcomer.email, password: newcomer.password };
  const paths: Record<string, Fields> = {
    "/login": signIn,
    "/register": register,
    "/api/auth/login": signIn,
    "/api/auth/register": register,
    "/api/auth/refresh": {},
    "/api/auth/logout": {},
    "/api/auth/reauthenticate": { password },
    "/api/account/revoke_session": { id },
    "/api/account/revoke_other_sessions": {},
    "/api/account/change_password": { current_password: password, new_password: newcomer.password },
    "/api/account/change_email": { email: newcomer.email, password },
    "/api/account/delete_account": { password },
    "/api/account/dismiss_notice": { id },
    "/api/notes/create": { title: "Planted", body: "" },
    "/api/notes/update": { id, version: "1", title: "Planted", body: "" },
    "/api/notes/delete": { id, version: "1" },
  };
  return Object.entries(paths).map(([path, fields]) => [url + path, fields]);
}

/** A user's state on the server and in the browser. The history would show an event, the cookies a rotation. */
async function possessions(context: BrowserContext, url: string, token: string): Promise<unknown[]> {
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status, path).not.toBe(401);
    return answer.text();
  };
  const paths = ["/api/account/me", "/api/account/sessions", "/api/account/history", "/api/account/notices", "/api/notes/list"];
  return [await context.cookies(), ...(await Promise.all(paths.map(ask)))];
}

/** Awaits the expected number of cross-site requests during an action and returns them. */
async function sentDuring(wire: Wire, expected: number, act: () => Promise<unknown>): Promise<Passed[]> {
  const before = wire.passed.length;
  const sent = () => wire.passed.slice(before).filter(isOfOthers);
  await act();
  await expect.poll(() => sent().length, { message: "all requests have arrived", intervals: [20], timeout: 30_000 }).toBe(expected);
  return sent();
}

/** Opens the page of the other origin. Returns its sandboxed frame if it has one. */
async function opened(tab: Page, url: string): Promise<Frame> {
  await tab.goto(url);
  return tab.frames()[1] ?? tab.mainFrame();
}

/** Ways to send requests, and how many each sends. */
type Ways = [way: string, requests: number, act: () => Promise<unknown>][];

const isOfOthers = ({ headers }: Passed): boolean => /^(cross|same)-site$/.test(`${headers["sec-fetch-site"]}`);
const code = ({ answer }: Passed): unknown => (JSON.parse(`${answer.body}`) as { code: unknown }).code;
const names = ({ answer }: Passed): string[] => answer.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
const hasToken = ({ headers }: Passed): boolean => `${headers.cookie}`.includes("__Secure-refresh-");

const SANDBOX = `<iframe sandbox="allow-scripts allow-forms" srcdoc="<body>"></iframe>`;
const PLACES = [
  { place: "another site", host: "127.0.0.1", body: "", says: "cross-site" },
  // SameSite does not help here: the browser sends the cookies.
  { place: "another port of this site", host: "localhost", body: "", says: "same-site" },
  { place: "a sandboxed frame on another site", host: "127.0.0.1", body: SANDBOX, says: "cross-site" },
  { place: "a sandboxed frame on another port of this site", host: "localhost", body: SANDBOX, says: "cross-site" },
] as const;

test.describe(() => {
  test.use({ expectedComplaints: [401, 403, 404, 405, "CORS", "ERR_FAILED", "ERR_BLOCKED_BY_RESPONSE", "frame-ancestors"] });

  for (const { place, host, body, says } of PLACES) {
    // A sandboxed frame has an opaque origin: for `tests/http/cross_site.rs` one more kind of foreign origin.
    if (body && !process.env.E2E_SOAK) continue;
    test(`requests from ${place} are refused and change nothing`, async ({ page, context, server, wire, member, stranger, newcomer }) => {
      test.slow();
      const token = await accessTokenOf(await signIn(page, member));
      const all = targets(server.url, member, stranger, newcomer);
      const api = all.filter(([url]) => url.includes("/api/"));
      const before = await possessions(context, server.url, token);
      const site = await otherSite(body, host);
      const tab = await context.newPage();
      const frame = () => opened(tab, site.url);
      const submit = (method: "get" | "post", into: Into, these: Target[]) => async () =>
        (await frame()).evaluate(submitAll, [method, into, these] as Parameters<typeof submitAll>[0]);
      // A sandboxed frame opens no windows.
      const windows: Ways = body
        ? []
        : [
            ["forms", all.length, submit("post", "windows", all)],
            // Links to pages are allowed: see `arriving`.
            ["links", api.length, submit("get", "windows", api)],
          ];
      const learned: string[] = [];
      const ways: Ways = [
        ...windows,
        ["forms into frames", all.length, submit("post", "frames", all)],
        ["scripts", all.length * FETCHES, async () => learned.push(...(await (await frame()).evaluate(fetchAll, all)))],
        ["images", all.length, async () => learned.push(...(await (await frame()).evaluate(showAll, all)))],
        ["frames", all.length, submit("get", "frames", all)],
      ];
      for (const [way, requests, act] of ways) {
        const sent = await test.step(way, () => sentDuring(wire, requests, act));
        await Promise.all(context.pages().filter((other) => other !== page && other !== tab).map((window) => window.close()));
        expect(await possessions(context, server.url, token), way).toEqual(before);
        for (const passed of sent) {
          const what = `${way}: ${passed.method} ${passed.path} ${passed.status}`;
          expect(passed.headers["sec-fetch-site"], what).toBe(says);
          expect(names(passed).filter((name) => /^(access-control-|set-cookie$)/.test(name)), what).toEqual([]);
          if (passed.method === "POST") expect([passed.status, code(passed)], what).toEqual([403, "cross_site_request"]);
          else if (passed.path.startsWith("/api/")) expect([401, 404, 405], what).toContain(passed.status);
        }
        expect(sent.some(hasToken), `${way}: the refresh token comes along`).toBe(says === "same-site");
      }
      expect(new Set(learned), "what the other origin's scripts can read").toEqual(new Set(["nothing"]));
      site.close();

      await writeNote(page, "Milk");
      await reload(page);
      await expect(page.getByRole("banner")).toContainText(member.email);
      expect(wire.statuses("/api/auth/refresh").filter((status) => status === 200)).toEqual([200]);
    });
  }
});

test("the same form on this site signs in", async ({ page, server, stranger, member, newcomer }) => {
  await page.goto("/register");
  const [form] = targets(server.url, member, stranger, newcomer);
  await page.evaluate(submitAll, ["post", "here", [form!]] as Parameters<typeof submitAll>[0]);
  await signedIn(page);
  await expect(page.getByRole("banner")).toContainText(stranger.email);
});
