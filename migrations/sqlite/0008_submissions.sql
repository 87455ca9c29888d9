-- The hashed key of the submission that made the session, and of the one that set the password: a submission that is sent twice
-- gets one outcome.
ALTER TABLE sessions ADD COLUMN submission BLOB;
ALTER TABLE users ADD COLUMN password_submission BLOB;

CREATE INDEX sessions_submission ON sessions (user_id, submission) WHERE submission IS NOT NULL;
