-- Numbers that are given out once, by name: 'uid_validity', 'claim'.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE domain (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE account (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL UNIQUE,
    scram BLOB NOT NULL,
    apop  BLOB,
    quota INTEGER,
    used  INTEGER NOT NULL DEFAULT 0
);

-- The addresses an account gets mail at. The key is the address in lower case.
CREATE TABLE address (
    key     TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id)
) WITHOUT ROWID;
CREATE INDEX address_by_account ON address (account);

-- The further addresses an account may send from.
CREATE TABLE sender (
    account INTEGER NOT NULL REFERENCES account (id),
    address TEXT NOT NULL,
    PRIMARY KEY (account, address)
) WITHOUT ROWID;

-- One row for each target, either an account or an address.
CREATE TABLE alias (
    key     TEXT NOT NULL,
    no      INTEGER NOT NULL,
    account INTEGER REFERENCES account (id),
    address TEXT,
    PRIMARY KEY (key, no),
    CHECK ((account IS NULL) <> (address IS NULL))
) WITHOUT ROWID;
CREATE INDEX alias_by_account ON alias (account);

CREATE TABLE mailbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account      INTEGER NOT NULL REFERENCES account (id),
    name         TEXT NOT NULL,
    selectable   INTEGER NOT NULL DEFAULT 1,
    uid_validity INTEGER NOT NULL,
    uid_next     INTEGER NOT NULL DEFAULT 1,
    recent_from  INTEGER NOT NULL DEFAULT 1,
    modseq       INTEGER NOT NULL DEFAULT 1,
    -- Kept by the triggers below.
    messages     INTEGER NOT NULL DEFAULT 0,
    unseen       INTEGER NOT NULL DEFAULT 0,
    deleted      INTEGER NOT NULL DEFAULT 0,
    size         INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, name)
);

CREATE TABLE subscription (
    account INTEGER NOT NULL REFERENCES account (id),
    name    TEXT NOT NULL,
    PRIMARY KEY (account, name)
) WITHOUT ROWID;

-- The octets as they came in, in chunks of 64 KiB. No contents refer to it: to be swept.
CREATE TABLE body (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    size        INTEGER NOT NULL,
    header_size INTEGER NOT NULL,
    eight_bit   INTEGER NOT NULL,
    refs        INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX body_unused ON body (id) WHERE refs = 0;

CREATE TABLE chunk (
    body INTEGER NOT NULL REFERENCES body (id) ON DELETE CASCADE,
    no   INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (body, no)
);

-- A body behind trace fields. Nothing refers to it: to be swept.
CREATE TABLE content (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    body  INTEGER NOT NULL REFERENCES body (id),
    trace BLOB NOT NULL,
    refs  INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX content_unused ON content (id) WHERE refs = 0;
CREATE INDEX content_by_body ON content (body);

-- Clustered by mailbox and UID, so that a listing is one walk. The size is that of the contents.
-- `content` has no foreign key: `refs` guards it, and a key would need one more index.
CREATE TABLE message (
    mailbox  INTEGER NOT NULL REFERENCES mailbox (id),
    uid      INTEGER NOT NULL,
    content  INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    time     INTEGER NOT NULL,
    zone     INTEGER NOT NULL,
    flags    INTEGER NOT NULL,
    keywords TEXT,
    modseq   INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;

CREATE TABLE queue (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    content   INTEGER NOT NULL,
    sender    TEXT,
    queued_at INTEGER NOT NULL
);

-- A recipient that is claimed is due when its lease ends.
CREATE TABLE recipient (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    queue      INTEGER NOT NULL REFERENCES queue (id),
    address    TEXT NOT NULL,
    domain     TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL,
    claim      INTEGER,
    diagnostic TEXT
);
CREATE INDEX recipient_due ON recipient (due_at, queue, domain);
CREATE INDEX recipient_by_queue ON recipient (queue, domain);

-- Flag bits: 1 is \Seen, 8 is \Deleted.
CREATE TRIGGER message_in AFTER INSERT ON message BEGIN
    UPDATE mailbox SET
        messages = messages + 1,
        unseen   = unseen + ((NEW.flags & 1) = 0),
        deleted  = deleted + ((NEW.flags & 8) <> 0),
        size     = size + NEW.size
    WHERE id = NEW.mailbox;
    UPDATE account SET used = used + NEW.size
    WHERE id = (SELECT account FROM mailbox WHERE id = NEW.mailbox);
    UPDATE content SET refs = refs + 1 WHERE id = NEW.content;
END;

CREATE TRIGGER message_out AFTER DELETE ON message BEGIN
    UPDATE mailbox SET
        messages = messages - 1,
        unseen   = unseen - ((OLD.flags & 1) = 0),
        deleted  = deleted - ((OLD.flags & 8) <> 0),
        size     = size - OLD.size
    WHERE id = OLD.mailbox;
    UPDATE account SET used = used - OLD.size
    WHERE id = (SELECT account FROM mailbox WHERE id = OLD.mailbox);
    UPDATE content SET refs = refs - 1 WHERE id = OLD.content;
END;

CREATE TRIGGER message_flags AFTER UPDATE OF flags ON message BEGIN
    UPDATE mailbox SET
        unseen  = unseen + ((NEW.flags & 1) = 0) - ((OLD.flags & 1) = 0),
        deleted = deleted + ((NEW.flags & 8) <> 0) - ((OLD.flags & 8) <> 0)
    WHERE id = NEW.mailbox;
END;

CREATE TRIGGER queue_in AFTER INSERT ON queue BEGIN
    UPDATE content SET refs = refs + 1 WHERE id = NEW.content;
END;

CREATE TRIGGER queue_out AFTER DELETE ON queue BEGIN
    UPDATE content SET refs = refs - 1 WHERE id = OLD.content;
END;

CREATE TRIGGER content_in AFTER INSERT ON content BEGIN
    UPDATE body SET refs = refs + 1 WHERE id = NEW.body;
END;

CREATE TRIGGER content_out AFTER DELETE ON content BEGIN
    UPDATE body SET refs = refs - 1 WHERE id = OLD.body;
END;
