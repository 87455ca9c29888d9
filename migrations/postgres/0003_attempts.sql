-- Attempts that cost something when repeated: password guesses and registrations. Not who made them.
CREATE TABLE attempts (
    key      BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(key) = 16),  -- keyed fingerprint of an account, a network or a browser
    clean_at BIGINT NOT NULL,                                             -- when the last is forgotten; how far off says how many
    last_at  BIGINT NOT NULL                                              -- where the wait counts from
);

CREATE INDEX attempts_clean_at ON attempts (clean_at);
