// The release build as a process of its own: its own port, its own database and secret, gone afterwards.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "@playwright/test";
<<<<<<< HEAD
import type { Wire } from "./wire.ts";
=======
import { Wire } from "./wire.ts";
>>>>>>> wip-e

/** What a test file may ask for with `test.use({ settings: … })`; the rest is as everybody gets it. */
export interface Settings {
  grace?: string;
}

/** In seconds: so much later an access token has expired. */
export const ACCESS_TTL = 15 * 60;
/** So much later a refresh token that was superseded is an old one. */
export const GRACE = 10;
export const DAY = 24 * 60 * 60;

const root = resolve(import.meta.dirname, "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const binary = resolve(process.env.TWO_TOKENS_BIN ?? join(target, "release/two-tokens"));
// In the checkout wherever the target folder is: see script/build.
const site = resolve(root, process.env.LEPTOS_SITE_ROOT ?? "target/site");

export class Server {
  private constructor(
<<<<<<< HEAD
    /** Where people find it, at the other end of the wire. */
    readonly url: string,
    private readonly address: string,
=======
    /** Where people come in: before the server, so that a test can hold up what passes. */
    readonly url: string,
    readonly wire: Wire,
>>>>>>> wip-e
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(settings: Settings, wire: Wire): Promise<Server> {
    for (const needed of [binary, site]) {
      if (!existsSync(needed)) throw new Error(`${needed} is missing: run script/build first`);
    }
    const port = await freePort();
<<<<<<< HEAD
    wire.leadTo(port);
=======
    const wire = await Wire.to(port);
    const url = wire.url;
>>>>>>> wip-e
    const folder = mkdtempSync(join(tmpdir(), "two-tokens-"));
    const args = ["--addr", `127.0.0.1:${port}`, "--public-url", wire.url, "--database-url", `sqlite://${folder}/e2e.db`];
    args.push("--test-clock");
    if (settings.grace) args.push("--refresh-grace", settings.grace);
    // A file has what was said before an answer as soon as the answer is here; a pipe has it some time.
    const log = openSync(join(folder, "log"), "a");
    // In its folder, so that nobody's `.env` is read.
<<<<<<< HEAD
    const child = spawn(binary, args, { cwd: folder, env: environment(), stdio: ["ignore", log, log] });
    const server = new Server(wire.url, `http://127.0.0.1:${port}`, child, folder);
=======
    const child = spawn(binary, args, { cwd: folder, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
    const server = new Server(url, wire, child, folder);
>>>>>>> wip-e
    process.once("exit", () => child.kill("SIGKILL"));
    await server.ready();
    return server;
  }

  /** What the process has said so far. */
  get log(): string[] {
    return readFileSync(join(this.folder, "log"), "utf8").split("\n").slice(0, -1);
  }

  private async ready(): Promise<void> {
    const asks = async () => {
      if (this.process.exitCode !== null) throw new Error(`the server did not start:\n${this.log.join("\n")}`);
      return fetch(`${this.address}/readyz`).then((answer) => answer.status, () => "no answer");
    };
    await expect.poll(asks, { message: "the server is ready", intervals: [50], timeout: 15_000 }).toBe(200);
  }

  /** Lets time pass on the server, and only there. */
  async later(seconds: number): Promise<void> {
    const answer = await fetch(`${this.address}/test/clock`, { method: "POST", body: new URLSearchParams({ seconds: `${seconds}` }) });
    expect(answer.status).toBe(200);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    if (this.process.exitCode === null && this.process.kill("SIGKILL")) await ended;
    this.wire.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What in such lines is an alarm: a refresh token came twice, or one that the store does not know yet. */
export function alarmsIn(log: string[]): string[] {
  const events = log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as { event?: string; message?: string });
  return events.filter(({ message }) => message === "alarm").map(({ event }) => event!);
}

/** Ours without what was set for the scripts or for another server. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(TWO_TOKENS|LEPTOS)_/.test(name));
  return { ...Object.fromEntries(own), LEPTOS_SITE_ROOT: site, LEPTOS_HASH_FILES: "true" };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
