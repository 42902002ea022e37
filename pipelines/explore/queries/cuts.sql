-- title: What the rules cut
-- description: Every rule that cut something lately, with what it does, how often it cut among the latest 20,000 cuts, and its latest one. The articles' pages show each cut in place.
SELECT rules.id AS rule, rules.zone, rules.origin, counted.cuts, counted.articles, rules.why,
       (SELECT substr(trim(text, char(10)), 1, 120) FROM removals AS latest
        WHERE latest.rule_id = rules.id ORDER BY latest.article_id DESC LIMIT 1) AS latest_cut
FROM (
    SELECT rule_id, count(*) AS cuts, count(DISTINCT article_id) AS articles
    FROM (SELECT rule_id, article_id FROM removals ORDER BY article_id DESC LIMIT 20000) GROUP BY rule_id
) AS counted
CROSS JOIN rules ON rules.id = counted.rule_id
ORDER BY counted.cuts DESC, rules.id
