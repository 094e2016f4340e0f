-- Folding deltas into the rollups, and the facts that both must agree with.

CREATE FUNCTION leadreturns.week_of(day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN day - (date_part('isodow', day)::integer - 1);
COMMENT ON FUNCTION leadreturns.week_of(date) IS
'The Monday of the week that a day lies in (ISO 8601). Example: week_of(''2026-11-25'') is'
' ''2026-11-23''.';

CREATE FUNCTION leadreturns.month_of(day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN day - (date_part('day', day)::integer - 1);
COMMENT ON FUNCTION leadreturns.month_of(date) IS
'The first day of the month that a day lies in. Example: month_of(''2026-11-25'') is'
' ''2026-11-01''.';

CREATE FUNCTION leadreturns.fold_rates(most bigint) RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_fold_rates_sql';
COMMENT ON FUNCTION leadreturns.fold_rates(bigint) IS
'Moves up to so many rows of rate_delta, at most a million, into the rollups and returns how many;'
' 0 also when another session is at it, or has been since the snapshot of a REPEATABLE READ'
' transaction. The sweep does it. Example: SELECT leadreturns.fold_rates(100000).';

-- The same rows as rate_delta's, one for each cause, out of the records themselves: whatever the
-- rollups and deltas say together, a GROUP BY over this view says too.
CREATE VIEW leadreturns.rate_facts WITH (security_barrier) AS
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on,
       NULL::date AS moved_on, NULL::text AS reason, 1 AS delivered, 0 AS returned, 0 AS open,
       0 AS declined, 0 AS acceptances, 0 AS declines, 0 AS withdrawals, 0 AS rollbacks,
       (d.price * 100)::bigint AS delivered_value,
       CASE WHEN d.payout_transfer_id IS NULL THEN 0 ELSE (d.cost * 100)::bigint END AS cost,
       0::bigint AS returned_value, 0::bigint AS clawback,
       0::bigint AS credited, 0::bigint AS clawed_back,
       0::bigint AS adjusted
  FROM leadreturns.delivery d
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on, NULL, r.reason, 0,
       (r.status = 'accepted')::integer, (r.status = 'open')::integer,
       (r.status = 'declined')::integer, 0, 0, 0, 0, 0, 0, (r.credit * 100)::bigint,
       (r.clawback * 100)::bigint, 0, 0, 0
  FROM (-- a delivery counts as what its live request says or, without one, its latest
        SELECT DISTINCT ON (x.delivery_id) x.*
          FROM leadreturns.request x
         ORDER BY x.delivery_id, x.live_delivery_id IS NULL, x.return_id DESC) r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, NULL, h.moved_on, NULL, 0, 0, 0,
       0, (h.to_status = 'accepted')::integer, (h.to_status = 'declined')::integer,
       (h.to_status = 'withdrawn')::integer, (h.to_status = 'rolled_back')::integer,
       0, 0, 0, 0, 0, 0, 0
  FROM (SELECT return_id, from_status, to_status, moved_on FROM leadreturns.history
        UNION ALL
        SELECT return_id, from_status, to_status, moved_on FROM leadreturns.archived_history) h
  JOIN leadreturns.request r ON r.return_id = h.return_id
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
 WHERE h.from_status <> h.to_status
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, NULL, t.posted_on, NULL, 0, 0, 0,
       0, 0, 0, 0, 0, 0, 0, 0, 0,
       CASE t.kind WHEN 'credit' THEN (t.amount * 100)::bigint
                   WHEN 'credit_reversed' THEN (- t.amount * 100)::bigint ELSE 0 END,
       CASE t.kind WHEN 'clawback' THEN (t.amount * 100)::bigint
                   WHEN 'clawback_reversed' THEN (- t.amount * 100)::bigint ELSE 0 END,
       0
  FROM leadreturns.transfer t
  JOIN leadreturns.delivery d ON d.delivery_id = t.delivery_id
 WHERE t.kind IN ('credit', 'credit_reversed', 'clawback', 'clawback_reversed')
UNION ALL
SELECT t.account_id, NULL, NULL, t.currency, NULL, t.posted_on, NULL, 0, 0, 0, 0, 0, 0, 0, 0,
       0, 0, 0, 0, 0, 0,
       CASE t.debit WHEN 'adjustments' THEN (- t.amount * 100)::bigint
                    ELSE (t.amount * 100)::bigint END
  FROM leadreturns.transfer t
 WHERE t.kind = 'adjustment';
