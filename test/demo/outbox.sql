-- What everybody was told, and a worker that drains the outbox.
\echo '12. WHO IS TOLD: THE OUTBOX'
SELECT recipient_kind AS recipient, kind, count(*) AS waiting
  FROM leadreturns.notifications WHERE status = 'pending'
 GROUP BY recipient_kind, kind ORDER BY recipient_kind, kind;
\echo 'One of them, as it is sent:'
\pset tuples_only on
\pset format unaligned
SELECT format(E'  To:      %s <%s>\n  Subject: %s\n\n%s\n', n.recipient, n.address, n.subject,
              regexp_replace(n.body, '^', '  ', 'gm'))
  FROM leadreturns.notifications n
 WHERE n.kind = 'return_accepted' AND n.address IS NOT NULL
 ORDER BY n.notification_id DESC LIMIT 1;
\pset format aligned
\pset tuples_only off
-- a worker: claim, send, acknowledge, until nothing is left
CREATE PROCEDURE demo.drain(OUT sent bigint, OUT claims bigint) LANGUAGE plpgsql
AS $$
DECLARE
    claimed bigint[];
BEGIN
    sent := 0;
    claims := 0;
    LOOP
        SELECT array_agg(n.notification_id) INTO claimed
          FROM lr_claim_notifications('demo', 5000, '5 minutes') n;
        EXIT WHEN claimed IS NULL;
        sent := sent + lr_ack_notifications(claimed);
        claims := claims + 1;
        COMMIT;
    END LOOP;
END;
$$;
CALL demo.drain(NULL, NULL) \gset
SELECT count(*) AS waiting FROM leadreturns.notifications WHERE status <> 'sent' \gset
\echo 'A worker has claimed and acknowledged' :sent 'in' :claims 'rounds;' :waiting 'are left.'
\echo
