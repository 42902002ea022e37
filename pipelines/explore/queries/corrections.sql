-- title: Corrections and updates that were added
-- description: The latest notes by which outlets say that they corrected, clarified or updated a text after it was published.
-- param source: only of this source
SELECT revisions.seen_until AS seen_at, articles.source_id AS source, articles.title, changes.after AS note,
       articles.id AS article_id
FROM changes
JOIN revisions ON revisions.article_id = changes.article_id AND revisions.n = changes.n
JOIN articles ON articles.id = changes.article_id
WHERE changes.kind = 'correction' AND (:source = '' OR articles.source_id = :source)
ORDER BY revisions.seen_until DESC LIMIT 100
