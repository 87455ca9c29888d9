// A reporter of what has failed, for whoever sees only the end of a log: Playwright names the failed tests above its own totals, and
// tells why far above. An error may belong to no test: a promise that nobody awaited, a browser that could not be closed.

import { basename } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Reporter, TestCase, TestError, TestResult } from "@playwright/test/reporter";

const LINES = 12;

export default class LastWords implements Reporter {
  private readonly failures: string[] = [];

  onTestEnd(test: TestCase, { status, errors }: TestResult): void {
    if (status === test.expectedStatus || status === "skipped") return;
    this.failures.push(`${test.titlePath().filter(Boolean).join(" › ")}: ${status}\n${errors.map(beginning).join("\n")}`);
  }

  onError(error: TestError): void {
    this.failures.push(`Outside of all tests:\n${beginning(error)}`);
  }

  onEnd(): void {
    for (const failure of this.failures) console.error(`\n${failure}`);
  }

  printsToStdio(): boolean {
    return true;
  }
}

function beginning({ message, value, location }: TestError): string {
  const lines = stripVTControlCharacters(message ?? value ?? "").split("\n").filter((line) => line.trim()).slice(0, LINES);
  if (location) lines.push(`at ${basename(location.file)}:${location.line}`);
  return lines.map((line) => `    ${line}`).join("\n");
}
