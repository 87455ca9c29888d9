import type { Locator, Page } from "@playwright/test";
import { holdBack, THE_PROGRAM } from "../support/network.ts";
import { button, emailField, fillIn, hydrated, passwordField, signedIn } from "../support/page.ts";
import { expect, test, type Person } from "../support/test.ts";

test.use({ settings: { throttle: true }, expectedComplaints: [401, 429] });

test.slow();

const wrong = (person: Person) => ({ email: person.email, password: "not the password at all" });

/** Guesses, waiting as told, until the next guess has to wait this long. */
async function guessUntilTheWaitIs(page: Page, person: Person, seconds: number): Promise<void> {
  for (;;) {
    const answer = await page.request.post("/api/auth/login", { form: wrong(person) });
    if (answer.status() !== 429) continue;
    const { retry_after } = (await answer.json()) as { retry_after: number };
    if (retry_after >= seconds) return;
    await page.waitForTimeout(retry_after * 1000);
  }
}

const AT_THE_END = { timeout: 12_000 };
const seen = (message: Locator): Locator => message.locator("[aria-hidden=true]");
const heard = (message: Locator): Locator => message.locator(".unseen");

test("who tries too often sees the wait go by, loses nothing typed, and gets in when it is over", async ({ page, member }) => {
  await guessUntilTheWaitIs(page, member, 8);
  await page.goto("/login");
  await hydrated(page);
  await fillIn(page, member);
  const answer = page.waitForResponse("**/api/auth/login");
  await button(page, "Sign in").click();
  expect((await answer).status()).toBe(429);

  const message = page.getByRole("alert");
  await expect(message).toBeFocused();
  await expect(button(page, "Sign in")).toBeDisabled();
  const told = await heard(message).textContent();
  await expect(seen(message)).toHaveText(/Try again in [2-7] seconds\./);
  await expect(seen(message)).toHaveText("Too many attempts. Try again in 1 second.", AT_THE_END);
  expect(await heard(message).textContent(), "it is not read out each second").toBe(told);
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(passwordField(page)).toHaveValue(member.password);

  await expect(heard(message)).toHaveText("You can try again now.", AT_THE_END);
  await expect(seen(message)).toHaveText("You can try again now.");
  await button(page, "Sign in").click();
  await signedIn(page);
});

test("who tries too often before the program has arrived is told how long to wait", async ({ page, member }) => {
  await guessUntilTheWaitIs(page, member, 8);
  const release = await holdBack(page, THE_PROGRAM);
  await page.goto("/login", { waitUntil: "commit" });
  await fillIn(page, member);
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await button(page, "Sign in").click();
  expect((await answer).status()).toBe(429);
  await expect(seen(page.getByRole("alert"))).toHaveText(/^Too many attempts\. Try again in \d seconds?\.$/);
  await expect(emailField(page)).toHaveValue(member.email);
  await expect(button(page, "Sign in"), "without the program nothing would make it work again").toBeEnabled();

  release();
  await hydrated(page);
  await expect(heard(page.getByRole("alert"))).toHaveText("You can try again now.", AT_THE_END);
  await passwordField(page).fill(member.password);
  await button(page, "Sign in").click();
  await signedIn(page);
});
