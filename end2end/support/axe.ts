// axe-core in the page: the automatic part of the accessibility checks.
//
// `@axe-core/playwright` serialises the results of every rule and merges them in a page of its own, which takes three times
// as long. Here the violations alone leave the page.

import type { AxeResults, RunOptions } from "axe-core";
import axe from "axe-core";
import type { Page } from "@playwright/test";

/** WCAG 2.2 AA. */
export const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** The violations of the rules with these tags and their elements, once all animations are over. Includes frames. */
export async function violations(page: Page, tags: string[]): Promise<string[]> {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  for (const frame of page.frames()) {
    if (!(await frame.evaluate(() => "axe" in window))) await frame.evaluate(axe.source);
  }
  const options: RunOptions = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] };
  const found = await page.evaluate(async (options) => {
    const { axe } = window as unknown as { axe: { run(context: Document, options: RunOptions): Promise<AxeResults> } };
    return (await axe.run(document, options)).violations;
  }, options);
  return found.map(({ id, help, nodes }) => `${id}: ${help} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}
