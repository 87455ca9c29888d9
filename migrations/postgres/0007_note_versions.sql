-- A write names the version that its caller has seen, so that nobody overwrites what they have not seen. `change_key` is the
-- key of the last write: the same write again, after a lost answer, is no conflict.
ALTER TABLE notes ADD COLUMN version BIGINT  NOT NULL DEFAULT 1;
ALTER TABLE notes ADD COLUMN change_key TEXT;

-- The ids of an owner's last deleted notes, so that a write that waited brings none of them back. Nothing of their text is kept.
CREATE TABLE deleted_notes (
    owner_id   BYTEA   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id         TEXT    NOT NULL,
    deleted_at BIGINT  NOT NULL,
    PRIMARY KEY (owner_id, id)
);
