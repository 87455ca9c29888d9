// The texts of the pages in the language of the run, from the catalogue of the app. Tests name every text in English.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export type Language = "en" | "de";

let language: Language = "en";

/** Chooses the language in which `t` returns texts, for this worker. */
export function speak(chosen: Language): void {
  language = chosen;
}

/** This text of the app in the language of the run. Placeholders of the catalogue match any text. */
export function t(english: string): string {
  if (language === "en") return english;
  const german = catalogue().get(english);
  if (german !== undefined) return german;
  for (const [pattern, translation] of catalogue()) {
    if (!/^\w.*%\{/.test(pattern)) continue;
    const [before, after] = pattern.split(/%\{\w+\}/);
    const fits = english.startsWith(before!) && english.endsWith(after!) && english.length > before!.length + after!.length;
    if (fits) return translation.replace(/%\{\w+\}/, english.slice(before!.length, english.length - after!.length));
  }
  throw new Error(`locales/words.yaml has no text "${english}"`);
}

let texts: Map<string, string> | undefined;

function catalogue(): Map<string, string> {
  return (texts ??= read());
}

function read(): Map<string, string> {
  const yaml = readFileSync(resolve(import.meta.dirname, "../../locales/words.yaml"), "utf8");
  const pairs = yaml.matchAll(/^ *en: (".*")\n *de: (".*")$/gm);
  return new Map([...pairs].map(([, en, de]) => [JSON.parse(en!) as string, JSON.parse(de!) as string]));
}
