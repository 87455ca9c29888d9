import type { Page } from "@playwright/test";
import { NO_NETWORK } from "./support/network.ts";
import { button, heading, hydrated, refreshTokenOf, signIn, writeNote } from "./support/page.ts";
import { expect, test } from "./support/test.ts";

const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1440, height: 900 } };

test.use({ settings: { grace: "0s" }, expectedComplaints: [401, ...NO_NETWORK] });

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });
      const picture = (page: Page, name: string) =>
        page.screenshot({ path: `look/${name}-${size}-${colorScheme}.png`, fullPage: true });

      test("pages for everybody", async ({ page, member }) => {
        for (const [address, name] of [["/", "home"], ["/login", "login"], ["/register", "register"]] as const) {
          await page.goto(address);
          await hydrated(page);
          await picture(page, name);
        }
        await page.goto("/login");
        await hydrated(page);
        await page.getByLabel("E-mail", { exact: true }).fill(member.email);
        await page.getByLabel("Password", { exact: true }).fill("not the password at all");
        await button(page, "Sign in").click();
        await expect(page.getByRole("alert")).toBeVisible();
        await picture(page, "wrong-password");
      });

      test("pages that wait for the server", async ({ page, member, wire }) => {
        await signIn(page, member);
        wire.down();
        await page.getByRole("textbox", { name: "Title", exact: true }).fill("Milk");
        await button(page, "Save note").click();
        await expect(button(page, "Waiting to save…")).toBeVisible();
        await picture(page, "offline");
        await button(page, "Sign out").click();
        await expect(page.getByText("The server will be told")).toBeVisible();
        await picture(page, "sign-out-pending");
      });

      test.describe(() => {
        test.use({ expectsReuse: true });
        test("pages of who is signed in", async ({ page, context, member, request, server }) => {
          await signIn(page, member);
          await picture(page, "no-notes");
          await writeNote(page, "Milk", "and two rolls from the baker at the corner, who closes at six");
          await writeNote(page, "A title that somebody wrote without thinking of small screens");
          await writeNote(page, "Packing list", "passport\ncharger\nbook\n\nand the other book");
          await picture(page, "notes");
          await button(page, "Edit Milk").click();
          await picture(page, "editing");
          await page.goto("/");
          await expect(button(page, "Sign out")).toBeVisible();
          await picture(page, "home-signed-in");

          await page.goto("/notes");
          await expect(heading(page, "Milk")).toBeVisible();
          const old = await refreshTokenOf(context);
          await page.reload();
          await expect(heading(page, "Milk")).toBeVisible();
          await request.post("/api/auth/refresh", { form: {}, headers: { cookie: `__Secure-refresh=${old}` } });
          await writeNoteInVain(page);
          await picture(page, "ended");

          await page.getByLabel("Password", { exact: true }).fill(member.password);
          await button(page, "Sign in").click();
          await expect(page.getByRole("region", { name: "For your safety", exact: true })).toBeVisible();
          await picture(page, "notice");
          await page.goto("/account");
          await expect(page.getByText("Account created")).toBeVisible();
          await picture(page, "account");
          const { email, password } = member;
          await request.post("/api/auth/login", { form: { email, password } });
          await page.goto("/sessions");
          await expect(page.getByRole("button", { name: "Sign out all other browsers" })).toBeVisible();
          await picture(page, "sessions");
          await server.later(11 * 60);
          await button(page, "Sign out all other browsers").click();
          await expect(page.getByRole("dialog")).toBeVisible();
          await page.screenshot({ path: `look/step-up-${size}-${colorScheme}.png` });
        });
      });
    });
  }
}

async function writeNoteInVain(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "Title", exact: true }).fill("Honey");
  await button(page, "Save note").click();
  await expect(heading(page, "We ended your session for your safety")).toBeVisible();
}
