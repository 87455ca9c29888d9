-- Attempts that cost something when repeated: password guesses and registrations. Not who made them.
CREATE TABLE attempts (
    key      BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 16),  -- keyed fingerprint of an account, a network or a browser
    clean_at INTEGER NOT NULL,                                       -- when the last is forgotten; how far off says how many
    last_at  INTEGER NOT NULL                                        -- where the wait counts from
) STRICT, WITHOUT ROWID;

CREATE INDEX attempts_clean_at ON attempts (clean_at);
