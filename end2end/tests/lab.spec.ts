// Free play in the lab: every lever with the events it must cause, in order, and the story it must tell; then the page's own
// controls. The scenes are in lab-scenes.spec.ts.

import { readFileSync } from "node:fs";
import { violations, WCAG } from "../support/axe.ts";
import { actions, buttonOf, inOrder, inShort, inspect, log, openLab, openSignedIn, outcome, press, tab } from "../support/lab.ts";
import { NO_NETWORK } from "../support/network.ts";
import { expect, test } from "../support/test.ts";

// What the lab provokes, the browser complains about: refusals, lost answers, scripts and frames that a policy stops.
const PROVOKED = [401, 403, 404, 429, 503, ...NO_NETWORK, "Content Security Policy", "ERR_FAILED", "ERR_BLOCKED_BY_RESPONSE", "beacon"];

test.use({ settings: { lab: true }, expectedComplaints: PROVOKED });
test.describe.configure({ timeout: 60_000 });

test("the start page draws the flow, plays a refresh in place and leads to the lab, which opens a sandbox and has a sequence below for each button", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("img", { name: "How the two tokens travel" })).toBeVisible();
  const run = page.locator(".watch").getByRole("img", { includeHidden: true });
  await expect(run).toBeHidden();
  await page.getByText("Watch it happen", { exact: true }).click();
  await expect.poll(() => run.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(300);
  await page.getByRole("main").getByRole("link", { name: "Lab", exact: true }).click();
  await expect(page).toHaveURL("/lab");
  await expect(tab(page).locator("html")).toHaveAttribute("data-hydrated", "true", { timeout: 15_000 });
  await page.getByRole("button", { name: "or explore yourself" }).click();
  await expect(actions(page).getByRole("group").first()).toBeVisible();
  const pressed = new Set(Object.values(sequences).flatMap((presses) => presses.map(({ press }) => press)));
  const all = await actions(page).getByRole("button", { includeHidden: true }).or(actions(page).getByRole("switch", { includeHidden: true })).allTextContents();
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter((name) => !pressed.has(name))).toEqual(["Reset the sandbox"]);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The lab: two tokens at work");
  for (const name of ["Your browser", "Tab 1", "Server", "The two tokens"]) {
    await expect(page.getByRole("heading", { name, exact: true })).toBeVisible();
  }
  await inspect(page, "Request");
  await expect(page.getByRole("heading", { name: "One request, line by line", exact: true })).toBeVisible();
});

test("an expired access token is refreshed, the call is repeated, and a half-typed note is kept", async ({ page }) => {
  await openSignedIn(page);
  await tab(page).getByRole("textbox", { name: "Title", exact: true }).fill("Half a no");
  await expect.poll(async () => inShort(await log(page))).toContain("tab saw draft");
  const happened = inShort(await press(page, "Expire the access token now"));
  const wanted = [
    "clock_jumped", "expired", "tab GET /api/notes/list 401", "tab saw refused", "tab saw refresh_begins", "rotate",
    "tab POST /api/auth/refresh 200", "valid", "tab GET /api/notes/list 200",
  ];
  expect(inOrder(happened, wanted), happened.join("\n")).toEqual([]);
  await expect(tab(page).getByRole("textbox", { name: "Title", exact: true })).toHaveValue("Half a no");
  await expect(outcome(page)).toContainText("The access token had expired, so the server answered 401.");
  await expect(page.locator(".told li")).toHaveText([
    "The access token had expired, so the server answered 401.",
    "The browser added refresh token 0 to the refresh call.",
    "The server rotated it: refresh token 1 replaces 0.",
    "The call was sent again and answered 200. Nothing typed was lost.",
  ]);
});

interface Press {
  press: string;
  /** The events that must come of it, in this order. */
  happens: string[];
  says: RegExp;
}

const REFRESH = ["tab GET /api/notes/list 401", "tab POST /api/auth/refresh 200", "tab GET /api/notes/list 200"];
const SIGN_IN = { press: "Sign in", happens: ["tab POST /api/auth/login 200"], says: /opened a session/ };
const SIGN_OUT = { press: "Sign out here", happens: ["tab saw token_forgotten", "tab POST /api/auth/logout 204"], says: /took the cookie back/ };
const EXPIRE = "Expire the access token now";
const SECOND_DEVICE = { press: "Second device signs in", happens: ["other_device POST /api/auth/login 200"], says: /The other device signed in/ };

const setting = (press: string, says: RegExp): Press => ({ press, happens: ["settings"], says });

/** Every button of the lab, in sequences. Each sequence has a sandbox of its own. */
const sequences: Record<string, Press[]> = {
  "sign in and out": [
    SIGN_IN,
    SECOND_DEVICE,
    {
      press: "Sign out the other device",
      happens: ["tab GET /api/account/sessions 200", "session_ended signed_out_elsewhere", "tab POST /api/account/revoke_session 204"],
      says: /ended the other session/,
    },
    SECOND_DEVICE,
    { press: "Change the password", happens: ["tab POST /api/account/change_password 200"], says: /The password changed/ },
    SIGN_OUT,
    SIGN_IN,
    {
      press: "Sign out everywhere",
      happens: ["tab POST /api/account/revoke_other_sessions 200", "tab POST /api/auth/logout 204"],
      says: /took the cookie back/,
    },
  ],
  "move the clocks": [
    SIGN_IN,
    { press: "Call the API", happens: ["tab GET /api/notes/list 200"], says: /without asking the database: 200/ },
    { press: "Client clock 10 minutes fast", happens: ["acted"], says: /signs nobody out/ },
    { press: "Client clock 10 minutes slow", happens: ["acted"], says: /Nothing breaks/ },
    { press: "Client clock right", happens: ["acted"], says: /right time/ },
    setting("Short lifetimes", /20 seconds/),
    setting("Usual lifetimes", /15 minutes/),
    { press: "Jump 10 minutes", happens: ["clock_jumped"], says: /clock moved 10 min ahead/ },
    { press: "Jump 8 days", happens: ["clock_jumped"], says: /clock moved 8 days ahead/ },
  ],
  "disturb tabs and network": [
    SIGN_IN,
    setting("Drop the next refresh answer", /Done\./),
    {
      press: EXPIRE,
      happens: ["rotate", "lost", "replay", "tab POST /api/auth/refresh 200"],
      says: /The first answer was lost.*sent again and answered 200/,
    },
    setting("Delay the next refresh answer", /Done\./),
    { press: EXPIRE, happens: REFRESH, says: /sent again and answered 200/ },
    setting("Fail the next refresh", /Done\./),
    { press: EXPIRE, happens: ["tab POST /api/auth/refresh 503", "tab POST /api/auth/refresh 200"], says: /answered 503 and did nothing.*sent again and answered 200/ },
    setting("Go offline", /no longer arrive/),
    setting("Answer 503", /overloaded/),
    setting("Answer 429", /patience/),
    setting("Back to normal", /What waited is sent/),
    { press: "Load the page again", happens: ["tab POST /api/auth/refresh 200"], says: /as after every reload/ },
    { press: "Race two tabs", happens: ["held", "rotate", "replay"], says: /Within 10 s that is no theft/ },
    { press: "Type half a note", happens: ["tab saw draft"], says: /Nothing is sent/ },
    // Last: each press takes longer, the more has happened.
    { press: "Fifty calls at once", happens: REFRESH, says: /All 50 calls were sent again and answered 200/ },
  ],
  "steal and tamper": [
    SIGN_IN,
    { press: "Steal the refresh token", happens: ["stole_refresh"], says: /The thief copied refresh token 0/ },
    { press: "The thief refreshes", happens: ["rotate", "thief POST /api/auth/refresh 200"], says: /The thief has fresh tokens/ },
    {
      press: "Steal from a bound device",
      happens: ["stole_refresh", "unbound", "thief POST /api/auth/refresh 401", "other_device POST /api/auth/refresh 200"],
      says: /bound to a device/,
    },
    { press: "Steal the access token", happens: ["stole_access"], says: /copied the access token/ },
    { press: "The thief calls the API", happens: ["thief GET /api/notes/list 200"], says: /got the data: 200/ },
    ...["subject", "expiry", "one bit of the signature", "no algorithm", "another key"].map((part) => ({
      press: `Tamper: ${part}`,
      happens: ["invalid", "thief GET /api/account/me 401"],
      says: /: 401/,
    })),
  ],
  "steal and replay": [
    ...["thief", "victim"].flatMap((first) => [
      SIGN_IN,
      { press: `Steal and replay: ${first} first, within the grace`, happens: ["stole_refresh", "rotate", "replay"], says: /again/ },
      {
        press: `Steal and replay: ${first} first, after the grace`,
        happens: ["stole_refresh", "rotate", "re_key", "reuse", "session_ended reuse"],
        says: /session ended for both/,
      },
    ]),
  ],
  "inject scripts and attack across sites": [
    SIGN_IN,
    { press: "Inject a script, policy on", happens: ["probed"], says: /did not let the injected script run/ },
    { press: "Inject a script, policy off", happens: ["probed"], says: /ran and read 3 of 4/ },
    ...["another site", "another port"].map((origin) => ({
      press: `Attack from ${origin}`,
      happens: ["other_site POST /api/auth/logout 403", "other_site POST /api/auth/refresh 403"],
      says: /refused them: 403/,
    })),
    { press: "Arrive by a link from another site", happens: ["other_site POST /api/auth/logout 403"], says: /refused/ },
  ],
  "rotate keys, leak the database and restart": [
    SIGN_IN,
    { press: "Rotate the signing key", happens: ["keys"], says: /signs with the next key now/ },
    { press: "Retire old keys", happens: ["keys"], says: /forgot its retired keys/ },
    { press: "Leak the database", happens: ["stole_row", "thief POST /api/auth/refresh 401"], says: /no token in it/ },
    { press: "Restart the server", happens: ["restarted"], says: /Its memory was empty/ },
  ],
  "weaken the defences": [
    SIGN_IN,
    ...["reuse detection", "no grace", "origin check", "SameSite", "HttpOnly", "instant revocation", "content policy", "device binding", "signature check", "no refresh token", "each call refreshes", "sessions in memory"].map((defence) =>
      setting(`Weak: ${defence}`, /Done\./),
    ),
  ],
};

/** What the thief and the server do comes from the server: `tests/lab/thefts.rs` and `actions.rs` prove what comes of it. */
const IN_SOAK = ["steal and tamper", "steal and replay", "rotate keys, leak the database and restart"];

for (const [name, presses] of Object.entries(sequences)) {
  if (IN_SOAK.includes(name) && !process.env.E2E_SOAK) continue;
  test.describe(() => {
    test.use({ expectsReuse: presses.some(({ happens }) => happens.includes("reuse")) });
    test(`the buttons that ${name} cause the documented events and say so`, async ({ page }) => {
      await openLab(page);
      for (const { press: name, happens, says } of presses) {
        await test.step(name, async () => {
          const happened = inShort(await press(page, name));
          expect(inOrder(happened, happens), happened.join("\n")).toEqual([]);
          await expect(outcome(page)).toHaveText(says);
        });
      }
    });
  });
}

test("the story of the last refresh is that of its causes", async ({ page }) => {
  await openSignedIn(page);
  const story = page.locator(".told li");
  await press(page, EXPIRE);
  await expect(story).toHaveText([
    "The access token had expired, so the server answered 401.",
    /^The browser added refresh token \d+ to the refresh call\.$/,
    /^The server rotated it: refresh token \d+ replaces \d+\.$/,
    "The call was sent again and answered 200. Nobody noticed.",
  ]);
  await press(page, "Drop the next refresh answer");
  await press(page, EXPIRE);
  await expect(story.filter({ hasText: "The answer was lost on its way" })).toHaveCount(1);
  await expect(story.filter({ hasText: "Within 10 s the server gives out the same refresh token" })).toHaveCount(1);
  await expect(story.last()).toHaveText("The call was sent again and answered 200. Nobody noticed.");
  await press(page, "Fifty calls at once");
  await expect(story.first()).toHaveText("50 calls came with an expired access token, so the server answered each with 401.");
  await expect(story.last()).toHaveText("All 50 calls were sent again and answered 200. Nobody noticed.");
});

test("a reset opens another sandbox", async ({ page }) => {
  await openSignedIn(page);
  const before = await page.locator('iframe[name="tab"]').getAttribute("src");
  await (await buttonOf(page, "Reset the sandbox")).click();
  await expect(page.locator('iframe[name="tab"]')).not.toHaveAttribute("src", before!);
  await expect(tab(page).locator("html")).toHaveAttribute("data-auth-state", "anonymous");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("stepping back in the log updates every panel and sends no request", async ({ page }) => {
  await openSignedIn(page);
  const sent: string[] = [];
  const held = page.getByRole("region", { name: "The two tokens" });
  await expect(held).toContainText("Good for another");
  // All that the sign-in causes has been sent: what is counted below is the looking back's.
  for (const sent of ["tab saw token_held", "tab GET /api/notes/list 200", "tab GET /api/account/notices 200"]) {
    await expect.poll(async () => inShort(await log(page))).toContain(sent);
  }
  page.on("request", (request) => sent.push(request.url()));
  const slider = page.getByRole("slider");
  await slider.fill("1");
  await expect(held).not.toContainText("Good for another");
  await expect(page.getByText(/You look back at event 1 of \d+\. Nothing is sent\./)).toBeVisible();
  await inspect(page, "Log");
  await expect(page.locator(".events [aria-current]")).toHaveCount(1);
  await inspect(page, "Tokens");
  await slider.press("End");
  await expect(page.getByText(/You look back/)).toHaveCount(0);
  await expect(held).toContainText("Good for another");
  expect(sent).toEqual([]);
});

test("a log is exported in four formats without a token, and the JSON is imported again", async ({ page, context }) => {
  await openSignedIn(page);
  await press(page, "Expire the access token now");
  const cookies = (await context.cookies()).filter(({ name }) => name === "__Secure-refresh").map(({ value }) => value);
  expect(cookies).toHaveLength(1);
  let json = "";
  for (const form of ["JSON", "Mermaid", "SVG", "curl"]) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: `Save as ${form}`, exact: true }).click();
    const text = readFileSync(await (await download).path(), "utf8");
    expect(text.length, form).toBeGreaterThan(100);
    expect(text, form).not.toMatch(/eyJ[\w-]{10,}\.|ttr_[\w-]{10,}/);
    expect(text, form).not.toContain(cookies[0]!);
    if (form === "JSON") json = text;
  }
  await page.getByLabel("Open a saved log (JSON)").setInputFiles({ name: "run.json", mimeType: "application/json", buffer: Buffer.from(json) });
  await expect(page.getByText("You are looking at a saved log. Nothing is sent.")).toBeVisible();
  await page.getByRole("button", { name: "Back to the live sandbox" }).click();
  await expect(page.getByText("You are looking at a saved log.")).toBeHidden();
});

test("keyboard shortcuts work and can be turned off", async ({ page }) => {
  await openSignedIn(page);
  const where = page.locator(".moment .where");
  const all = await where.innerText();
  await page.locator(".actions-panel summary").first().focus();
  await page.keyboard.press("ArrowLeft");
  await expect(where).not.toHaveText(all);
  await page.keyboard.press("End");
  await expect(where).toHaveText(all);
  await page.keyboard.press("?");
  const off = page.getByRole("checkbox", { name: "Shortcuts on" });
  await expect(off).toBeVisible();
  await off.focus();
  await page.keyboard.press("Space");
  await page.locator(".actions-panel summary").first().focus();
  await page.keyboard.press("ArrowLeft");
  await expect(where).toHaveText(all);
});

test("an app in a frame takes no focus, and the shortcuts work while the focus is in it", async ({ page }) => {
  await openSignedIn(page);
  await expect(page.locator("iframe:focus")).toHaveCount(0);
  const where = page.locator(".moment .where");
  const all = await where.innerText();
  await tab(page).getByRole("heading", { level: 1 }).click();
  await tab(page).getByRole("link", { name: "Account", exact: true }).or(tab(page).getByRole("link", { name: "Notes", exact: true })).first().focus();
  await page.keyboard.press("ArrowLeft");
  await expect(where).not.toHaveText(all);
  await page.keyboard.press("End");
  await expect(where).toHaveText(all);
  await tab(page).getByRole("textbox", { name: "Title", exact: true }).focus();
  await page.keyboard.press("ArrowLeft");
  await expect(where).toHaveText(all);
});

// A browser has six connections to a host, and each page that follows its sandbox holds one.
const LABS = process.env.E2E_SOAK === "1" ? 8 : 4;
test(`${LABS} open lab pages leave connections for the site: the newest three follow, an older one goes on when it is asked`, async ({ page, context }) => {
  test.slow();
  await openLab(page);
  const stopped = (lab: typeof page) => lab.getByText("Newer pages of this browser show the lab");
  const labs = [page];
  while (labs.length < LABS) {
    const lab = await context.newPage();
    await openLab(lab);
    labs.push(lab);
  }
  for (const lab of labs.slice(0, -3)) await expect(stopped(lab)).toBeVisible();
  for (const lab of labs.slice(-3)) await expect(stopped(lab)).toBeHidden();
  await press(page, "Sign in");
  await expect(stopped(page)).toBeHidden();
  await expect(outcome(page)).toContainText("opened a session");
  await expect(stopped(labs.at(-3)!)).toBeVisible();
  await labs.at(-3)!.getByRole("button", { name: "Go on here" }).click();
  await expect(stopped(labs.at(-3)!)).toBeHidden();
});

test("in step-by-step mode a request waits until it is released", async ({ page }) => {
  await openSignedIn(page);
  await page.getByRole("switch", { name: "Step by step" }).click();
  await expect(page.getByRole("switch", { name: "Step by step" })).toHaveAttribute("aria-checked", "true");
  await (await buttonOf(page, "Expire the access token now")).click();
  const step = page.getByRole("button", { name: "Let one request through", exact: true });
  const count = async (path: string) => (await log(page)).filter((event) => event.kind === "request" && event.path === path).length;
  await expect.poll(() => count("/api/notes/list")).toBe(2);
  expect(await count("/api/auth/refresh")).toBe(0);
  await step.click();
  await expect.poll(() => count("/api/auth/refresh")).toBe(1);
  await page.getByRole("switch", { name: "Step by step" }).click();
  await expect(outcome(page)).toContainText("sent again and answered 200", { timeout: 20_000 });
});

test("the lab with every panel passes axe in both themes, and does not scroll sideways on a phone or a desktop", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 900 });
  await openSignedIn(page);
  await press(page, "Expire the access token now");
  await page.getByRole("button", { name: "Tab 2", exact: true }).click();
  await expect(tab(page, "tab2").locator("html")).toHaveAttribute("data-hydrated", "true");
  // One group of buttons is open at a time.
  await actions(page).getByRole("group").last().locator("summary").click();
  for (const [width, colorScheme] of [[360, "light"], [1440, "dark"]] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const panel of ["Tokens", "Request", "Family", "Places", "Rows", "Thief", "Log"]) {
      await inspect(page, panel);
      expect(await violations(page, WCAG), `${panel}, ${width} pixels wide, ${colorScheme}`).toEqual([]);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `${width} pixels wide`).toBeLessThanOrEqual(0);
  }
});

test("without JavaScript the page explains the lab", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: baseURL! });
  const page = await context.newPage();
  await page.goto("/lab");
  await expect(page.locator("noscript .notice")).toBeVisible();
  await expect(page.getByRole("heading", { name: "How to use it" })).toBeVisible();
  await context.close();
});
