-- Loading the files of this directory, and comparing what became of their lines with what is
-- expected. The functions that compare return what differs; empty means nothing does.
CREATE TABLE t.file (
    name text PRIMARY KEY, about text, encoding text, match_by text, key_column text,
    reason_column text, note_column text, buyer_id bigint, reason text, cap_crossed_line bigint,
    load_error text, dir text, import_id bigint);
CREATE TABLE t.expected (
    line_no bigint PRIMARY KEY, status text, sqlstate text, key text, reason text, note text,
    recorded text, delivery_id bigint, over_cap boolean, credit numeric, clawback numeric);
CREATE TABLE t.before (kind text, what text);

-- Creates the import and loads the file: the number of lines, or the SQLSTATE.
CREATE FUNCTION t.load(f t.file) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    bytes bytea := pg_read_binary_file(f.dir || '/' || f.name || '.csv');
    id bigint;
    said text;
BEGIN
    SELECT c.import_id INTO id
      FROM lr_import_create(f.name, coalesce(f.match_by, 'lead_id'), f.reason,
                            buyer_id => f.buyer_id) c;
    UPDATE t.file SET import_id = id WHERE name = f.name;
    IF f.encoding IS NULL THEN
        said := lr_import_text(id, convert_from(bytes, 'UTF8'), f.key_column, f.reason_column,
                               f.note_column);
    ELSE
        said := lr_import_bytes(id, bytes, f.encoding, f.key_column, f.reason_column,
                                f.note_column);
    END IF;
    RETURN said;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END;
$$;

-- What a line is expected to be, and what a verification (or the run) says it is.
CREATE FUNCTION t.unexpected(id bigint, verified boolean) RETURNS text LANGUAGE sql AS $$
WITH said AS (
    SELECT line_no, key, reason, note, lead_id, delivery_id, return_id,
           CASE WHEN verified THEN verdict ELSE status END AS status,
           CASE WHEN verified THEN verdict_sqlstate ELSE sqlstate END AS sqlstate,
           CASE WHEN verified THEN verdict_over_cap ELSE over_cap END AS over_cap,
           CASE WHEN verified THEN verdict_credit ELSE credit END AS credit,
           CASE WHEN verified THEN verdict_clawback ELSE clawback END AS clawback
      FROM leadreturns.import_results WHERE import_id = id)
SELECT string_agg(format('%s instead of %s', to_json(s), to_json(e)), chr(10)
                  ORDER BY coalesce(e.line_no, s.line_no))
  FROM t.expected e FULL JOIN said s ON s.line_no = e.line_no
 WHERE e.line_no IS NULL OR s.line_no IS NULL
    OR (e.status, e.sqlstate, e.key, e.reason, e.note)
       IS DISTINCT FROM (s.status, s.sqlstate, s.key, s.reason, s.note)
    OR e.over_cap <> s.over_cap OR e.credit <> s.credit OR e.clawback <> s.clawback
    OR NOT verified AND e.delivery_id IS NOT NULL AND e.delivery_id IS DISTINCT FROM s.delivery_id
$$;

-- The requests that the file made: those of its lines, with what the lines said.
CREATE FUNCTION t.wrong_requests(id bigint) RETURNS text LANGUAGE sql AS $$
WITH said AS (
    SELECT r.line_no, r.return_id, r.delivery_id, r.note, r.status, e.recorded,
           left(btrim(regexp_replace(coalesce(r.reason, i.reason), '\s+', ' ', 'g')), 75)
               AS reason_text
      FROM leadreturns.import_results r
      JOIN leadreturns.import i USING (import_id)
      LEFT JOIN t.expected e USING (line_no)
     WHERE import_id = id AND r.status IN ('returned', 'requested')),
made AS (
    SELECT q.*, (SELECT h.how FROM leadreturns.history h WHERE h.return_id = q.return_id
                  ORDER BY h.history_id LIMIT 1) AS how
      FROM leadreturns.request q WHERE q.import_id = id)
SELECT string_agg(format('%s instead of %s', to_json(m), to_json(s)), chr(10))
  FROM said s FULL JOIN made m ON m.return_id = s.return_id
 WHERE s.return_id IS NULL OR m.return_id IS NULL OR m.how <> 'import'
    OR (s.delivery_id, s.note, s.reason_text, s.status) IS DISTINCT FROM
       (m.delivery_id, m.note, m.reason_text,
        CASE m.status WHEN 'accepted' THEN 'returned' WHEN 'open' THEN 'requested' END)
    OR s.recorded <> m.reason
$$;

-- Lines for which the verification said other than the run.
CREATE FUNCTION t.unforeseen(id bigint) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(to_json(r)::text, chr(10))
  FROM leadreturns.import_results r
 WHERE import_id = id
   AND (verdict, verdict_sqlstate, verdict_detail, verdict_credit, verdict_clawback,
        verdict_over_cap) IS DISTINCT FROM (status, sqlstate, detail, credit, clawback, over_cap)
$$;

-- What import_progress should say after the run, from what is expected of the lines.
CREATE FUNCTION t.wrong_progress(f t.file) RETURNS text LANGUAGE sql AS $$
WITH should AS (
    SELECT count(*) AS total,
           count(*) FILTER (WHERE status IN ('returned', 'requested')) AS returned,
           count(*) FILTER (WHERE sqlstate ~ '^LR') AS failed,
           count(*) FILTER (WHERE status = 'malformed') AS errors
      FROM t.expected)
SELECT to_json(p)::text
  FROM leadreturns.import_progress p, should s,
       LATERAL (SELECT coalesce(sum(credit), 0), coalesce(sum(clawback), 0)
                  FROM leadreturns.request WHERE import_id = f.import_id) m (credit, clawback)
 WHERE p.import_id = f.import_id
   AND (p.status, p.total, p.done, p.remaining, p.returned, p.failed, p.errors, p.credit,
        p.clawback, p.verified_returned, p.verified_failed, p.verified_errors,
        p.verified_credit, p.verified_clawback, p.cap_crossed_line, p.finished_at IS NOT NULL)
       IS DISTINCT FROM
       ('done', s.total, s.total, 0, s.returned, s.failed, s.errors, m.credit, m.clawback,
        s.returned, s.failed, s.errors, m.credit, m.clawback, f.cap_crossed_line, true)
$$;

CREATE FUNCTION t.wrong_undo(id bigint) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(to_json(r)::text, chr(10))
  FROM leadreturns.import_results r JOIN leadreturns.import_progress p USING (import_id)
 WHERE import_id = id
   AND (r.undo_status IS DISTINCT FROM
        CASE WHEN r.status IN ('returned', 'requested') THEN 'undone' END
        OR (p.status, p.undone, p.conflicts) IS DISTINCT FROM ('undone', p.returned, 0))
$$;
