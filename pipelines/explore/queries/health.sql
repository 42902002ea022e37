-- title: Are the sources well?
-- description: What is wrong with each source, when it last answered and brought something, and its week beside its usual one.
SELECT source_id AS source,
       CASE WHEN last_success_at IS NULL AND articles = 0 THEN 'never answered'
            WHEN feed_failures >= 3 THEN 'failing'
            WHEN ill THEN 'ill'
            WHEN articles = 0 THEN 'no articles'
            ELSE 'well' END AS state,
       findings, last_article_at AS newest_came, last_success_at AS last_answer,
       articles_week AS this_week, usual_week, round(100 * dated) AS dated_percent,
       round(100 * authored) AS author_percent, round(100 * standfirst) AS standfirst_percent, length,
       round(100 * cut) AS cut_percent, articles, queued, failed, refused
FROM source_health ORDER BY state = 'well', newest_came
