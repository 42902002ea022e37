-- title: Stories carried by several outlets
-- description: The same text at more than one source: how many carry it, and who published it first.
SELECT count(DISTINCT member.source_id) AS outlets, head.published_at AS published, head.source_id AS first,
       head.title, head.agency, group_concat(DISTINCT member.source_id) AS carried_by, head.id AS article_id
FROM clusters
JOIN articles AS head ON head.id = clusters.head_id
JOIN articles AS member ON member.id = clusters.article_id
GROUP BY clusters.head_id HAVING outlets > 1
ORDER BY outlets DESC, clusters.head_id DESC LIMIT 100
