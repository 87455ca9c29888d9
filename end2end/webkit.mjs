// Whether WebKit keeps the `Secure` refresh cookie of a server with a self-signed certificate: Debian's WebKitGTK, driven by its
// WebDriver. Playwright's own WebKit is not everywhere. `script/test webkit` runs it, and `make soak` runs that.
//
//   node end2end/webkit.mjs PROGRAM

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const program = resolve(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "two-tokens-webkit-"));
const children = [];

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const start = (command, args, env = {}) => {
  // A process group of its own, which ends as one: xvfb-run leaves its display behind.
  const child = spawn(command, args, { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env }, stdio: ["ignore", "ignore", "inherit"], detached: true });
  child.on("error", (error) => console.error(`${command}: ${error.message}`));
  children.push(child);
};

/** Asks until there is an answer: neither program has another way to tell. */
async function answers(ask) {
  for (const began = Date.now(); Date.now() - began < 30_000; await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (await ask().catch(() => false)) return;
  }
  throw new Error("nobody answers");
}

const ready = (url) =>
  new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false, agent: false }, (answer) => resolve(answer.resume().statusCode === 200)).on("error", reject);
  });

try {
  const [port, driverPort] = [await freePort(), await freePort()];
  const url = `https://localhost:${port}`;
  start(program, ["--addr", `127.0.0.1:${port}`, "--public-url", url, "--tls", "self-signed", "--database-url", `sqlite://${folder}/a.db`, "--log", "error"]);
  start("xvfb-run", ["-a", "WebKitWebDriver", `--port=${driverPort}`], { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" });
  const driver = `http://127.0.0.1:${driverPort}`;
  const command = async (method, path, body) => {
    const answer = await fetch(driver + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  await answers(() => ready(`${url}/readyz`));
  await answers(async () => (await command("GET", "/status")).ready);

  const capabilities = { alwaysMatch: { acceptInsecureCerts: true } };
  const { sessionId, capabilities: browser } = await command("POST", "/session", { capabilities });
  const session = (method, path, body) => command(method, `/session/${sessionId}${path}`, body);
  const call = (path, fields = {}) =>
    session("POST", "/execute/async", {
      script: `const [path, fields, done] = arguments;
        fetch(path, { method: "POST", body: new URLSearchParams(fields) }).then((answer) => done(answer.status), (error) => done(String(error)));`,
      args: [path, fields],
    });

  await session("POST", "/url", { url: `${url}/login` });
  assert.equal(await call("/api/auth/refresh"), 401, "nobody is signed in");
  const person = { email: "ada@example.com", password: "a few random words & 7d1e93" };
  assert.equal(await call("/api/auth/register", person), 200);
  assert.equal(await call("/api/auth/refresh"), 200, "the cookie was not kept");
  await session("POST", "/url", { url: `${url}/notes` });
  await session("POST", "/refresh", {});
  assert.equal(await call("/api/auth/refresh"), 200, "the cookie did not survive a reload");
  const protocol = await session("POST", "/execute/sync", { script: `return performance.getEntriesByType("navigation")[0].nextHopProtocol;`, args: [] });
  console.log(`${browser.browserName} ${browser.browserVersion} keeps the Secure cookie over self-signed TLS (${protocol || "protocol not told"})`);
  await session("DELETE", "", undefined);
} finally {
  for (const { pid } of children.filter(({ exitCode, pid }) => pid && exitCode === null)) process.kill(-pid, "SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}
