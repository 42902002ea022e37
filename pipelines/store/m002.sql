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

CREATE INDEX revisions_digest ON revisions (digest);

CREATE TABLE notes (
    -- what readers wrote of articles, each a tag or a remark: people's own, so nothing that is made again touches it
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(8)))), -- the same in every copy of the archive
    article_id INTEGER REFERENCES articles(id) ON DELETE SET NULL, -- NULL: the article is not there at present
    urlkey TEXT NOT NULL,           -- of the article, by which a note finds it again
    tag TEXT,                       -- one word, lower-case; NULL: it is a remark
    author TEXT,                    -- who wrote it, as Datasette knows them; NULL: nobody said
    made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    edited_at TEXT,                 -- when its text was last changed
    text TEXT,                      -- the remark; NULL: it is a tag
    CHECK ((tag IS NULL) <> (text IS NULL))
) STRICT;
CREATE INDEX notes_article ON notes (article_id);
CREATE INDEX notes_urlkey ON notes (urlkey);
CREATE INDEX notes_tag ON notes (tag, article_id) WHERE tag IS NOT NULL;

CREATE VIRTUAL TABLE notes_fts USING fts5 (
    text, content='notes', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER notes_ai AFTER INSERT ON notes BEGIN
    INSERT INTO notes_fts (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER notes_ad AFTER DELETE ON notes BEGIN
    INSERT INTO notes_fts (notes_fts, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER notes_au AFTER UPDATE OF id, text ON notes BEGIN
    INSERT INTO notes_fts (notes_fts, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO notes_fts (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER articles_ai_notes AFTER INSERT ON articles
-- an article that is made again, with another id perhaps, has its notes again
BEGIN
    UPDATE notes SET article_id = new.id WHERE urlkey = new.urlkey;
END;
CREATE TRIGGER articles_au_notes AFTER UPDATE OF id, urlkey ON articles
-- notes go along with an article that gets another address
BEGIN
    UPDATE notes SET urlkey = new.urlkey WHERE article_id = new.id AND urlkey = old.urlkey;
    UPDATE notes SET article_id = new.id WHERE urlkey = new.urlkey;
END;
CREATE TRIGGER addresses_ai_notes AFTER INSERT ON addresses
-- notes of a page that turns out to be a form of another article's become that article's
BEGIN
    UPDATE notes SET article_id = new.article_id WHERE urlkey = new.urlkey AND article_id IS NULL;
END;

-- articles that were found deleted: a few of very many
CREATE INDEX articles_gone ON articles (gone_at) WHERE gone_at IS NOT NULL;

CREATE TABLE watches (
    -- saved searches that tell of every article that comes to match; people's own, and private
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,      -- in addresses and commands
    query TEXT NOT NULL,            -- as it is typed into the search
    made_at TEXT NOT NULL,          -- to the millisecond: what came before is not told
    looked_at TEXT,                 -- when articles were last held against it
    tells TEXT CHECK (tells IN ('command', 'webhook')), -- what hears of its hits: it stands beside the archive, not in it
    failed_at TEXT,                 -- when telling last went wrong; NULL: it went well since
    problem TEXT                    -- why
) STRICT;

CREATE TABLE hits (
    -- articles that came to match a watch, each once, even if it is made again
    watch_id INTEGER NOT NULL REFERENCES watches(id) ON DELETE CASCADE,
    urlkey TEXT NOT NULL,           -- of the article, by which a hit finds it again
    article_id INTEGER REFERENCES articles(id) ON DELETE SET NULL, -- NULL: the article is not there at present
    seen_at TEXT NOT NULL,          -- when the watch saw that it matches
    lapsed_at TEXT,                 -- when it was seen that it matches no longer
    printed INTEGER NOT NULL DEFAULT 0, -- 1: `tearsheet watch run` has printed it
    told TEXT CHECK (told IN ('owed', 'told', 'given up')), -- to the command or webhook; NULL: there was none
    told_at TEXT,                   -- when that took it
    tries INTEGER NOT NULL DEFAULT 0, -- how often telling it went wrong
    PRIMARY KEY (watch_id, urlkey)
) STRICT, WITHOUT ROWID;
CREATE INDEX hits_seen ON hits (watch_id, seen_at, article_id);
CREATE INDEX hits_unprinted ON hits (watch_id, seen_at) WHERE printed = 0;
CREATE INDEX hits_told ON hits (watch_id, told, seen_at) WHERE told <> 'told';
CREATE INDEX hits_article ON hits (article_id);
CREATE INDEX hits_urlkey ON hits (urlkey);

CREATE TABLE watch_queue (
    -- articles that the watches have still to look at; filled only while there is a watch
    urlkey TEXT PRIMARY KEY,
    known INTEGER NOT NULL,         -- 1: it was there when the watches last looked, and changed or went since
    noted_at TEXT NOT NULL          -- to the millisecond
) STRICT, WITHOUT ROWID;

CREATE TRIGGER articles_ai_watches AFTER INSERT ON articles
-- one that is made again finds the hits it was
WHEN EXISTS (SELECT 1 FROM watches)
BEGIN
    INSERT INTO watch_queue (urlkey, known, noted_at) VALUES (new.urlkey, 0, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    ON CONFLICT DO NOTHING;
    UPDATE hits SET article_id = new.id WHERE urlkey = new.urlkey;
END;
CREATE TRIGGER articles_au_watches
AFTER UPDATE OF title, description, text, source_id, language, agency, section, tags, published_at ON articles
WHEN EXISTS (SELECT 1 FROM watches)
BEGIN
    INSERT INTO watch_queue (urlkey, known, noted_at) VALUES (new.urlkey, 1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER articles_au_watches_urlkey AFTER UPDATE OF urlkey ON articles
-- an article that gets another address is told no second time
WHEN new.urlkey <> old.urlkey AND EXISTS (SELECT 1 FROM watches)
BEGIN
    UPDATE OR REPLACE watch_queue SET urlkey = new.urlkey WHERE urlkey = old.urlkey;
    UPDATE OR REPLACE hits SET urlkey = new.urlkey WHERE article_id = new.id;
END;
CREATE TRIGGER articles_ad_watches AFTER DELETE ON articles
-- one that may be made again; of what is forgotten nothing is noted
WHEN EXISTS (SELECT 1 FROM watches) AND NOT EXISTS (SELECT 1 FROM takedowns WHERE article_id = old.id)
BEGIN
    INSERT INTO watch_queue (urlkey, known, noted_at) VALUES (old.urlkey, 1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    ON CONFLICT DO NOTHING;
    UPDATE hits SET article_id = NULL WHERE urlkey = old.urlkey;
END;
CREATE TRIGGER watches_ad AFTER DELETE ON watches
BEGIN
    DELETE FROM hits WHERE watch_id = old.id;
    DELETE FROM watch_queue WHERE NOT EXISTS (SELECT 1 FROM watches);
END;

CREATE VIEW articles_pieces AS
    -- what is found of an article by its characters, not its words: title and tags; standfirst and text where they hold
    -- a script that puts no space between words, or Hangul. Two line feeds: so the last characters begin a trigram, too
    SELECT id, title || char(10, 10) AS title,
           CASE WHEN description GLOB spaceless THEN description || char(10, 10) END AS description,
           CASE WHEN length(text) = length(CAST(text AS BLOB)) THEN NULL -- GLOB is slow: plain texts are told apart, and
                WHEN NOT EXISTS (SELECT 1 FROM (VALUES (x'E3'), (x'E4'), (x'E5'), (x'E6'), (x'E7'), (x'E8'), (x'E9'),
                                 (x'EA'), (x'EB'), (x'EC'), (x'ED'), (x'EF'), (x'E0'), (x'E1'), (x'F0'))
                                 WHERE instr(CAST(text AS BLOB), column1)) THEN NULL -- such without their first bytes
                WHEN text GLOB spaceless THEN text || char(10, 10) END AS text,
           nullif(tags, '[]') AS tags
    FROM articles, (SELECT '*[' || char(
        0x0E00, 45, 0x109F, 0x1100, 45, 0x11FF, 0x1780, 45, 0x17FF, 0x1950, 45, 0x1AAF, 0x3005, 45, 0x3007,
        0x3040, 45, 0x9FFF, 0xA960, 45, 0xA97F, 0xAA60, 45, 0xAA7F, 0xAC00, 45, 0xD7FF, 0xF900, 45, 0xFAFF,
        0xFF66, 45, 0xFFDC, 0x20000, 45, 0x3FFFF
    ) || ']*' AS spaceless);
CREATE VIRTUAL TABLE articles_trigrams USING fts5 (
    title, description, text, tags, content='articles_pieces', content_rowid='id', tokenize='trigram'
);
-- the word in the title weighs most, as in articles_fts; tags are looked up, not ranked by
INSERT INTO articles_trigrams (articles_trigrams, rank) VALUES ('rank', 'bm25(8.0, 3.0, 1.0, 0.0)');
-- which trigrams there are: those that begin with a word of one or two characters find it
CREATE VIRTUAL TABLE words USING fts5vocab (articles_fts, 'instance'); -- which words there are
CREATE VIRTUAL TABLE trigrams USING fts5vocab (articles_trigrams, 'row');
CREATE VIRTUAL TABLE places_of_trigrams USING fts5vocab (articles_trigrams, 'instance'); -- where each of them stands
CREATE TRIGGER articles_ai_trigrams AFTER INSERT ON articles BEGIN
    INSERT INTO articles_trigrams (rowid, title, description, text, tags)
    SELECT id, title, description, text, tags FROM articles_pieces WHERE id = new.id;
END;
CREATE TRIGGER articles_bd_trigrams BEFORE DELETE ON articles BEGIN
    INSERT INTO articles_trigrams (articles_trigrams, rowid, title, description, text, tags)
    SELECT 'delete', id, title, description, text, tags FROM articles_pieces WHERE id = old.id;
END;
CREATE TRIGGER articles_bu_trigrams BEFORE UPDATE OF id, title, description, tags, text ON articles BEGIN
    INSERT INTO articles_trigrams (articles_trigrams, rowid, title, description, text, tags)
    SELECT 'delete', id, title, description, text, tags FROM articles_pieces WHERE id = old.id;
END;
CREATE TRIGGER articles_au_trigrams AFTER UPDATE OF id, title, description, tags, text ON articles BEGIN
    INSERT INTO articles_trigrams (rowid, title, description, text, tags)
    SELECT id, title, description, text, tags FROM articles_pieces WHERE id = new.id;
END;
INSERT INTO articles_trigrams (articles_trigrams) VALUES ('rebuild'); -- the texts of an archive that is older

-- for the saved questions: who rests on which agency, and what came since a time
DROP INDEX articles_agency;
CREATE INDEX articles_agency ON articles (agency, source_id);
CREATE INDEX articles_seen ON articles (first_seen_at);
