-- What compares, proves and takes back. Comments inside CREATE stay in the file, for whoever reads it there.

CREATE TABLE returns (
    -- when an article showed a text again that it had before: a text stands in `revisions` once
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    capture_id INTEGER NOT NULL REFERENCES captures(id), -- that showed it again
    n INTEGER NOT NULL,             -- the text, as in revisions
    seen_from TEXT NOT NULL,
    seen_until TEXT,                -- NULL: it is the present text
    PRIMARY KEY (article_id, capture_id),
    FOREIGN KEY (article_id, n) REFERENCES revisions (article_id, n) ON DELETE CASCADE ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX returns_revision ON returns (article_id, n);
CREATE INDEX returns_capture ON returns (capture_id);

CREATE TABLE changes (
    -- what the edit changed that ended revision n of an article and gave the text after it; derived from the two
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,             -- of the earlier text, as in revisions
    part INTEGER NOT NULL,          -- 1 is the first in the order of reading
    kind TEXT NOT NULL CHECK (kind IN (
        'headline', 'standfirst', 'correction', 'number', 'quote', 'name', 'addition', 'deletion', 'typo', 'wording'
    )),
    before TEXT,                    -- the words that went; NULL: none
    after TEXT,                     -- the words that came; NULL: none
    PRIMARY KEY (article_id, n, part),
    FOREIGN KEY (article_id, n) REFERENCES revisions (article_id, n) ON DELETE CASCADE ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_kind ON changes (kind, article_id);

DROP VIEW history;
CREATE VIEW history AS
    -- every text an article has or had; n NULL is the present one
    SELECT id AS article_id, NULL AS n, source_id, title, description, text, digest, capture_id,
           coalesce((SELECT max(seen_until) FROM (
               SELECT seen_until FROM revisions WHERE article_id = articles.id
               UNION ALL SELECT seen_until FROM returns WHERE article_id = articles.id)), first_seen_at) AS seen_from,
           gone_at AS seen_until
    FROM articles
    UNION ALL
    SELECT revisions.article_id, n, source_id, revisions.title, revisions.description, revisions.text,
           revisions.digest, revisions.capture_id, seen_from, seen_until
    FROM revisions JOIN articles ON articles.id = revisions.article_id;

CREATE VIEW edits AS
    -- one line for each time that an article got other words, and what kinds of change it was
    SELECT revisions.article_id, revisions.n, articles.source_id, articles.title, revisions.seen_until AS seen_at,
           (SELECT group_concat(DISTINCT kind) FROM changes
            WHERE article_id = revisions.article_id AND n = revisions.n) AS kinds,
           (SELECT count(*) FROM changes WHERE article_id = revisions.article_id AND n = revisions.n) AS parts
    FROM revisions JOIN articles ON articles.id = revisions.article_id;

CREATE TABLE continuations (
    -- further pages of a capture: an article that runs over several
    capture_id INTEGER NOT NULL REFERENCES captures(id), -- of the first page
    n INTEGER NOT NULL,             -- 2 is the second
    page_id INTEGER NOT NULL REFERENCES captures(id),
    PRIMARY KEY (capture_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX continuations_page ON continuations (page_id);

CREATE VIEW pages AS
    -- the further pages of articles that run over several, of what they are now and of what they were
    SELECT texts.article_id, continuations.n, continuations.page_id AS capture_id, captures.url
    FROM (SELECT id AS article_id, capture_id FROM articles UNION SELECT article_id, capture_id FROM revisions) AS texts
    JOIN continuations ON continuations.capture_id = texts.capture_id
    JOIN captures ON captures.id = continuations.page_id;

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

CREATE TABLE checks (
    -- a digest for the rows of each table, kept as they are written: what anything else changed no longer fits it
    name TEXT NOT NULL,             -- of the table
    part ANY NOT NULL,              -- rows that have this in common: article_id, else the first column of the key
    digest INTEGER NOT NULL,        -- exclusive or of the rows' digests, each the first 8 bytes of a sha256
    PRIMARY KEY (name, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE takedowns (
    -- what was forgotten for good: no word of it is left, and no crawl brings it back
    key TEXT PRIMARY KEY,           -- sha256 of an address's urlkey
    article_id INTEGER NOT NULL,    -- the id it had
    source_id TEXT,                 -- the source it had
    digest TEXT NOT NULL,           -- sha256 of the text it had
    reason TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX takedowns_article ON takedowns (article_id);
CREATE INDEX takedowns_digest ON takedowns (digest);

CREATE TABLE imports (
    -- how far each file of records has been read, so that an import that was stopped goes on there
    digest TEXT PRIMARY KEY,        -- of the file's name, size, time and both ends
    path TEXT NOT NULL,
    position INTEGER NOT NULL,      -- bytes read
    run_id INTEGER REFERENCES runs(id),
    finished_at TEXT                -- NULL: not read to the end
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_run ON imports (run_id);

CREATE TABLE copies (
    -- what each article of a cluster took from its head, left out and added; paragraphs count as taken by half
    article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
    head_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    of_own REAL NOT NULL,           -- share of its shingles that stand in the head, 0 to 1
    of_head REAL NOT NULL,          -- share of the head's shingles that stand in it, 0 to 1
    kept INTEGER NOT NULL,          -- its paragraphs that stand in the head
    cut INTEGER NOT NULL,           -- paragraphs of the head that it lacks
    added INTEGER NOT NULL,         -- its paragraphs that the head lacks
    cut_chars INTEGER NOT NULL,
    added_chars INTEGER NOT NULL
) STRICT;
CREATE INDEX copies_head ON copies (head_id);

DROP VIEW syndication;
CREATE VIEW syndication AS
    -- stories carried more than once: who had it first, how far behind each other one was, and what it made of it
    SELECT clusters.head_id, articles.id AS article_id, articles.source_id, articles.title, articles.agency,
           articles.published_at, articles.published_precision, articles.first_seen_at, articles.url,
           head.source_id AS first, -- the source of the head
           CASE WHEN articles.id = head.id THEN 0.0
                WHEN articles.published_at LIKE '%T%Z' AND head.published_at LIKE '%T%Z'
                THEN round(24 * (julianday(articles.published_at) - julianday(head.published_at)), 2)
           END AS hours_behind, -- only where both times are known to the minute
           articles.title IS NOT head.title AS new_title,
           copies.of_own, copies.of_head, copies.kept, copies.cut, copies.added, copies.cut_chars, copies.added_chars
    FROM clusters
    JOIN articles ON articles.id = clusters.article_id
    JOIN articles AS head ON head.id = clusters.head_id
    LEFT JOIN copies ON copies.article_id = clusters.article_id AND copies.head_id = clusters.head_id;

CREATE TRIGGER articles_bd_clusters BEFORE DELETE ON articles
-- whatever deletes the head of a cluster leaves the others together, until somebody asks who is first among them
WHEN EXISTS (SELECT 1 FROM clusters WHERE head_id = old.id)
BEGIN
    UPDATE clusters SET head_id = (
        SELECT min(article_id) FROM clusters WHERE head_id = old.id AND article_id <> old.id
    ) WHERE head_id = old.id AND article_id <> old.id;
END;
