-- title: Why is it not in the archive?
-- description: Paste an address, with or without https:// and www., and a line says what is known of it: found, fetched, refused, read as no article, forgotten or never heard of. A part of an address lists what begins with it, and what holds it among the 50,000 found last. Nothing lists the latest that gave no article.
-- param address: an address or a part of one; empty for the latest
WITH asked AS MATERIALIZED (
    SELECT value AS key FROM json_each(urlkeys(:address)) WHERE trim(:address) <> ''
),
forgotten AS MATERIALIZED (SELECT takedowns.* FROM asked CROSS JOIN takedowns ON takedowns.key = sha256(asked.key)),
here AS MATERIALIZED (
    SELECT articles.id FROM asked CROSS JOIN articles ON articles.urlkey = asked.key
    UNION SELECT addresses.article_id FROM asked CROSS JOIN addresses ON addresses.urlkey = asked.key
),
listed AS MATERIALIZED (SELECT entries.id FROM asked CROSS JOIN entries ON entries.urlkey = asked.key),
fetched AS MATERIALIZED (
    SELECT captures.id FROM asked CROSS JOIN captures ON captures.urlkey = asked.key
    ORDER BY captures.fetched_at DESC LIMIT 1
),
known AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (SELECT 1 FROM forgotten) THEN 1 WHEN EXISTS (SELECT 1 FROM here) THEN 2
                WHEN EXISTS (SELECT 1 FROM listed) THEN 3 WHEN EXISTS (SELECT 1 FROM fetched) THEN 4 END AS by
),
near AS MATERIALIZED ( -- the same page with other parameters, then what begins as the address does
    SELECT * FROM (
        SELECT entries.id, true AS same FROM asked CROSS JOIN entries
            ON entries.urlkey > asked.key || '?' AND entries.urlkey < asked.key || '@'
        LIMIT (SELECT iif(by IS NULL, 20, 0) FROM known)
    ) UNION ALL SELECT * FROM (
        SELECT entries.id, false FROM asked CROSS JOIN entries
            ON entries.urlkey >= asked.key AND entries.urlkey < asked.key || char(0x10FFFF)
        LIMIT (SELECT iif(by IS NULL, 20000, 0) FROM known)
    )
),
nearest AS MATERIALIZED (
    SELECT entries.id FROM near CROSS JOIN entries USING (id)
    LEFT JOIN captures ON captures.id = entries.capture_id
    WHERE same OR entries.state <> 'fetched' OR entries.reason LIKE 'duplicate of %'
       OR coalesce(captures.outcome, '') NOT IN ('article', 'unchanged', 'feed')
    LIMIT 200
),
latest AS (
    SELECT id, url, state, reason, capture_id FROM entries ORDER BY id DESC
    LIMIT (SELECT iif(by IS NULL AND NOT EXISTS (SELECT 1 FROM nearest), 50000, 0) FROM known)
),
picked AS MATERIALIZED (
    SELECT id FROM listed WHERE (SELECT by FROM known) = 3
    UNION SELECT id FROM nearest
    UNION SELECT * FROM (
        SELECT latest.id FROM latest LEFT JOIN captures ON captures.id = latest.capture_id
        WHERE (trim(:address) = '' OR instr(lower(latest.url), lower(trim(:address))))
          AND (latest.state <> 'fetched' OR latest.reason LIKE 'duplicate of %'
               OR coalesce(captures.outcome, '') NOT IN ('article', 'unchanged', 'feed'))
        LIMIT 200
    )
),
told AS (
    SELECT entries.found_at AS found, entries.source_id AS source, entries.state, entries.reason, captures.outcome,
           entries.title, entries.url, entries.tries, entries.id AS entry_id, captures.id AS capture_id
    FROM picked CROSS JOIN entries ON entries.id = picked.id LEFT JOIN captures ON captures.id = entries.capture_id
    UNION ALL
    SELECT captures.fetched_at, captures.source_id, 'fetched', NULL, captures.outcome,
           NULL, captures.url, NULL, NULL, captures.id
    FROM fetched CROSS JOIN captures ON captures.id = fetched.id WHERE (SELECT by FROM known) = 4
)
SELECT found, source,
       CASE WHEN state = 'queued' THEN 'waits to be fetched' || coalesce(': ' || reason, '')
            WHEN state = 'failed' THEN 'could not be fetched: ' || coalesce(reason, 'no reason is known')
            WHEN state = 'refused' THEN coalesce(reason, 'refused')
            WHEN reason IS NOT NULL THEN reason
            WHEN outcome IS NULL THEN 'fetched, and waits to be read'
            ELSE coalesce('fetched, but ' || CASE outcome
                WHEN 'not-html' THEN 'it is no web page' WHEN 'undecodable' THEN 'its bytes are no text'
                WHEN 'empty' THEN 'there is no text on the page' WHEN 'too-short' THEN 'its text is too short for an article'
                WHEN 'listing' THEN 'it is a list of other pages' WHEN 'not-found' THEN 'the host says that there is no such page'
                WHEN 'blocked' THEN 'the host showed a page for robots' WHEN 'login' THEN 'one has to sign in to read it'
                WHEN 'forgotten' THEN 'it was forgotten for good'
                WHEN 'failed' THEN 'it could not be read: ' || coalesce((SELECT error FROM failures
                    WHERE capture_id = told.capture_id ORDER BY id DESC LIMIT 1), 'no reason is known') END,
                CASE outcome WHEN 'feed' THEN 'it is a feed, and no article'
                             WHEN 'article' THEN 'it is in the archive' WHEN 'unchanged' THEN 'it is in the archive'
                             ELSE outcome END)
       END AS reason,
       title, url, tries,
       (SELECT group_concat(source_id, ', ') FROM mentions WHERE entry_id = told.entry_id) AS mentioned_by,
       (SELECT id FROM articles WHERE articles.capture_id = told.capture_id) AS article_id
FROM told
UNION ALL
SELECT at, source_id, 'forgotten on ' || substr(at, 1, 10) || ': ' || reason, NULL, trim(:address), NULL, NULL, NULL
FROM forgotten
UNION ALL
SELECT articles.first_seen_at, articles.source_id,
       'it is in the archive' || iif(articles.urlkey IN (SELECT key FROM asked), '', ', under another address')
           || coalesce('; the outlet had taken it down by ' || substr(gone_at, 1, 10), ''),
       articles.title, articles.url, NULL, NULL, articles.id
FROM here CROSS JOIN articles ON articles.id = here.id WHERE (SELECT by FROM known) = 2
UNION ALL
SELECT NULL, NULL,
       CASE WHEN (SELECT max(id) FROM entries) IS NULL
            THEN 'it is not here, and this archive does not tell what was found'
            WHEN EXISTS (SELECT 1 FROM near) THEN 'what begins so and was found is in the archive'
            WHEN :address NOT LIKE '%.%' AND :address NOT LIKE '%:%' THEN 'no address that was found last holds it'
       ELSE 'never found by any feed' || CASE
           WHEN NOT EXISTS (SELECT 1 FROM sources WHERE homepage IS NOT NULL
                            AND surt(homepage) LIKE (SELECT substr(key, 1, instr(key, ')')) FROM asked) || '%')
           THEN '; no source has this host' ELSE '' END || coalesce((
               SELECT CASE WHEN verdict = 'deny' THEN '; its host does not say what robots.txt allows'
                           WHEN NOT robots_allow(robots, :address) THEN '; robots.txt forbids it' END
               FROM hosts WHERE host IN (origin(:address), replace(origin(:address), 'https:', 'http:'))
                 AND (verdict = 'deny' OR robots IS NOT NULL)
           ), '') END,
       NULL, trim(:address), NULL, NULL, NULL
WHERE trim(:address) <> '' AND (SELECT by FROM known) IS NULL AND NOT EXISTS (SELECT 1 FROM picked)
ORDER BY found DESC
