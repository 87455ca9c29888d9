-- Sessions whose row is gone with their user while an access token of theirs may still live.
CREATE TABLE ended_sessions (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    revoked_at     INTEGER NOT NULL,
    revoked_reason TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ended_sessions_revoked_at ON ended_sessions (revoked_at);
