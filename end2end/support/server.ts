// The release build as a process of its own: its own port, its own database and secret, gone afterwards.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "@playwright/test";
import { Wire } from "./wire.ts";

/** What a test file may ask for with `test.use({ settings: … })`; the rest is as everybody gets it. */
export interface Settings {
  grace?: string;
  /** Whoever tries too often waits; people of one address get in each other's way, so it is off unless asked for. */
  throttle?: boolean;
  passwordMin?: number;
}

const root = resolve(import.meta.dirname, "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const binary = resolve(process.env.TWO_TOKENS_BIN ?? join(target, "release/two-tokens"));
// In the checkout wherever the target folder is: see script/build.
const site = resolve(root, process.env.LEPTOS_SITE_ROOT ?? "target/site");

export class Server {
  /** What the process has said so far. */
  readonly log: string[] = [];

  private constructor(
    /** Where people come in: before the server, so that a test can hold up what passes. */
    readonly url: string,
    readonly wire: Wire,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {
    for (const stream of [process.stdout, process.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.log.push(line));
    }
  }

  static async start(settings: Settings): Promise<Server> {
    for (const needed of [binary, site]) {
      if (!existsSync(needed)) throw new Error(`${needed} is missing: run script/build first`);
    }
    const port = await freePort();
    const wire = await Wire.to(port);
    const url = wire.url;
    const folder = mkdtempSync(join(tmpdir(), "two-tokens-"));
    const args = ["--addr", `127.0.0.1:${port}`, "--public-url", url, "--database-url", `sqlite://${folder}/e2e.db`];
    args.push("--test-clock");
    if (!settings.throttle) args.push("--throttle", "off");
    if (settings.passwordMin) args.push("--password-min", `${settings.passwordMin}`);
    if (settings.grace) args.push("--refresh-grace", settings.grace);
    // In its folder, so that nobody's `.env` is read.
    const child = spawn(binary, args, { cwd: folder, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
    const server = new Server(url, wire, child, folder);
    process.once("exit", () => child.kill("SIGKILL"));
    await server.ready();
    return server;
  }

  private async ready(): Promise<void> {
    const asks = async () => {
      if (this.process.exitCode !== null) throw new Error(`the server did not start:\n${this.log.join("\n")}`);
      return fetch(`${this.url}/readyz`).then((answer) => answer.status, () => "no answer");
    };
    await expect.poll(asks, { message: "the server is ready", intervals: [50], timeout: 15_000 }).toBe(200);
  }

  /** Lets time pass on the server, and only there. */
  async later(seconds: number): Promise<void> {
    const answer = await fetch(`${this.url}/test/clock`, { method: "POST", body: new URLSearchParams({ seconds: `${seconds}` }) });
    expect(answer.status).toBe(200);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    if (this.process.exitCode === null && this.process.kill("SIGKILL")) await ended;
    this.wire.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Ours without what was set for the scripts or for another server. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(TWO_TOKENS|LEPTOS)_/.test(name));
  return { ...Object.fromEntries(own), LEPTOS_SITE_ROOT: site, LEPTOS_HASH_FILES: "true" };
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
