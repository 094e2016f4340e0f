-- Everything that a return or an acceptance writes, and what the calls said.
\pset format unaligned
SELECT * FROM bench.outcome ORDER BY step;
SELECT * FROM leadreturns.delivery ORDER BY delivery_id;
SELECT * FROM leadreturns.request ORDER BY return_id;
SELECT * FROM leadreturns.history ORDER BY history_id;
SELECT * FROM leadreturns.transfer ORDER BY transfer_id;
SELECT * FROM leadreturns.cap_period ORDER BY account_id, starts_at;
SELECT * FROM leadreturns.volume_delta ORDER BY account_id, delivered_at, price;
SELECT * FROM leadreturns.rate_delta d ORDER BY d;
SELECT * FROM lr_reconcile();
