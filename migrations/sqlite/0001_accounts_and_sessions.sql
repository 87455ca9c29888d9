-- Times are milliseconds since the Unix epoch. Ids are 16 bytes.

CREATE TABLE users (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email         TEXT    NOT NULL CONSTRAINT users_email_key UNIQUE,  -- trimmed, lower case
    password_hash TEXT    NOT NULL,                                    -- PHC string, argon2id
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT, WITHOUT ROWID;

-- One row per signed-in browser, whatever the number of rotations.
CREATE TABLE sessions (
    id                  BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id             BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    salt                BLOB    NOT NULL CHECK (length(salt) = 32),  -- without it the server secret forges no token
    generation          INTEGER NOT NULL,                            -- newest refresh token issued
    parent              INTEGER,                                     -- generation presented when the newest was issued
    ring                BLOB    NOT NULL,                            -- superseded generations and when: 12 bytes each, 8 at most
    created_at          INTEGER NOT NULL,                            -- when the password was entered
    last_used_at        INTEGER NOT NULL,
    idle_expires_at     INTEGER NOT NULL,                            -- moves with every rotation
    absolute_expires_at INTEGER NOT NULL,                            -- never moves
    revoked_at          INTEGER,
    revoked_reason      TEXT,
    device              TEXT    NOT NULL                             -- User-Agent at sign-in, shortened
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_absolute_expires_at ON sessions (absolute_expires_at);

CREATE TABLE signing_keys (
    kid          TEXT    NOT NULL PRIMARY KEY,                       -- RFC 7638 thumbprint
    state        TEXT    NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    sealed       BLOB    NOT NULL,                                   -- Ed25519 seed under the server secret
    created_at   INTEGER NOT NULL,
    activated_at INTEGER,
    retired_at   INTEGER
) STRICT;

-- At most one key signs, and at most one waits.
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (state) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (state) WHERE state = 'next';

CREATE TABLE notes (
    id         TEXT    NOT NULL PRIMARY KEY,
    owner_id   BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX notes_owner_id ON notes (owner_id, updated_at);

CREATE TABLE security_events (
    id         INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,                                     -- OWASP logging vocabulary
    user_id    BLOB REFERENCES users (id) ON DELETE CASCADE,
    session_id BLOB,                                                 -- no reference: an event outlives its session
    device     TEXT    NOT NULL,
    detail     TEXT    NOT NULL
) STRICT;

CREATE INDEX security_events_user_id ON security_events (user_id, at);
