-- title: Articles that were cut most
-- description: Where most characters went: furniture mostly, or a page that was read wrongly. The article's page shows each cut in place.
-- param source (source): only of this source; empty for all
WITH most AS MATERIALIZED (
    SELECT * FROM (
        SELECT id, removed_chars FROM articles WHERE :source = '' ORDER BY removed_chars DESC LIMIT 100
    ) UNION ALL SELECT * FROM (
        SELECT id, removed_chars FROM articles WHERE source_id = :source ORDER BY removed_chars DESC LIMIT 100
    )
)
SELECT most.removed_chars AS characters_cut,
       round(100.0 * most.removed_chars / (most.removed_chars + length(articles.text))) AS percent,
       (SELECT count(*) FROM removals WHERE article_id = most.id AND zone <> 'field') AS cuts,
       articles.source_id AS source, articles.title, most.id AS article_id
FROM most CROSS JOIN articles ON articles.id = most.id
WHERE most.removed_chars > 0 ORDER BY characters_cut DESC, article_id
