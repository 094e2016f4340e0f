-- What became of the lines of the file, as far as a loop over lr_return can tell.
\pset format unaligned
SELECT o.line_no, o.status, o.sqlstate, o.detail, o.credit, o.clawback
  FROM leadreturns.import_outcome o
 WHERE o.import_id = (SELECT max(i.import_id) FROM leadreturns.import i)
 ORDER BY o.line_no;
