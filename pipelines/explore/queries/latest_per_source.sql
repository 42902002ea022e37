-- title: Newest articles of each source
-- description: The newest few of every source, side by side.
-- param each (number): how many of each source, 1 to 20; empty for 3
SELECT articles.source_id AS source, articles.published_at AS published, articles.title,
       articles.word_count AS words, articles.id AS article_id
FROM sources CROSS JOIN articles ON articles.id IN (
    SELECT id FROM articles WHERE source_id = sources.id ORDER BY id DESC
    LIMIT max(1, min(20, CAST(coalesce(nullif(trim(:each), ''), 3) AS INTEGER)))
)
ORDER BY sources.id, articles.id DESC
