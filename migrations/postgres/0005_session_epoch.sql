-- Grows by one each time all sessions of the user end at once. An access token names the epoch it was issued in.
ALTER TABLE users ADD COLUMN session_epoch BIGINT NOT NULL DEFAULT 0;

-- The epoch that began when this session ended together with all others of its user; NULL when it ended alone.
ALTER TABLE sessions ADD COLUMN ended_by_epoch BIGINT;

-- The last time that all sessions of a user ended, kept while an access token of theirs may still live. No reference: the
-- row outlives its user.
CREATE TABLE ended_users (
    user_id        BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(user_id) = 16),
    epoch          BIGINT NOT NULL,                                    -- tokens of earlier epochs are refused
    kept           BYTEA,                                              -- the one session that goes on
    revoked_at     BIGINT NOT NULL,
    revoked_reason TEXT   NOT NULL
);

CREATE INDEX ended_users_revoked_at ON ended_users (revoked_at);
