-- What the demo has to tell. Every number is asked for, and as a client would: of the public views.
\pset footer off
\pset numericlocale on
\pset null '-'

\if :{?terms_account}
\else
-- of the account that bought most, for a lead of no group
SELECT account_id AS terms_account, account_id AS statement_account
  FROM leadreturns.deliveries GROUP BY account_id ORDER BY count(*) DESC, account_id LIMIT 1 \gset
\set terms_group null
\endif

SELECT to_char(count(*), 'FM999,999,999') AS deliveries, min(delivered_at)::date AS first,
       max(delivered_at)::date AS last
  FROM leadreturns.deliveries \gset
SELECT count(*) AS accounts, count(DISTINCT buyer_id) AS buyers FROM leadreturns.account \gset
SELECT count(*) AS suppliers FROM leadreturns.supplier \gset
SELECT count(*) AS n, to_char(count(*), 'FM999,999,999') AS requests
  FROM demo.event WHERE command = 'request' \gset
SELECT leadreturns.clock()::timestamp(0) AS clock \gset
\echo
\echo :deliveries 'deliveries to' :accounts 'accounts of' :buyers 'buyers,'
\echo 'from' :suppliers 'suppliers, between' :first 'and' :last';'
\echo :requests 'requests for return, each at its own time.'
\echo 'The clock stands at' :clock 'UTC.'

\echo
\echo '1. WHAT BECAME OF THE REQUESTS'
SELECT coalesce(o.outcome, 'all') AS outcome, count(*) AS requests,
       round(100.0 * count(*) / :n, 1) AS "%",
       sum(o.price) AS price, sum(o.credit) AS credited, sum(o.clawback) AS "clawed back"
  FROM (SELECT CASE WHEN status = 'accepted' AND remedy = 'replacement' THEN 'accepted, replaced'
                    WHEN status = 'accepted' AND decided_how = 'rule' THEN 'accepted by a rule'
                    WHEN status = 'accepted' AND credit < price THEN 'accepted in part'
                    WHEN status = 'accepted' AND overridden THEN 'accepted beyond the cap'
                    WHEN status = 'accepted' THEN 'accepted'
                    WHEN status = 'open' THEN 'open, ' || replace(review, '_', ' ')
                    ELSE replace(status, '_', ' ') END AS outcome,
               status, price, credit, clawback
          FROM leadreturns.returns
         UNION ALL
        SELECT 'refused', 'refused', NULL, NULL, NULL FROM demo.refusal WHERE command = 'request')
       AS o
 GROUP BY GROUPING SETS ((o.status, o.outcome), ())
 ORDER BY o.status IS NULL, o.status = 'refused', o.status, o.outcome;
SELECT count(*) AS owed, count(*) > 0 AS owes FROM leadreturns.replacements_owed \gset
\if :owes
\echo 'Leads still owed instead of money (view leadreturns.replacements_owed):' :owed
\echo
\endif

\echo '2. WHAT WAS REFUSED, BY CONDITION'
SELECT e.sqlstate, e.condition, e.http_status::text AS http,
       string_agg(DISTINCT r.command, ', ') AS command, count(*) AS refused, e.message
  FROM demo.refusal r JOIN leadreturns.error_code e USING (condition)
 GROUP BY e.sqlstate, e.condition, e.http_status, e.message ORDER BY e.sqlstate;
\echo 'The latest of three kinds in full (table demo.refusal has them all):'
\pset tuples_only on
SELECT condition, detail
  FROM (SELECT DISTINCT ON (condition) condition, detail FROM demo.refusal
         WHERE condition IN ('cap_reached', 'window_closed', 'rollback_conflict')
         ORDER BY condition, at DESC) r;
\pset tuples_only off

SELECT a.name || coalesce(' FOR ' || g.name || ' LEADS', '') AS terms_name
  FROM leadreturns.account a
  LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = :terms_group
 WHERE a.account_id = :terms_account \gset
\echo '3. THE TERMS OF' :terms_name '- AND THEIR ORIGIN (others are defaults)'
SELECT t.setting, t.value,
       replace(t.scope, '_', ' ') || coalesce(' ' || coalesce(a.name, b.name, g.name), '')
           AS "set for",
       t.valid_from::date AS since
  FROM lr_terms(:terms_account, :terms_group) t
  LEFT JOIN leadreturns.account a ON t.scope = 'account' AND a.account_id = t.scope_id
  LEFT JOIN leadreturns.buyer b ON t.scope = 'buyer' AND b.buyer_id = t.scope_id
  LEFT JOIN leadreturns.lead_group g ON t.scope = 'lead_group' AND g.lead_group_id = t.scope_id
 WHERE t.scope <> 'default';

\echo '4. RETURN RATE BY BUYER'
SELECT buyer, count(*) AS delivered, count(*) FILTER (WHERE status = 'accepted') AS returned,
       count(*) FILTER (WHERE status = 'open') AS open,
       count(*) FILTER (WHERE status = 'declined') AS declined,
       round(100.0 * count(*) FILTER (WHERE status = 'accepted') / count(*), 2) AS "rate %",
       round(100.0 * sum(credit) / sum(price), 2) AS "value rate %"
  FROM demo.outcome GROUP BY buyer ORDER BY delivered DESC;

\echo '5. RETURN RATE BY SUPPLIER, AGAINST ALL OTHERS (those with 1 % of the leads or more)'
SELECT supplier, delivered, returned, round(100.0 * returned / delivered, 2) AS "rate %",
       round(100.0 * others / nullif(others_delivered, 0), 2) AS "others %",
       round(returned::numeric * others_delivered / delivered / nullif(others, 0), 1) AS times
  FROM (SELECT supplier, count(*) AS delivered,
               count(*) FILTER (WHERE status = 'accepted') AS returned,
               sum(count(*)) OVER () - count(*) AS others_delivered,
               sum(count(*) FILTER (WHERE status = 'accepted')) OVER ()
                   - count(*) FILTER (WHERE status = 'accepted') AS others
          FROM demo.outcome GROUP BY supplier) s
 WHERE delivered >= others_delivered / 99
 ORDER BY "rate %" DESC;

SELECT name AS statement_name, replace(billing, '_', ' ') AS billing FROM leadreturns.account
 WHERE account_id = :statement_account \gset
\echo '6. THE STATEMENT OF' :statement_name '-' :billing '- BY MONTH, AND ITS LAST LINES'
SELECT to_char(date_trunc('month', posted_at), 'YYYY-MM') AS month,
       coalesce(sum(debit) FILTER (WHERE kind = 'sale'), 0.00) AS sold,
       coalesce(sum(s.credit) FILTER (WHERE kind = 'credit'), 0.00) AS credited,
       coalesce(sum(debit) FILTER (WHERE kind = 'credit_reversed'), 0.00) AS "rolled back",
       coalesce(sum(s.credit) FILTER (WHERE kind IN ('payment', 'deposit')), 0.00) AS paid,
       (array_agg(balance ORDER BY posted_at DESC, transfer_id DESC))[1] AS balance,
       count(*) FILTER (WHERE kind = 'credit' AND d.delivered_at < p.ends_at
                          AND s.posted_at >= p.ends_at) AS "closed-month credits"
  FROM leadreturns.account_statement s
  LEFT JOIN leadreturns.deliveries d USING (delivery_id)
  LEFT JOIN leadreturns.closed_periods p ON p.account_id = s.account_id
 WHERE s.account_id = :statement_account
 GROUP BY 1 ORDER BY 1;
SELECT posted_at::timestamp(0) AS posted, kind, lead_id::text AS lead, return_id::text AS return,
       nullif(debit, 0) AS debit, nullif(credit, 0) AS credit, balance
  FROM (SELECT * FROM leadreturns.account_statement WHERE account_id = :statement_account
         ORDER BY posted_at DESC, transfer_id DESC LIMIT 4) last
 ORDER BY posted_at, transfer_id;

\echo '7. PROFIT AND LOSS, BEFORE AND AFTER RETURNS'
SELECT coalesce(to_char(month, 'YYYY-MM'), 'all') AS month, currency,
       sum(revenue_before_returns) AS revenue, sum(revenue_returned) AS returned,
       sum(cost_before_returns) AS cost, sum(cost_clawed_back) AS "clawed back",
       sum(profit_before_returns) AS "profit before", sum(profit_after_returns) AS "profit after"
  FROM leadreturns.pnl_monthly GROUP BY currency, ROLLUP (month) ORDER BY currency, month;
