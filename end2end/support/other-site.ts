// A server of another origin. For a browser `127.0.0.1` is another site than `localhost`; all ports of `localhost` are one site.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Serves one page at every address, on another site or, with `localhost`, on another port of this site. */
export async function otherSite(body: string, host: "127.0.0.1" | "localhost" = "127.0.0.1"): Promise<{ url: string; close(): void }> {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<!doctype html><link rel="icon" href="data:,"><title>Elsewhere</title><body>${body}</body>`);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
