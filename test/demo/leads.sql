-- The generated set: 50,000 deliveries over six months, and what buyers will ask to return. All of
-- it hangs on the number of the row, so every run makes the same.

-- How often an account buys (of 1000), which two lead groups, how much it likes to return
CREATE TABLE demo.habit AS
SELECT account_id, sum(weight) OVER (ORDER BY account_id) AS up_to, first_group, second_group,
       eagerness
  FROM (VALUES (1, 170, 1, 1, 1.0), (2, 90, 1, 1, 0.8), (3, 150, 2, 2, 1.3), (4, 60, 2, 2, 0.7),
               (5, 120, 3, 3, 1.1), (6, 50, 3, 3, 0.9), (7, 80, 1, 1, 0.8), (8, 70, 4, 4, 1.4),
               (9, 40, 4, 4, 0.6), (10, 90, 2, 2, 1.0), (11, 50, 3, 1, 1.2), (12, 30, 4, 4, 0.5))
       AS habit (account_id, weight, first_group, second_group, eagerness);

-- The same of suppliers: the share of the leads, and how many of 1000 somebody will want to return.
-- One of them has something to hide.
CREATE TABLE demo.quality AS
SELECT supplier_id, sum(weight) OVER (ORDER BY supplier_id) AS up_to, bad, margin
  FROM (VALUES (1, 300, 58, 0.38), (2, 240, 68, 0.42), (3, 190, 50, 0.36), (4, 120, 75, 0.45),
               (5, 90, 265, 0.52), (6, 60, 62, 0.40))
       AS quality (supplier_id, weight, bad, margin);

-- Every fortieth lead is sold a second time, to another account. Days are from 7 to 21 o'clock.
INSERT INTO demo.lead
SELECT n, 100000 + lead, account_id, supplier_id, lead_group_id, price,
       round(price * (1 - margin), 2),
       timestamptz '2026-01-01 07:00:00+00' + interval '1 day' * floor(n / 276.5)
           + interval '1 second' * floor(182 * (n % 276.5)),
       md5(lead || ' external')::uuid::text, 'lead' || lead || '@example.com',
       '+1 555 ' || to_char(lead, 'FM000-0000')
  FROM (SELECT n, CASE WHEN n % 40 = 0 THEN n - 1 ELSE n END AS lead
          FROM generate_series(1, 50000) AS n) numbers
  CROSS JOIN LATERAL (
       SELECT account_id,
              CASE WHEN demo.dice(n, 3) < 700 THEN first_group ELSE second_group END
                  AS lead_group_id
         FROM demo.habit WHERE demo.dice(n, 1) < up_to ORDER BY up_to LIMIT 1) who
  CROSS JOIN LATERAL (
       SELECT supplier_id, margin
         FROM demo.quality WHERE demo.dice(lead, 2) < up_to ORDER BY up_to LIMIT 1) origin
  CROSS JOIN LATERAL (
       SELECT ('{48,26,64,34}'::numeric[])[lead_group_id] + demo.dice(n, 4) % 12 AS price) sale;

-- Most are asked for in the first days, some too late; those who buy mortgages are quicker.
INSERT INTO demo.request (request_no, lead_id, account_id, reason, note, requested_at)
SELECT n, lead_id,
       -- some forget to say which of their two accounts they mean
       CASE WHEN n % 40 = 0 AND demo.dice(n, 8) < 300 THEN NULL ELSE account_id END,
       reason, CASE WHEN demo.dice(n, 9) < 900 THEN 'called three times' END,
       delivered_at + interval '1 second' * ceil(
           86400 * CASE WHEN lead_group_id = 3 THEN 16 ELSE 33 END
           * (demo.dice(n, 6) / 1000.0) ^ 2)
  FROM demo.lead
  JOIN demo.habit USING (account_id)
  JOIN demo.quality USING (supplier_id)
  CROSS JOIN LATERAL (
       SELECT CASE WHEN supplier_id = 5 AND demo.dice(n, 10) < 700
                   THEN ('{phone was disconnected,disconnected phone,Bad contact info,
                           home phone number was disconnected}'::text[])[1 + n % 4]
                   ELSE ('{Bad contact info,PHONE WAS DISCONNECTED!,Duplicate,duplicate,
                           already our customer,Wrong vertical,wrong-vertical,
                           Out of service area,TCPA risk,changed her mind,only browsing,
                           No answer}'::text[])[1 + least(demo.dice(n, 11) / 85, 11)]
              END AS reason) words
 WHERE demo.dice(n, 5) < bad * eagerness;

-- Some ask twice, some for a lead that nobody sold them.
INSERT INTO demo.request (request_no, lead_id, account_id, reason, requested_at)
SELECT 100000 + request_no, lead_id, account_id, reason, requested_at + interval '30 hours'
  FROM demo.request WHERE demo.dice(request_no, 12) < 12;
INSERT INTO demo.request (request_no, lead_id, account_id, reason, requested_at)
SELECT 200000 + n, 900000 + n, 1 + n % 12, 'Duplicate',
       timestamptz '2026-01-20 10:00:00+00' + interval '1 day' * n * 9
  FROM generate_series(1, 15) AS n;

-- The curtain falls in the middle of July
DELETE FROM demo.request WHERE requested_at > '2026-07-15 12:00:00+00';
CALL demo.plan();
DELETE FROM demo.event WHERE at > '2026-07-15 12:00:00+00';
ANALYZE demo.lead, demo.request, demo.event;
