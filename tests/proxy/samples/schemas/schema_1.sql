PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE item (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    document BLOB NOT NULL CHECK (typeof(document) = 'blob'),
    PRIMARY KEY (kind, id)
);
CREATE TABLE kind (
    name TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL CHECK (revision > 0)
);
INSERT INTO item VALUES ('route', 'web', 2, CAST('{"hosts": ["example.com"]}' AS BLOB));
INSERT INTO item VALUES ('certificate', '*.example.com', 4, CAST('{"key": "secret"}' AS BLOB));
INSERT INTO item VALUES ('route', 'ü b', 7, X'0001020304050607');
INSERT INTO kind VALUES ('route', 7), ('certificate', 4), ('page', 5);
PRAGMA application_id = 1936483173;
PRAGMA user_version = 1;
COMMIT;
