// `npm run look`: pictures of every page in every state and of every panel of the lab, in both languages, on a phone, a tablet and a
// desktop, in both themes. They go to look/LANGUAGE/PAGE-SIZE-THEME.png.

import type { Page } from "@playwright/test";
import { actions, openSignedIn, press } from "./support/lab.ts";
import { speak, t, type Language } from "./support/language.ts";
import { NO_NETWORK } from "./support/network.ts";
import { button, cookieAt, heading, refreshTokenOf, reload, signIn, signOut, titleField } from "./support/page.ts";
import { atEachPlace } from "./support/places.ts";
import { expect, test } from "./support/test.ts";

const SIZES = { phone: { width: 360, height: 740 }, tablet: { width: 768, height: 1024 }, desktop: { width: 1440, height: 900 } };
const THEMES = ["light", "dark"] as const;
const LOCALES: [Language, string][] = [["en", "en-GB"], ["de", "de-DE"]];

// With the lab, so that one server serves all pages.
test.use({ settings: { lab: true } });

for (const [language, locale] of LOCALES) {
  const file = (name: string, size: string, theme: string) =>
    `look/${language}/${name.replace(/\W+/g, "-")}-${size}-${theme}.png`;

  async function draw(page: Page, name: string): Promise<void> {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: file(name, size, colorScheme), fullPage: true, animations: "disabled" });
      }
    }
  }

  test.describe(language, () => {
    test.use({ locale });
    test.beforeEach(() => speak(language));

    atEachPlace(({ name, open }) => {
      test(name, async ({ page, member, server }) => {
        await open(page, member, server);
        await draw(page, name);
      });
    });

    test.describe(() => {
      test.use({ expectedComplaints: NO_NETWORK });

      test("the pages while the server cannot be reached", async ({ page, member, wire }) => {
        await signIn(page, member);
        wire.down();
        await titleField(page).fill("Milk");
        await button(page, "Save note").click();
        await expect(page.getByText(t("You are offline or the server cannot be reached. Your work is kept, and sent as soon as possible."))).toBeVisible();
        await draw(page, "the notes page while offline");
        // There is unsaved text.
        page.once("dialog", (dialog) => void dialog.accept());
        await signOut(page);
        await expect(page.getByText(t("You are signed out in this browser. The server will be told as soon as it can be reached."))).toBeVisible();
        await draw(page, "the sign-in page after a sign-out while offline");
      });
    });

    test.describe(() => {
      test.use({ expectedComplaints: [401], expectsReuse: true });

      test("the page after the session was ended for safety", async ({ page, context, member, server }) => {
        await signIn(page, member);
        const cookie = `${cookieAt(server.url, "__Secure-refresh")}=${await refreshTokenOf(context)}`;
        await reload(page);
        await reload(page);
        await server.later(60);
        await fetch(`${server.url}/api/auth/refresh`, { method: "POST", headers: { cookie } });
        await page.reload();
        await expect(heading(page, t("We ended your session for your safety"))).toBeVisible();
        await draw(page, "the page after the session was ended for safety");
      });
    });

    test.describe(() => {
      // The lab provokes refused requests and blocked scripts.
      test.use({ expectedComplaints: ["Failed to load resource", "Content Security Policy"], expectsReuse: true });

      for (const [size, viewport] of Object.entries(SIZES)) {
        test(`the lab and its panels, ${size}`, async ({ page }) => {
          test.setTimeout(120_000);
          await page.setViewportSize(viewport);
          await openSignedIn(page);
          const both = async (name: string, of: (path: string) => Promise<unknown>) => {
            for (const colorScheme of THEMES) {
              await page.emulateMedia({ colorScheme });
              await of(file(name, size, colorScheme));
            }
          };
          const whole = (name: string) => both(name, (path) => page.screenshot({ path, fullPage: true, animations: "disabled" }));
          await whole("the lab after signing in");
          await press(page, "Expire the access token now");
          await whole("the lab after a refresh");
          for (const name of ["Inject a script, policy off", "Steal and replay: victim first, after the grace"]) await press(page, name);
          for (const panel of await page.getByRole("tab").all()) {
            await panel.click();
            await whole(`the lab, ${await panel.textContent()}`);
          }
          for (const group of await actions(page).getByRole("group").all()) {
            if ((await group.getAttribute("open")) === null) await group.locator("summary").click();
            const name = `the lab, ${await group.getByRole("heading").textContent()}`;
            await both(name, (path) => group.screenshot({ path, animations: "disabled" }));
          }
          for (const [name, view] of [["a scene of the lab", ""], ["the lab for a presenter", "view=presenter&"]]) {
            await page.goto(`/lab?${view}scene=silent-refresh`);
            const next = page.locator("#next");
            await expect(next).not.toHaveAttribute("aria-disabled", "true", { timeout: 30_000 });
            await next.click();
            await expect(page.locator("#outcome")).toContainText("Nothing typed was lost.", { timeout: 30_000 });
            await whole(name!);
          }
        });
      }
    });
  });
}
