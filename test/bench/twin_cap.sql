-- What is used of the cap of a month: the counter of the period plus the deliveries it has not
-- counted yet. As in the library, a period is counted when it is first asked for, and the deltas
-- are folded when there are many.

CREATE FUNCTION twin.usage(account bigint, delivered_at timestamptz, zone text)
RETURNS leadreturns.cap_period LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    first  timestamptz := date_trunc('month', usage.delivered_at, zone);
    next   timestamptz := (date_trunc('month', usage.delivered_at AT TIME ZONE zone)
                           + interval '1 month') AT TIME ZONE zone;
    p      leadreturns.cap_period;
    deltas bigint;
BEGIN
    SELECT p.account_id, p.starts_at, p.ends_at, p.delivered + x.n, p.delivered_value + x.amount,
           p.used, p.used_value, x.deltas
      INTO p.account_id, p.starts_at, p.ends_at, p.delivered, p.delivered_value, p.used,
           p.used_value, deltas
      FROM leadreturns.cap_period p
     CROSS JOIN (SELECT count(*) AS deltas,
                        count(*) FILTER (WHERE x.delivered_at >= first AND x.delivered_at < next)
                            AS n,
                        coalesce(sum(x.price) FILTER (WHERE x.delivered_at >= first
                                                        AND x.delivered_at < next), 0) AS amount
                   FROM leadreturns.volume_delta x WHERE x.account_id = account) x
     WHERE p.account_id = account AND p.ends_at = next AND p.starts_at = first;
    IF FOUND AND deltas > 64 THEN
        WITH folded AS (
            DELETE FROM leadreturns.volume_delta x WHERE x.account_id = account
         RETURNING x.delivered_at, x.price)
        UPDATE leadreturns.cap_period p
           SET delivered = p.delivered + x.n, delivered_value = p.delivered_value + x.amount
          FROM (SELECT q.starts_at, count(*) AS n, sum(x.price) AS amount
                  FROM leadreturns.cap_period q
                  JOIN folded x ON x.delivered_at >= q.starts_at AND x.delivered_at < q.ends_at
                 WHERE q.account_id = account GROUP BY q.starts_at) x
         WHERE p.account_id = account AND p.starts_at = x.starts_at;
    END IF;
    IF p.account_id IS NOT NULL THEN
        RETURN p;
    END IF;

    -- counted for the first time, less what the deltas of the same snapshot will add
    WITH counted AS (
        SELECT d.n, d.amount, u.n AS used, u.amount AS used_value, x.n AS deltas,
               x.amount AS delta_value
          FROM (SELECT count(*) AS n, coalesce(sum(d.price), 0) AS amount
                  FROM leadreturns.delivery d
                 WHERE d.account_id = account
                   AND d.delivered_at >= first AND d.delivered_at < next) d,
               (SELECT count(*) AS n, coalesce(sum(CASE r.status WHEN 'open' THEN r.price
                                                                 ELSE r.credit END), 0) AS amount
                  FROM leadreturns.request r
                 WHERE r.account_id = account AND r.live_delivery_id IS NOT NULL
                   AND r.delivered_at >= first AND r.delivered_at < next) u,
               (SELECT count(*) AS n, coalesce(sum(x.price), 0) AS amount
                  FROM leadreturns.volume_delta x
                 WHERE x.account_id = account
                   AND x.delivered_at >= first AND x.delivered_at < next) x),
    kept AS (
        INSERT INTO leadreturns.cap_period
        SELECT account, first, next, c.n - c.deltas, c.amount - c.delta_value, c.used,
               c.used_value
          FROM counted c)
    SELECT account, first, next, c.n, c.amount, c.used, c.used_value INTO p FROM counted c;
    RETURN p;
END;
$$;
