-- title: Search with passages
-- description: Best matches first, with the passage that matched. Phrases in "quotes", AND, OR, NOT, prefix*, NEAR(a b), title:word.
-- param words: what to look for
-- param source: id of a source; empty for all
SELECT articles.published_at AS published, articles.source_id AS source, articles.title,
       replace(snippet(articles_fts, 2, '[', ']', ' … ', 24), char(10), ' ') AS passage, articles.id AS article_id
FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid
WHERE articles_fts MATCH iif(:words = '', '""', :words) AND rank MATCH 'bm25(10.0, 5.0, 1.0)'
  AND (:source = '' OR articles.source_id = :source)
ORDER BY rank LIMIT 50
