// Lays out target/site from the compiled WASM: with cargo-leptos, or, where there is none, step by step as
// cargo-leptos 0.3.11 does it (`make parity` compares the two). Names and compression are always given here: cargo-leptos
// names the main part by what is in it before the names of the other parts are, so that a new part could be called by an
// old name and never be fetched. Does nothing when nothing that goes in has changed.
//
//   node script/site.mjs cargo-leptos|plain FOLDER_OF_WEB_TOOLS

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative } from "node:path";
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
const next = `${site}.next`;
const pkg = join(next, leptos["site-pkg-dir"]);
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
  const tools = [fileURLToPath(import.meta.url), "script/web-tools/package-lock.json", ...filesIn("script/wasm-split")];
  for (const file of [wasm, leptos["style-file"], ...filesIn(leptos["assets-dir"]), ...tools]) {
    hash.update(`\0${file}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

// Part of what is compared, because a site swept away, or another checkout with the same target folder, needs a new one.
const outcome = () => [...filesIn(site), existsSync(hashFile) && readFileSync(hashFile, "utf8")].join("\n");

function withCargoLeptos() {
  const env = { ...process.env, LEPTOS_SITE_ROOT: next, LEPTOS_HASH_FILES: "false" };
  execFileSync("cargo", ["leptos", "build", "--release", "--split", "--frontend-only"], { stdio: "inherit", env });
  // Names the parts for a server that announces them; ours does not.
  rmSync(join(pkg, "__wasm_split_manifest.json"));
}

async function stepByStep() {
  // The tools lie in the cache, where this script's own `import` does not look.
  const tools = createRequire(join(webTools, "package.json"));
  if (existsSync(leptos["assets-dir"])) cpSync(leptos["assets-dir"], next, { recursive: true });
  mkdirSync(pkg, { recursive: true });

  const main = wasm.replace(/\.wasm$/, "_split.wasm");
  execFileSync("two-tokens-wasm-split", [wasm, main, pkg, `./${name}.js`], { stdio: "inherit" });
  const parts = filesIn(pkg).filter((file) => file.endsWith(".wasm"));
  const asTheyAre = ["--keep-lld-exports", "--no-demangle"];
  execFileSync("wasm-bindgen", ["--target=web", ...asTheyAre, `--out-name=${name}`, `--out-dir=${pkg}`, main], { stdio: "inherit" });
  renameSync(join(pkg, `${name}_bg.wasm`), join(pkg, `${name}.wasm`));
  const options = leptos["wasm-opt-features"] ?? ["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int"];
  for (const part of [join(pkg, `${name}.wasm`), ...parts]) {
    execFileSync("wasm-opt", [...options, part, "-o", part], { stdio: "inherit" });
  }

  const js = join(pkg, `${name}.js`);
  const minified = await tools("@swc/core").minify(readFileSync(js, "utf8"), { compress: true, mangle: true, module: true });
  writeFileSync(js, minified.code);

  const css = join(pkg, `${name}.css`);
  execFileSync("lightningcss", ["--minify", "--targets", "defaults", "--output-file", css, leptos["style-file"]], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

// As long as a hash, which takes its place in the WASM.
const NO_HASH = "_".repeat(22);

const loader = join(pkg, `__wasm_split.${NO_HASH}.js`);

// What splits the program lists what its parts share in an order of its own each time. And where what two parts share does
// not come, nobody asks any more how the download of the part itself ends, which a browser would report as an error.
function mendLoader() {
  const sorted = (_, names) => `{ ${names.split(", ").filter(Boolean).sort().join(", ")} }`;
  const mended = readFileSync(loader, "utf8")
    .replace(/\{ ((?:\w+, )+) \}/g, sorted)
    .replace(/const src = fetch\(.*\);/g, "$& src.catch(() => {});");
  writeFileSync(loader, mended);
}

// The WASM asks for its snippets by their plain names.
const isNamedByContent = (file) => !file.includes("snippets");
const inPkg = (file) => relative(pkg, file);
const withHash = (file, hash) =>
  file.includes(NO_HASH) ? file.replace(NO_HASH, hash) : `${file.slice(0, -extname(file).length)}.${hash}${extname(file)}`;
const md5 = (files) => {
  const hash = createHash("md5");
  for (const file of files) hash.update(`${inPkg(file)}\0`).update(readFileSync(file));
  return hash.digest("base64url");
};

// All parts of a program have one hash: they call each other by name and by place in memory, so none may ever meet one
// of another build, out of a cache or off a new server.
function putHashesInNames() {
  const css = join(pkg, `${name}.css`);
  const program = filesIn(pkg).filter((file) => file !== css);
  const hashes = { program: md5(program), css: md5([css]) };
  const renamed = program.filter(isNamedByContent).map((file) => [file, withHash(file, hashes.program)]);
  for (const [from, to] of [...renamed, [css, withHash(css, hashes.css)]]) renameSync(from, to);
  for (const [, file] of renamed) {
    // Byte for byte, for the WASM is no text.
    let content = readFileSync(file, "latin1").replaceAll(NO_HASH, hashes.program);
    if (file.endsWith(".js")) {
      for (const [from, to] of renamed) content = content.replaceAll(`"./${inPkg(from)}"`, `"./${inPkg(to)}"`);
    }
    writeFileSync(file, content, "latin1");
  }
  return hashes;
}

function compress() {
  for (const file of filesIn(next)) {
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
  }
}

async function layOut() {
  rmSync(next, { recursive: true, force: true });
  if (way === "cargo-leptos") withCargoLeptos();
  else await stepByStep();
  mendLoader();
  const hashes = leptos["hash-files"] && putHashesInNames();
  compress();

  // The old site stays whole until the new one is.
  rmSync(site, { recursive: true, force: true });
  renameSync(next, site);
  if (hashes) {
    const lines = { js: hashes.program, wasm: hashes.program, split: hashes.program, css: hashes.css };
    mkdirSync(dirname(hashFile), { recursive: true });
    writeFileSync(hashFile, Object.entries(lines).map(([kind, hash]) => `${kind}: ${hash}\n`).join(""));
  }
}

const before = fingerprint();
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== `${before}\n${outcome()}`) {
  rmSync(stampFile, { force: true });
  await layOut();
  writeFileSync(stampFile, `${before}\n${outcome()}`);
}

// What a browser downloads before the login page works, and what it downloads when it is shown.
const sizes = filesIn(join(site, leptos["site-pkg-dir"]))
  .filter((file) => file.endsWith(".wasm.br"))
  .map((file) => [basename(file).split(".")[0], Math.round(readFileSync(file).length / 1000)]);
for (const [part, kB] of sizes) console.log(`${part === name ? "login page wasm" : `later, ${part}`}: ${kB} kB brotli`);
const limit = Number(process.env.TWO_TOKENS_WASM_LIMIT ?? Infinity);
if (Object.fromEntries(sizes)[name] > limit) {
  console.error(`login page wasm: more than the ${limit} kB it may be (TWO_TOKENS_WASM_LIMIT)`);
  process.exit(1);
}
