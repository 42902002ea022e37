-- title: Articles that were taken down
-- description: What outlets published and then deleted, the latest first. The archive keeps the text.
-- param source (source): only of this source; empty for all
SELECT gone, source, articles.title, articles.published_at AS published, articles.url, articles.id AS article_id
FROM (SELECT id, source_id AS source, gone_at AS gone FROM articles WHERE gone_at IS NOT NULL
      ORDER BY gone_at DESC LIMIT 20000) AS lost
CROSS JOIN articles ON articles.id = lost.id
WHERE :source = '' OR source = :source LIMIT 200
