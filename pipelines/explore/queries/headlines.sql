-- title: Headlines that changed
-- description: The latest headlines that got other words after publication, before and after, among the latest 50,000 edits.
-- param source (source): only of this source; empty for all
SELECT edits.seen_until AS seen_at, articles.source_id AS source, changes.before AS headline_before,
       changes.after AS headline_after, articles.id AS article_id
FROM (SELECT article_id, n, seen_until FROM revisions ORDER BY seen_until DESC LIMIT 50000) AS edits
CROSS JOIN changes ON changes.article_id = edits.article_id AND changes.n = edits.n
CROSS JOIN articles ON articles.id = edits.article_id
WHERE changes.kind = 'headline' AND (:source = '' OR articles.source_id = :source)
LIMIT 100
