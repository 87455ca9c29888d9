// Changes that add-ons, translators and proxies make to a page. Each runs in the page, so it is self-contained.

import type { Page } from "@playwright/test";

/** What only happens on the way to the browser: nothing takes the comments out of a page that lives. */
export const ON_THE_WAY = ["comments stripped", "every comment replaced by an element"];

export const CHANGES: Record<string, () => void> = {
  "an element at the start and one at the end of the body": () => {
    document.body.prepend(Object.assign(document.createElement("div"), { className: "foreign", textContent: "¶" }));
    document.body.append(document.createElement("foreign-panel"));
  },
  "an element at the start and one at the end of the app": () => {
    document.getElementById("app")?.prepend(document.createElement("div"));
    document.getElementById("app")?.append(document.createElement("div"));
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

/** Makes the change in every document of this page, when it is parsed and before the program starts. */
export const changeEachPage = (page: Page, change: () => void) =>
  page.addInitScript(`document.addEventListener("readystatechange", () => document.readyState === "interactive" && (${change})());`);
