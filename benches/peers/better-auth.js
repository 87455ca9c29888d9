// Better Auth on node:http: node better-auth.js PORT DATABASE EMAIL PASSWORD
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import Database from "better-sqlite3";

const [port, file, email, password] = process.argv.slice(2);
const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");

const options = {
    database,
    secret: randomBytes(32).toString("base64url"),
    baseURL: `http://127.0.0.1:${port}`,
    trustedOrigins: ["http://localhost:3000"],
    // Passwords are hashed with its own default, scrypt (N = 16384, r = 16, p = 1): 32 MiB.
    emailAndPassword: { enabled: true },
    // All of the load comes from one address.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
};
const auth = betterAuth(options);
// By default a session is prolonged once a day. Here each look at it prolongs it, which is a durable write and the nearest
// that there is to a refresh; the cookie stays the same.
const renewing = betterAuth({ ...options, basePath: "/api/renewing", session: { updateAge: 0 } });

const { runMigrations } = await getMigrations(options);
await runMigrations();
await auth.api.signUpEmail({ body: { name: "Ada", email, password } });

const handlers = [
    ["/api/auth/", toNodeHandler(auth)],
    ["/api/renewing/", toNodeHandler(renewing)],
];
function json(response, status, body) {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
}
const server = createServer(async (request, response) => {
    for (const [path, handler] of handlers) if (request.url.startsWith(path)) return handler(request, response);
    if (request.url === "/open") return json(response, 200, { status: "ok" });
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
    if (!session) return json(response, 401, { error: "unauthorized" });
    json(response, 200, { id: session.user.id, email: session.user.email });
});
server.listen(Number(port), "127.0.0.1");
