-- title: New since my last visit
-- description: Articles that came since then, the last to come first; at most 300. In the browser the page remembers your last visit in a cookie.
-- param since (visit): a day, a time, or the number of the last capture that was seen; empty for the last to come
WITH asked AS (
    SELECT CASE WHEN trim(:since) = '' THEN 0
                WHEN trim(:since) NOT GLOB '*[^0-9]*' THEN CAST(:since AS INTEGER)
                ELSE 9223372036854775807 END AS capture,
           iif(trim(:since) NOT GLOB '*[^0-9]*', '~', trim(:since)) AS at
),
come AS MATERIALIZED (
    SELECT * FROM (
        SELECT id, capture_id FROM articles WHERE capture_id > (SELECT capture FROM asked)
        AND NOT EXISTS ( -- one that changed was seen already
            SELECT 1 FROM revisions WHERE article_id = articles.id AND revisions.capture_id <= (SELECT capture FROM asked)
        ) ORDER BY capture_id DESC LIMIT 300
    ) UNION ALL SELECT * FROM (
        SELECT id, capture_id FROM articles WHERE first_seen_at >= (SELECT at FROM asked)
        ORDER BY first_seen_at DESC LIMIT 300
    )
)
SELECT articles.first_seen_at AS seen, articles.source_id AS source, articles.title,
       articles.published_at AS published, articles.word_count AS words, articles.id AS article_id
FROM come CROSS JOIN articles ON articles.id = come.id ORDER BY come.capture_id DESC
