// The bill of materials (SBOM) of the program, in CycloneDX's JSON: what is in the server's binary, in the browser's program that
// the binary holds, and what ran while the two were compiled. The same commit, features and compiler give the same bytes: no
// time and no random number is in it.
//
//   node script/sbom.mjs [FILE]    (default: target/sbom/two-tokens.cdx.json)
//
// The crates are those that cargo resolves for the two builds of script/build, with their features and targets, and not all of
// Cargo.lock: most of its crates are for other platforms, the tests or the benchmarks. script/test-sbom compares them with what
// the compiler was called for. cargo-cyclonedx describes one build in a file, and knows nothing of the C code inside crates,
// which advisories are mostly about: SQLite and AWS-LC. docs/supply-chain.md has the reasons.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const features = process.env.TWO_TOKENS_FEATURES || "app,lab";

function said(program, ...args) {
  return execFileSync(program, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function one(text, pattern, where) {
  const found = text.match(pattern);
  if (!found) throw new Error(`${where} has nothing like ${pattern}`);
  return found[1];
}

const compiler = said("rustc", "-vV");
const host = one(compiler, /^host: (.*)$/m, "rustc -vV");
// The two halves, in the order in which they are compiled for.
const halves = [
  { name: "server", half: "ssr", target: host },
  { name: "browser", half: "hydrate", target: "wasm32-unknown-unknown" },
];

const metadata = JSON.parse(said("cargo", "metadata", "--locked", "--all-features", "--format-version", "1"));
const packages = new Map(metadata.packages.map((found) => [`${found.name} ${found.version}`, found]));
const checksums = new Map(
  readFileSync(join(root, "Cargo.lock"), "utf8")
    .split("[[package]]")
    .filter((entry) => entry.includes("\nchecksum = "))
    .map((entry) => {
      const [name, version, checksum] = ["name", "version", "checksum"].map((key) =>
        one(entry, RegExp(`^${key} = "(.*)"$`, "m"), "Cargo.lock"),
      );
      return [`${name} ${version}`, checksum];
    }),
);

// The edges between crates of one build, as `name version`: a line of cargo's tree is its depth and its crate.
function tree({ half, target }, edges) {
  const lines = said(
    "cargo",
    "tree",
    "--locked",
    "--prefix",
    "depth",
    "--format",
    " {p}",
    "--edges",
    edges,
    "--target",
    target,
    "--no-default-features",
    "--features",
    `${half},${features}`,
  ).split("\n");
  const found = new Map();
  const path = [];
  for (const line of lines.filter((line) => line !== "")) {
    const [, depth, name, version] = line.match(/^(\d+) (\S+) v(\S+)/) ?? [];
    if (!packages.has(`${name} ${version}`)) throw new Error(`a line of cargo's tree is not understood: ${line}`);
    path.length = Number(depth);
    path.push(`${name} ${version}`);
    if (!found.has(path.at(-1))) found.set(path.at(-1), new Set());
    if (path.length > 1) found.get(path.at(-2)).add(path.at(-1));
  }
  return found;
}

for (const half of halves) {
  half.linked = tree(half, "normal,no-proc-macro");
  half.compiled = tree(half, "normal,build");
}

const self = metadata.packages.find((found) => found.id === metadata.resolve.root);
const me = `${self.name} ${self.version}`;
const purl = (id) => `pkg:cargo/${id.replace(" ", "@")}`;
const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
// Where a crate's metadata has the form from before SPDX expressions.
const expression = (licence) => licence.replaceAll("/", " OR ");

function crate(id) {
  const found = packages.get(id);
  const within = halves.filter((half) => half.linked.has(id)).map((half) => half.name);
  const links = [
    ["vcs", found.repository],
    ["website", found.homepage],
    ["documentation", found.documentation],
  ];
  return {
    type: "library",
    "bom-ref": purl(id),
    name: found.name,
    version: found.version,
    ...(found.description ? { description: found.description.replaceAll(/\s+/g, " ").trim() } : {}),
    // Excluded: it ran while another was compiled, and nothing of it is linked.
    scope: within.length ? "required" : "excluded",
    hashes: [{ alg: "SHA-256", content: checksums.get(id) }],
    ...(found.license ? { licenses: [{ expression: expression(found.license) }] } : {}),
    purl: purl(id),
    ...(links.some(([, url]) => url)
      ? { externalReferences: links.filter(([, url]) => url).map(([type, url]) => ({ type, url })) }
      : {}),
    properties: (within.length ? within : ["build"]).map((value) => ({ name: "two-tokens:in", value })),
  };
}

// C code that a crate brings along, and where its version stands.
const bundled = [
  {
    within: "libsqlite3-sys",
    name: "sqlite",
    licence: "blessing",
    supplier: "SQLite",
    purl: "pkg:generic/sqlite",
    cpe: "cpe:2.3:a:sqlite:sqlite",
    file: "sqlite3/sqlite3.h",
    version: /#define SQLITE_VERSION\s+"([^"]+)"/,
  },
  {
    within: "aws-lc-sys",
    name: "aws-lc",
    licence: "ISC AND (Apache-2.0 OR ISC)",
    supplier: "Amazon",
    purl: "pkg:generic/aws-lc",
    cpe: "cpe:2.3:a:amazon:aws_libcrypto",
    file: "aws-lc/include/openssl/base.h",
    version: /#define AWSLC_VERSION_NUMBER_STRING "([^"]+)"/,
  },
].map((code) => {
  const ids = [...halves[0].linked.keys()].filter((id) => id.startsWith(`${code.within} `));
  if (ids.length !== 1)
    throw new Error(`the server has ${ids.length} crates named ${code.within}: is its C code another's now?`);
  const header = join(dirname(packages.get(ids[0]).manifest_path), code.file);
  const version = one(readFileSync(header, "utf8"), code.version, header);
  return {
    within: ids[0],
    component: {
      type: "library",
      "bom-ref": `${code.purl}@${version}`,
      supplier: { name: code.supplier },
      name: code.name,
      version,
      description: `C code that ${ids[0]} brings along`,
      scope: "required",
      licenses: [{ expression: code.licence }],
      cpe: `${code.cpe}:${version}:*:*:*:*:*:*:*`,
      purl: `${code.purl}@${version}`,
      properties: [{ name: "two-tokens:in", value: "server" }],
    },
  };
});

const release = one(compiler, /^release: (.*)$/m, "rustc -vV");
const std = {
  type: "library",
  "bom-ref": `pkg:generic/rust-std@${release}`,
  name: "rust-std",
  version: release,
  description: `The standard library of Rust: ${one(compiler, /^commit-hash: (.*)$/m, "rustc -vV")}`,
  scope: "required",
  licenses: [{ expression: "MIT OR Apache-2.0" }],
  purl: `pkg:generic/rust-std@${release}`,
  properties: halves.map((half) => ({ name: "two-tokens:in", value: half.name })),
};

const all = [...new Set(halves.flatMap((half) => [...half.linked.keys(), ...half.compiled.keys()]))]
  .filter((id) => id !== me)
  .sort(byName);
const lacking = all.filter((id) => !checksums.has(id));
if (lacking.length) throw new Error(`crates without a checksum in Cargo.lock: ${lacking.join(", ")}`);

const half = ({ name, target, half }) => ({
  type: name === "server" ? "application" : "file",
  "bom-ref": `two-tokens-${name}`,
  name: name === "server" ? "two-tokens" : "two-tokens.wasm",
  version: self.version,
  properties: [
    { name: "two-tokens:features", value: `${half},${features}` },
    { name: "two-tokens:target", value: target },
  ],
});
const edges = new Map(all.map((id) => [purl(id), new Set()]));
for (const found of halves.flatMap((half) => [half.linked, half.compiled])) {
  for (const [from, to] of found) if (from !== me) to.forEach((id) => edges.get(purl(from)).add(purl(id)));
}
for (const { within, component } of bundled) edges.get(purl(within)).add(component["bom-ref"]);
for (const { name, linked, compiled } of halves) {
  edges.set(`two-tokens-${name}`, new Set([std["bom-ref"], ...[...linked.get(me), ...compiled.get(me)].map(purl)]));
}
for (const ref of [std, ...bundled.map((code) => code.component)]) edges.set(ref["bom-ref"], new Set());
edges.set("two-tokens", new Set(halves.map((half) => `two-tokens-${half.name}`)));

const document = {
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    component: {
      type: "application",
      "bom-ref": "two-tokens",
      name: self.name,
      version: self.version,
      description: self.description,
      licenses: [{ expression: self.license }],
      purl: purl(me),
      components: halves.map(half),
    },
  },
  components: [...all.map(crate), ...bundled.map((code) => code.component), std],
  dependencies: [...edges]
    .sort(([a], [b]) => byName(a, b))
    .map(([ref, to]) => ({ ref, ...(to.size ? { dependsOn: [...to].sort(byName) } : {}) })),
};
// The number of a document is a hash of it, in the form of a UUID (version 8, RFC 9562).
const digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
const serial = `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
const { $schema, bomFormat, specVersion, ...rest } = document;

const file =
  process.argv[2] ?? join(process.env.CARGO_TARGET_DIR || join(root, "target"), "sbom", "two-tokens.cdx.json");
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ $schema, bomFormat, specVersion, serialNumber: serial, ...rest }, null, 1)}\n`);
const linked = document.components.filter((component) => component.scope === "required").length;
console.log(
  `sbom: ${file}: ${linked} components in the program, ${document.components.length - linked} that ran while it was compiled`,
);
