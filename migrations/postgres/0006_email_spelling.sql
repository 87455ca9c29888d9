-- `email` is the key: equal for every spelling of an address (docs/decisions/0017). This is the address as typed; NULL
-- where both are the same.
ALTER TABLE users ADD COLUMN email_shown TEXT;

-- Each start gives these addresses their key, as far as no other account has it: SQL knows neither NFC nor IDNA.
CREATE INDEX users_email_not_ascii ON users (created_at, id) WHERE octet_length(email) <> char_length(email);
