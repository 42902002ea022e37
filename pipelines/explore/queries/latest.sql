-- title: Newest articles
-- description: The newest hundred articles of one source, or of all of them.
-- param source (source): only of this source; empty for all
SELECT * FROM (
    SELECT published_at AS published, source_id AS source, title, word_count AS words, id AS article_id
    FROM articles WHERE :source = '' ORDER BY id DESC LIMIT 100
)
UNION ALL
SELECT * FROM (
    SELECT published_at, source_id, title, word_count, id
    FROM articles WHERE source_id = :source ORDER BY id DESC LIMIT 100
)
