// Lays out target/site from the compiled WASM: with cargo-leptos, or, where there is none, step by step as
// cargo-leptos 0.3.11 does it (`make parity` compares the two). Does nothing when nothing that goes in has changed.
//
//   node script/site.mjs cargo-leptos|plain FOLDER_OF_WEB_TOOLS

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [way, webTools] = process.argv.slice(2);
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], { maxBuffer: 1 << 26 }),
);
const leptos = metadata.packages[0].metadata.leptos;
const name = leptos["output-name"];
const target = metadata.target_directory;
const site = process.env.LEPTOS_SITE_ROOT ?? leptos["site-root"];
const hashFile = join(target, "release", process.env.LEPTOS_HASH_FILE_NAME ?? leptos["hash-file-name"] ?? "hash.txt");
const stampFile = `${site}.stamp`;
const wasm = join(
  target, "front", "wasm32-unknown-unknown", leptos["lib-profile-release"] ?? "release",
  `${metadata.packages[0].targets.find((t) => t.kind.includes("cdylib")).name}.wasm`,
);

const filesIn = (dir) =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
    : [];

function fingerprint() {
  const hash = createHash("sha256").update(JSON.stringify([way, leptos]));
  const tools = [fileURLToPath(import.meta.url), "script/web-tools/package-lock.json"];
  for (const file of [wasm, leptos["style-file"], ...filesIn(leptos["assets-dir"]), ...tools]) {
    hash.update(`\0${file}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

// Part of what is compared, because a site swept away, or another checkout with the same target folder, needs a new one.
const outcome = () => [...filesIn(site), existsSync(hashFile) && readFileSync(hashFile, "utf8")].join("\n");

function withCargoLeptos() {
  execFileSync("cargo", ["leptos", "build", "--release", "--precompress", "--frontend-only"], { stdio: "inherit" });
}

async function stepByStep() {
  // The tools lie in the cache, where this script's own `import` does not look.
  const tools = createRequire(join(webTools, "package.json"));
  const next = `${site}.next`;
  const pkg = join(next, leptos["site-pkg-dir"]);
  rmSync(next, { recursive: true, force: true });
  if (existsSync(leptos["assets-dir"])) cpSync(leptos["assets-dir"], next, { recursive: true });
  mkdirSync(pkg, { recursive: true });

  execFileSync("wasm-bindgen", ["--target=web", `--out-name=${name}`, `--out-dir=${pkg}`, wasm], { stdio: "inherit" });
  const js = join(pkg, `${name}.js`);
  const optimised = join(pkg, `${name}.wasm`);
  renameSync(join(pkg, `${name}_bg.wasm`), optimised);
  const options = leptos["wasm-opt-features"] ?? ["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int"];
  execFileSync("wasm-opt", [...options, optimised, "-o", optimised], { stdio: "inherit" });

  const minified = await tools("@swc/core").minify(readFileSync(js, "utf8"), { compress: true, mangle: true, module: true });
  writeFileSync(js, minified.code);

  const css = join(pkg, `${name}.css`);
  execFileSync("lightningcss", ["--minify", "--targets", "defaults", "--output-file", css, leptos["style-file"]], {
    stdio: ["ignore", "ignore", "inherit"],
  });

  const hashes = leptos["hash-files"] ? putHashesInNames(pkg, js) : {};
  for (const file of filesIn(next)) {
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
  }

  // The old site stays whole until the new one is.
  rmSync(site, { recursive: true, force: true });
  renameSync(next, site);
  if (leptos["hash-files"]) {
    mkdirSync(dirname(hashFile), { recursive: true });
    writeFileSync(hashFile, ["js", "wasm", "css"].map((kind) => `${kind}: ${hashes[`${name}.${kind}`]}\n`).join(""));
  }
}

function putHashesInNames(pkg, js) {
  const hashes = {};
  const renamed = {};
  for (const file of filesIn(pkg)) {
    // The WASM asks for its snippets by their plain names.
    if (file.includes("snippets")) continue;
    const extension = extname(file);
    const hash = createHash("md5").update(readFileSync(file)).digest("base64url");
    const hashed = `${file.slice(0, -extension.length)}.${hash}${extension}`;
    renameSync(file, hashed);
    hashes[relative(pkg, file)] = hash;
    renamed[relative(pkg, file)] = relative(pkg, hashed);
  }
  const renamedJs = join(pkg, renamed[relative(pkg, js)]);
  let source = readFileSync(renamedJs, "utf8");
  for (const [from, to] of Object.entries(renamed)) source = source.replaceAll(from, to);
  writeFileSync(renamedJs, source);
  return hashes;
}

const before = fingerprint();
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== `${before}\n${outcome()}`) {
  rmSync(stampFile, { force: true });
  if (way === "cargo-leptos") withCargoLeptos();
  else await stepByStep();
  writeFileSync(stampFile, `${before}\n${outcome()}`);
}

// What a browser downloads before the login page works.
const compressed = filesIn(join(site, leptos["site-pkg-dir"])).find((file) => file.endsWith(".wasm.br"));
const kB = Math.round(readFileSync(compressed).length / 1000);
console.log(`login page wasm: ${kB} kB brotli`);
const limit = Number(process.env.TWO_TOKENS_WASM_LIMIT ?? Infinity);
if (kB > limit) {
  console.error(`login page wasm: more than the ${limit} kB it may be (TWO_TOKENS_WASM_LIMIT)`);
  process.exit(1);
}
