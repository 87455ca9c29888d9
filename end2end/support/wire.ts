// The wire: a fault-injecting proxy between browser and server that loses, holds and reorders real responses. Playwright's own
// interception sits above the network, where the browser has already stored the cookie of a response that is dropped.

import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

interface Answer {
  status: number;
  /** Names and values in turn, as in Node's `rawHeaders`: a name may occur twice. */
  headers: string[];
  body: Buffer;
}

/** A request whose response is held back. */
export class Held {
  /** The request has arrived at the proxy. */
  readonly asked: Promise<void>;
  /** The server has responded, so its side effects are complete. */
  readonly answered: Promise<void>;
  readonly settled: Promise<"release" | "drop">;
  isAsked!: () => void;
  isAnswered!: () => void;
  private settle!: (how: "release" | "drop") => void;

  constructor() {
    this.asked = new Promise((resolve) => (this.isAsked = resolve));
    this.answered = new Promise((resolve) => (this.isAnswered = resolve));
    this.settled = new Promise((resolve) => (this.settle = resolve));
  }

  release(): void {
    this.settle("release");
  }

  /** Loses the response. */
  drop(): void {
    this.settle("drop");
  }
}

/** A request whose response was passed on to the browser. */
export interface Passed {
  method: string;
  path: string;
  status: number;
  headers: IncomingMessage["headers"];
  answer: Answer;
}

export class Wire {
  readonly passed: Passed[] = [];
  private readonly held = new Map<string, Held[]>();
  private readonly refusals = new Map<string, Answer[]>();
  private isDown = false;
  private readonly sockets = new Set<Socket>();
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    readonly url: string,
    private readonly port: number,
    private readonly server: Server,
  ) {}

  /** Starts a proxy to the server at this port. */
  static async to(port: number): Promise<Wire> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await once(server.listen(0, "127.0.0.1"), "listening");
    // A name, not an address: the cookies are set for `localhost`.
    const wire = new Wire(`http://localhost:${(server.address() as AddressInfo).port}`, port, server);
    server.on("connection", (socket) => wire.connected(socket));
    server.on("request", (asked, answer) => void wire.carry(asked, answer));
    return wire;
  }

  private connected(socket: Socket): void {
    if (this.isDown) return void socket.destroy();
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
  }

  private async carry(asked: IncomingMessage, out: ServerResponse): Promise<void> {
    const path = new URL(asked.url!, this.url).pathname;
    const body = await bytes(asked).catch(() => undefined);
    // The browser has aborted the request.
    if (!body) return;
    const held = this.held.get(path)?.shift();
    held?.isAsked();
    const answer = this.refusals.get(path)?.shift() ?? (await this.ask(asked, body, out));
    if (answer === "streams") return;
    held?.isAnswered();
    if ((await held?.settled) === "drop" || out.destroyed || !answer) return void out.destroy();
    const { method, headers } = asked;
    this.passed.push({ method: method!, path, status: answer.status, headers, answer });
    out.writeHead(answer.status, answer.headers);
    out.end(answer.body);
  }

  /** An event stream has no end to await, so it is piped through. */
  private ask(asked: IncomingMessage, body: Buffer, out: ServerResponse): Promise<Answer | "streams" | undefined> {
    return new Promise((resolve) => {
      const { method, url: path, rawHeaders: headers } = asked;
      const onward = request({ host: "127.0.0.1", port: this.port, method, path, headers, agent: this.agent });
      const nothing = () => resolve(undefined);
      onward.once("error", nothing).once("response", (answer) => {
        if (answer.headers["content-type"]?.startsWith("text/event-stream")) {
          out.once("close", () => onward.destroy());
          out.writeHead(answer.statusCode!, endToEnd(answer.rawHeaders));
          answer.on("error", () => out.destroy()).pipe(out);
          return resolve("streams");
        }
        const whole = (body: Buffer) => ({ status: answer.statusCode!, headers: endToEnd(answer.rawHeaders), body });
        bytes(answer).then((body) => resolve(whole(body)), nothing);
      });
      onward.end(body);
    });
  }

  /** Holds the response to the next request for this path; several calls hold several requests. */
  hold(path: string): Held {
    const held = new Held();
    this.held.set(path, [...(this.held.get(path) ?? []), held]);
    return held;
  }

  /** Answers the next requests for this path with these problems, one each; the server does not receive them. */
  refuse(path: string, ...problems: { status: number; code: string; retry_after: number }[]): void {
    const answers = problems.map(({ status, ...rest }) => {
      const problem = { type: "about:blank", title: "Not now", status, detail: "Later.", ...rest };
      const headers = ["content-type", "application/problem+json", "retry-after", `${rest.retry_after}`];
      return { status, headers, body: Buffer.from(JSON.stringify(problem)) };
    });
    this.refusals.set(path, [...(this.refusals.get(path) ?? []), ...answers]);
  }

  /** Closes all connections and refuses new ones, as without a network. */
  down(): void {
    this.isDown = true;
    for (const socket of this.sockets) socket.destroy();
  }

  up(): void {
    this.isDown = false;
  }

  /** The statuses of the responses for a path in this test. */
  statuses(path: string): number[] {
    return this.passed.filter((passed) => passed.path === path).map(({ status }) => status);
  }

  /** Forgets all faults and records, for the next test. */
  reset(): void {
    for (const held of [...this.held.values()].flat()) held.release();
    this.held.clear();
    this.refusals.clear();
    this.passed.length = 0;
    this.up();
  }

  close(): void {
    this.down();
    this.agent.destroy();
    this.server.close();
  }
}

export async function bytes(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Without hop-by-hop headers (RFC 9110 section 7.6.1). */
function endToEnd(raw: string[]): string[] {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
  return pairs.filter(([name]) => !/^(connection|transfer-encoding|keep-alive)$/i.test(name)).flat();
}
