-- A sign-in counts the living sessions of its user. Those that have ended stay for a month and are not looked at. A refresh changes
-- none of these columns.
CREATE INDEX sessions_living ON sessions (user_id, absolute_expires_at) WHERE revoked_at IS NULL;
