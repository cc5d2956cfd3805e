PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE item (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    document BLOB NOT NULL CHECK (typeof(document) = 'blob'),
    digest BLOB NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE TABLE kind (
    name TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL CHECK (revision > 0),
    digest BLOB NOT NULL
);
INSERT INTO item VALUES (
    'route', 'web', 2, CAST('{"hosts": ["example.com"]}' AS BLOB),
    X'A32D0A510377EED2E8728FD9A5FD292F'
);
INSERT INTO item VALUES (
    'certificate', '*.example.com', 4, CAST('{"key": "secret"}' AS BLOB),
    X'30EFCDA6E9BDD62AC20CF4BFD57F4905'
);
INSERT INTO item VALUES (
    'route', 'ü b', 7, X'0001020304050607',
    X'99985CDE394781E3E5F274D898BCEAD7'
);
INSERT INTO kind VALUES ('route', 7, X'FF8DA8718F2093C45F648D6C1A03292D');
INSERT INTO kind VALUES ('certificate', 4, X'EB99F6FCCFA76E90330AEBBB4115E8A4');
INSERT INTO kind VALUES ('page', 5, X'DA8D39CDFC25F8020368573038CFDF47');
CREATE TABLE shared (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision > 0),
    over INTEGER NOT NULL,
    there INTEGER NOT NULL CHECK (there IN (0, 1)),
    document BLOB NOT NULL CHECK (typeof(document) = 'blob'),
    digest BLOB NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE UNIQUE INDEX shared_by_revision ON shared (kind, there, revision);
CREATE INDEX shared_by_end ON shared (kind, over) WHERE over > 0;
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL CHECK (value > 0),
    digest BLOB NOT NULL
);
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    fence INTEGER NOT NULL,
    over INTEGER NOT NULL,
    digest BLOB NOT NULL
);
CREATE TABLE allowed (
    name TEXT NOT NULL,
    moment INTEGER NOT NULL,
    over INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (name, moment)
);
CREATE INDEX allowed_by_end ON allowed (over);
INSERT INTO shared VALUES (
    'certificate', 'one', 1795298000000001, 0, 1, CAST('{"key": "secret"}' AS BLOB),
    X'3FF63D98796EB76B0B80CFDBD17A2168'
);
INSERT INTO shared VALUES (
    'certificate', 'gone', 1795298000000002, 0, 0, X'',
    X'35935490BCCEE5244D29F2B39B629EF5'
);
INSERT INTO shared VALUES (
    'answer', 'token', 1795298000000003, 1795298060000000, 1, X'00FF',
    X'305E7434A85BF5A9B99DB572F5F417E5'
);
INSERT INTO counter VALUES ('revision certificate', 1795298000000002, X'11915223C900325B04A4FEE2E60193CE');
INSERT INTO counter VALUES ('revision answer', 1795298000000003, X'ED40C4A85E76DA02A584829064486994');
INSERT INTO counter VALUES ('fence', 1795298000000004, X'C47F7B77FDFD611D49E8D76D77A328E8');
INSERT INTO lease VALUES (
    'certificate one', 'a node', 1795298000000004, 1795298030000000,
    X'D4D81981555FF6771788BF0CF278D3BE'
);
INSERT INTO allowed VALUES (
    'orders', 1795298000000005, 1795298060000000,
    X'DE93A5789DC64DDD3405B2C2D484F889'
);
PRAGMA application_id = 1936483173;
PRAGMA user_version = 2;
COMMIT;
