// A client of others, with types that are generated from the API's document: it signs in, refreshes and calls protected functions.

import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "../generated/api.ts";
import { expect, test, type Person } from "../support/test.ts";

/** The part of a browser that such a client lacks: it keeps cookies and sends them to the sign-in's endpoints. */
function cookieJar(): Middleware {
  const jar = new Map<string, string>();
  return {
    onRequest({ request, schemaPath }) {
      if (schemaPath.startsWith("/api/auth/")) {
        request.headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
      }
    },
    onResponse({ response }) {
      for (const line of response.headers.getSetCookie()) {
        const [name, value] = line.split(";")[0]!.split(/=(.*)/s) as [string, string];
        jar.set(name, value);
      }
    },
  };
}

/** A client of the API at an address. */
function clientOf(baseUrl: string) {
  // With this header the library writes bodies as forms.
  const client = createClient<paths>({ baseUrl, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
  client.use(cookieJar());
  return client;
}

const bearer = ({ access_token }: components["schemas"]["TokenResponse"]) => ({ Authorization: `Bearer ${access_token}` });

/** Compiled and never called: the generated types refuse what the API does not take and does not give. */
export async function doesNotCompile(client: ReturnType<typeof clientOf>, { email, password }: Person): Promise<void> {
  // @ts-expect-error A field is missing.
  await client.POST("/api/auth/login", { body: { email } });
  // @ts-expect-error There is no such path.
  await client.GET("/api/auth/login");
  const { data, error } = await client.POST("/api/auth/login", { body: { email, password } });
  // @ts-expect-error The answer has no such member.
  data?.refresh_token;
  // @ts-expect-error The set of codes is closed.
  expect(error?.code === "wrong_password");
}

test("a client generated from the API's document signs in, refreshes and calls a protected function", async ({ member, server }) => {
  const client = clientOf(server.url);
  const { email, password } = member;

  const refused = await client.POST("/api/auth/login", { body: { email, password: "not the password at all" } });
  expect(refused.error).toMatchObject({ status: 401, code: "invalid_credentials" });

  const login = await client.POST("/api/auth/login", { body: { email, password } });
  const first = login.data!;
  expect(first).toMatchObject({ token_type: "Bearer", user: { email } });

  const me = await client.GET("/api/account/me", { headers: bearer(first) });
  expect(me.data).toMatchObject({ id: first.user.id, session_id: first.session_id });

  const renewed = (await client.POST("/api/auth/refresh")).data!;
  expect(renewed.session_id).toBe(first.session_id);
  expect(renewed.access_token).not.toBe(first.access_token);

  const headers = bearer(renewed);
  const note = await client.POST("/api/notes/create", { headers, body: { title: "Milk & honey", body: "two\nlines" } });
  expect(note.data).toMatchObject({ title: "Milk & honey", body: "two\nlines", version: 1 });
  const listed = await client.GET("/api/notes/list", { headers });
  expect(listed.data!.notes.map(({ id }) => id)).toEqual([note.data!.id]);

  expect((await client.POST("/api/auth/logout")).response.status).toBe(204);
  const ended = await client.GET("/api/account/me", { headers });
  expect(ended.error).toMatchObject({ status: 401, code: "session_revoked" });
});
