-- What several tests need, in schema t; included with \ir. Time moves by leadreturns.now.
CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;

-- One value for every row of every table of the extension; sequences aside.
CREATE FUNCTION t.fingerprint() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    tab regclass;
    part text;
    whole text := '';
BEGIN
    FOR tab IN SELECT c.oid FROM pg_class c
                WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'r'
                ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT md5(string_agg(x::text, chr(10) ORDER BY x::text)) FROM %s x', tab)
           INTO part;
        whole := whole || tab::text || '=' || coalesce(part, '') || ' ';
    END LOOP;
    RETURN md5(whole);
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
