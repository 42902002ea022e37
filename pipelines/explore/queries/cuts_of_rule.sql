-- title: What one rule cut
-- description: The latest two hundred cuts of a rule, to see whether it takes what it should.
-- param rule (needed): id of a rule, as listed by "What the rules cut"
SELECT removals.zone, trim(removals.text, char(10)) AS cut, articles.source_id AS source, articles.title,
       articles.id AS article_id
FROM removals JOIN articles ON articles.id = removals.article_id
WHERE removals.rule_id = :rule
ORDER BY removals.article_id DESC LIMIT 200
