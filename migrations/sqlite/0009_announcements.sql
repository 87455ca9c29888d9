-- Grows with each change that a process makes which does not own this file, such as a command beside the server: the server
-- looks here twice a second.
CREATE TABLE announcements (number INTEGER NOT NULL) STRICT;
INSERT INTO announcements VALUES (0);
