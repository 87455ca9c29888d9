// Records the requests of a browser and delays some of them.

import type { BrowserContext, Page, Request } from "@playwright/test";

export const pathOf = (request: Request): string => new URL(request.url()).pathname;

/** Every request of a browser from now on, in the order of sending. */
export class Traffic {
  readonly requests: Request[] = [];

  constructor(context: BrowserContext) {
    context.on("request", (request) => this.requests.push(request));
  }

  get urls(): string[] {
    return this.requests.map((request) => request.url());
  }

  to(prefix: string): Request[] {
    return this.requests.filter((request) => pathOf(request).startsWith(prefix));
  }

  /** The calls of the API, as in "POST /api/notes/create 200". */
  calls(): Promise<string[]> {
    const calls = this.to("/api/").map(async (request) => {
      const answer = await request.response();
      return `${request.method()} ${pathOf(request)} ${answer?.status() ?? "unanswered"}`;
    });
    return Promise.all(calls);
  }

  /** The paths of the requests with such a header, without repetition. */
  async pathsWith(header: "authorization" | "cookie", part: string): Promise<string[]> {
    const found = this.requests.map(async (request) => {
      const value = (await request.allHeaders())[header] ?? "";
      return value.includes(part) ? [pathOf(request)] : [];
    });
    return [...new Set((await Promise.all(found)).flat())].sort();
  }
}

/** Holds matching requests until the returned function is called. */
export async function holdBack(page: Page, url: string | RegExp): Promise<() => void> {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  await page.route(url, async (route) => {
    await opened;
    await route.continue();
  });
  return open;
}

export const THE_WASM = /\.wasm$/;

/** The parts of the program that are loaded lazily. */
export const A_PART = /\/pkg\/(split|chunk)_[^/]*\.wasm$/;

/** Chromium's console messages when such a download fails. */
export const NOT_DOWNLOADED = ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"];

/** Chromium's console messages when the wire is down. */
export const NO_NETWORK = ["ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED", "ERR_SOCKET_NOT_CONNECTED"];
