-- When the password was last entered. NULL means at sign-in (created_at), so rows from before need no change.
ALTER TABLE sessions ADD COLUMN authenticated_at BIGINT;

-- What a person must still be told: an old refresh token of a session came back. Gone when dismissed, not by age.
CREATE TABLE notices (
    session_id         BYTEA  NOT NULL PRIMARY KEY,                    -- one at most each; no reference: outlives its session
    user_id            BYTEA  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at                 BIGINT NOT NULL,
    device             TEXT   NOT NULL,                                -- User-Agent of who presented the old token
    session_device     TEXT   NOT NULL,
    session_created_at BIGINT NOT NULL
);

CREATE INDEX notices_user_id ON notices (user_id, at);

-- For purging by age.
CREATE INDEX security_events_at ON security_events (at);
