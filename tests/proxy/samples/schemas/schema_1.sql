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
PRAGMA application_id = 1936483173;
PRAGMA user_version = 1;
COMMIT;
