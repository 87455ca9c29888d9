// The lab's page: pressing its buttons, and reading the log that everything on it is drawn from.

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

export async function openLab(page: Page, address = "/lab"): Promise<void> {
  await page.goto(address);
  await expect(tab(page).locator("html")).toHaveAttribute("data-hydrated", "true", { timeout: 15_000 });
}

export async function openSignedIn(page: Page): Promise<void> {
  await openLab(page);
  await press(page, "Sign in");
  await expect(tab(page).locator("html")).toHaveAttribute("data-auth-state", "signed-in");
}

/** A button of the lab, whose group is opened first where it is closed. */
export async function buttonOf(page: Page, name: string): Promise<Locator> {
  const button = page.locator(".actions-panel button").filter({ hasText: new RegExp(`^${name}$`) });
  const group = page.locator("details.group").filter({ has: page.locator("button").filter({ hasText: new RegExp(`^${name}$`) }) });
  if ((await group.getAttribute("open")) === null) await group.locator("summary").click();
  return button;
}

/** Presses a button, waits until its action is over, and gives the events that came of it. */
export async function press(page: Page, name: string): Promise<Happened[]> {
  const before = await log(page);
  const button = await buttonOf(page, name);
  await button.click();
  await expect(button).not.toHaveAttribute("aria-busy", "true", { timeout: 30_000 });
  return (await log(page)).slice(before.length);
}

/** The whole log, as the server has it. */
export async function log(page: Page): Promise<Happened[]> {
  return page.evaluate(async () => {
    const frame = document.querySelector<HTMLIFrameElement>('iframe[name="tab"]')!;
    const mount = new URL(frame.src).pathname.split("/").slice(0, 3).join("/");
    return (await fetch(`${mount}/-/export.json`)).json();
  });
}

/** Events in a few words: "tab POST /api/auth/refresh 200", "rotate", "session_ended reuse". */
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

/** Whether `wanted` happened in this order, whatever else did in between. */
export function inOrder(happened: string[], wanted: string[]): string[] {
  let at = 0;
  for (const one of happened) if (one === wanted[at]) at += 1;
  return wanted.slice(at);
}
