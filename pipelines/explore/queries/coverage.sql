-- title: Coverage of a word over time
-- description: How many articles of each source hold a word or phrase, month by month.
-- param words: a word or phrase, taken as it stands
SELECT coalesce(substr(articles.published_at, 1, 7), 'unknown') AS month, articles.source_id AS source,
       count(*) AS articles
FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid
WHERE articles_fts MATCH '"' || replace(:words, '"', '""') || '"'
GROUP BY month, source ORDER BY month DESC, articles DESC
