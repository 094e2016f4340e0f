-- The application's bulk UPDATE of a column that is none of ours.
\timing on
UPDATE bench.:table SET hits = hits + 1 WHERE id <= :rows;
