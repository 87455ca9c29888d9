-- The device that a session is bound to; NULL where its browser has bound it to none. How many proofs of its key were accepted
-- (4 bytes) and when the session was bound (8 bytes), both big-endian, then the public key as the JWK that its thumbprint is
-- made of (RFC 7638).
ALTER TABLE sessions ADD COLUMN binding BYTEA;
