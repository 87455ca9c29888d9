// The binary alone: copied into an empty folder it serves the site that is in it.

import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { hydrated } from "../support/page.ts";
import { binary, Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";
import { bytes } from "../support/wire.ts";

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** A request as it is sent: `fetch` decompresses. */
function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (answer) => {
      bytes(answer).then((body) => resolve({ status: answer.statusCode!, headers: answer.headers, body }), reject);
    }).on("error", reject);
  });
}

test("the copied binary serves the sign-in page and its program, precompressed, by entity tag and in parts", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "two-tokens-alone-"));
  copyFileSync(binary, join(folder, "two-tokens"));
  expect(readdirSync(folder)).toEqual(["two-tokens"]);
  const server = await Server.start({}, join(folder, "two-tokens"));
  try {
    await page.goto(`${server.url}/login`);
    await hydrated(page);
    const wasm = await page.locator('link[rel="preload"][type="application/wasm"]').first().getAttribute("href");
    expect(wasm).toMatch(/\.[\w-]{22}\.wasm$/);
    const address = `${server.url}${wasm}`;

    const plain = await ask(address);
    expect(plain.status).toBe(200);
    expect(plain.headers).toMatchObject({ "content-type": "application/wasm", "cache-control": expect.stringContaining("immutable") });
    const packed = await ask(address, { "accept-encoding": "br" });
    expect(packed.headers).toMatchObject({ "content-encoding": "br", "vary": expect.stringMatching(/accept-encoding/i) });
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    expect(brotliDecompressSync(packed.body).equals(plain.body)).toBe(true);

    const known = await ask(address, { "if-none-match": plain.headers.etag! });
    expect(known).toMatchObject({ status: 304, body: Buffer.alloc(0) });
    const part = await ask(address, { range: "bytes=4-7" });
    expect(part).toMatchObject({ status: 206, body: plain.body.subarray(4, 8) });
    expect((await ask(`${server.url}/favicon.svg`)).headers["content-type"]).toBe("image/svg+xml");
    expect((await ask(`${server.url}/hash.txt`)).status).toBe(404);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});

test("each log line about a request has the id of its answer", async ({ server }) => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${server.url}/api/auth/login`, {
      method: "POST",
      headers,
      body: new URLSearchParams({ email: "nobody@example.com", password: "not the password" }),
    });
  const lines = (id: string) => server.log.filter((line) => line.startsWith("{") && (JSON.parse(line) as { request_id?: string }).request_id === id);
  const made = (await ask({})).headers.get("x-request-id")!;
  expect((await ask({ "x-request-id": "from-a-proxy" })).headers.get("x-request-id")).toBe("from-a-proxy");
  for (const id of [made, "from-a-proxy"]) await expect.poll(() => lines(id).join()).toContain("authn_login_fail");
});
