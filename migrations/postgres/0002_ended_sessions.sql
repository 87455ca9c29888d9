-- Sessions whose row is gone with their user while an access token of theirs may still live.
CREATE TABLE ended_sessions (
    id             BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    revoked_at     BIGINT NOT NULL,
    revoked_reason TEXT   NOT NULL
);

CREATE INDEX ended_sessions_revoked_at ON ended_sessions (revoked_at);
