-- title: How much comes from agencies
-- description: Articles of each source that rest on a news agency, and their share of all its articles.
SELECT source_id AS source, agency, count(*) AS articles,
       round(100.0 * count(*) / (SELECT count(*) FROM articles AS every WHERE every.source_id = articles.source_id))
           AS percent
FROM articles WHERE agency > ''
GROUP BY source_id, agency ORDER BY articles DESC
