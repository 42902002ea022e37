-- Schema of the first release. Comments inside CREATE stay in the file, for whoever reads it there.

CREATE TABLE sources (
    -- an outlet that is or was followed
    id TEXT PRIMARY KEY,            -- short name, as in sources.toml
    name TEXT,
    homepage TEXT,
    language TEXT,
    country TEXT,
    timezone TEXT,                  -- zone of times that name none
    config TEXT NOT NULL DEFAULT '{}', -- JSON: the source's table in sources.toml
    searched_at TEXT,               -- when all that its homepage leads to had been looked for feeds
    retired_at TEXT                 -- when it left sources.toml
) STRICT, WITHOUT ROWID;

CREATE TABLE feeds (
    -- a place that lists addresses: RSS, Atom, JSON Feed, sitemap, news sitemap, section page
    id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources(id),
    kind TEXT NOT NULL CHECK (kind IN ('feed', 'sitemap', 'section', 'list')),
    url TEXT NOT NULL,
    etag TEXT,                      -- as the server last sent it
    last_modified TEXT,
    digest TEXT,                    -- sha256 of the body last read: the truth when ETags lie
    checked_at TEXT,
    status INTEGER,                 -- HTTP status of the last check; 0 no answer
    listed INTEGER,                 -- entries it listed at the last check
    fresh INTEGER,                  -- of these, new ones
    failures INTEGER NOT NULL DEFAULT 0, -- checks in a row that failed
    found_at TEXT,                  -- when it was first heard of
    interval INTEGER,               -- seconds between two checks at present, as learned from what it brings
    due_at TEXT,                    -- when it is to be asked next; NULL: at once
    retry_at TEXT,                  -- not before: what its host asked for (Retry-After), or a pause after an error
    UNIQUE (source_id, url)
) STRICT;

CREATE TABLE runs (
    -- one crawl, import or processing
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('crawl', 'import', 'process')),
    what TEXT,                      -- sources or paths it was asked for
    version TEXT NOT NULL,          -- of Tearsheet
    started_at TEXT NOT NULL,
    finished_at TEXT,               -- NULL: running, or killed
    reason TEXT,                    -- finished | shutdown | failed | …
    stats TEXT NOT NULL DEFAULT '{}' -- JSON
) STRICT;

CREATE TABLE dictionaries (
    -- what pages of a source repeat, so that it need not be kept with each; never changed, only followed by another
    id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources(id),
    n INTEGER NOT NULL,             -- 1 is the source's first
    digest TEXT NOT NULL UNIQUE,    -- sha256 of body
    pages INTEGER NOT NULL,         -- that it was made from
    made_at TEXT NOT NULL,
    body BLOB NOT NULL,             -- content of a zstd dictionary, in a zstd frame
    UNIQUE (source_id, n)
) STRICT;

CREATE TABLE payloads (
    -- a body that was received, once, however often it came
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,    -- sha256 of the decoded body
    codec TEXT NOT NULL,            -- zstd; pruned, forgotten: the body is gone
    size INTEGER NOT NULL,          -- bytes of the decoded body
    dictionary_id INTEGER REFERENCES dictionaries(id), -- that reading it takes; NULL: none
    body BLOB NOT NULL
) STRICT;
CREATE INDEX payloads_dictionary ON payloads (dictionary_id, codec, size);

CREATE TABLE entries (
    -- the frontier: every address found, and why it is or is not in the archive
    id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources(id),
    feed_id INTEGER REFERENCES feeds(id),
    url TEXT NOT NULL,
    urlkey TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,             -- feed | sitemap | news | section | list
    title TEXT,                     -- as the feed gives it
    published_at TEXT,
    modified_at TEXT,
    language TEXT,
    authors TEXT,                   -- JSON
    tags TEXT,                      -- JSON
    content TEXT,                   -- the article itself as HTML, where the feed gives it whole
    why TEXT,                       -- why a link is taken for an article; NULL: a feed says so
    found_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'fetched', 'refused', 'failed')),
    tries INTEGER NOT NULL DEFAULT 0,
    due_at TEXT,                    -- not to be fetched before; once fetched: when to look at it again
    reason TEXT,                    -- why refused or failed, or what it waits for
    capture_id INTEGER REFERENCES captures(id)
) STRICT;
CREATE INDEX entries_queue ON entries (source_id, published_at DESC, id DESC) WHERE state = 'queued';
CREATE INDEX entries_again ON entries (source_id, due_at) WHERE state = 'fetched' AND due_at IS NOT NULL;
CREATE INDEX entries_feed ON entries (feed_id);
CREATE INDEX entries_state ON entries (state, reason);
CREATE INDEX entries_source ON entries (source_id, state);
CREATE INDEX entries_capture ON entries (capture_id);

CREATE TABLE mentions (
    -- further sources that list an entry; it stays with the one that listed it first
    entry_id INTEGER NOT NULL REFERENCES entries(id) ON DELETE CASCADE,
    source_id TEXT NOT NULL REFERENCES sources(id),
    feed_id INTEGER REFERENCES feeds(id),
    found_at TEXT NOT NULL,
    PRIMARY KEY (entry_id, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_source ON mentions (source_id);
CREATE INDEX mentions_feed ON mentions (feed_id);

CREATE TABLE captures (
    -- one address fetched once: the evidence
    id INTEGER PRIMARY KEY,
    source_id TEXT REFERENCES sources(id),
    feed_id INTEGER REFERENCES feeds(id), -- set when the capture is a feed itself
    run_id INTEGER REFERENCES runs(id),
    url TEXT NOT NULL,              -- as asked for
    final_url TEXT,                 -- after redirects, where it differs
    urlkey TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    status INTEGER NOT NULL,
    mime TEXT,
    headers TEXT NOT NULL DEFAULT '[]', -- JSON [[name, value], …], every value, in order per name
    request TEXT,                   -- JSON [[name, value], …]: what was sent, but for secrets
    rights TEXT,                    -- JSON [{says, to, in}, …]: what the page asks of machines (noarchive, tdm …)
    wire_digest TEXT,               -- sha256 of the bytes on the wire
    completeness TEXT NOT NULL DEFAULT 'whole' CHECK (completeness IN ('whole', 'truncated', 'damaged')),
    rendered INTEGER NOT NULL DEFAULT 0, -- 1: the payload is not what was sent, but what scripts made of it, in UTF-8
    entry TEXT,                     -- JSON: what the feed said
    payload_id INTEGER REFERENCES payloads(id),
    outcome TEXT                    -- article | feed | unchanged | failed | why rejected; NULL: to be read
) STRICT;
CREATE INDEX captures_pending ON captures (id) WHERE outcome IS NULL;
CREATE INDEX captures_urlkey ON captures (urlkey, fetched_at);
CREATE INDEX captures_outcome ON captures (outcome);
CREATE INDEX captures_payload ON captures (payload_id);
CREATE INDEX captures_run ON captures (run_id);
CREATE INDEX captures_feed ON captures (feed_id, status, fetched_at);
CREATE INDEX captures_source ON captures (source_id, fetched_at);

CREATE TABLE recipes (
    -- all that decided a result besides the bytes
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,          -- of the stages
    rules TEXT NOT NULL,            -- sha256 of the rules in force
    lesson TEXT NOT NULL DEFAULT '[]', -- JSON [[rule, zone], …]: what was learned of the source
    made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE articles (
    -- a clean article as it stands now
    id INTEGER PRIMARY KEY,         -- (published or first seen) × 2^20 + counter: roughly newest last
    source_id TEXT REFERENCES sources(id),
    capture_id INTEGER NOT NULL REFERENCES captures(id),
    url TEXT NOT NULL,
    urlkey TEXT NOT NULL UNIQUE,
    title TEXT,
    description TEXT,               -- the standfirst the page shows
    authors TEXT NOT NULL DEFAULT '[]', -- JSON
    agency TEXT,                    -- wire service it rests on
    credit TEXT,                    -- outlet it credits
    dateline TEXT,                  -- place it opens with
    section TEXT,
    tags TEXT NOT NULL DEFAULT '[]', -- JSON
    language TEXT,
    published_at TEXT,              -- ISO 8601; Z only where the zone is known
    published_precision TEXT CHECK (published_precision IN ('year', 'month', 'day', 'minute', 'second')),
    published_from TEXT,            -- where the time was read
    text_from TEXT NOT NULL DEFAULT 'page' CHECK (text_from IN ('page', 'feed')), -- where the text was read
    modified_at TEXT,
    first_seen_at TEXT NOT NULL,
    gone_at TEXT,                   -- when it was found deleted
    paywalled INTEGER NOT NULL DEFAULT 0,
    live INTEGER NOT NULL DEFAULT 0, -- 1: a live blog, which grows
    image TEXT,
    captions TEXT NOT NULL DEFAULT '[]', -- JSON
    links TEXT NOT NULL DEFAULT '[]', -- JSON: outbound links of the text
    word_count INTEGER NOT NULL,
    removed_chars INTEGER NOT NULL,
    digest TEXT NOT NULL,           -- sha256 of text
    recipe_id TEXT NOT NULL REFERENCES recipes(id),
    claims TEXT NOT NULL DEFAULT '[]', -- JSON [{field, value, origin}, …]: all that was asserted
    text TEXT NOT NULL              -- last: SQLite walks overflow pages to reach columns behind it
) STRICT;
CREATE INDEX articles_published ON articles (published_at);
-- with what the health of a source is told by, so that a million texts stay untouched
CREATE INDEX articles_source ON articles (
    source_id, id, length(text), removed_chars, published_from IS NULL, authors = '[]', description IS NULL
);
CREATE INDEX articles_language ON articles (language);
CREATE INDEX articles_agency ON articles (agency);
CREATE INDEX articles_section ON articles (section);
CREATE INDEX articles_digest ON articles (digest);
CREATE INDEX articles_capture ON articles (capture_id);
CREATE INDEX articles_recipe ON articles (recipe_id, source_id);
CREATE INDEX articles_removed ON articles (removed_chars);

CREATE TABLE addresses (
    -- every address an article was seen at
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    urlkey TEXT NOT NULL,
    kind TEXT NOT NULL,             -- canonical | seen | amp | print | mobile | tracking
    PRIMARY KEY (article_id, url)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_urlkey ON addresses (urlkey);

CREATE TABLE parameters (
    -- query parameters under which the same article came again: no part of a key once two pages show it
    source_id TEXT NOT NULL REFERENCES sources(id),
    name TEXT NOT NULL,
    page TEXT NOT NULL,             -- urlkey without the parameter
    value TEXT NOT NULL,            -- a value under which that page came
    PRIMARY KEY (source_id, name, page, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
    -- texts that an article had before
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,             -- 1 is the first
    capture_id INTEGER NOT NULL REFERENCES captures(id),
    seen_from TEXT NOT NULL,
    seen_until TEXT NOT NULL,
    title TEXT,
    description TEXT,
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (article_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX revisions_until ON revisions (seen_until);
CREATE INDEX revisions_capture ON revisions (capture_id);

CREATE TABLE rules (
    -- every rule that ever cut something, as it was last known
    id TEXT PRIMARY KEY,
    zone TEXT NOT NULL,
    language TEXT,
    origin TEXT NOT NULL CHECK (origin IN ('shipped', 'yours', 'learned')),
    pattern TEXT,                   -- NULL: a rule in code
    reach TEXT,
    why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE removals (
    -- the ledger: every cut, so that text + removals give the extracted text again
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    start INTEGER NOT NULL,         -- code points into the extracted text
    stop INTEGER NOT NULL,
    zone TEXT NOT NULL CHECK (zone IN ('lead', 'body', 'tail', 'field')),
    rule_id TEXT NOT NULL REFERENCES rules(id),
    text TEXT NOT NULL,
    claims TEXT NOT NULL DEFAULT '[]', -- JSON: facts read from the cut text
    PRIMARY KEY (article_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX removals_rule ON removals (rule_id);

CREATE TABLE extractions (
    -- what reading a page gave before any cut, so that an article can be stripped again without its page
    article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
    base TEXT NOT NULL,             -- the recipe without its lesson: what the extraction depends on
    packed BLOB NOT NULL            -- zlib: digests of the page's lines, then JSON; its text is text + removals
) STRICT;

CREATE TABLE blocks (
    -- lines that a source repeats over different articles, and what was made of them
    source_id TEXT NOT NULL REFERENCES sources(id),
    digest INTEGER NOT NULL,        -- 8 bytes of the line's words; figures and dates make no difference
    verdict TEXT CHECK (verdict IN ('furniture', 'content')), -- NULL: too rare to tell
    origin TEXT CHECK (origin IN ('learned', 'yours')), -- who said so
    zone TEXT CHECK (zone IN ('edge', 'any')), -- where it goes: at the edges of a text, or anywhere
    articles INTEGER NOT NULL,      -- that show it
    looked_at INTEGER NOT NULL,     -- out of so many, the latest
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    text TEXT NOT NULL,             -- as it stands in one of them
    PRIMARY KEY (source_id, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE bands (
    -- MinHash bands: articles that share one may be near-duplicates
    band INTEGER NOT NULL,
    value INTEGER NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    PRIMARY KEY (band, value, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bands_article ON bands (article_id);

CREATE TABLE similar (
    article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    other_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('exact', 'near', 'contains')),
    score REAL NOT NULL,            -- share of shingles in common, 0 to 1
    PRIMARY KEY (article_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX similar_other ON similar (other_id);

CREATE TABLE clusters (
    article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
    head_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE -- the earliest published
) STRICT;
CREATE INDEX clusters_head ON clusters (head_id);

CREATE TABLE failures (
    -- what went wrong unexpectedly; the page is kept and can be tried again
    id INTEGER PRIMARY KEY,
    capture_id INTEGER REFERENCES captures(id),
    run_id INTEGER REFERENCES runs(id),
    url TEXT,
    stage TEXT NOT NULL,            -- fetch | process | store
    error TEXT NOT NULL,
    detail TEXT,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX failures_capture ON failures (capture_id);
CREATE INDEX failures_run ON failures (run_id);
CREATE INDEX failures_url ON failures (url);

CREATE TABLE tallies (
    -- what each run did, per source, counted in the transactions that did it
    run_id INTEGER NOT NULL REFERENCES runs(id),
    source_id TEXT NOT NULL,        -- '' where none is known
    what TEXT NOT NULL,             -- found | fetched | new | revised | unchanged | moved | failed |
                                    -- rejected:<reason> | removed_chars; read again: rebuilt | same |
                                    -- went, back (characters of rebuilt texts)
    n INTEGER NOT NULL,
    PRIMARY KEY (run_id, source_id, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
    -- what was wrong with a source, each from its beginning to its end
    id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources(id),
    feed_id INTEGER REFERENCES feeds(id), -- the feed it is about; NULL: the source as a whole
    kind TEXT NOT NULL,             -- silent | fewer | burst | length | dates | authors | standfirsts | cut | alike |
                                    -- rejected:<reason> | failing | refused | queue | feed | undiscovered
    detail TEXT NOT NULL,           -- in words, as it was last seen
    value REAL,                     -- what was measured when it was last seen, and
    usual REAL,                     -- what was usual when it began; both in the unit of the kind
    began_at TEXT NOT NULL,         -- as far as it can be told: of a feed its last answer, of a change its first article
    found_at TEXT NOT NULL,         -- when a crawl first saw it
    seen_at TEXT NOT NULL,          -- when a crawl last saw it
    ended_at TEXT                   -- when a crawl saw it gone; NULL: it still is so
) STRICT;
CREATE UNIQUE INDEX findings_open ON findings (source_id, kind, coalesce(feed_id, 0)) WHERE ended_at IS NULL;
CREATE INDEX findings_source ON findings (source_id, began_at);
CREATE INDEX findings_feed ON findings (feed_id);

CREATE TABLE vitals (
    -- how each source was at its last crawl; derived from the tables above
    source_id TEXT PRIMARY KEY REFERENCES sources(id),
    looked_at TEXT NOT NULL,
    last_success_at TEXT,           -- when one of its feeds last answered
    newest_at TEXT,                 -- when its newest article was published, or seen where no day is known
    usual_gap REAL,                 -- hours between two articles, as at most moments; NULL: too little history
    longest_gap REAL,               -- hours; the longest that is usual
    articles_week INTEGER NOT NULL, -- published in the seven days before the last success
    usual_week REAL,                -- median of the weeks before; NULL: too little history
    dated REAL,                     -- share of its latest hundred articles with a date
    authored REAL,                  -- the same with an author
    standfirst REAL,                -- the same with a standfirst
    length INTEGER,                 -- characters, the median of these
    cut REAL,                       -- share of the text cut off, the median of these
    pages_week INTEGER NOT NULL,    -- pages read by the crawls of the last seven days
    rejects TEXT NOT NULL DEFAULT '{}' -- JSON {reason: pages} of these
) STRICT, WITHOUT ROWID;

CREATE TABLE hosts (
    -- manners that outlive the process
    host TEXT PRIMARY KEY,          -- scheme://host:port
    robots BLOB,                    -- robots.txt as read, first 512 KiB
    verdict TEXT,                   -- rules | allow | deny
    fetched_at TEXT,
    delay REAL,                     -- seconds it asks for between requests
    retry_at TEXT,                  -- not to be asked before
    reason TEXT                     -- why not
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, description, text,
    content='articles', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
);
-- ORDER BY rank weighs a word in the title like three in the standfirst or eight in the text
INSERT INTO articles_fts (articles_fts, rank) VALUES ('rank', 'bm25(8.0, 3.0, 1.0)');
CREATE TRIGGER articles_ai AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts (rowid, title, description, text)
    VALUES (new.id, new.title, new.description, new.text);
END;
CREATE TRIGGER articles_ad AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, description, text)
    VALUES ('delete', old.id, old.title, old.description, old.text);
END;
CREATE TRIGGER articles_au AFTER UPDATE OF id, title, description, text ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, description, text)
    VALUES ('delete', old.id, old.title, old.description, old.text);
    INSERT INTO articles_fts (rowid, title, description, text)
    VALUES (new.id, new.title, new.description, new.text);
END;

CREATE VIEW recent AS
    -- newest articles first, as one line each
    SELECT id, source_id, published_at, title, description, word_count, removed_chars, url
    FROM articles ORDER BY id DESC;

CREATE VIEW history AS
    -- every text an article has or had; n NULL is the present one
    SELECT id AS article_id, NULL AS n, source_id, title, description, text, digest, capture_id,
           coalesce((SELECT max(seen_until) FROM revisions WHERE article_id = articles.id), first_seen_at)
               AS seen_from,
           gone_at AS seen_until
    FROM articles
    UNION ALL
    SELECT revisions.article_id, n, source_id, revisions.title, revisions.description, revisions.text,
           revisions.digest, revisions.capture_id, seen_from, seen_until
    FROM revisions JOIN articles ON articles.id = revisions.article_id;

CREATE VIEW ledger AS
    -- every cut with its rule and reason
    SELECT removals.article_id, removals.n, articles.source_id, articles.title, removals.zone,
           removals.rule_id, rules.why, rules.origin, removals.text, removals.start, removals.stop
    FROM removals JOIN rules ON rules.id = removals.rule_id JOIN articles ON articles.id = removals.article_id;

CREATE VIEW source_health AS
    -- one line per source that is followed: what is wrong, what came and when, as usual or not, and what did not come
    SELECT sources.id AS source_id, sources.name,
           (SELECT count(*) FROM findings WHERE source_id = sources.id AND ended_at IS NULL) AS ill,
           (SELECT group_concat(detail, '; ') FROM findings WHERE source_id = sources.id AND ended_at IS NULL)
               AS findings,
           (SELECT max(iif(failures = 0, checked_at,
                           (SELECT max(fetched_at) FROM captures WHERE feed_id = feeds.id)))
            FROM feeds WHERE source_id = sources.id) AS last_success_at,
           (SELECT first_seen_at FROM articles WHERE source_id = sources.id ORDER BY id DESC LIMIT 1) AS last_article_at,
           vitals.usual_gap, vitals.longest_gap,
           (SELECT count(*) FROM articles WHERE source_id = sources.id) AS articles,
           vitals.articles_week, vitals.usual_week, vitals.dated, vitals.authored, vitals.standfirst, vitals.length,
           vitals.cut, vitals.pages_week, vitals.rejects,
           (SELECT count(*) FROM entries WHERE source_id = sources.id AND state = 'queued') AS queued,
           (SELECT count(*) FROM entries WHERE source_id = sources.id AND state = 'failed') AS failed,
           (SELECT count(*) FROM entries WHERE source_id = sources.id AND state = 'refused') AS refused,
           (SELECT max(failures) FROM feeds WHERE source_id = sources.id) AS feed_failures, vitals.looked_at
    FROM sources LEFT JOIN vitals ON vitals.source_id = sources.id WHERE sources.retired_at IS NULL;

CREATE VIEW syndication AS
    -- stories carried more than once: who had it, in order of publication
    SELECT clusters.head_id, articles.id AS article_id, articles.source_id, articles.title, articles.agency,
           articles.published_at, articles.published_precision, articles.first_seen_at, articles.url
    FROM clusters JOIN articles ON articles.id = clusters.article_id;

CREATE VIEW rejected AS
    -- addresses that are not in the archive, and why
    SELECT entries.source_id, entries.url, entries.title, entries.found_at, entries.tries,
           coalesce(entries.reason, captures.outcome, entries.state) AS reason,
           (SELECT group_concat(source_id, ', ') FROM mentions WHERE entry_id = entries.id) AS mentioned_by
    FROM entries LEFT JOIN captures ON captures.id = entries.capture_id
    WHERE entries.state IN ('queued', 'refused', 'failed')
       OR captures.outcome NOT IN ('article', 'unchanged', 'feed')
       OR entries.reason LIKE 'duplicate of %';
