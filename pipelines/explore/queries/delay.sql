-- title: How far behind the first
-- description: How many minutes each source is behind the one that had a story first: half of the times less than the median, half more. A quarter of the times it is faster than the quickest quarter, and a quarter slower than the slowest. It looks at the latest 20,000 articles that carry a story of several sources, where both times are known to the minute.
-- param first (source): only stories that this source had first; empty for all
-- param since (date): only stories from this day on; empty for the latest
-- chart: ranks x=source y=median_minutes
WITH carried AS MATERIALIZED (
    SELECT article_id, head_id FROM clusters WHERE head_id >= coalesce(unixepoch(:since), 0) * 1048576
    ORDER BY head_id DESC LIMIT 20000
),
behind AS MATERIALIZED (
    SELECT source_id, minutes, row_number() OVER nearest AS place, count(*) OVER (PARTITION BY source_id) AS times
    FROM (
        SELECT member.source_id, 1440 * (julianday(member.published_at) - julianday(head.published_at)) AS minutes
        FROM carried
        CROSS JOIN articles AS member ON member.id = carried.article_id
        CROSS JOIN articles AS head ON head.id = carried.head_id
        WHERE carried.article_id <> carried.head_id AND (:first = '' OR head.source_id = :first)
          AND member.source_id <> head.source_id
          AND member.published_at LIKE '%T%Z' AND head.published_at LIKE '%T%Z'
    ) WINDOW nearest AS (PARTITION BY source_id ORDER BY minutes)
)
SELECT source_id AS source, times AS stories,
       round(avg(minutes) FILTER (WHERE place IN ((times + 1) / 2, times / 2 + 1))) AS median_minutes,
       round(min(minutes) FILTER (WHERE 4 * place >= times)) AS quickest_quarter,
       round(min(minutes) FILTER (WHERE 4 * place >= 3 * times)) AS slowest_quarter
FROM behind GROUP BY source_id ORDER BY median_minutes, source_id
