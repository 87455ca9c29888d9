// The start script of every page. It is inlined (the page's CSP has a nonce for it), so each byte is sent with each page; `shell.rs`
// drops these comment lines. Its constants are written before it: JS and AGAIN (addresses of the program's JavaScript), WASM, ENTRY.
//
// Hydration walks the server's HTML node by node and panics at one that it does not know. A password manager, a translated page or
// a proxy that strips comments all change nodes, so no list of such cases can be complete. Instead, a hydration that fails makes
// this script throw that instance of the program away, and a new one draws the page itself and gets back what was typed.

const place = document.getElementById("app");
let module, exports;

const say = (id) => (document.getElementById(id).hidden = false);

// After a panic the memory of an instance is in no known state, but timers, listeners and promises still call it. Its JavaScript
// calls it through `exports`, so it is the copy of them, made below, that is emptied.
const stop = () => {
  for (const name in exports) if (typeof exports[name] === "function") exports[name] = () => [];
};

const compile = async () => {
  try {
    return await WebAssembly.compileStreaming(fetch(WASM));
  } catch {
    // Some proxies drop the content type, without which it cannot be compiled while it arrives.
    return WebAssembly.compile(await (await fetch(WASM)).arrayBuffer());
  }
};

const load = async (address) => {
  const [program, compiled] = await Promise.all([import(address), module ?? compile()]);
  module = compiled;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (source, imports) => {
    const instance = await instantiate(source, imports);
    return source === module ? { module, instance: { exports: (exports = { ...instance.exports }) } } : instance;
  };
  try {
    await program.default({ module_or_path: module });
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  if (program.prepare) await new Promise(program.prepare);
  return program;
};

// The fields by id or name; those that share a name, by their order.
const fields = () => {
  const found = {};
  for (const field of (place ?? document).querySelectorAll("input, textarea, select")) {
    const name = field.id || field.name;
    if (name && !/^(hidden|file|submit|button)$/.test(field.type)) (found[name] ??= []).push(field);
  }
  return found;
};

// A choice in the footer loads the page again. What is typed is kept over that in this tab, but never a password, also a shown one.
const KEPT = "two-tokens-typed";
addEventListener("submit", ({ target }) => {
  if (!target.matches(".foot form")) return;
  target.elements.next.value = location.pathname.slice((document.documentElement.dataset.mount ?? "").length) + location.search;
  dispatchEvent(new Event("two-tokens-reload"));
  const kept = Object.entries(fields()).flatMap(([name, all]) => all.map(({ value, checked, autocomplete }, at) =>
    /password/.test(autocomplete) ? [] : [name, at, value, checked]));
  try {
    sessionStorage[KEPT] = JSON.stringify(kept);
  } catch {}
});
try {
  const kept = JSON.parse(sessionStorage[KEPT] ?? "[]");
  delete sessionStorage[KEPT];
  for (const [name, at, value, checked] of kept) {
    const field = fields()[name]?.[at];
    if (field) Object.assign(field, { value, checked });
  }
} catch {}

const isTyped = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;

const drawAnew = (program) => {
  const before = fields();
  const focused = document.activeElement;
  const { selectionStart, selectionEnd } = focused;
  const old = [...place.childNodes];
  const { scrollX, scrollY } = window;
  place.replaceChildren();
  try {
    program.mount();
  } catch (error) {
    // The server's HTML is of more use than nothing: its links and forms work without the program.
    place.replaceChildren(...old);
    throw error;
  }
  const after = fields();
  for (const [name, all] of Object.entries(before)) {
    all.forEach((field, at) => {
      const anew = after[name]?.[at];
      if (!anew) return;
      if (isTyped(field)) {
        anew.value = field.value;
        anew.checked = field.checked;
        for (const type of ["input", "change"]) anew.dispatchEvent(new Event(type, { bubbles: true }));
      }
      if (field !== focused) return;
      anew.focus({ preventScroll: true });
      // An e-mail field has no selection.
      if (selectionStart != null) anew.setSelectionRange(selectionStart, selectionEnd);
    });
  }
  // Not only fields: the summary of a refused form has the focus from the start.
  if (focused.id && !focused.isConnected) document.getElementById(focused.id)?.focus({ preventScroll: true });
  scrollTo(scrollX, scrollY);
};

// A panic later, in a callback: the page stays as it is, so that a text can be copied out of it, and says that it is dead.
const onTrap = (error) => {
  if (!exports || !(error instanceof WebAssembly.RuntimeError)) return;
  stop();
  exports = undefined;
  say("stopped");
  // Without the program a form without an address would put its fields into the page's.
  addEventListener("submit", (event) => event.target.getAttribute("action") || event.preventDefault(), true);
  addEventListener("beforeunload", (event) => Object.values(fields()).flat().some(isTyped) && event.preventDefault());
};
addEventListener("error", (event) => onTrap(event.error));
addEventListener("unhandledrejection", (event) => onTrap(event.reason));

// Hydration takes any element for the one that it expects, so a foreign one in front of a field would be taken for the field. The
// server says how many nodes it sent.
const { shownAt, nodes } = document.documentElement.dataset;
const isChanged = () => {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  let count = 0;
  while (walker.nextNode()) count += 1;
  return count !== Number(nodes);
};

// Not `reload()`, which would post a form again.
for (const button of document.querySelectorAll("[data-reload]")) {
  button.onclick = () => location.replace(location.pathname + location.search);
}

// The answer to a refused form has the form's address, which is none of the app's pages.
if (shownAt) history.replaceState(null, "", shownAt);

// Fast hands: the second click of a double click, and a held key, are for the element that the first was for. They press nothing that
// has come in its place meanwhile: not "Create account" after "Sign out", not the answer to a question just asked.
let pressed;
addEventListener(
  "click",
  (event) => {
    const target = event.target.closest?.("a, button, input, summary, label");
    if (event.detail > 1 && target !== pressed) {
      event.preventDefault();
      event.stopPropagation();
    }
    pressed = target;
  },
  true,
);
addEventListener("keydown", (event) => event.repeat && event.key === "Enter" && event.target.tagName !== "TEXTAREA" && event.preventDefault(), true);

// Others change a page that runs: a translator puts elements in the place of texts, other tools take comments out. The program
// writes to the nodes that it holds, also when they are in no page any more, and nobody would see it. So they go back: a comment to
// where it was, a text, empty, to the element that stands for it. When the program writes to the text, that element goes.
const replaced = new WeakMap();
const standsFor = new WeakMap();
const giveBack = (text, words) => {
  for (const element of replaced.get(text)?.by ?? []) {
    standsFor.delete(element);
    if (words == null) element.remove();
  }
  if (words != null) text.data = words;
  replaced.delete(text);
};
const repair = (records) => {
  const grown = new Set(records.filter(({ addedNodes }) => addedNodes.length).map(({ target }) => target));
  for (const { target, addedNodes, removedNodes, nextSibling, previousSibling } of records.reverse()) {
    if (replaced.has(target)) giveBack(target);
    for (const node of removedNodes) {
      const text = standsFor.get(node);
      // Others take back what they put in the place of the text.
      if (text && !node.isConnected) giveBack(text, replaced.get(text).words);
      else if (node.isConnected || !target.isConnected) continue;
      else if (replaced.has(node)) giveBack(node);
      // Nothing that the program does replaces a node by elements in one step.
      else if (node.nodeType !== 1 && addedNodes.length && [...addedNodes].every((one) => one.nodeType === 1 && one.isConnected)) {
        addedNodes[0].before(node);
        if (node.nodeType !== Node.TEXT_NODE) continue;
        for (const element of addedNodes) standsFor.set(element, node);
        replaced.set(node, { by: [...addedNodes], words: node.data });
        node.data = "";
      } else if (node.nodeType === Node.COMMENT_NODE && !addedNodes.length && !grown.has(target)) {
        const isThere = (other) => other?.parentNode === target;
        target.insertBefore(node, isThere(nextSibling) ? nextSibling : isThere(previousSibling) ? previousSibling.nextSibling : null);
      }
    }
  }
  observer.takeRecords();
};
const observer = new MutationObserver(repair);

try {
  const program = await load(JS);
  if (ENTRY === "hydrate" && nodes && isChanged()) drawAnew(program);
  else {
    try {
      program[ENTRY]();
    } catch (error) {
      stop();
      if (ENTRY !== "hydrate") throw error;
      drawAnew(await load(AGAIN));
    }
  }
  observer.observe(document.body, { childList: true, characterData: true, subtree: true });
} catch (error) {
  stop();
  console.error(error);
  say("boot-failed");
}
