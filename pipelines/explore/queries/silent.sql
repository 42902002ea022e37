-- title: Which sources are silent longest
-- description: Followed sources by the time since their newest article was published, beside what is usual for each; the gap is the time between two articles.
-- chart: ranks x=source y=days_silent
SELECT source, days_silent, round(days_silent * 24 / usual_gap) AS times_usual, newest_published,
       round(usual_gap, 1) AS usual_gap_hours, round(longest_gap, 1) AS longest_usual_gap_hours, last_answer
FROM (
    SELECT sources.id AS source, vitals.usual_gap, vitals.longest_gap, vitals.newest_at AS newest_published,
           round(julianday('now') - julianday(coalesce(vitals.newest_at, newest.first_seen_at)), 1) AS days_silent,
           (SELECT max(iif(failures = 0, checked_at, NULL)) FROM feeds WHERE source_id = sources.id) AS last_answer
    FROM sources
    LEFT JOIN vitals ON vitals.source_id = sources.id
    LEFT JOIN articles AS newest
        ON newest.id = (SELECT id FROM articles WHERE source_id = sources.id ORDER BY id DESC LIMIT 1)
    WHERE sources.retired_at IS NULL AND EXISTS (SELECT 1 FROM feeds WHERE source_id = sources.id)
)
ORDER BY days_silent IS NOT NULL, days_silent DESC, source LIMIT 500
