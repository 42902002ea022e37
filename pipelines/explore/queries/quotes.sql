-- title: Quotes of a person
-- description: The sentences in which a person is quoted, or said to have said something, newest first, from the latest 150 articles that name the person. The name stands beside quotation marks or a word for saying; once an article names somebody in full, the last name is enough.
-- param person (needed): a name, as articles write it in full
-- param source (source): only of this source; empty for all
WITH asked AS (
    SELECT '"' || replace(:person, '"', '""') || '"' AS name,
           iif(length(:person) = length(CAST(:person AS BLOB)), '""', '"' || replace(:person, '"', '""') || '"') AS piece
),
named AS MATERIALIZED (
    SELECT id FROM (
        SELECT rowid AS id FROM articles_fts WHERE articles_fts MATCH (SELECT name FROM asked)
        ORDER BY rowid DESC LIMIT 20000
    ) UNION SELECT id FROM ( -- scripts without spaces between words
        SELECT rowid AS id FROM articles_trigrams WHERE articles_trigrams MATCH (SELECT piece FROM asked)
        ORDER BY rowid DESC LIMIT 20000
    ) ORDER BY id DESC
),
latest AS MATERIALIZED (
    SELECT articles.id FROM named CROSS JOIN articles ON articles.id = named.id
    WHERE :source = '' OR articles.source_id = :source LIMIT 150
)
SELECT articles.published_at AS published, articles.source_id AS source, quote.value ->> 'speech' AS speech,
       quote.value ->> 'sentence' AS sentence, articles.title, articles.id AS article_id
FROM latest CROSS JOIN articles ON articles.id = latest.id
CROSS JOIN json_each(quotes(articles.text, :person, articles.language)) AS quote
ORDER BY articles.id DESC, quote.id LIMIT 300
