// The release build as a child process with its own port, database and secret, removed afterwards.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { get } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "@playwright/test";
import { Wire } from "./wire.ts";

/** Command-line settings that a test file may choose with `test.use({ settings: … })`; all others have their defaults. */
export interface Settings {
  /** Throttles sign-in attempts. Off by default: all tests come from one address and would throttle each other. */
  throttle?: boolean;
  /** Serves the lab at /lab. */
  lab?: boolean;
  passwordMin?: number;
  /** The path prefix of the app, as `/my-app`. */
  basePath?: string;
  /** The server speaks TLS itself, with a certificate of its own. There is no proxy before it. */
  tls?: boolean;
}

const root = resolve(import.meta.dirname, "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
export const binary = resolve(process.env.TWO_TOKENS_BIN ?? join(target, "release/two-tokens"));

export class Server {
  /** The lines that the process has printed. */
  readonly log: string[] = [];
  private process: ChildProcess;

  private constructor(
    /** The address of the proxy before the server, where a test can hold and drop responses. */
    readonly url: string,
    readonly wire: Wire,
    private readonly launch: () => ChildProcess,
    private readonly folder: string,
    private readonly basePath: string,
  ) {
    this.process = this.launched();
  }

  private launched(): ChildProcess {
    const child = this.launch();
    process.once("exit", () => child.kill("SIGKILL"));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.log.push(line));
    }
    return child;
  }

  static async start(settings: Settings, program = binary): Promise<Server> {
    if (!existsSync(program)) throw new Error(`${program} is missing: run script/build first`);
    const port = await freePort();
    const wire = await Wire.to(port);
    const url = settings.tls ? `https://localhost:${port}` : wire.url;
    const folder = mkdtempSync(join(tmpdir(), "two-tokens-"));
    const args = ["--addr", `127.0.0.1:${port}`, "--public-url", url, "--database-url", `sqlite://${folder}/e2e.db`];
    args.push("--test-clock");
    if (!settings.throttle) args.push("--throttle", "off");
    if (settings.passwordMin) args.push("--password-min", `${settings.passwordMin}`);
    if (settings.basePath) args.push("--base-path", settings.basePath);
    if (settings.lab) args.push("--lab", "local");
    if (settings.tls) args.push("--tls", "self-signed");
    // In its own folder, so that it reads no `.env`.
    const launch = () => spawn(program, args, { cwd: folder, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
    const server = new Server(url, wire, launch, folder, settings.basePath ?? "");
    await server.ready();
    return server;
  }

  private async ready(): Promise<void> {
    const asks = async () => {
      if (this.process.exitCode !== null) throw new Error(`the server did not start:\n${this.log.join("\n")}`);
      return status(`${this.url}${this.basePath}/readyz`).catch(() => "no answer");
    };
    await expect.poll(asks, { message: "the server is ready", intervals: [50], timeout: 15_000 }).toBe(200);
  }

  /** Moves the server's clock forward; browsers are not affected. */
  async later(seconds: number): Promise<void> {
    const answer = await fetch(`${this.url}/test/clock`, { method: "POST", body: new URLSearchParams({ seconds: `${seconds}` }) });
    expect(answer.status).toBe(200);
  }

  /** Kills the process and starts another one on the same database. Its clock is the real one again. */
  async restart(): Promise<void> {
    await this.kill();
    this.process = this.launched();
    await this.ready();
  }

  private async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    if (this.process.exitCode === null && this.process.kill("SIGKILL")) await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    this.wire.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The status of the answer to a `GET`, whatever the server's certificate. */
async function status(url: string): Promise<number | undefined> {
  if (!url.startsWith("https:")) return (await fetch(url)).status;
  return new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
}

/** Our environment without the variables of the scripts or of another server. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TWO_TOKENS|LEPTOS)_/.test(name)));
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
