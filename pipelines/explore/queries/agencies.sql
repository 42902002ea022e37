-- title: How much comes from agencies
-- description: Articles of each source that rest on a news agency, and their share of all its articles.
-- chart: ranks x=source y=percent
WITH counted AS MATERIALIZED (SELECT agency, source_id, count(*) AS articles FROM articles GROUP BY agency, source_id)
SELECT source_id AS source, agency, articles, round(100.0 * articles / everything, 1) AS percent
FROM (SELECT *, sum(articles) OVER (PARTITION BY source_id) AS everything FROM counted)
WHERE agency > '' ORDER BY articles DESC, source, agency LIMIT 500
