-- title: Coverage of a word over time
-- description: How many articles of each source hold a word or phrase, in the latest 120 months, weeks or days that have any. At most the newest 50,000 are counted, so the first bar may be incomplete.
-- param words (needed): a word or phrase, taken as it stands
-- param by (month | week | day): what each bar stands for; empty for a month
-- param since (date): only from this day on; empty for all
-- param until (date): only up to this day; empty for all
-- chart: bars x=period y=articles by=source
WITH asked AS (
    SELECT '"' || replace(:words, '"', '""') || '"' AS phrase,
           iif(length(:words) = length(CAST(:words AS BLOB)), '""', '"' || replace(:words, '"', '""') || '"') AS piece,
           coalesce(unixepoch(:since), 0) * 1048576 AS low,
           coalesce(unixepoch(nullif(:until, ''), '+1 day') * 1048576 - 1, 9223372036854775807) AS high
),
found AS MATERIALIZED (
    SELECT id FROM (
        SELECT rowid AS id FROM articles_fts
        WHERE articles_fts MATCH (SELECT phrase FROM asked)
          AND rowid BETWEEN (SELECT low FROM asked) AND (SELECT high FROM asked)
        ORDER BY rowid DESC LIMIT 50000
    ) UNION SELECT id FROM ( -- scripts without spaces between words
        SELECT rowid AS id FROM articles_trigrams
        WHERE articles_trigrams MATCH (SELECT piece FROM asked)
          AND rowid BETWEEN (SELECT low FROM asked) AND (SELECT high FROM asked)
        ORDER BY rowid DESC LIMIT 50000
    )
),
dated AS (
    SELECT source_id, substr(iif(length(published_at) >= 10, published_at, first_seen_at), 1, 10) AS day
    FROM found CROSS JOIN articles ON articles.id = found.id
),
counted AS MATERIALIZED (
    SELECT CASE :by WHEN 'day' THEN day WHEN 'week' THEN date(day, 'weekday 0', '-6 days') ELSE substr(day, 1, 7) END
           AS period, coalesce(source_id, 'none') AS source, count(*) AS articles
    FROM dated GROUP BY period, source
),
named AS MATERIALIZED (SELECT source FROM counted GROUP BY source ORDER BY sum(articles) DESC, source LIMIT 7)
SELECT period, iif(source IN (SELECT source FROM named), source, 'others') AS source, sum(articles) AS articles
FROM counted WHERE period IN (SELECT DISTINCT period FROM counted ORDER BY period DESC LIMIT 120)
GROUP BY 1, 2 ORDER BY period DESC, articles DESC, 2
