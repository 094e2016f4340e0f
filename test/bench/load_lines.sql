-- A file of :lines returns as a spreadsheet has them.
CREATE SCHEMA bench;
CREATE TABLE bench.staging (key text, reason text);
CREATE VIEW bench.line AS
SELECT 1000000 + i * 7919 % 8999999 AS lead_id,
       (ARRAY['Duplicate', 'Phone was disconnected', 'TCPA risk', 'Bad contact info', 'renter',
              'no answer, ever', 'old'])[i % 7 + 1] AS reason
  FROM generate_series(1, :lines::bigint) i;
COPY (SELECT * FROM bench.line) TO :'file' (FORMAT csv, HEADER);
