-- Writes the dashboard: one HTML page that needs nothing but a browser.
--
--   psql -X -q -f dashboard.sql -o dashboard.html
--
-- reads the page's template from dashboard.template.html in the current directory. Settings:
--   -v template=FILE   the template, elsewhere
--   -v days=90         how far back the daily trend goes
--   -v top=20          how many buyers and suppliers the rates show, the highest first
--   -v cells=15        how many of the largest buyers and suppliers the heat map shows
--
-- All numbers come from one statement, so from one instant. Each name of its result is a data set
-- that files in panels/ refer to. Amounts, and counts beside them, are always of one currency.
\set ON_ERROR_STOP on
\encoding UTF8
\if :{?template} \else \set template dashboard.template.html \endif
\if :{?days} \else \set days 90 \endif
\if :{?top} \else \set top 20 \endif
\if :{?cells} \else \set cells 15 \endif

\set found `test -r :'template' && echo yes || echo no`
\if :found \else
DO $$ BEGIN
    RAISE 'the template is missing'
          USING HINT = 'Make it with "build", or name it with -v template=FILE.';
END $$;
\endif
\set page `cat :'template'`

-- The functions of the extension live where CREATE EXTENSION put them
SELECT coalesce((SELECT extnamespace::regnamespace::text FROM pg_catalog.pg_extension
                  WHERE extname = 'leadreturns'), 'public') AS functions \gset

WITH totals AS (
    SELECT currency, sum(delivered) AS delivered, sum(returned) AS returned,
           (sum(returned) / nullif(sum(delivered), 0))::numeric(7,4) AS return_rate,
           sum(delivered_value) AS delivered_value, sum(returned_value) AS returned_value,
           (sum(returned_value) / nullif(sum(delivered_value), 0))::numeric(7,4) AS value_rate,
           count(*) AS suppliers,
           (SELECT count(*) FROM leadreturns.return_rate_by_buyer b
             WHERE b.currency = s.currency) AS buyers
      FROM leadreturns.return_rate_by_supplier s GROUP BY currency),
-- too few deliveries come last: their rate says little
buyer_rates AS (
    SELECT b.*,
           row_number() OVER (PARTITION BY currency ORDER BY band = 'too_few',
               return_rate DESC NULLS LAST, delivered DESC, buyer_id) AS place,
           row_number() OVER (PARTITION BY currency ORDER BY delivered DESC, buyer_id) AS size,
           count(*) OVER (PARTITION BY currency) AS places
      FROM leadreturns.return_rate_by_buyer b),
supplier_rates AS (
    SELECT s.*,
           row_number() OVER (PARTITION BY currency ORDER BY band = 'too_few',
               return_rate DESC NULLS LAST, delivered DESC, supplier_id) AS place,
           row_number() OVER (PARTITION BY currency ORDER BY delivered DESC, supplier_id) AS size,
           count(*) OVER (PARTITION BY currency) AS places
      FROM leadreturns.return_rate_by_supplier s),
buyers AS (SELECT * FROM buyer_rates WHERE place <= :'top'::int),
suppliers AS (SELECT * FROM supplier_rates WHERE place <= :'top'::int),
accounts AS (
    SELECT a.*, b.place, t.max_return_percent, t.cap_basis, t.cap_period
      FROM leadreturns.return_rate_by_account a
      JOIN buyers b ON b.buyer_id = a.buyer_id AND b.currency = a.currency
     CROSS JOIN LATERAL (
           SELECT max(value) FILTER (WHERE setting = 'max_return_percent')::numeric(7,4)
                      AS max_return_percent,
                  max(value) FILTER (WHERE setting = 'cap_basis') AS cap_basis,
                  max(value) FILTER (WHERE setting = 'cap_period') AS cap_period
             FROM :functions.lr_terms(a.account_id)) t),
reasons AS (
    SELECT *
      FROM (SELECT r.*,
                   row_number() OVER (PARTITION BY currency ORDER BY returned DESC, reason)
                       AS place,
                   count(*) OVER (PARTITION BY currency) AS places
              FROM leadreturns.return_rate_by_reason r WHERE returned > 0) r
     WHERE place <= :'top'::int),
delivery_days AS (
    SELECT day, currency, sum(delivered) AS delivered, sum(returned) AS returned
      FROM leadreturns.return_rate_by_supplier_daily
     WHERE day > leadreturns.clock()::date - :'days'::int
     GROUP BY day, currency),
-- with the days between that had none
daily AS (
    SELECT g.day::date AS day, c.currency, coalesce(d.delivered, 0) AS delivered,
           coalesce(d.returned, 0) AS returned,
           (d.returned / nullif(d.delivered, 0))::numeric(7,4) AS return_rate
      FROM (SELECT currency, min(day) AS first_day FROM delivery_days GROUP BY currency) c
     CROSS JOIN LATERAL generate_series(c.first_day, leadreturns.clock()::date, '1 day') g (day)
      LEFT JOIN delivery_days d ON d.day = g.day AND d.currency = c.currency),
-- not of one currency: a spike is one of leads
all_spikes AS (
    SELECT * FROM leadreturns.return_spikes
     WHERE is_spike AND day > leadreturns.clock()::date - :'days'::int),
spikes AS (
    SELECT * FROM all_spikes
     ORDER BY z_score DESC, day DESC, subject_kind, subject_id LIMIT 200),
pending AS (
    SELECT currency, age_bucket, age_bucket_order, review, count(*) AS requests,
           sum(price) AS price, count(*) FILTER (WHERE overdue) AS overdue,
           max(age_hours) AS age_hours
      FROM leadreturns.pending_returns
     GROUP BY currency, age_bucket, age_bucket_order, review),
money AS (
    SELECT month, currency, sum(revenue_before_returns) AS revenue_before_returns,
           sum(revenue_returned) AS revenue_returned,
           sum(cost_before_returns) AS cost_before_returns,
           sum(cost_clawed_back) AS cost_clawed_back
      FROM leadreturns.pnl_monthly
     WHERE month > leadreturns.clock()::date - 365
     GROUP BY month, currency),
pairs AS (
    SELECT p.*, b.size AS buyer_size, s.size AS supplier_size
      FROM leadreturns.return_rate_buyer_supplier p
      JOIN buyer_rates b ON b.buyer_id = p.buyer_id AND b.currency = p.currency
      JOIN supplier_rates s
        ON s.supplier_id IS NOT DISTINCT FROM p.supplier_id AND s.currency = p.currency
     WHERE b.size <= :'cells'::int AND s.size <= :'cells'::int)
-- No text of the database can end the element it is in, or begin another one: JSON has "<" in
-- strings only, where an escape means the same. So it is for the line ends that scripts know.
SELECT regexp_replace(regexp_replace(replace(
           page::text, '<', '\u003c'), '\u2028', '\\u2028', 'g'), '\u2029', '\\u2029', 'g')
           AS data
  FROM json_build_object(
    'as_of', to_char(leadreturns.clock() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
    'cells', :'cells'::int,
    'new_spikes', (SELECT count(*) FROM all_spikes WHERE day > leadreturns.clock()::date - 7),
    'totals', (SELECT json_agg(t ORDER BY delivered DESC, currency) FROM totals t),
    'buyers', (SELECT json_agg(b ORDER BY currency, place) FROM buyers b),
    'accounts', (SELECT json_agg(a ORDER BY currency, place, account_id) FROM accounts a),
    'suppliers', (SELECT json_agg(s ORDER BY currency, place) FROM suppliers s),
    'reasons', (SELECT json_agg(r ORDER BY currency, place) FROM reasons r),
    'daily', (SELECT json_agg(d ORDER BY currency, day) FROM daily d),
    'spikes', (SELECT json_agg(s ORDER BY day DESC, z_score DESC) FROM spikes s),
    'pending', (SELECT json_agg(p ORDER BY currency, age_bucket_order, review) FROM pending p),
    'money', (SELECT json_agg(m ORDER BY currency, month) FROM money m),
    'pairs', (SELECT json_agg(p ORDER BY currency, buyer_size, supplier_size) FROM pairs p)
    ) AS page \gset

\qecho :page
\qecho '<script type="application/json" id="data">'
\qecho :data
\qecho '</script>'
\qecho '</body>'
\qecho '</html>'
