-- A seller's life at random: t.live(n) carries out n operations. Included with \ir after
-- common.sql; setseed() makes it repeatable.

INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (3, 'Bolt');
INSERT INTO leadreturns.account (account_id, buyer_id, name, billing, currency)
VALUES (13, 1, 'Acme Europe', 'net_terms', 'EUR'), (31, 3, 'Bolt Europe', 'prepaid', 'EUR');
-- of the same name as another
INSERT INTO leadreturns.supplier (supplier_id, name) VALUES (8, 'Source');
INSERT INTO leadreturns.lead_group (lead_group_id, name) VALUES (9, 'Solar');
INSERT INTO leadreturns.reason (code, label, supplier_fault)
SELECT 'extra_' || n, 'Extra ' || n, n % 2 = 0 FROM generate_series(1, 12) n;

SELECT count(lr_set_terms(scope, scope_id, settings::jsonb, '2026-01-01 00:00:00+00')) FROM (VALUES
('global', NULL::bigint, '{"max_age": "60 days", "review_timeout": "20 days",
  "timeout_action": "decline"}'),
('account', 11, '{"time_zone": "America/New_York", "max_return_percent": 50, "at_cap": "review"}'),
('account', 12, '{"auto_accept": "within", "auto_accept_within": "10 hours"}'),
('account', 13, '{"time_zone": "Pacific/Auckland", "remedy": "replacement"}'),
('account', 21, '{"auto_accept": "always", "auto_accept_delay": "2 days",
  "timeout_action": "accept"}'),
('buyer', 3, '{"clawback": "always", "time_zone": "Asia/Kolkata"}'),
('lead_group', 9, '{"reverse_money": false}')) v (scope, scope_id, settings)
\g /dev/null

CREATE TABLE t.done (what text PRIMARY KEY, done int NOT NULL, refused int NOT NULL);
CREATE FUNCTION t.dice(sides bigint) RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT floor(random() * sides)::bigint $$;
-- One of some texts.
CREATE FUNCTION t.one_of(texts text[]) RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT texts[1 + t.dice(cardinality(texts))] $$;
CREATE FUNCTION t.any_reason() RETURNS text LANGUAGE sql VOLATILE AS $$
SELECT code FROM leadreturns.reason WHERE active
 ORDER BY code OFFSET t.dice((SELECT count(*) FROM leadreturns.reason WHERE active)) LIMIT 1
$$;
-- One of the newest deliveries, and one of the newest returns in a state.
CREATE FUNCTION t.any_lead(OUT lead bigint, OUT account bigint) LANGUAGE sql VOLATILE AS $$
SELECT lead_id, account_id FROM leadreturns.delivery ORDER BY delivery_id DESC
OFFSET t.dice((SELECT least(count(*), 300) FROM leadreturns.delivery)) LIMIT 1
$$;
CREATE FUNCTION t.any_return(state text) RETURNS bigint LANGUAGE sql VOLATILE AS $$
SELECT return_id FROM leadreturns.request WHERE status = state
 ORDER BY return_id DESC
OFFSET t.dice((SELECT least(count(*), 40) FROM leadreturns.request WHERE status = state)) LIMIT 1
$$;
CREATE FUNCTION t.returned_lead(state text, OUT lead bigint, OUT account bigint)
LANGUAGE sql VOLATILE AS $$
SELECT d.lead_id, d.account_id FROM (SELECT t.any_return(state) AS id OFFSET 0) x
  JOIN leadreturns.request r ON r.return_id = x.id
  JOIN leadreturns.delivery d USING (delivery_id)
$$;

CREATE FUNCTION t.deliver_some() RETURNS void LANGUAGE sql AS $$
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT coalesce((SELECT max(lead_id) FROM leadreturns.delivery), 0) + n,
       t.one_of('{11,11,12,13,21,21,31}')::bigint,
       nullif(t.one_of('{5,5,5,6,8,0}'), '0')::bigint, nullif(t.one_of('{7,7,9,0}'), '0')::bigint,
       t.one_of('{10,10,12.50,99.99,3.33,0}')::numeric, t.one_of('{6,6,4.17,0}')::numeric,
       current_setting('leadreturns.now')::timestamptz - random() * interval '60 hours'
  FROM generate_series(1, 1 + t.dice(12)) n
$$;

-- A file in steps, sometimes undone.
CREATE FUNCTION t.import_some() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
    p leadreturns.import_progress;
BEGIN
    SELECT t.import(E'lead_id,reason\nx,duplicate\n' ||
                    string_agg(format('%s,%s', (t.any_lead()).lead, t.any_reason()), E'\n'))
      INTO id FROM generate_series(1, 20);
    LOOP
        p := lr_import_step(id, 7);
        EXIT WHEN p.status = 'done';
    END LOOP;
    IF t.dice(3) = 0 THEN
        PERFORM lr_import_undo(id);
    END IF;
END;
$$;

-- What it was, if the time has come to say so; a refusal is an answer too.
CREATE FUNCTION t.operation(what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    lead bigint;
    owner bigint;
    now timestamptz := current_setting('leadreturns.now');
    id bigint;
BEGIN
    SELECT * INTO lead, owner FROM t.any_lead();
    CASE what
        WHEN 'deliver' THEN PERFORM t.deliver_some();
        WHEN 'return' THEN
            PERFORM lr_return(lead, t.any_reason(), 'n', owner, override => t.dice(9) = 0);
        WHEN 'free text' THEN
            PERFORM lr_return(lead, t.one_of('{no such reason,WRONG - vertical}'), NULL,
                              owner);
        WHEN 'return many' THEN
            PERFORM lr_return_many(ARRAY(SELECT (t.any_lead()).lead FROM generate_series(1, 15)),
                                   t.any_reason(), 'n');
        WHEN 'import' THEN PERFORM t.import_some();
        WHEN 'accept' THEN PERFORM lr_accept(t.any_return('open'));
        WHEN 'accept in part' THEN
            id := t.any_return('open');
            PERFORM lr_accept(id, credit => (SELECT round(price * (1 + t.dice(99)) / 100, 2)
                                               FROM leadreturns.request WHERE return_id = id));
        WHEN 'accept declined' THEN PERFORM lr_accept(t.any_return('declined'));
        WHEN 'decline' THEN PERFORM lr_decline(t.any_return('open'));
        WHEN 'withdraw' THEN PERFORM lr_withdraw(t.any_return('open'));
        WHEN 'reopen' THEN PERFORM lr_reopen(t.any_return('declined'));
        WHEN 'return declined' THEN
            SELECT * INTO lead, owner FROM t.returned_lead('declined');
            PERFORM lr_return(lead, t.any_reason(), 'n', owner);
        WHEN 'roll back', 'roll back and return' THEN
            SELECT * INTO lead, owner FROM t.returned_lead('accepted');
            PERFORM lr_rollback_return(lead, NULL, owner);
            IF what = 'roll back and return' THEN
                PERFORM lr_return(lead, t.any_reason(), 'n', owner);
            END IF;
        WHEN 'correct reason' THEN
            PERFORM lr_correct_reason(t.any_return(t.one_of('{open,accepted,declined,withdrawn}')),
                                      t.any_reason());
        WHEN 'merge reason' THEN
            PERFORM lr_merge_reason((SELECT min(code) FROM leadreturns.reason
                                      WHERE active AND code LIKE 'extra%'), t.any_reason());
        WHEN 'close period' THEN
            PERFORM lr_close_period(owner, (now - interval '3 days')::date);
        WHEN 'post' THEN
            PERFORM lr_post('adjustment', owner, t.one_of('{5,-7.25,0.01,100}')::numeric),
                    lr_post('deposit', owner, 50), lr_post('payout', 6, 3, NULL, 'USD');
        WHEN 'replace' THEN
            SELECT return_id INTO id FROM leadreturns.replacements_owed ORDER BY 1 LIMIT 1;
            PERFORM lr_deliver((SELECT max(lead_id) + 1 FROM leadreturns.delivery), r.account_id,
                               t.one_of('{5,6}')::bigint, 0, t.one_of('{0,2}')::numeric,
                               replaces => id) FROM leadreturns.request r WHERE return_id = id;
        WHEN 'delete' THEN
            UPDATE leadreturns.deliveries SET deleted_at = now
             WHERE lead_id = lead AND account_id = owner AND deleted_at IS NULL;
        WHEN 'sweep' THEN PERFORM lr_sweep(1 + t.dice(20));
        WHEN 'fold' THEN PERFORM leadreturns.fold_rates(1 + t.dice(40));
        WHEN 'nothing' THEN NULL;
    END CASE;
    -- what is rolled back has not happened
    IF t.dice(25) = 0 THEN
        RAISE 'undone' USING ERRCODE = 'LR999';
    END IF;
END;
$$;

-- In a hundred operations: so many of a kind. Time passes in between. A sweep folds, too.
CREATE FUNCTION t.live(operations int, folding bool DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    often CONSTANT jsonb := '{"deliver": 22, "return": 18, "free text": 2, "return many": 3,
        "import": 2, "accept": 9, "accept in part": 6, "accept declined": 2, "decline": 7,
        "withdraw": 3, "reopen": 2, "return declined": 5, "roll back": 3,
        "roll back and return": 3, "correct reason": 3, "merge reason": 1, "close period": 1,
        "post": 2, "replace": 1, "delete": 1, "sweep": 2, "fold": 4}';
    bag text[] := ARRAY(SELECT CASE WHEN key IN ('fold', 'sweep') AND NOT folding
                                     THEN 'nothing' ELSE key END
                          FROM jsonb_each_text(often), generate_series(1, value::int)
                         ORDER BY key COLLATE "C");
    what text;
    no int;
BEGIN
    FOR i IN 1..operations LOOP
        PERFORM t.at((current_setting('leadreturns.now')::timestamptz + random() * CASE
            WHEN t.dice(300) = 0 THEN interval '30 days' WHEN t.dice(25) = 0 THEN interval '3 days'
            ELSE interval '100 minutes' END)::text);
        what := t.one_of(bag);
        no := 0;
        BEGIN
            PERFORM t.operation(what);
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE NOT LIKE 'LR%' THEN
                RAISE;
            END IF;
            no := 1;
        END;
        INSERT INTO t.done AS d VALUES (what, 1 - no, no)
            ON CONFLICT ON CONSTRAINT done_pkey
            DO UPDATE SET done = d.done + excluded.done, refused = d.refused + no;
    END LOOP;
END;
$$;
