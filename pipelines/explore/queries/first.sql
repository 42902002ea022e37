-- title: Who has the story first
-- description: Of the stories that several sources carry, how many each one had first, and how far behind it was otherwise. Minutes count only where both times are known to the minute.
SELECT member.source_id AS source, count(*) AS stories, sum(member.id = head.id) AS first,
       round(100.0 * sum(member.id = head.id) / count(*)) AS first_percent,
       round(avg(CASE WHEN member.id <> head.id AND member.published_at LIKE '%Z' AND head.published_at LIKE '%Z'
                      THEN 1440 * (julianday(member.published_at) - julianday(head.published_at)) END))
           AS average_minutes_behind
FROM clusters
JOIN articles AS head ON head.id = clusters.head_id
JOIN articles AS member ON member.id = clusters.article_id
WHERE EXISTS (
    SELECT 1 FROM clusters AS other JOIN articles ON articles.id = other.article_id
    WHERE other.head_id = clusters.head_id AND articles.source_id <> member.source_id
)
GROUP BY member.source_id ORDER BY first DESC, stories DESC
