-- Windows: both ends are inside, to the microsecond, in the zone of the terms, whatever the
-- session's zone; also over the days that are 23 or 25 hours long.
BEGIN;
SELECT plan(6);
\ir ../model/common.sql
CREATE TEMP TABLE zone (id int, name text);
INSERT INTO zone VALUES (0, 'UTC'), (1, 'America/New_York'), (2, 'Europe/Berlin'),
    (3, 'Australia/Lord_Howe'), (4, 'Asia/Kathmandu'), (5, 'Pacific/Apia'),
    (6, 'America/St_Johns'), (7, 'America/Havana'), (8, 'Pacific/Chatham'), (9, 'Asia/Tokyo');
CREATE TEMP TABLE span (id int, min_age text, max_age text);
INSERT INTO span VALUES (0, '0', '1 day'), (1, '1 day', '30 days'), (2, '36 hours', '1 month'),
    (3, '10 minutes', '49 hours'), (4, '1 month', '1 year'), (5, '2 days', '2 days');

-- an account for each zone and span; the zone is the account's, the span today's version
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT 1000 + z.id * 10 + s.id, 1, z.name FROM zone z, span s;
SELECT lr_set_terms('account', 1000 + z.id * 10 + s.id, jsonb_build_object('time_zone', z.name,
    'min_age', s.min_age, 'max_age', s.max_age), '2000-01-01 00:00:00+00') FROM zone z, span s
\g /dev/null

-- The hours of 2026 at which a zone changes its offset; the others get a plain one.
CREATE TEMP TABLE turn AS
WITH hours AS (
    SELECT z.id, z.name, h, h AT TIME ZONE z.name - h AT TIME ZONE 'UTC' AS shift
      FROM zone z, generate_series('2026-01-01 00:00:00+00'::timestamptz,
                                   '2027-01-01 00:00:00+00', '30 minutes') h),
shifts AS (SELECT *, lag(shift) OVER (PARTITION BY id ORDER BY h) AS before FROM hours)
SELECT id, name, h FROM shifts WHERE shift <> before
UNION ALL
SELECT id, name, '2026-02-28 23:15:00+00' FROM zone;
SELECT ok((SELECT count(*) >= 20 FROM turn), 'zones with daylight saving turn twice a year');

-- Leads whose window opens or closes around a turn.
CREATE TEMP TABLE lead AS
SELECT row_number() OVER () AS id, t.name AS zone, 1000 + t.id * 10 + s.id AS account_id,
       ((t.h + shift) AT TIME ZONE t.name - age::interval) AT TIME ZONE t.name AS delivered_at,
       s.min_age, s.max_age
  FROM turn t, span s, unnest(ARRAY[s.min_age, s.max_age]) age,
       unnest('{-61 minutes,-30 minutes,0,0.000001 s,30 minutes,61 minutes}'::interval[]) shift;
SELECT t.lead(id, delivered_at, account_id) FROM lead
\g /dev/null

-- What the server's own arithmetic says when the session is in that zone.
CREATE FUNCTION pg_temp.later(at timestamptz, span text, zone text) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    later timestamptz;
BEGIN
    PERFORM set_config('timezone', zone, true);
    later := at + span::interval;
    PERFORM set_config('timezone', 'Asia/Kolkata', true);
    RETURN later;
END;
$$;
CREATE TEMP TABLE edge AS
SELECT l.*, pg_temp.later(delivered_at, min_age, zone) AS opens_at,
       pg_temp.later(delivered_at, max_age, zone) AS closes_at FROM lead l;

-- Asks at an instant what is wrong with returning the lead, and tries to return it.
CREATE FUNCTION pg_temp.judged(e edge, at timestamptz, OUT said text, OUT did text,
                               OUT opens_at timestamptz, OUT closes_at timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM t.at(at::text);
    SELECT array_to_string(c.violations, ','), c.window_opens_at, c.window_closes_at
      INTO said, opens_at, closes_at FROM lr_check_return(e.id, 'duplicate', e.account_id) c;
    BEGIN
        PERFORM lr_return(e.id, 'duplicate', account_id => e.account_id);
        RAISE 'undo' USING ERRCODE = 'XX999';
    EXCEPTION
        WHEN SQLSTATE 'XX999' THEN did := '';
        WHEN SQLSTATE 'LR021' THEN did := 'window_not_open';
        WHEN SQLSTATE 'LR022' THEN did := 'window_closed';
    END;
END;
$$;
CREATE TEMP TABLE probe AS
SELECT e.id, e.zone, e.delivered_at, e.opens_at, e.closes_at, p.at,
       CASE WHEN p.at < e.opens_at THEN 'window_not_open'
            WHEN p.at > e.closes_at THEN 'window_closed' ELSE '' END AS expected,
       j.said, j.did, j.opens_at AS said_opens, j.closes_at AS said_closes
  FROM edge e,
       LATERAL (SELECT e.opens_at + us * interval '1 us' FROM generate_series(-1, 1) us
                UNION SELECT e.closes_at + us * interval '1 us' FROM generate_series(-1, 1) us)
           p (at),
       LATERAL pg_temp.judged(e, p.at) j;
SELECT ok((SELECT count(*) > 1500 FROM probe), 'many instants were probed');
SELECT is_empty('SELECT * FROM probe WHERE (said_opens, said_closes) <> (opens_at, closes_at)
                  LIMIT 5', 'the window opens and closes when the server''s arithmetic says');
SELECT is_empty('SELECT * FROM probe WHERE said <> expected LIMIT 5',
                'the check knows each edge to the microsecond');
SELECT is_empty('SELECT * FROM probe WHERE did <> expected LIMIT 5',
                'the command knows each edge to the microsecond');
SELECT bag_eq('SELECT expected <> '''' FROM probe GROUP BY 1', 'VALUES (true), (false)',
              'there were instants inside and outside');
SELECT * FROM finish();
ROLLBACK;
