-- title: Search with passages
-- description: Best matches first among the newest 10,000, with the passage that matched. Phrases in "quotes", AND, OR, NOT, prefix*, NEAR(a b), title:word.
-- param words (needed): what to look for
-- param source (source): only of this source; empty for all
SELECT articles.published_at AS published, articles.source_id AS source, articles.title,
       replace(snippet(articles_fts, 2, '[', ']', ' … ', 24), char(10), ' ') AS passage, articles.id AS article_id
FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid
WHERE articles_fts MATCH iif(:words = '', '""', :words)
  AND articles_fts.rowid >= (
    SELECT coalesce(min(id), 0) FROM (
        SELECT rowid AS id FROM articles_fts WHERE articles_fts MATCH iif(:words = '', '""', :words)
        ORDER BY rowid DESC LIMIT 10000
    )
  )
  AND rank MATCH 'bm25(10.0, 5.0, 1.0)' AND (:source = '' OR articles.source_id = :source)
ORDER BY rank LIMIT 50
