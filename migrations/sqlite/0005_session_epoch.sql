-- Grows by one each time all sessions of the user end at once. An access token names the epoch it was issued in.
ALTER TABLE users ADD COLUMN session_epoch INTEGER NOT NULL DEFAULT 0;

-- The epoch that began when this session ended together with all others of its user; NULL when it ended alone.
ALTER TABLE sessions ADD COLUMN ended_by_epoch INTEGER;

-- The last time that all sessions of a user ended, kept while an access token of theirs may still live. No reference: the
-- row outlives its user.
CREATE TABLE ended_users (
    user_id        BLOB    NOT NULL PRIMARY KEY CHECK (length(user_id) = 16),
    epoch          INTEGER NOT NULL,                                   -- tokens of earlier epochs are refused
    kept           BLOB,                                               -- the one session that goes on
    revoked_at     INTEGER NOT NULL,
    revoked_reason TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ended_users_revoked_at ON ended_users (revoked_at);
