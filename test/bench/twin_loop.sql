-- The import as a loop over lr_return: a subtransaction for each line, an outcome for each line,
-- a commit after each :batch lines.

CREATE PROCEDURE bench.import_loop(import_id bigint, batch bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    l      record;
    given  leadreturns.returns;
    code   text;
    detail text;
    hint   text;
    n      bigint := 0;
BEGIN
    FOR l IN SELECT line_no, lead_id, reason FROM bench.import_line ORDER BY line_no LOOP
        BEGIN
            given := lr_return(l.lead_id, l.reason);
            INSERT INTO leadreturns.import_outcome
                   (import_id, line_no, status, lead_id, delivery_id, account_id, over_cap,
                    credit, clawback, return_id)
            VALUES (import_loop.import_id, l.line_no,
                    CASE given.status WHEN 'accepted' THEN 'returned' ELSE 'requested' END,
                    given.lead_id, given.delivery_id, given.account_id, false, given.credit,
                    given.clawback, given.return_id);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL,
                                    hint = PG_EXCEPTION_HINT;
            INSERT INTO leadreturns.import_outcome
                   (import_id, line_no, status, sqlstate, detail, hint, over_cap, credit,
                    clawback)
            VALUES (import_loop.import_id, l.line_no,
                    CASE WHEN code IN ('LR010', 'LR011') THEN 'already_returned'
                         WHEN code = 'LR002' THEN 'unknown_lead'
                         WHEN code LIKE 'LR%' THEN 'not_returnable' ELSE 'error' END,
                    code, detail, hint, false, 0, 0);
        END;
        n := n + 1;
        IF n % batch = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END;
$$;
