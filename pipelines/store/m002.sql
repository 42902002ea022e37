-- What compares, proves and takes back. Comments inside CREATE stay in the file, for whoever reads it there.

CREATE TABLE changes (
    -- what an edit changed, from revision n of an article to the text after it; derived from the two
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,             -- of the earlier text, as in revisions
    part INTEGER NOT NULL,          -- 1 is the first in the order of reading
    kind TEXT NOT NULL CHECK (kind IN (
        'headline', 'standfirst', 'correction', 'number', 'quote', 'name', 'addition', 'deletion', 'typo', 'wording'
    )),
    before TEXT,                    -- the words that went; NULL: none
    after TEXT,                     -- the words that came; NULL: none
    PRIMARY KEY (article_id, n, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_kind ON changes (kind, article_id);

CREATE TABLE pages (
    -- further pages of an article that runs over several
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,             -- 2 is the second
    capture_id INTEGER NOT NULL REFERENCES captures(id),
    url TEXT NOT NULL,
    PRIMARY KEY (article_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX pages_capture ON pages (capture_id);

CREATE TABLE seals (
    -- proof of all that was captured until the end of a run: each holds the digest of the one before
    id INTEGER PRIMARY KEY,
    run_id INTEGER REFERENCES runs(id),
    made_at TEXT NOT NULL,
    count INTEGER NOT NULL,         -- leaves
    root TEXT NOT NULL,             -- of the Merkle tree over its leaves, sha256
    previous TEXT,                  -- digest of the seal before; NULL: the first
    digest TEXT NOT NULL UNIQUE     -- sha256 of what stands above
) STRICT;

CREATE TABLE leaves (
    -- the digest of each capture as it was sealed; it stays when the capture is forgotten
    capture_id INTEGER PRIMARY KEY REFERENCES captures(id),
    seal_id INTEGER NOT NULL REFERENCES seals(id),
    n INTEGER NOT NULL,             -- place in the tree, from 0
    digest TEXT NOT NULL            -- sha256
) STRICT;
CREATE UNIQUE INDEX leaves_seal ON leaves (seal_id, n);

CREATE TABLE takedowns (
    -- what was forgotten for good: no word of it is left, and no crawl brings it back
    key TEXT PRIMARY KEY,           -- sha256 of an address's urlkey
    article_id INTEGER NOT NULL,    -- the id it had
    digest TEXT NOT NULL,           -- sha256 of the text it had
    reason TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX takedowns_article ON takedowns (article_id);

CREATE TABLE imports (
    -- how far each file of records has been read, so that an import that was stopped goes on there
    digest TEXT PRIMARY KEY,        -- of the file's name, size and time
    path TEXT NOT NULL,
    position INTEGER NOT NULL,      -- bytes read
    run_id INTEGER REFERENCES runs(id),
    finished_at TEXT                -- NULL: not read to the end
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_run ON imports (run_id);
