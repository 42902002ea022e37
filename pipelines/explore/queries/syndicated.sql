-- title: Stories carried by several outlets
-- description: The same text at more than one source, the most widely carried first: by whom, and who published it first.
-- param since (date): only stories from this day on; empty for all
-- param until (date): only stories up to this day; empty for all
WITH stories AS MATERIALIZED ( -- outlets are never more than articles, so the widest stories are among the largest
    SELECT head_id FROM clusters
    WHERE head_id BETWEEN coalesce(unixepoch(:since), 0) * 1048576
          AND coalesce(unixepoch(nullif(:until, ''), '+1 day') * 1048576 - 1, 9223372036854775807)
    GROUP BY head_id HAVING count(*) > 1 ORDER BY count(*) DESC, head_id DESC LIMIT 500
)
SELECT count(DISTINCT member.source_id) AS outlets, head.published_at AS published, head.source_id AS first,
       head.title, head.agency, group_concat(DISTINCT member.source_id) AS carried_by, head.id AS article_id
FROM stories
CROSS JOIN clusters ON clusters.head_id = stories.head_id
CROSS JOIN articles AS head ON head.id = stories.head_id
CROSS JOIN articles AS member ON member.id = clusters.article_id
GROUP BY stories.head_id HAVING outlets > 1
ORDER BY outlets DESC, stories.head_id DESC LIMIT 100
