-- title: Who has the story first
-- description: Of the latest stories that several sources carry (20,000 articles), how many each one had first, and how far behind it was otherwise, half of the times less and half more. Minutes count only where both times are known to the minute.
-- param since (date): only stories from this day on; empty for the latest
-- chart: ranks x=source y=first
WITH carried AS MATERIALIZED (
    SELECT article_id, head_id FROM clusters WHERE head_id >= coalesce(unixepoch(:since), 0) * 1048576
    ORDER BY head_id DESC LIMIT 20000
),
members AS MATERIALIZED (
    SELECT carried.head_id, member.id, member.source_id, member.published_at
    FROM carried CROSS JOIN articles AS member ON member.id = carried.article_id
),
stories AS MATERIALIZED (
    SELECT members.*, head.published_at AS head_at
    FROM (SELECT head_id FROM members GROUP BY head_id HAVING count(DISTINCT source_id) > 1) AS wide
    CROSS JOIN members ON members.head_id = wide.head_id
    CROSS JOIN articles AS head ON head.id = wide.head_id
),
behind AS MATERIALIZED (
    SELECT source_id, minutes, row_number() OVER nearest AS place, count(*) OVER (PARTITION BY source_id) AS times
    FROM (
        SELECT source_id, 1440 * (julianday(published_at) - julianday(head_at)) AS minutes FROM stories
        WHERE id <> head_id AND published_at LIKE '%T%Z' AND head_at LIKE '%T%Z'
    ) WINDOW nearest AS (PARTITION BY source_id ORDER BY minutes)
)
SELECT source_id AS source, count(*) AS stories, sum(id = head_id) AS first,
       round(100.0 * sum(id = head_id) / count(*)) AS first_percent,
       (SELECT round(avg(minutes)) FROM behind WHERE behind.source_id = stories.source_id
        AND place IN ((times + 1) / 2, times / 2 + 1)) AS median_minutes_behind
FROM stories GROUP BY source_id ORDER BY first DESC, stories DESC
