-- title: Corrections and updates that were added
-- description: The latest notes by which outlets say that they corrected, clarified or updated a text after it was published, among the latest 50,000 edits.
-- param source (source): only of this source; empty for all
SELECT edits.seen_until AS seen_at, articles.source_id AS source, articles.title, changes.after AS note,
       articles.id AS article_id
FROM (SELECT article_id, n, seen_until FROM revisions ORDER BY seen_until DESC LIMIT 50000) AS edits
CROSS JOIN changes ON changes.article_id = edits.article_id AND changes.n = edits.n
CROSS JOIN articles ON articles.id = edits.article_id
WHERE changes.kind = 'correction' AND (:source = '' OR articles.source_id = :source)
LIMIT 100
