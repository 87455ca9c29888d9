import { heading, signedIn, signIn, writeNote } from "../support/page.ts";
import { expect, test } from "../support/test.ts";
import { Witness } from "../support/witness.ts";

test.use({ expectedComplaints: [503, 429] });

for (const [status, code] of [
  [503, "temporarily_unavailable"],
  [429, "rate_limited"],
] as const) {
  test(`who reloads while the server answers ${status} is not signed out, and goes on when it is back`, async ({
    page,
    context,
    member,
  }) => {
    await signIn(page, member);
    await writeNote(page, "Milk");
    const problem = { type: "about:blank", title: "Not now", status, code, detail: "Later.", retry_after: 1 };
    await page.route("**/api/auth/refresh", (route) =>
      route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify(problem) }),
    );
    const witness = await Witness.of(context);
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("data-auth-state", "offline");
    await expect(page.getByText("You are offline or the server cannot be reached.")).toBeVisible();

    await page.unrouteAll();
    await context.setOffline(true);
    await context.setOffline(false);
    await signedIn(page);
    await expect(heading(page, "Milk")).toBeVisible();
    expect(witness.saw()).toEqual([]);
  });
}
