// The test function of this suite: a server for each worker, users for each test, and a check that no console shows an error.

import { randomUUID } from "node:crypto";
import { test as base, expect, type BrowserContext, type ConsoleMessage } from "@playwright/test";
import { CHANGES, changeEachPage } from "./hostile.ts";
import { Server, type Settings } from "./server.ts";
import { type Wire } from "./wire.ts";

export { expect } from "@playwright/test";

export interface Person {
  email: string;
  password: string;
  /** A part of the password that looks the same however it is encoded. */
  secret: string;
}

export interface Options {
  /** Console errors that this test provokes, by a word of the message: 401, "ERR_INTERNET_DISCONNECTED". */
  expectedComplaints: (number | string)[];
  /** Whether this test replays an old refresh token. In every other test detected reuse is a false alarm. */
  expectsReuse: boolean;
  /** The browser has an add-on that makes this change (`hostile.ts`) in every page. */
  addOn: string;
}

interface Fixtures extends Options {
  /** The proxy between browser and server. */
  wire: Wire;
  /** A user without an account. */
  newcomer: Person;
  /** A user with an account. */
  member: Person;
  /** Another user with an account. */
  stranger: Person;
  serverLog: void;
}

interface WorkerFixtures {
  settings: Settings;
  server: Server;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  settings: [{}, { option: true, scope: "worker" }],
  expectedComplaints: [[], { option: true }],
  expectsReuse: [false, { option: true }],
  addOn: ["", { option: true }],

  server: [
    async ({ settings }, use) => {
      const server = await Server.start(settings);
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  baseURL: ({ server }, use) => use(server.url),

  context: async ({ context, expectedComplaints, addOn }, use) => {
    // The first instance of the program complains of the change.
    if (addOn) await changeEachPage(context, CHANGES[addOn]!);
    const complaints = listenForComplaints(context, addOn ? ["panicked", ...expectedComplaints] : expectedComplaints);
    await use(context);
    expect(complaints, "the consoles show no error").toEqual([]);
  },

  wire: [
    async ({ server }, use) => {
      server.wire.reset();
      await use(server.wire);
    },
    { auto: true },
  ],

  newcomer: ({}, use) => use(unregistered()),

  member: async ({ server }, use) => use(await registered(server)),
  stranger: async ({ server }, use) => use(await registered(server)),

  serverLog: [
    async ({ server, expectsReuse }, use, testInfo) => {
      const before = server.log.length;
      await use();
      const alarms = server.log.slice(before).filter((line) => line.includes('"authn_token_reuse"'));
      expect(alarms.length > 0, "the server detected reuse").toBe(expectsReuse);
      if (testInfo.status === testInfo.expectedStatus) return;
      const lines = server.log.slice(before);
      if (lines.length > 0) console.log(["Log of the server:", ...lines].join("\n"));
    },
    { auto: true },
  ],
});

function unregistered(): Person {
  const secret = randomUUID();
  return { email: `ada-${secret.slice(0, 8)}@example.com`, password: `a few random words & ${secret}`, secret };
}

async function registered({ url }: Server): Promise<Person> {
  const person = unregistered();
  const { email, password } = person;
  const answer = await fetch(`${url}/api/auth/register`, { method: "POST", body: new URLSearchParams({ email, password }) });
  expect(answer.status).toBe(200);
  return person;
}

/** Errors, warnings, uncaught exceptions and CSP violations of every page. */
function listenForComplaints(context: BrowserContext, words: Options["expectedComplaints"]): string[] {
  const complaints: string[] = [];
  const expected = (message: ConsoleMessage) =>
    words.some((word) => new RegExp(`\\b${word}\\b`).test(message.text()));
  context.on("console", (message) => {
    if (!["error", "warning"].includes(message.type()) || expected(message)) return;
    complaints.push(`${message.type()} at ${message.location().url}: ${message.text()}`);
  });
  context.on("weberror", (error) => complaints.push(`uncaught: ${error.error().stack ?? error.error().message}`));
  return complaints;
}
