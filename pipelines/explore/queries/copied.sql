-- title: What each outlet made of a story
-- description: Who carries the story of an article, how far behind the first one, how much of it is copied, and how many paragraphs were cut and added. `tearsheet story` shows the paragraphs.
-- param article (number, needed): id of an article that carries the story
SELECT source_id AS source, published_at AS published, hours_behind,
       round(100 * of_own) AS percent_copied, round(100 * of_head) AS percent_of_first,
       cut AS paragraphs_cut, added AS paragraphs_added, title, agency, article_id
FROM syndication
WHERE head_id = (SELECT head_id FROM clusters WHERE article_id = :article)
ORDER BY article_id <> head_id, coalesce(published_at, first_seen_at)
