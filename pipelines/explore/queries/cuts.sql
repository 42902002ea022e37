-- title: What the rules cut
-- description: Every rule with what it does, how often it cut, and its latest cut. The articles' pages show each cut in place.
SELECT rules.id AS rule, rules.zone, rules.origin, count(*) AS cuts,
       count(DISTINCT removals.article_id) AS articles, rules.why,
       (SELECT substr(trim(text, char(10)), 1, 120) FROM removals AS latest
        WHERE latest.rule_id = rules.id ORDER BY latest.article_id DESC LIMIT 1) AS latest_cut
FROM rules JOIN removals ON removals.rule_id = rules.id
GROUP BY rules.id ORDER BY cuts DESC
