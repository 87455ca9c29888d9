// Changes that add-ons, translators and proxies make to a page. Each runs in the page, so it is self-contained.

import type { BrowserContext, Page } from "@playwright/test";

export const CHANGES: Record<string, () => void> = {
  "an element at the start and one at the end of the body": () => {
    document.body.prepend(Object.assign(document.createElement("div"), { className: "foreign", textContent: "¶" }));
    document.body.append(document.createElement("foreign-panel"));
  },
  "an element at the start and one at the end of the app": () => {
    document.getElementById("app")?.prepend(document.createElement("div"));
    document.getElementById("app")?.append(document.createElement("div"));
  },
  // Two builds behind one address: the HTML of one, the program of the other. The count of nodes is right, the nodes are not.
  "a section that this version of the program does not know": () => {
    const app = document.getElementById("app")!;
    app.querySelector("main")?.prepend(Object.assign(document.createElement("section"), { textContent: "New in another version" }));
    const walker = document.createTreeWalker(app, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
    let nodes = 0;
    while (walker.nextNode()) nodes += 1;
    document.documentElement.dataset.nodes = `${nodes}`;
  },
  "an element before each field": () => {
    for (const field of document.querySelectorAll("input, textarea")) field.before(document.createElement("span"));
  },
  "an element after each field and inside each button": () => {
    for (const field of document.querySelectorAll("input, textarea")) field.after(document.createElement("span"));
    for (const button of document.querySelectorAll("button")) button.prepend(document.createElement("i"));
  },
  // As page translation does: the text is another node afterwards.
  "every text wrapped": () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      if (!text.data.trim() || text.parentElement!.closest("script, style, noscript, textarea")) continue;
      const font = document.createElement("font");
      font.append(Object.assign(document.createElement("font"), { textContent: text.data }));
      text.replaceWith(font);
    }
  },
  "comments stripped": () => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
    const comments: Comment[] = [];
    while (walker.nextNode()) comments.push(walker.currentNode as Comment);
    for (const comment of comments) comment.remove();
  },
  // As many nodes as before, so that only hydration itself notices.
  "every comment replaced by an element": () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT);
    const comments: Comment[] = [];
    while (walker.nextNode()) comments.push(walker.currentNode as Comment);
    for (const comment of comments) comment.replaceWith(document.createElement("span"));
  },
  "white space collapsed": () => {
    document.body.normalize();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      if (text.parentElement!.closest("script, style, noscript, textarea")) continue;
      if (text.data.trim()) text.data = text.data.replace(/\s+/g, " ").trim();
      else text.remove();
    }
  },
  "attributes on every element": () => {
    for (const element of document.querySelectorAll("*")) {
      element.setAttribute("data-foreign", "1");
      element.classList.add("foreign");
    }
  },
  "shadow hosts in every form, header and main": () => {
    for (const place of document.querySelectorAll("form, header, main, nav, .field")) {
      for (const where of ["prepend", "append"] as const) {
        const host = document.createElement("foreign-host");
        host.attachShadow({ mode: "open" }).innerHTML = "<button>…</button>";
        place[where](host);
      }
    }
  },
};

/** Makes the change in every document of this page or browser, when it is parsed and before the program starts. */
export const changeEachPage = (of: Page | BrowserContext, change: () => void) =>
  of.addInitScript(`document.addEventListener("readystatechange", () => document.readyState === "interactive" && (${change})());`);
