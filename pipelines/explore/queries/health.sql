-- title: Are the sources well?
-- description: When each source last answered and when its newest article came, and what waits or went wrong.
WITH health AS (
    SELECT source_id, articles, last_success_at, queued, failed, refused, feed_failures,
           (SELECT first_seen_at FROM articles WHERE source_id = source_health.source_id ORDER BY id DESC LIMIT 1)
               AS newest_at
    FROM source_health
)
SELECT source_id AS source,
       CASE WHEN last_success_at IS NULL AND articles = 0 THEN 'never answered'
            WHEN feed_failures >= 3 THEN 'failing'
            WHEN articles = 0 THEN 'no articles'
            WHEN newest_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days') THEN 'quiet for a week'
            ELSE 'well' END AS state,
       articles, newest_at AS newest_came, last_success_at AS last_answer, queued, failed, refused
FROM health ORDER BY state = 'well', newest_at
