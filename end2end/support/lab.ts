// The lab's page: presses its buttons and reads the event log from which everything on it is drawn.

import type { FrameLocator, Locator, Page } from "@playwright/test";
import { expect } from "./test.ts";

export interface Happened {
  seq: number;
  kind: string;
  exchange: number | null;
  [more: string]: unknown;
}

/** The app in the lab's frame. */
export const tab = (page: Page, name: "tab" | "tab2" = "tab"): FrameLocator => page.frameLocator(`iframe[name="${name}"]`);
export const outcome = (page: Page): Locator => page.locator("#outcome");

export async function openLab(page: Page, address = "/lab?view=free"): Promise<void> {
  await page.goto(address);
  await expect(tab(page).locator("html")).toHaveAttribute("data-hydrated", "true", { timeout: 15_000 });
}

export async function openSignedIn(page: Page): Promise<void> {
  await openLab(page);
  await press(page, "Sign in");
  await expect(tab(page).locator("html")).toHaveAttribute("data-auth-state", "signed-in");
}

/** The levers of free play, in groups that are closed. */
export const actions = (page: Page): Locator => page.locator(".actions-panel");

/** Shows a panel of the inspector. */
export async function inspect(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { name, exact: true }).click();
}

/** A button or switch of the panel. Opens its group if it is closed. */
export async function buttonOf(page: Page, name: string): Promise<Locator> {
  // The style puts a mark before the name of a button that is set.
  const named = { name: new RegExp(`^(✓ )?${name}$`), includeHidden: true };
  const button = page.getByRole("button", named).or(page.getByRole("switch", named));
  const group = actions(page).getByRole("group", { includeHidden: true }).filter({ has: button });
  if ((await group.getAttribute("open")) === null) await group.locator("summary").click();
  return group.locator(button);
}

/** Presses a button, waits for the end of its action, and returns the events that it caused. */
export async function press(page: Page, name: string): Promise<Happened[]> {
  const before = await log(page);
  const button = await buttonOf(page, name);
  await button.click();
  await expect(button).not.toHaveAttribute("aria-busy", "true", { timeout: 30_000 });
  return (await log(page)).slice(before.length);
}

/** The whole event log, from the server. */
export async function log(page: Page): Promise<Happened[]> {
  return page.evaluate(async () => {
    const frame = document.querySelector<HTMLIFrameElement>('iframe[name="tab"]')!;
    const mount = new URL(frame.src).pathname.split("/").slice(0, 3).join("/");
    return (await fetch(`${mount}/-/export.json`)).json();
  });
}

/** One short line for each event: "tab POST /api/auth/refresh 200", "rotate", "session_ended reuse". */
export function inShort(events: Happened[]): string[] {
  const requests = new Map<number | null, string>();
  return events.flatMap((event) => {
    const { kind, exchange } = event as Happened & Record<string, string>;
    if (kind === "request") {
      requests.set(exchange as never, `${event.from} ${event.method} ${event.path}`);
      return [];
    }
    if (kind === "response") return [`${requests.get(exchange as never)} ${event.status}`];
    if (kind === "decided") return [`${event.ruling}`];
    if (kind === "session_ended") return [`session_ended ${event.reason}`];
    if (kind === "access_checked") return [`${event.verdict}`];
    if (kind === "seen") return [`${event.tab} saw ${(event.seen as { saw: string }).saw}`];
    return [kind];
  });
}

/** The part of `wanted` that did not happen in this order; other events may lie between. */
export function inOrder(happened: string[], wanted: string[]): string[] {
  let at = 0;
  for (const one of happened) if (one === wanted[at]) at += 1;
  return wanted.slice(at);
}
