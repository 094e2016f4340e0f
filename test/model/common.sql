-- What several tests need, in schema t; included with \ir. Time moves by leadreturns.now.
CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;

-- One value for every row of every table of the extension, but for some tables; sequences aside. It
-- reads much and often, so it is never done in parallel or compiled, whatever the session wants,
-- and planned once.
DO $$
BEGIN
    EXECUTE (
        SELECT 'CREATE FUNCTION t.fingerprint(without text[] DEFAULT ''{}'') RETURNS text'
               ' LANGUAGE plpgsql SET jit = off SET force_parallel_mode = off'
               ' SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan'
               ' AS $f$ BEGIN RETURN md5(CAST(ARRAY['
               || string_agg(format('CASE WHEN %1$L <> ALL (without) THEN (SELECT
                      md5(string_agg(x::text, chr(10) ORDER BY x::text)) FROM leadreturns.%1$I x)
                      END', c.relname), ', ' ORDER BY c.relname)
               || '] AS text)); END $f$'
          FROM pg_class c
         WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'r');
END;
$$;

-- Runs a statement, as a role if one is given. "ok", or the SQLSTATE and the condition; says so
-- when a failure has changed a row.
CREATE FUNCTION t.attempt(command text, as_role text DEFAULT 'none') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    before text := t.fingerprint();
    state text;
    condition text;
BEGIN
    BEGIN
        PERFORM set_config('role', as_role, true);
        EXECUTE command;
        PERFORM set_config('role', 'none', true);
        RETURN 'ok';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, condition = CONSTRAINT_NAME;
    END;
    RETURN concat_ws(' ', state, nullif(condition, ''),
                     CASE WHEN t.fingerprint() <> before THEN 'AND CHANGED SOMETHING' END);
END;
$$;

-- The texts of the error that a statement raises.
CREATE FUNCTION t.texts(command text) RETURNS TABLE (message text, detail text, hint text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                            hint = PG_EXCEPTION_HINT;
    RETURN NEXT;
END;
$$;

CREATE FUNCTION t.at(moment text) RETURNS void LANGUAGE sql AS
$$ SELECT set_config('leadreturns.now', moment, false) $$;

-- Two buyers; accounts 11 (prepaid) and 12 (net terms) of the first, 21 of the second.
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (1, 'Acme'), (2, 'Bolt');
INSERT INTO leadreturns.account (account_id, buyer_id, name, billing)
VALUES (11, 1, 'Acme prepaid', 'prepaid'), (12, 1, 'Acme monthly', 'net_terms'),
       (21, 2, 'Bolt prepaid', 'prepaid');
INSERT INTO leadreturns.supplier (supplier_id, name) VALUES (5, 'Source'), (6, 'Spring');
INSERT INTO leadreturns.lead_group (lead_group_id, name) VALUES (7, 'Solar');

-- Ids that tests choose themselves are below these.
ALTER TABLE leadreturns.delivery ALTER delivery_id RESTART WITH 1001;

-- A lead of 10.00 that cost 6.00, with its id as the delivery's.
CREATE FUNCTION t.lead(id bigint, at timestamptz, account bigint DEFAULT 11,
                       price numeric DEFAULT 10, cost numeric DEFAULT 6,
                       lead_group bigint DEFAULT 7) RETURNS bigint LANGUAGE sql AS $$
INSERT INTO leadreturns.deliveries
    (delivery_id, lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
VALUES (id, id, account, 5, lead_group, price, cost, at) RETURNING delivery_id
$$;

-- The newest return of a lead.
CREATE FUNCTION t.last_return(lead bigint) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT max(r.return_id) FROM leadreturns.returns r WHERE r.lead_id = lead $$;

-- What a return moves and an undone one must put back, computed from the tables alone: every
-- balance, every delivery's status, the live returns and the capacity they take.
CREATE FUNCTION t.state() RETURNS TABLE (kind text, what text) LANGUAGE sql AS $$
SELECT 'balance', format('%s %s %s %s', leg.account, leg.party, t.currency, sum(leg.moved))
  FROM leadreturns.transfer t,
       LATERAL (SELECT account, moved, CASE account WHEN 'account' THEN t.account_id
                                                    WHEN 'supplier' THEN t.supplier_id END
                  FROM (VALUES (t.debit, - t.amount), (t.credit, t.amount)) v (account, moved))
           leg (account, moved, party)
 GROUP BY leg.account, leg.party, t.currency HAVING sum(leg.moved) <> 0
UNION ALL
SELECT 'delivery', format('%s %s %s', delivery_id, status, deleted_at) FROM leadreturns.delivery
UNION ALL
SELECT 'return', format('%s %s %s %s', return_id, status, credit, clawback)
  FROM leadreturns.request WHERE status IN ('open', 'accepted')
UNION ALL
SELECT 'cap', format('%s %s %s %s %s', account_id, starts_at, ends_at, used, used_value)
  FROM leadreturns.cap_period WHERE used <> 0 OR used_value <> 0
$$;

-- A file of returns, loaded; one that rolls returns back if asked.
CREATE FUNCTION t.import(csv text, reason text DEFAULT NULL, undo boolean DEFAULT false,
                         match_by text DEFAULT 'lead_id', buyer bigint DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint := (SELECT c.import_id FROM lr_import_create('a file', match_by, reason, undo,
                                                           buyer) c);
BEGIN
    PERFORM lr_import_text(id, csv);
    RETURN id;
END;
$$;

-- One line of text for each line of a file: its number, its status and its SQLSTATE.
CREATE FUNCTION t.lines(import bigint, verdicts boolean DEFAULT false) RETURNS SETOF text
LANGUAGE sql AS $$
SELECT concat_ws(' ', line_no, CASE WHEN verdicts THEN verdict ELSE status END,
                 CASE WHEN verdicts THEN verdict_sqlstate ELSE sqlstate END)
  FROM leadreturns.import_results WHERE import_id = import ORDER BY line_no
$$;

-- What a sweep at an instant says it has done; the clock stays there.
CREATE FUNCTION t.swept(moment text, max_rows bigint DEFAULT 1000) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    PERFORM t.at(moment);
    SELECT string_agg(value || ' ' || key, ', ') INTO said
      FROM lr_sweep(max_rows) s, json_each_text(to_json(s))
     WHERE value <> '0' AND key <> 'consolidated';
    RETURN coalesce(said, 'nothing');
END;
$$;
