// The page's own script: it stores four decoys in the four kinds of token storage, lets the injected script run, reloads itself
// to see which decoys survived, and reports the results to the lab.

const { mount, policy } = document.documentElement.dataset;
const WAYS = ["local_storage", "readable_cookie", "memory", "http_only_cookie"];
const COOKIE = `lab-decoy=; Path=${mount}/-/; SameSite=Strict`;
const NOTHING = { read: false, used: false };

/** The module's memory: gone with the page. */
let remembered;

const post = (path, init) => fetch(`${mount}/-/${path}`, { method: "POST", ...init });

function keep() {
  const decoy = () => `decoy-${crypto.randomUUID()}`;
  localStorage.setItem("lab-decoy", decoy());
  document.cookie = COOKIE.replace("=", `=${decoy()}`);
  remembered = decoy();
}

async function survivors() {
  const { cookie } = await (await post("decoy")).json();
  return {
    local_storage: localStorage.getItem("lab-decoy") !== null,
    readable_cookie: document.cookie.includes("lab-decoy="),
    memory: remembered !== undefined,
    http_only_cookie: cookie,
  };
}

async function firstLoad() {
  keep();
  // An ordinary call of the page, with the token from its memory.
  await post("decoy", { headers: { authorization: `Bearer ${remembered}` } });
  const loot = window.attack ? await window.attack() : {};
  sessionStorage.setItem("lab-loot", JSON.stringify(loot));
  location.replace(`?policy=${policy}&again=true`);
}

async function secondLoad() {
  const loot = JSON.parse(sessionStorage.getItem("lab-loot") ?? "{}");
  const there = await survivors();
  const results = WAYS.map((storage) => ({ storage, ...(loot[storage] ?? NOTHING), survives: there[storage] }));
  localStorage.removeItem("lab-decoy");
  sessionStorage.removeItem("lab-loot");
  document.cookie = `${COOKIE}; Max-Age=0`;
  show(results);
  const body = JSON.stringify({ content_policy: policy === "on", results });
  await post("probed", { body, headers: { "content-type": "application/json" } });
}

function show(results) {
  const table = document.querySelector("#results tbody");
  for (const { storage, read, used, survives } of results) {
    const row = table.insertRow();
    for (const cell of [storage.replaceAll("_", " "), ...[read, used, survives].map((is) => (is ? "yes" : "no"))]) {
      row.insertCell().textContent = cell;
    }
  }
}

await (new URLSearchParams(location.search).has("again") ? secondLoad() : firstLoad());
