// Fastify with @fastify/jwt: node fastify.js PORT DATABASE EMAIL PASSWORD
import { randomBytes } from "node:crypto";
import cookie from "@fastify/cookie";
import jwt from "@fastify/jwt";
import Fastify from "fastify";
import { ACCESS_TTL, open } from "./tokens.js";

const [port, file, email, password] = process.argv.slice(2);
const tokens = await open(file, email, password);
const app = Fastify();
await app.register(jwt, { secret: randomBytes(32), sign: { expiresIn: `${ACCESS_TTL}s` } });
await app.register(cookie);

app.get("/open", async () => ({ status: "ok" }));

async function signedIn(request, reply) {
    try {
        await request.jwtVerify();
    } catch {
        return reply.code(401).send({ error: "unauthorized" });
    }
}
app.get("/me", { onRequest: [signedIn] }, async ({ user }) => ({ id: user.sub, email: user.email }));

function answer(reply, outcome) {
    if (!outcome) return reply.code(401).send({ error: "unauthorized" });
    const { user, refresh } = outcome;
    const access = app.jwt.sign({ sub: String(user.id), email: user.email });
    reply.setCookie("refresh", refresh, { httpOnly: true, secure: true, sameSite: "strict" });
    return reply.send({ access_token: access, expires_in: ACCESS_TTL });
}
app.post("/refresh", async (request, reply) => answer(reply, tokens.rotate(request.cookies.refresh ?? "")));
app.post("/login", async ({ body }, reply) => answer(reply, await tokens.signIn(body.email, body.password)));

await app.listen({ port: Number(port), host: "127.0.0.1" });
