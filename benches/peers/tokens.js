// What Express and Fastify users write around their JWT library: users and refresh tokens in SQLite. A refresh token is
// random, stored as a hash, and replaced by each refresh in one durable commit, as this project's is. Reuse of an old one is
// refused, but nobody is told and no session ends.
import { createHash, randomBytes } from "node:crypto";
import argon2 from "argon2";
import Database from "better-sqlite3";

const WEEK = 7 * 24 * 3600;
// The parameters that OWASP recommends, and that this project uses: argon2's own defaults are heavier.
const COST = { type: argon2.argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

const hashed = (token) => createHash("sha256").update(token).digest();
const seconds = () => Math.floor(Date.now() / 1000);

export const ACCESS_TTL = 900;

export async function open(file, email, password) {
    const database = new Database(file);
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec(`
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL);
        CREATE TABLE refresh_tokens (
            hash BLOB PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), expires_at INTEGER NOT NULL
        ) WITHOUT ROWID;
    `);
    const addUser = database.prepare("INSERT INTO users (email, password_hash) VALUES (?, ?)");
    addUser.run(email, await argon2.hash(password, COST));

    const byEmail = database.prepare("SELECT id, email, password_hash FROM users WHERE email = ?");
    const issue = database.prepare("INSERT INTO refresh_tokens VALUES (?, ?, ?)");
    const owner = database.prepare(
        "SELECT users.id, email FROM refresh_tokens JOIN users ON users.id = user_id WHERE hash = ? AND expires_at > ?",
    );
    const replace = database.prepare("UPDATE refresh_tokens SET hash = ?, expires_at = ? WHERE hash = ?");
    const token = () => randomBytes(32).toString("base64url");

    return {
        /** The user and a first refresh token, or null. */
        async signIn(email, password) {
            const user = byEmail.get(email);
            if (!user || !(await argon2.verify(user.password_hash, password))) return null;
            const refresh = token();
            issue.run(hashed(refresh), user.id, seconds() + WEEK);
            return { user, refresh };
        },
        /** The user and the next refresh token, or null. */
        rotate(old) {
            const user = owner.get(hashed(old), seconds());
            if (!user) return null;
            const refresh = token();
            replace.run(hashed(refresh), seconds() + WEEK, hashed(old));
            return { user, refresh };
        },
    };
}
