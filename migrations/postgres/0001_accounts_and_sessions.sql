-- Times are milliseconds since the Unix epoch. Ids are 16 bytes.

CREATE TABLE users (
    id            BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    email         TEXT   NOT NULL CONSTRAINT users_email_key UNIQUE,   -- trimmed, lower case
    password_hash TEXT   NOT NULL,                                     -- PHC string, argon2id
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

-- One row per signed-in browser, whatever the number of rotations. Turns change no indexed column, so with room left on
-- the page an update stays on it.
CREATE TABLE sessions (
    id                  BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    user_id             BYTEA  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    salt                BYTEA  NOT NULL CHECK (octet_length(salt) = 32),  -- without it the server secret forges no token
    generation          BIGINT NOT NULL,                               -- newest refresh token issued
    parent              BIGINT,                                        -- generation presented when the newest was issued
    ring                BYTEA  NOT NULL,                               -- superseded generations and when: 12 bytes each, 8 at most
    created_at          BIGINT NOT NULL,                               -- when the password was entered
    last_used_at        BIGINT NOT NULL,
    idle_expires_at     BIGINT NOT NULL,                               -- moves with every rotation
    absolute_expires_at BIGINT NOT NULL,                               -- never moves
    revoked_at          BIGINT,
    revoked_reason      TEXT,
    device              TEXT   NOT NULL                                -- User-Agent at sign-in, shortened
) WITH (fillfactor = 70);

CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_absolute_expires_at ON sessions (absolute_expires_at);

CREATE TABLE signing_keys (
    kid          TEXT   NOT NULL PRIMARY KEY,                          -- RFC 7638 thumbprint
    state        TEXT   NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    sealed       BYTEA  NOT NULL,                                      -- Ed25519 seed under the server secret
    created_at   BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at   BIGINT
);

-- At most one key signs, and at most one waits.
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (state) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (state) WHERE state = 'next';

CREATE TABLE notes (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner_id   BYTEA  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX notes_owner_id ON notes (owner_id, updated_at);

CREATE TABLE security_events (
    id         BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,                                        -- OWASP logging vocabulary
    user_id    BYTEA REFERENCES users (id) ON DELETE CASCADE,
    session_id BYTEA,                                                  -- no reference: an event outlives its session
    device     TEXT   NOT NULL,
    detail     TEXT   NOT NULL
);

CREATE INDEX security_events_user_id ON security_events (user_id, at);
