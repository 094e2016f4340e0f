-- What workers call: they take notifications, send them, and say what became of it. Of one return
-- only the first that is not settled is handed out, so its order is kept whoever sends it.

CREATE FUNCTION lr_claim_notifications(
    worker text, max_rows bigint DEFAULT 100, lease interval DEFAULT '5 minutes')
RETURNS SETOF leadreturns.notifications
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
    present timestamptz;
    taken bigint[];
BEGIN
    PERFORM leadreturns.require_worker('claim notifications');
    IF worker IS NULL OR worker !~ '\S' OR max_rows IS NULL OR max_rows < 1
       OR lease IS NULL OR lease < interval '1 second' OR lease > interval '7 days'
    THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid claim',
            DETAIL = format('worker is %s, max_rows is %s, lease is %s.',
                            coalesce(quote_literal(worker), 'null'),
                            coalesce(max_rows::text, 'null'), coalesce(lease::text, 'null')),
            HINT = 'Give the worker a name, max_rows from 1 and a lease from 1 second to 7 days.';
    END IF;
    max_rows := least(max_rows, 10000);
    PERFORM leadreturns.release_notifications(max_rows);
    present := leadreturns.clock();
    WITH due AS (
        SELECT n.notification_id
          FROM leadreturns.notification n
         WHERE n.due_at <= present AND n.status = 'pending'
           AND n.sequence = (SELECT min(o.sequence) FROM leadreturns.notification o
                              WHERE o.return_id = n.return_id AND o.due_at IS NOT NULL)
         ORDER BY n.due_at, n.notification_id
         LIMIT max_rows
           FOR NO KEY UPDATE OF n SKIP LOCKED),
    claimed AS (
        UPDATE leadreturns.notification n
           SET status = 'claimed', attempts = n.attempts + 1, due_at = present + lease,
               claimed_by = worker, claimed_at = present
          FROM due
         WHERE n.notification_id = due.notification_id
        RETURNING n.notification_id)
    SELECT array_agg(c.notification_id) INTO taken FROM claimed c;
    RETURN QUERY SELECT l.* FROM leadreturns.notification_list l
                  WHERE l.notification_id = ANY (taken) ORDER BY l.notification_id;
END;
$$;

CREATE FUNCTION lr_ack_notifications(ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM leadreturns.require_worker('acknowledge notifications');
    IF ids IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid ids', DETAIL = 'ids is null.',
            HINT = 'Give the notification_id of what was sent, as an array.';
    END IF;
    -- what was sent is sent, even if its lease has run out meanwhile
    WITH sent AS (
        SELECT n.notification_id FROM leadreturns.notification n
         WHERE n.notification_id = ANY (ids) AND n.status <> 'sent' AND n.attempts > 0
         ORDER BY n.notification_id
           FOR NO KEY UPDATE OF n)
    UPDATE leadreturns.notification n
       SET status = 'sent', due_at = NULL, settled_at = leadreturns.clock()
      FROM sent WHERE n.notification_id = sent.notification_id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END;
$$;

CREATE FUNCTION lr_fail_notification(id bigint, error text, worker text DEFAULT NULL)
RETURNS leadreturns.notifications
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present timestamptz;
    held leadreturns.notification;
    result leadreturns.notifications;
    last boolean;
    pause interval;
BEGIN
    PERFORM leadreturns.require_worker('fail notifications');
    SELECT n.* INTO held FROM leadreturns.notification n WHERE n.notification_id = id
       FOR NO KEY UPDATE OF n;
    IF NOT FOUND THEN
        RAISE invalid_parameter_value USING MESSAGE = 'no such notification',
            DETAIL = format('There is no notification %s.', coalesce(id::text, '(null)')),
            HINT = 'Give the notification_id of one that was claimed.';
    END IF;
    -- settled, or in the hands of another worker: whatever this one says comes too late
    IF held.status = ANY (ARRAY['pending', 'claimed']) AND held.attempts > 0
       AND (worker IS NULL OR worker = held.claimed_by)
    THEN
        present := leadreturns.clock();
        last := held.attempts >= current_setting('leadreturns.notify_attempts')::integer;
        pause := least(current_setting('leadreturns.notify_backoff')::interval
                       * 2 ^ least(held.attempts - 1, 15), interval '6 hours');
        UPDATE leadreturns.notification n
           SET status = CASE WHEN last THEN 'dead' ELSE 'pending' END,
               due_at = CASE WHEN NOT last THEN present + pause END,
               settled_at = CASE WHEN last THEN present END,
               last_error = left(coalesce(error, 'no reason given'), 1000)
         WHERE n.notification_id = id;
    END IF;
    SELECT l.* INTO result FROM leadreturns.notification_list l WHERE l.notification_id = id;
    RETURN result;
END;
$$;

CREATE FUNCTION lr_requeue_notifications(ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM leadreturns.require_worker('requeue notifications');
    IF ids IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid ids', DETAIL = 'ids is null.',
            HINT = 'Give the notification_id of what was given up, as an array.';
    END IF;
    WITH dead AS (
        SELECT n.notification_id FROM leadreturns.notification n
         WHERE n.notification_id = ANY (ids) AND n.status = 'dead'
         ORDER BY n.notification_id
           FOR NO KEY UPDATE OF n)
    UPDATE leadreturns.notification n
       SET status = 'pending', attempts = 0, due_at = leadreturns.clock(), settled_at = NULL
      FROM dead WHERE n.notification_id = dead.notification_id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END;
$$;
