-- What the sender asks to be told (RFC 3461), as parameters of MAIL and of RCPT have it.
ALTER TABLE queue ADD COLUMN asked TEXT NOT NULL DEFAULT '';
ALTER TABLE recipient ADD COLUMN asked TEXT NOT NULL DEFAULT '';
