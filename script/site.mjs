// Builds target/site from the compiled WASM: code splitting, minification, content hashes in file names (cache busting) and
// precompression. Uses cargo-leptos, or without it the same steps as cargo-leptos 0.3.11 (`make parity` compares the two).
// Hashing and compression are always done here: cargo-leptos hashes the main part before the other parts have their final
// names, so a changed part could keep its old name and never be fetched. Does nothing when no input has changed.
//
//   node script/site.mjs cargo-leptos|plain FOLDER_OF_WEB_TOOLS
//
// TWO_TOKENS_FEATURES lists the cargo features of the build, as in script/build.

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

const features = (process.env.TWO_TOKENS_FEATURES || "app,lab").split(",");

// cargo-leptos handles one stylesheet, `style-file`. Each of the others belongs to a cargo feature.
const STYLES_OF_FEATURES = { lab: ["style/lab.css", "style/lab-panels.css", "style/learn.css", "style/term.css"] };
const moreStyles = features.flatMap((feature) => STYLES_OF_FEATURES[feature] ?? []);

const filesIn = (dir) =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
    : [];

function fingerprint() {
  const hash = createHash("sha256").update(JSON.stringify([way, leptos, features]));
  const styles = [leptos["style-file"], ...moreStyles];
  const tools = [fileURLToPath(import.meta.url), "script/web-tools/package-lock.json", ...filesIn("script/wasm-split")];
  for (const file of [wasm, ...styles, ...filesIn(leptos["assets-dir"]), ...tools]) {
    hash.update(`\0${file}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

// The output is part of the comparison: a deleted site must be rebuilt, and so must one that another checkout with the same
// target folder has overwritten.
const outcome = () => [...filesIn(site), existsSync(hashFile) && readFileSync(hashFile, "utf8")].join("\n");

// cargo-leptos passes the options to wasm-opt in a random order, and the last pass here must come last: it puts functions of
// similar names, the instances of one generic function, beside each other, which compresses better by 1 %. So cargo-leptos
// only keeps the names (wasm-opt without passes), and the passes run here for both ways. -Oz twice: the second time it finds
// more (decision 0011).
const FEATURES = ["--enable-bulk-memory", "--enable-nontrapping-float-to-int"];
const NO_PASSES = ["-O0", "-g", ...FEATURES];
const PASSES = ["-Oz", "-Oz", "--one-caller-inline-max-function-size=20", ...FEATURES, "--reorder-functions-by-name"];

function wasmOpt(options) {
  for (const part of filesIn(pkg).filter((file) => file.endsWith(".wasm"))) {
    execFileSync("wasm-opt", [...options, part, "-o", part], { stdio: "inherit" });
  }
}

function withCargoLeptos() {
  const wasmOptFeatures = NO_PASSES.join(",");
  const env = { ...process.env, LEPTOS_SITE_ROOT: next, LEPTOS_HASH_FILES: "false", LEPTOS_WASM_OPT_FEATURES: wasmOptFeatures };
  // Replaces `lib-features` of Cargo.toml.
  const libFeatures = `--lib-features=${["hydrate", ...features].join(",")}`;
  const args = ["leptos", "build", "--release", "--split", "--frontend-only", libFeatures];
  execFileSync("cargo", args, { stdio: "inherit", env });
  // For servers that preload the split parts; this one learns of them from the loader, which both ways make (`sessionFiles`).
  rmSync(join(pkg, "__wasm_split_manifest.json"));
}

async function stepByStep() {
  // The tools are in the cache folder, where `import` does not resolve packages.
  const tools = createRequire(join(webTools, "package.json"));
  if (existsSync(leptos["assets-dir"])) cpSync(leptos["assets-dir"], next, { recursive: true });
  mkdirSync(pkg, { recursive: true });

  const main = wasm.replace(/\.wasm$/, "_split.wasm");
  execFileSync("two-tokens-wasm-split", [wasm, main, pkg, `./${name}.js`], { stdio: "inherit" });
  const asTheyAre = ["--keep-lld-exports", "--no-demangle"];
  execFileSync("wasm-bindgen", ["--target=web", ...asTheyAre, `--out-name=${name}`, `--out-dir=${pkg}`, main], { stdio: "inherit" });
  renameSync(join(pkg, `${name}_bg.wasm`), join(pkg, `${name}.wasm`));
  wasmOpt(NO_PASSES);

  const js = join(pkg, `${name}.js`);
  const minified = await tools("@swc/core").minify(readFileSync(js, "utf8"), { compress: true, mangle: true, module: true });
  writeFileSync(js, minified.code);

  minifyStyle(leptos["style-file"], name);
}

// The options of cargo-leptos.
function minifyStyle(source, as) {
  const css = join(pkg, `${as}.css`);
  execFileSync("lightningcss", ["--minify", "--targets", "defaults", "--output-file", css, source], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

// A placeholder as long as a hash: the hash replaces it inside the WASM without moving any byte.
const NO_HASH = "_".repeat(22);

const loader = join(pkg, `__wasm_split.${NO_HASH}.js`);

// The files of the session's part: pages that restore a session preload them.
function sessionFiles() {
  const [, file, chunks] = /__wasm_split_load_session = .*?"\.\/(\w+)\.wasm".*?\[([^\]]*)\]\)\);/s.exec(readFileSync(loader, "utf8"));
  const files = [file, ...chunks.split(", ").map((chunk) => chunk.replace("__", ""))];
  return files.filter((file) => existsSync(join(pkg, `${file}.wasm`)));
}

// Two corrections of the generated loader. The splitter lists the imports of shared parts in a random order; sorting makes
// the build reproducible. And when a shared part fails to load, the loader never awaits the other download, which browsers
// report as an unhandled rejection.
function mendLoader() {
  const sorted = (_, names) => `{ ${names.split(", ").filter(Boolean).sort().join(", ")} }`;
  const mended = readFileSync(loader, "utf8")
    .replace(/\{ ((?:\w+, )+) \}/g, sorted)
    .replace(/const src = fetch\(.*\);/g, "$& src.catch(() => {});");
  writeFileSync(loader, mended);
}

// wasm-bindgen and the compiler end each name that crosses a border with 16 random hexadecimal digits, so that no two are the same.
// Counters keep them apart as well, and compress: 300 names stand in the WASM and in its JavaScript. Of the same length, so that
// no byte of the WASM moves.
const CROSSING = /(__wbg_\w+_|_ZN[\w.$]+17h)[0-9a-f]{16}/g;

function countCrossingNames() {
  const parts = filesIn(pkg).filter((file) => /\.(js|wasm)$/.test(file)).map((file) => [file, readFileSync(file, "latin1")]);
  const counted = new Map();
  const numbers = new Map();
  const names = new Set(parts.flatMap(([, content]) => content.match(CROSSING) ?? []));
  if (names.size === 0) throw new Error("no name ends as the names of wasm-bindgen did: CROSSING in script/site.mjs is out of date");
  for (const name of [...names].sort()) {
    const stem = name.slice(0, -16);
    const number = numbers.get(stem) ?? 0;
    numbers.set(stem, number + 1);
    counted.set(name, stem + String(number).padStart(16, "0"));
  }
  for (const [file, content] of parts) {
    writeFileSync(file, content.replace(CROSSING, (name) => counted.get(name)), "latin1");
  }
}

// The WASM imports its snippets by their plain names.
const isNamedByContent = (file) => !file.includes("snippets");
const inPkg = (file) => relative(pkg, file);
const withHash = (file, hash) =>
  file.includes(NO_HASH) ? file.replace(NO_HASH, hash) : `${file.slice(0, -extname(file).length)}.${hash}${extname(file)}`;
const md5 = (files) => {
  const hash = createHash("md5");
  for (const file of files) hash.update(`${inPkg(file)}\0`).update(readFileSync(file));
  return hash.digest("base64url");
};

// All parts of the program share one hash: they call each other by name and by memory address, so parts of different builds
// must never mix, neither from a cache nor during a deployment. Each stylesheet has its own hash.
function putHashesInNames() {
  const isStyle = (file) => file.endsWith(".css");
  const program = filesIn(pkg).filter((file) => !isStyle(file));
  const hashes = { program: md5(program), styles: {} };
  for (const css of filesIn(pkg).filter(isStyle)) {
    const hash = (hashes.styles[basename(css, ".css")] = md5([css]));
    renameSync(css, withHash(css, hash));
  }
  const renamed = program.filter(isNamedByContent).map((file) => [file, withHash(file, hashes.program)]);
  for (const [from, to] of renamed) renameSync(from, to);
  for (const [, file] of renamed) {
    // latin1 maps bytes to characters one to one: WASM is binary.
    let content = readFileSync(file, "latin1").replaceAll(NO_HASH, hashes.program);
    if (file.endsWith(".js")) {
      for (const [from, to] of renamed) content = content.replaceAll(`"./${inPkg(from)}"`, `"./${inPkg(to)}"`);
    }
    writeFileSync(file, content, "latin1");
  }
  return hashes;
}

// The lines of cargo-leptos's hash file, one for each further stylesheet (`lab-css` for `lab.css`), and the session's files.
function hashLines({ program, styles }, session) {
  const lines = { js: program, wasm: program, split: program, session: session.join(" ") };
  for (const [style, hash] of Object.entries(styles)) lines[style === name ? "css" : `${style}-css`] = hash;
  return Object.entries(lines).map(([kind, hash]) => `${kind}: ${hash}\n`).join("");
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
  wasmOpt(PASSES);
  for (const source of moreStyles) minifyStyle(source, basename(source, ".css"));
  mendLoader();
  countCrossingNames();
  const session = sessionFiles();
  const hashes = leptos["hash-files"] && putHashesInNames();
  compress();
  // For a binary that has the site in it.
  if (hashes) writeFileSync(join(next, "hash.txt"), hashLines(hashes, session));

  // The old site stays complete until the new one is ready.
  rmSync(site, { recursive: true, force: true });
  renameSync(next, site);
  if (hashes) {
    mkdirSync(dirname(hashFile), { recursive: true });
    writeFileSync(hashFile, hashLines(hashes, session));
  }
}

const before = fingerprint();
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== `${before}\n${outcome()}`) {
  rmSync(stampFile, { force: true });
  await layOut();
  writeFileSync(stampFile, `${before}\n${outcome()}`);
}

// Download sizes, raw and in brotli: what the login page needs before it is live, and what is loaded lazily.
const built = filesIn(join(site, leptos["site-pkg-dir"])).filter((file) => /\.(js|wasm)$/.test(file));
const parts = built.map((file) => {
  const [raw, brotli] = [file, `${file}.br`].map((name) => readFileSync(name).length);
  return { part: basename(file).replace(/\.[\w-]{22}(?=\.)/, ""), raw, brotli };
});
const isFirst = ({ part }) => !/^(split|chunk)_/.test(part);
const sum = (of, what) => of.reduce((sum, part) => sum + part[what], 0);
const kB = (bytes) => (bytes / 1000).toFixed(1).padStart(7);
const first = parts.filter(isFirst);
const line = (part, raw, brotli) => console.log(`${part.padEnd(24)}${kB(raw)} kB  ${kB(brotli)} kB brotli`);
console.log("first download of /login:");
for (const { part, raw, brotli } of first) line(`  ${part}`, raw, brotli);
line("  sum", sum(first, "raw"), sum(first, "brotli"));
const later = parts.filter((part) => !isFirst(part));
const chunks = later.filter(({ part }) => part.startsWith("chunk_"));
const named = later.filter((part) => !chunks.includes(part)).map(({ part, brotli }) => `${part.slice("split_".length, -".wasm".length)} ${kB(brotli).trim()}`);
console.log(`later, kB brotli: ${[...named, `shared by some ${kB(sum(chunks, "brotli")).trim()}`].join(", ")}`);
const limit = Number(process.env.TWO_TOKENS_WASM_LIMIT ?? Infinity);
if (sum(first, "brotli") > limit * 1000) {
  console.error(`first download of /login: more than the ${limit} kB of brotli that it may be (TWO_TOKENS_WASM_LIMIT)`);
  process.exit(1);
}
