// Express with jsonwebtoken: node express.js PORT DATABASE EMAIL PASSWORD
import { randomBytes } from "node:crypto";
import cookieParser from "cookie-parser";
import express from "express";
import jwt from "jsonwebtoken";
import { ACCESS_TTL, open } from "./tokens.js";

const [port, file, email, password] = process.argv.slice(2);
const tokens = await open(file, email, password);
const secret = randomBytes(32);
const app = express();

app.get("/open", (request, response) => response.json({ status: "ok" }));

function signedIn(request, response, next) {
    const [, token] = (request.headers.authorization ?? "").split(" ");
    jwt.verify(token, secret, { algorithms: ["HS256"] }, (error, claims) => {
        if (error) return response.status(401).json({ error: "unauthorized" });
        request.user = claims;
        next();
    });
}
app.get("/me", signedIn, (request, response) => response.json({ id: request.user.sub, email: request.user.email }));

function answer(response, outcome) {
    if (!outcome) return response.status(401).json({ error: "unauthorized" });
    const { user, refresh } = outcome;
    const claims = { sub: String(user.id), email: user.email };
    const access = jwt.sign(claims, secret, { algorithm: "HS256", expiresIn: ACCESS_TTL });
    response.cookie("refresh", refresh, { httpOnly: true, secure: true, sameSite: "strict" });
    response.json({ access_token: access, expires_in: ACCESS_TTL });
}
app.post("/refresh", cookieParser(), (request, response) =>
    answer(response, tokens.rotate(request.cookies.refresh ?? "")),
);
app.post("/login", express.json(), async (request, response) =>
    answer(response, await tokens.signIn(request.body.email, request.body.password)),
);

app.listen(Number(port), "127.0.0.1");
