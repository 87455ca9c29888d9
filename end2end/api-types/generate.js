// Writes generated/api.ts, the types of the API, from the document that the server's own program prints.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

const end2end = resolve(import.meta.dirname, "..");
const target = resolve(end2end, "..", process.env.CARGO_TARGET_DIR ?? "target");
const program = resolve(process.env.TWO_TOKENS_BIN ?? join(target, "release/two-tokens"));
// In an empty folder, so that it reads no `.env`, and without the settings of another server.
const folder = mkdtempSync(join(tmpdir(), "two-tokens-api-"));
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TWO_TOKENS_")));
try {
  const document = JSON.parse(execFileSync(program, ["openapi"], { cwd: folder, env, encoding: "utf8" }));
  mkdirSync(join(end2end, "generated"), { recursive: true });
  writeFileSync(join(end2end, "generated/api.ts"), astToString(await openapiTS(document)));
} finally {
  rmSync(folder, { recursive: true });
}
