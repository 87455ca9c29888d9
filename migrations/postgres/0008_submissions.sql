-- The hashed key of the submission that made the session, and of the one that set the password: a submission that is sent twice
-- gets one outcome.
ALTER TABLE sessions ADD COLUMN submission BYTEA;
ALTER TABLE users ADD COLUMN password_submission BYTEA;

CREATE INDEX sessions_submission ON sessions (user_id, submission) WHERE submission IS NOT NULL;
