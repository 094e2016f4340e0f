-- Six months in a few seconds: leads are delivered and returned in the order of their times, and
-- the extension's clock stands at each event, so windows and caps see what was true at that moment.

-- What people will do with each request, one to five days after it was filed.
CREATE PROCEDURE demo.plan() LANGUAGE sql
AS $$
INSERT INTO demo.event (at, request_no, step, command)
SELECT requested_at, request_no, 0, 'request' FROM demo.request;

INSERT INTO demo.event (at, request_no, step, command, note)
SELECT requested_at + interval '1 second' * (86400 * (1 + step.days)
           + 345 * demo.dice(request_no, 90)),
       request_no, step.no, step.command, step.note
  FROM demo.request
  JOIN (VALUES
        (1, 0, 719, 0, 'accept', NULL),
        (2, 0, 4, 1, 'withdraw', 'reached the person after all'),
        (1, 720, 769, 0, 'accept half', 'spoke to the person once'),
        (1, 770, 909, 0, 'decline', 'the recording proves interest'),
        (2, 770, 794, 2, 'reopen', 'new evidence'),
        (3, 770, 789, 3, 'accept', 'the evidence convinced us'),
        (2, 795, 809, 4, 'accept', 'goodwill'),
        (2, 810, 814, 5, 'rollback', 'undo'),
        (1, 910, 949, 0, 'withdraw', 'reached the person after all'),
        (1, 950, 979, 0, 'accept', NULL),
        (3, 950, 969, 3, 'rollback', 'the lead became a customer'),
        (2, 975, 979, 2, 'resell', NULL),
        (3, 970, 979, 3, 'rollback', 'the lead became a customer'),
        (1, 980, 999, 0, 'ask', 'When did you call?'))
       AS step (no, from_dice, to_dice, days, command, note)
    ON demo.dice(request_no, 91) BETWEEN step.from_dice AND step.to_dice
$$;

-- One command, the way an application would give it. Nobody decides what is decided already, but
-- some try to withdraw or to roll back what they cannot.
CREATE FUNCTION demo.perform(e demo.event, r demo.request) RETURNS bigint LANGUAGE plpgsql
AS $$
DECLARE
    x leadreturns.returns;
BEGIN
    IF e.command = 'request' THEN
        RETURN (lr_return(r.lead_id, r.reason, r.note, r.account_id)).return_id;
    END IF;
    SELECT * INTO x FROM leadreturns.returns v WHERE v.return_id = r.return_id;
    IF (e.step = 1 AND x.status <> 'open')
       OR (e.step > 1 AND e.command IN ('accept', 'reopen') AND x.status = 'accepted')
    THEN
        RETURN r.return_id;
    END IF;
    CASE e.command
        WHEN 'accept' THEN
            PERFORM lr_accept(r.return_id, e.note);
        WHEN 'accept half' THEN
            PERFORM lr_accept(r.return_id, e.note, credit => round(x.price / 2, 2));
        WHEN 'decline' THEN
            PERFORM lr_decline(r.return_id, e.note);
        WHEN 'withdraw' THEN
            PERFORM lr_withdraw(r.return_id, e.note);
        WHEN 'reopen' THEN
            PERFORM lr_reopen(r.return_id, e.note);
        WHEN 'rollback' THEN
            PERFORM lr_rollback_return(x.lead_id, e.note, x.account_id);
        WHEN 'resell' THEN
            UPDATE leadreturns.deliveries SET status = 'SOLD' WHERE delivery_id = x.delivery_id;
        WHEN 'ask' THEN
            PERFORM lr_request_info(r.return_id, e.note);
    END CASE;
    RETURN r.return_id;
END;
$$;

CREATE FUNCTION demo.attempt(e demo.event, r demo.request) RETURNS void LANGUAGE plpgsql
AS $$
DECLARE
    refusal demo.refusal;
    done bigint;
BEGIN
    IF e.command <> 'request' AND r.return_id IS NULL THEN
        RETURN;
    END IF;
    done := demo.perform(e, r);
    UPDATE demo.request q SET return_id = done
     WHERE q.request_no = r.request_no AND q.return_id IS NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS refusal.sqlstate = RETURNED_SQLSTATE,
        refusal.condition = CONSTRAINT_NAME, refusal.detail = PG_EXCEPTION_DETAIL;
    IF refusal.sqlstate NOT LIKE 'LR%' THEN
        RAISE;
    END IF;
    refusal.at := e.at;
    refusal.request_no := e.request_no;
    refusal.command := e.command;
    INSERT INTO demo.refusal VALUES (refusal.*);
END;
$$;

-- Delivers what was sold after one instant and until another.
CREATE PROCEDURE demo.deliver(after timestamptz, until timestamptz) LANGUAGE sql
AS $$
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, lead_group_id, price, cost,
                                    delivered_at, external_id, email, phone)
SELECT lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at, external_id,
       email, phone
  FROM demo.lead
 WHERE delivered_at > after AND delivered_at <= until
 ORDER BY delivered_at, n
$$;

-- Everything from one instant up to another; a transaction lasts a day.
CREATE PROCEDURE demo.replay(after timestamptz, until timestamptz) LANGUAGE plpgsql
AS $$
DECLARE
    e demo.event;
    r demo.request;
    reached timestamptz := after;
BEGIN
    FOR e IN SELECT * FROM demo.event x WHERE x.at > after AND x.at <= until
              ORDER BY x.at, x.request_no, x.step
    LOOP
        IF date_trunc('day', e.at) > reached THEN
            COMMIT;
        END IF;
        PERFORM set_config('leadreturns.now', e.at::text, false);
        CALL demo.deliver(reached, e.at);
        SELECT * INTO r FROM demo.request q WHERE q.request_no = e.request_no;
        PERFORM demo.attempt(e, r);
        reached := e.at;
    END LOOP;
    PERFORM set_config('leadreturns.now', until::text, false);
    CALL demo.deliver(reached, until);
END;
$$;

-- Whoever connects later finds the clock where the story ends.
CREATE PROCEDURE demo.stop_clock() LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('ALTER DATABASE demo SET leadreturns.now = %L',
                   current_setting('leadreturns.now'));
END;
$$;
