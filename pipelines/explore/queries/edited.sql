-- title: Texts that changed after publication
-- description: The latest changes, with the headline before and now. The article's page holds the earlier text.
SELECT revisions.seen_until AS changed, articles.source_id AS source, articles.title,
       CASE WHEN revisions.title IS NOT articles.title THEN revisions.title END AS headline_before,
       revisions.n AS version, length(articles.text) - length(revisions.text) AS characters_more,
       articles.id AS article_id
FROM revisions CROSS JOIN articles ON articles.id = revisions.article_id
ORDER BY revisions.seen_until DESC LIMIT 100
