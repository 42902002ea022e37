-- title: Headlines that changed
-- description: The latest headlines that got other words after publication, before and after.
-- param source: only of this source
SELECT revisions.seen_until AS seen_at, articles.source_id AS source, changes.before AS headline_before,
       changes.after AS headline_after, articles.id AS article_id
FROM changes
JOIN revisions ON revisions.article_id = changes.article_id AND revisions.n = changes.n
JOIN articles ON articles.id = changes.article_id
WHERE changes.kind = 'headline' AND (:source = '' OR articles.source_id = :source)
ORDER BY revisions.seen_until DESC LIMIT 100
