// The test function of this suite: a server a worker, people of one's own a test, and nothing wrong in any console.

import { randomUUID } from "node:crypto";
import { test as base, expect, type BrowserContext, type ConsoleMessage } from "@playwright/test";
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
  /** What the console will complain about in this test, by a word of the message: 401, "ERR_INTERNET_DISCONNECTED". */
  expectedComplaints: (number | string)[];
  /** Whether somebody comes with a refresh token after its time. In every other test that is a false alarm. */
  expectsReuse: boolean;
}

interface Fixtures extends Options {
  /** What lies between the browser and the server. */
  wire: Wire;
  /** Somebody without an account. */
  newcomer: Person;
  /** Somebody with an account, signed in nowhere. */
  member: Person;
  /** Somebody else with an account. */
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

  server: [
    async ({ settings }, use) => {
      const server = await Server.start(settings);
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  baseURL: ({ server }, use) => use(server.url),

  context: async ({ context, expectedComplaints }, use) => {
    const complaints = listenForComplaints(context, expectedComplaints);
    await use(context);
    expect(complaints, "the browser has nothing to complain about").toEqual([]);
  },

  wire: [
    async ({ server }, use) => {
      server.wire.reset();
      await use(server.wire);
    },
    { auto: true },
  ],

  newcomer: ({}, use) => use(somebody()),

  member: async ({ server }, use) => use(await somebodyKnown(server)),
  stranger: async ({ server }, use) => use(await somebodyKnown(server)),

  serverLog: [
    async ({ server, expectsReuse }, use, testInfo) => {
      const before = server.log.length;
      await use();
      const alarms = server.log.slice(before).filter((line) => line.includes('"authn_token_reuse"'));
      expect(alarms.length > 0, "somebody was taken for a thief").toBe(expectsReuse);
      if (testInfo.status === testInfo.expectedStatus) return;
      const said = server.log.slice(before);
      if (said.length > 0) console.log(["What the server said:", ...said].join("\n"));
    },
    { auto: true },
  ],
});

function somebody(): Person {
  const secret = randomUUID();
  return { email: `ada-${secret.slice(0, 8)}@example.com`, password: `a few random words & ${secret}`, secret };
}

async function somebodyKnown({ url }: Server): Promise<Person> {
  const person = somebody();
  const { email, password } = person;
  const answer = await fetch(`${url}/api/auth/register`, { method: "POST", body: new URLSearchParams({ email, password }) });
  expect(answer.status).toBe(200);
  return person;
}

/** Errors and warnings of every page, uncaught exceptions, violations of the content policy. */
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
