-- For the same comparison, after batch_requests.sql: reasons, leads and lines unlike the others.
UPDATE leadreturns.reason SET requires_note = true WHERE code = 'tcpa_risk';
UPDATE leadreturns.reason SET active = false WHERE code = 'out_of_service_area';
SELECT count(lr_decline(r.return_id))
  FROM leadreturns.request r WHERE r.status = 'open' AND r.account_id = 17;
SELECT count(lr_close_period(a, date_trunc('month', current_date)::date))
  FROM generate_series(20, 25) a;
UPDATE leadreturns.deliveries SET deleted_at = now()
 WHERE lead_id % 97 = 0
   AND delivery_id NOT IN (SELECT r.delivery_id FROM leadreturns.request r);
INSERT INTO bench.file
SELECT (SELECT max(f.line_no) FROM bench.file f) + row_number() OVER (), d.lead_id, x.reason
  FROM leadreturns.delivery d
  JOIN leadreturns.request r USING (delivery_id)
 CROSS JOIN (SELECT 'Duplicate' AS reason) x
 WHERE r.status IN ('open', 'declined') AND (d.account_id = 17 OR d.account_id % 5 = 0);
