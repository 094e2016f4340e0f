-- What a text may be matched by, and the reason it means after merges: like twin.terms kept by
-- triggers on the catalogue, which no return writes.

CREATE TABLE twin.reason_match (
    key  text PRIMARY KEY,
    code text NOT NULL
);

INSERT INTO twin.reason_match
WITH RECURSIVE meaning (code, means) AS (
    SELECT r.code, r.code FROM leadreturns.reason r WHERE r.merged_into IS NULL
     UNION ALL
    SELECT r.code, m.means FROM leadreturns.reason r JOIN meaning m ON m.code = r.merged_into)
SELECT DISTINCT ON (given.key) given.key, m.means
  FROM (SELECT leadreturns.reason_key(r.code), 0, r.code FROM leadreturns.reason r
         UNION ALL
        SELECT leadreturns.reason_key(r.label), 1, r.code FROM leadreturns.reason r
         UNION ALL
        SELECT leadreturns.reason_key(a.alias), 2, a.code FROM leadreturns.reason_alias a
       ) given (key, rank, code)
  JOIN meaning m ON m.code = given.code
 WHERE given.key <> ''
 ORDER BY given.key, given.rank;

ANALYZE twin.terms, twin.reason_match;
