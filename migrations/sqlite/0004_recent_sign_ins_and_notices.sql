-- When the password was last entered. NULL means at sign-in (created_at), so rows from before need no change.
ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER;

-- What a person must still be told: an old refresh token of a session came back. Gone when dismissed, not by age.
CREATE TABLE notices (
    session_id         BLOB    NOT NULL PRIMARY KEY,                 -- one at most each; no reference: outlives its session
    user_id            BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at                 INTEGER NOT NULL,
    device             TEXT    NOT NULL,                             -- User-Agent of who presented the old token
    session_device     TEXT    NOT NULL,
    session_created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_user_id ON notices (user_id, at);

-- For purging by age.
CREATE INDEX security_events_at ON security_events (at);
