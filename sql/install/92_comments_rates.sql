-- What the reports and what they are made of are.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

COMMENT ON TABLE leadreturns.rate_delta IS
'What commands have added to the rates and the sweep has not folded yet: one row for each account,'
' supplier, lead group, day and reason that a command touched. Never updated; every report adds'
' these'
' rows to a rollup. lr_reconcile compares both with the records.';
COMMENT ON TABLE leadreturns.rate_fold IS
'When rates were last folded. One row, held by whoever folds; not part of a dump.';
COMMENT ON TABLE leadreturns.rollup_account IS
'Folded rates of each account: one row a day, and one over all days.';
COMMENT ON TABLE leadreturns.rollup_supplier IS
'Folded rates of each supplier and currency: one row a day, and one over all days.';
COMMENT ON TABLE leadreturns.rollup_lead_group IS
'Folded rates of each lead group and currency: one row a day, and one over all days.';
COMMENT ON TABLE leadreturns.rollup_reason IS
'Folded returns of each reason and currency: one row a day for all suppliers, and one over all days'
' for each supplier.';
COMMENT ON TABLE leadreturns.rollup_cross IS
'Folded rates and money of each account, supplier and lead group: one row a day, week and month,'
' and'
' one over all days.';

COMMENT ON VIEW leadreturns.rate_facts IS
'What rate_delta and the rollups add up to, out of deliveries, requests, history and ledger: a'
' row for'
' each cause. Reads everything; for lr_reconcile and tests.';
COMMENT ON VIEW leadreturns.rate_check IS
'Cells of the rollups that differ from what the records and the deltas that are not folded say;'
' no row'
' means that every report is right. Reads everything; lr_reconcile reports its rows as rates.';
COMMENT ON VIEW leadreturns.money_check IS
'What distribution_check shows, whoever asks; lr_reconcile reports its rows.';
COMMENT ON VIEW leadreturns.distribution_check IS
'Every delivery and return against the ledger; no row means that they agree. check_name is one of'
' delivery_not_posted, return_not_posted, return_amounts, delivery_over_reversed,'
' transfer_without_cause and reversal_differs. Key: check_name, delivery_id, return_id,'
' transfer_id.'
' Example: SELECT check_name, lead_id, expected, actual FROM leadreturns.distribution_check'
' WHERE account_id = 7.';
COMMENT ON VIEW leadreturns.subject_days IS
'Deliveries and returns of each buyer and each supplier by day of delivery, all currencies'
' together;'
' for return_spikes.';
COMMENT ON VIEW leadreturns.pair_days IS
'Deliveries and returns of each buyer and supplier by day of delivery, once from each side; for'
' return_spikes.';

COMMENT ON VIEW leadreturns.return_rate_by_account IS
'Return rate of each account, over all its deliveries. Key: account_id. Example: SELECT account,'
' return_rate, band FROM leadreturns.return_rate_by_account ORDER BY return_rate DESC.';
COMMENT ON VIEW leadreturns.return_rate_by_account_daily IS
'Return rate of each account by day of delivery. Key: day, account_id. Example: SELECT account,'
' sum(returned) / sum(delivered) AS rate FROM leadreturns.return_rate_by_account_daily'
' WHERE day >= current_date - 30 GROUP BY account.';
COMMENT ON VIEW leadreturns.return_rate_by_buyer IS
'Return rate of each buyer in each of its currencies, over all its deliveries. Key: buyer_id,'
' currency. Example: SELECT buyer, return_rate, band FROM leadreturns.return_rate_by_buyer'
' WHERE band = ''high''.';
COMMENT ON VIEW leadreturns.return_rate_by_buyer_daily IS
'Return rate of each buyer and currency by day of delivery. Key: day, buyer_id, currency.';
COMMENT ON VIEW leadreturns.return_rate_by_supplier IS
'Return rate of each supplier in each currency its leads were sold in. Key: supplier_id (null:'
' deliveries without supplier), currency. Example: SELECT supplier, return_rate, band'
' FROM leadreturns.return_rate_by_supplier ORDER BY return_rate DESC NULLS LAST.';
COMMENT ON VIEW leadreturns.return_rate_by_supplier_daily IS
'Return rate of each supplier and currency by day of delivery. Key: day, supplier_id, currency.';
COMMENT ON VIEW leadreturns.return_rate_by_lead_group IS
'Return rate of each lead group and currency. Key: lead_group_id (null: deliveries without lead'
' group), currency.';
COMMENT ON VIEW leadreturns.return_rate_by_lead_group_daily IS
'Return rate of each lead group and currency by day of delivery. Key: day, lead_group_id,'
' currency.';
COMMENT ON VIEW leadreturns.return_rate_by_reason IS
'Returns by reason: the share of everything delivered that came back for it. Key: reason, currency.'
' Example: SELECT reason_label, returned, share FROM leadreturns.return_rate_by_reason'
' ORDER BY returned DESC.';
COMMENT ON VIEW leadreturns.return_rate_by_reason_daily IS
'The same by day of delivery. Key: day, reason, currency.';
COMMENT ON VIEW leadreturns.return_rate_daily IS
'Return rate of each account, supplier and lead group by day of delivery; sums over any of them are'
' right, within one currency. Key: day, account_id, supplier_id, lead_group_id (the last two may be'
' null). Example: SELECT day, sum(returned) / sum(delivered) AS rate'
' FROM leadreturns.return_rate_daily WHERE supplier_id = 7 GROUP BY day.';
COMMENT ON VIEW leadreturns.return_rate_weekly IS
'Return rate of each account, supplier and lead group by week of delivery (ISO 8601, Monday to'
' Sunday). Key: week, account_id, supplier_id, lead_group_id.';
COMMENT ON VIEW leadreturns.return_rate_monthly IS
'Return rate of each account, supplier and lead group by month of delivery. Key: month, account_id,'
' supplier_id, lead_group_id.';
COMMENT ON VIEW leadreturns.return_rate_buyer_supplier IS
'Return rate of each pair of buyer and supplier. Key: buyer_id, supplier_id (null: none), currency.'
' Example: SELECT buyer, supplier, return_rate FROM leadreturns.return_rate_buyer_supplier'
' WHERE band = ''high'' ORDER BY delivered DESC.';
COMMENT ON VIEW leadreturns.bad_lead_summary IS
'Which reasons the leads of each supplier are returned for. Key: supplier_id (null: none), reason,'
' currency. Example: SELECT supplier, reason_label, returned, share FROM'
' leadreturns.bad_lead_summary'
' WHERE supplier_id = 7 ORDER BY returned DESC.';
COMMENT ON VIEW leadreturns.returns_decided_daily IS
'Decisions by the day on which they were made, whenever the lead was delivered: a past day never'
' changes. A decision that is undone later stays counted on its day, and the rollback on its own.'
' Key: day, account_id, supplier_id, lead_group_id. Example: SELECT day, sum(accepted),'
' sum(declined) FROM leadreturns.returns_decided_daily WHERE day >= current_date - 7 GROUP BY day.';
COMMENT ON VIEW leadreturns.pnl IS
'Profit and loss of each account, supplier and lead group by the day it was posted on, out of the'
' ledger: a return counts on the day its money went back (in the open period if that of the sale is'
' closed). Key: day, account_id, supplier_id, lead_group_id. Example: SELECT currency, buyer,'
' sum(profit_before_returns), sum(profit_after_returns) FROM leadreturns.pnl'
' WHERE day >= ''2026-11-01'' GROUP BY currency, buyer.';
COMMENT ON VIEW leadreturns.pnl_monthly IS
'The same as pnl by month. Key: month, account_id, supplier_id, lead_group_id.';
COMMENT ON VIEW leadreturns.pending_returns IS
'The returns that are open, with their age and when a rule or the sweep will decide them. Key:'
' return_id. Example: SELECT age_bucket, count(*) FROM leadreturns.pending_returns'
' GROUP BY age_bucket, age_bucket_order ORDER BY age_bucket_order.';
COMMENT ON VIEW leadreturns.return_spikes IS
'Days on which the return rate of a buyer or supplier can be judged against its own past, and'
' whether it is a spike. The window is the day and the spike_window_days - 1 (0) days before it;'
' the baseline runs from spike_baseline_from_days (42) to spike_baseline_until_days (15) days'
' before it, so that a spike does not raise its own baseline. Rows are there when the window has'
' spike_min_delivered (20) and the baseline spike_min_baseline (100) deliveries; a spike is a'
' z_score above spike_z (4). All six are settings leadreturns.*. Source of the test: NIST/SEMATECH'
' e-Handbook, 7.3.3. Key: subject_kind, subject_id, day. Example: SELECT subject_kind, subject,'
' return_rate, baseline_rate, cause FROM leadreturns.return_spikes WHERE is_spike AND day >='
' current_date - 7.';

COMMENT ON INDEX leadreturns.rate_delta_account_idx IS
'Rates of one account or buyer: what is not folded of it.';
COMMENT ON INDEX leadreturns.rate_delta_supplier_idx IS
'Rates of one supplier: what is not folded of it.';
COMMENT ON INDEX leadreturns.rollup_account_period_idx IS 'Rates of all accounts in some days.';
COMMENT ON INDEX leadreturns.rollup_supplier_period_idx IS 'Rates of all suppliers in some days.';
COMMENT ON INDEX leadreturns.rollup_lead_group_period_idx IS
'Rates of all lead groups in some days.';
COMMENT ON INDEX leadreturns.rollup_reason_period_idx IS 'Returns by reason in some days.';
COMMENT ON INDEX leadreturns.rollup_cross_supplier_idx IS
'Rates of one supplier by account, by lead group or by period.';
COMMENT ON INDEX leadreturns.rollup_cross_period_idx IS
'Rates and profit of everybody in some periods.';

-- A column means the same wherever it stands.
DO $$
DECLARE
    c record;
    missing text;
BEGIN
    FOR c IN
        SELECT r.relname, a.attname,
               (SELECT m.told FROM (VALUES
        (NULL, 'day', 'Day of the deliveries, in the zone that time_zone named for them.'),
        ('^(returns_decided_daily|pnl)$', 'day',
         'The day, in the zone that time_zone named for the delivery, or for the account if it is'
         ' an adjustment.'),
        ('^return_spikes$', 'day', 'Last day of the window.'),
        (NULL, 'week', 'Monday of the week of the deliveries.'),
        (NULL, 'month', 'First day of the month of the deliveries.'),
        ('^pnl', 'month', 'First day of the month of posting.'),
        (NULL, 'buyer_id', 'The buyer.'),
        (NULL, 'buyer', 'The buyer''s name.'),
        (NULL, 'account_id', 'The account.'),
        (NULL, 'account', 'The account''s name.'),
        (NULL, 'supplier_id', 'The supplier; null: none is named.'),
        (NULL, 'supplier', 'The supplier''s name; null: none is named.'),
        (NULL, 'lead_group_id', 'The lead group; null: none is named.'),
        (NULL, 'lead_group', 'The lead group''s name; null: none is named.'),
        (NULL, 'currency', 'Of the amounts: three capital letters. Amounts of two currencies'
         ' are never summed here.'),
        ('^return_rate_by_reason', 'delivered',
         'Everything delivered in that currency, whatever the reason: what return_rate divides'
         ' by.'),
        ('^bad_lead_summary$', 'delivered',
         'What the supplier delivered in that currency, whatever the reason.'),
        ('^return_spikes$', 'delivered', 'Deliveries of the window.'),
        ('^(returns_decided_daily)$', 'delivered', 'Deliveries of that day.'),
        (NULL, 'delivered', 'Deliveries, whatever became of them.'),
        ('^return_spikes$', 'returned', 'Those of them whose return is accepted.'),
        ('^(return_rate_by_reason|bad_lead_summary)', 'returned',
         'Deliveries whose return is accepted for this reason.'),
        (NULL, 'returned', 'Those of them whose return is accepted.'),
        ('^(return_rate_by_reason|bad_lead_summary)', 'open',
         'Deliveries whose return is open for this reason.'),
        (NULL, 'open', 'Those of them whose return is open.'),
        ('^(return_rate_by_reason|bad_lead_summary)', 'declined',
         'Deliveries whose latest request is declined, and was for this reason.'),
        ('^returns_decided_daily$', 'declined', 'Requests declined on that day.'),
        (NULL, 'declined', 'Those of them whose latest request is declined.'),
        (NULL, 'return_rate', 'returned / delivered, 0.1250 for 12.5 %.'),
        ('^returns_decided_daily$', 'delivered_value', 'Price of the deliveries of that day.'),
        ('^return_rate_by_reason', 'delivered_value',
         'Price of everything delivered in that currency.'),
        (NULL, 'delivered_value', 'Their price.'),
        ('^returns_decided_daily$', 'returned_value',
         'Credited on that day, less what was taken back of earlier credits.'),
        (NULL, 'returned_value', 'Credited for the accepted returns.'),
        (NULL, 'value_rate', 'returned_value / delivered_value; null where nothing was paid for.'),
        (NULL, 'band', 'How return_rate is to be read: too_few (below band_min_delivered'
         ' deliveries), healthy, watch (from band_watch on) or high (from band_high on); settings'
         ' leadreturns.band_*.'),
        (NULL, 'reason', 'Code of the reason.'),
        (NULL, 'reason_label', 'What people read for it.'),
        ('^bad_lead_summary$', 'share', 'Of the supplier''s accepted returns: for this reason.'),
        (NULL, 'share', 'Of all accepted returns in the currency: for this reason.'),
        ('^returns_decided_daily$', 'clawback',
         'Clawed back from suppliers on that day, less what was given back.'),
        (NULL, 'clawback', 'Clawed back from the supplier for them.'),
        (NULL, 'decided', 'accepted + declined.'),
        (NULL, 'accepted', 'Requests accepted on that day.'),
        (NULL, 'withdrawn', 'Requests withdrawn on that day.'),
        (NULL, 'rolled_back', 'Accepted returns rolled back on that day.'),
        (NULL, 'decided_return_rate',
         'accepted / delivered, both of that day, whenever the accepted leads were delivered.'),
        (NULL, 'decided_value_rate', 'returned_value / delivered_value, both of that day.'),
        (NULL, 'revenue_before_returns', 'Sales.'),
        (NULL, 'revenue_returned', 'Credited for returns, less credits taken back.'),
        (NULL, 'revenue_after_returns', 'revenue_before_returns - revenue_returned.'),
        (NULL, 'cost_before_returns', 'What suppliers were owed for the deliveries.'),
        (NULL, 'cost_clawed_back', 'Clawed back for returns, less clawbacks given back.'),
        (NULL, 'cost_after_returns', 'cost_before_returns - cost_clawed_back.'),
        (NULL, 'profit_before_returns', 'revenue_before_returns - cost_before_returns.'),
        (NULL, 'profit_after_returns', 'revenue_after_returns - cost_after_returns.'),
        (NULL, 'margin_before_returns', 'profit_before_returns / revenue_before_returns; null'
         ' without revenue.'),
        (NULL, 'margin_after_returns', 'profit_after_returns / revenue_after_returns; null without'
         ' revenue.'),
        (NULL, 'adjustments',
         'Adjustments of accounts, negative where they are in the buyer''s favour; in no profit.'),
        (NULL, 'return_id', 'The return.'),
        (NULL, 'delivery_id', 'Its delivery.'),
        (NULL, 'lead_id', 'The app''s id of the lead.'),
        (NULL, 'external_id', 'The app''s other id of the lead; null: none was given. Null for'
         ' reporting.'),
        (NULL, 'reason_text', 'The reason as it was given. Null for reporting.'),
        (NULL, 'note', 'What was said with it. Null for reporting.'),
        (NULL, 'price', 'What the buyer paid.'),
        (NULL, 'requested_at', 'When it was filed.'),
        (NULL, 'requested_by', 'The role that filed it. Null for reporting.'),
        (NULL, 'assignee', 'Whose task it is; null: nobody''s. Null for all but staff.'),
        (NULL, 'review', 'requires_review: staff is next; pending: a rule or the buyer is.'),
        (NULL, 'colour', 'What a user interface paints it.'),
        (NULL, 'over_cap', 'True: it is beyond the cap, and only a person may accept it.'),
        (NULL, 'age_hours', 'Hours since it was filed.'),
        (NULL, 'age_bucket', 'under 1 hour, 1 to 24 hours, 1 to 3 days, 3 to 7 days or over 7'
         ' days.'),
        (NULL, 'age_bucket_order', 'From 1, the youngest, to 5: what to sort buckets by.'),
        (NULL, 'due_at', 'When a rule or the sweep will decide it; null: only a person will.'),
        (NULL, 'due_action', 'What will be done then: accept or decline.'),
        (NULL, 'due_in_hours', 'Hours until then; negative when it is overdue.'),
        (NULL, 'overdue', 'True: that time has come, and the sweep has not been there.'),
        ('^(subject|pair)_days$', 'subject_kind', 'buyer or supplier.'),
        (NULL, 'subject_kind', 'Who is judged: buyer or supplier.'),
        (NULL, 'subject_id', 'Its id.'),
        (NULL, 'other_id', 'The supplier of a buyer''s row, the buyer of a supplier''s.'),
        (NULL, 'subject', 'Its name.'),
        (NULL, 'baseline_delivered', 'Deliveries of the baseline.'),
        (NULL, 'baseline_returned', 'Those of them whose return is accepted.'),
        (NULL, 'baseline_rate', 'baseline_returned / baseline_delivered.'),
        (NULL, 'z_score', 'By how many standard deviations the window''s rate is above the'
         ' baseline''s; leadreturns.z_score() has the formula.'),
        (NULL, 'is_spike', 'True: z_score is above leadreturns.spike_z.'),
        (NULL, 'counterparts', 'Of a spike: suppliers of the buyer, or buyers of the supplier, with'
         ' deliveries in the window; else null.'),
        (NULL, 'raised', 'How many of them returned more than the baseline rate.'),
        (NULL, 'top_share', 'Share of the returns above the baseline that the one with most of them'
         ' has.'),
        (NULL, 'cause', 'Of a spike: supplier (its leads come back from several buyers), buyer (it'
         ' returns the leads of several suppliers) or pair (of this buyer and this supplier alone);'
         ' else null. A side is the cause if its rate is raised without the other (the counterpart'
         ' with most of the returns), too: z above 2 against its own past without the other.'),
        (NULL, 'rate_fold_id', 'Key; always 1.'),
        (NULL, 'folded_at', 'When it was done; null: never.'),
        (NULL, 'folded', 'How many rows of rate_delta it took.'),
        ('^(rate_|rollup_)', 'delivered_value', 'Their price, in cents.'),
        ('^(rate_|rollup_)', 'returned_value', 'Credited for the accepted returns, in cents.'),
        ('^(rate_|rollup_)', 'cost', 'What suppliers were owed for the deliveries, in cents.'),
        ('^(rate_|rollup_)', 'clawback', 'Clawed back for them, in cents.'),
        (NULL, 'grain', 'What period the row is of: day, week, month or all.'),
        (NULL, 'starts_on', 'First day of the period; -infinity for all.'),
        (NULL, 'delivered_on', 'Day of the deliveries; null: the row is about none.'),
        (NULL, 'moved_on', 'Day of the moves and postings; null: there are none.'),
        (NULL, 'acceptances', 'Requests accepted on that day.'),
        (NULL, 'declines', 'Requests declined on that day.'),
        (NULL, 'withdrawals', 'Requests withdrawn on that day.'),
        (NULL, 'rollbacks', 'Accepted returns rolled back on that day.'),
        (NULL, 'cost', 'What suppliers were owed for the deliveries.'),
        (NULL, 'credited', 'Credited on that day, less credits taken back, in cents.'),
        (NULL, 'clawed_back', 'Clawed back on that day, less clawbacks given back, in cents.'),
        (NULL, 'check_name', 'What disagrees.'),
        (NULL, 'transfer_id', 'The transfer that is wrong; null: one is missing.'),
        (NULL, 'expected', 'The amount that deliveries and returns call for.'),
        (NULL, 'actual', 'The amount that the ledger has; null: none.'),
        (NULL, 'detail', 'What exactly.'),
        (NULL, 'rollup', 'The table that differs.'),
        (NULL, 'id', 'The account, supplier or lead group.'),
        (NULL, 'adjusted', 'Adjustments of that day in cents, negative in the buyer''s favour.')
                ) AS m (view, name, told)
                 WHERE m.name = a.attname AND coalesce(r.relname ~ m.view, true)
                 ORDER BY m.view IS NULL LIMIT 1) AS told
          FROM pg_class r
          JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
         WHERE r.relnamespace = 'leadreturns'::regnamespace
           AND r.relname ~ ('^(return_rate|rollup_|rate_|pnl|returns_decided|pending_)'
                            || '|^(bad_lead|return_spikes)'
                            || '|^(distribution|money)_check'
               || '|^(subject|pair)_days')
           AND r.relkind = ANY ('{r,v}'::"char"[])
         ORDER BY r.oid, a.attnum
    LOOP
        IF c.told IS NULL THEN
            RAISE 'column %.% has no comment', c.relname, c.attname;
        END IF;
        EXECUTE format('COMMENT ON COLUMN leadreturns.%I.%I IS %L', c.relname, c.attname, c.told);
    END LOOP;
END;
$$;
