// Access tokens are JWTs that a library of others verifies too, by the published keys.

import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { expect, test } from "../support/test.ts";

test("a library from npm verifies an access token by the JWKS, and refuses a changed one", async ({ request, member, server }) => {
  const answer = await request.post("/api/auth/login", { form: { email: member.email, password: member.password } });
  const { access_token: token, user } = await answer.json();
  const keys = createLocalJWKSet(await (await request.get("/.well-known/jwks.json")).json());
  const expected = { issuer: server.url, audience: `${server.url}/api`, typ: "at+jwt", algorithms: ["EdDSA"] };
  const { payload } = await jwtVerify(token, keys, expected);
  expect(payload.sub).toBe(user.id);
  expect(Object.keys(decodeProtectedHeader(token)).sort()).toEqual(["alg", "kid", "typ"]);
  const [header, claims, signature] = token.split(".");
  const changed = [header, Buffer.from(JSON.stringify({ ...payload, sub: "somebody" })).toString("base64url"), signature].join(".");
  await expect(jwtVerify(changed, keys, expected)).rejects.toThrow("signature verification failed");
  expect(claims).not.toBe("");
});
