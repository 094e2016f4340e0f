-- lr_return in PL/pgSQL, with the checks of the C function in their order.

CREATE FUNCTION twin.lr_return(
    lead_id bigint, reason text, note text DEFAULT NULL, account_id bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL, override boolean DEFAULT false)
RETURNS leadreturns.returns LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    given       text := rtrim(left(btrim(regexp_replace(lr_return.reason, '\s+', ' ', 'g')), 75));
    sought      text := leadreturns.reason_key(given);
    remark      text := CASE WHEN lr_return.note ~ '\S' THEN lr_return.note END;
    at          timestamptz;
    today       date;
    d           record;
    f           record;
    cap         record;
    opens_at    timestamptz;
    closes_at   timestamptz;
    exceeded    boolean := false;
    over_cap    boolean;
    overridden  boolean;
    new_id      bigint;
BEGIN
    IF current_setting('is_superuser') <> 'on' THEN
        RAISE 'not permitted' USING ERRCODE = 'LR001';
    END IF;

    -- the delivery, then its account, both locked
    SELECT d.delivery_id, d.account_id, d.supplier_id, d.lead_group_id, d.price, d.cost,
           d.currency, d.delivered_at, d.delivered_on, d.external_id, d.replaces, d.deleted_at,
           a.name AS account, a.buyer_id,
           (SELECT count(*) FROM leadreturns.delivery x
             WHERE x.lead_id = lr_return.lead_id
               AND (lr_return.account_id IS NULL OR x.account_id = lr_return.account_id)) AS found
      INTO d
      FROM leadreturns.delivery d JOIN leadreturns.account a ON a.account_id = d.account_id
     WHERE d.lead_id = lr_return.lead_id
       AND (lr_return.account_id IS NULL OR d.account_id = lr_return.account_id)
       FOR NO KEY UPDATE OF d, a;
    IF NOT FOUND THEN
        RAISE 'lead not found' USING ERRCODE = 'LR002';
    ELSIF d.found > 1 THEN
        IF EXISTS (SELECT FROM leadreturns.delivery x
                    WHERE x.lead_id = lr_return.lead_id AND x.account_id <> d.account_id
                      AND lr_return.account_id IS NULL) THEN
            RAISE 'ambiguous delivery' USING ERRCODE = 'LR004';
        END IF;
        RAISE feature_not_supported USING MESSAGE = 'left out of the twin';
    END IF;
    at := leadreturns.clock();

    -- what the checks ask: terms of the day of the delivery, the reason, a live request; names
    SELECT t.min_age, t.max_age, t.time_zone, t.window_calendar, t.cycle_grace,
           t.max_return_percent, t.max_return_count, t.cap_basis, t.cap_period,
           t.cap_min_volume, t.at_cap, t.auto_accept, t.review_timeout, t.allow_other_reason,
           t.replacement_returnable,
           c.code, c.label, c.active, c.requires_note, c.min_age AS reason_min_age,
           c.max_age AS reason_max_age, b.name AS buyer, s.name AS supplier,
           g.name AS lead_group,
           (SELECT r.status FROM leadreturns.request r
             WHERE r.live_delivery_id = d.delivery_id) AS live_status,
           CASE WHEN NOT t.resubmission
                THEN EXISTS (SELECT FROM leadreturns.request r
                              WHERE r.delivery_id = d.delivery_id) END AS asked_before,
           EXISTS (SELECT FROM twin.terms x WHERE x.assignee IS NOT NULL) AS any_assignee
      INTO f
      FROM twin.terms_at(d.account_id, d.buyer_id, d.lead_group_id, d.delivered_at) t
      JOIN leadreturns.buyer b ON b.buyer_id = d.buyer_id
      LEFT JOIN twin.reason_match m ON m.key = sought
      LEFT JOIN leadreturns.reason c
             ON c.code = coalesce(m.code, CASE WHEN t.allow_other_reason THEN 'other' END)
      LEFT JOIN leadreturns.supplier s ON s.supplier_id = d.supplier_id
      LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = d.lead_group_id;
    IF f.window_calendar <> 'calendar' OR f.cycle_grace IS NOT NULL
       OR f.cap_period <> 'month' OR f.auto_accept <> 'never' OR f.review_timeout IS NOT NULL
       OR f.any_assignee OR lr_return.idempotency_key <> '' THEN
        RAISE feature_not_supported USING MESSAGE = 'left out of the twin';
    END IF;

    opens_at := (d.delivered_at AT TIME ZONE f.time_zone
                 + coalesce(f.reason_min_age, f.min_age)) AT TIME ZONE f.time_zone;
    closes_at := (d.delivered_at AT TIME ZONE f.time_zone
                  + coalesce(f.reason_max_age, f.max_age)) AT TIME ZONE f.time_zone;
    IF f.max_return_percent IS NOT NULL OR f.max_return_count IS NOT NULL THEN
        cap := twin.usage(d.account_id, d.delivered_at, f.time_zone);
        exceeded := coalesce(cap.used + 1 > f.max_return_count, false);
        IF f.max_return_percent IS NOT NULL AND cap.delivered >= f.cap_min_volume THEN
            exceeded := exceeded OR CASE f.cap_basis
                WHEN 'count'
                THEN cap.used + 1 > floor(f.max_return_percent * cap.delivered / 100)
                ELSE cap.used_value + d.price
                     > trunc(f.max_return_percent * cap.delivered_value / 100, 2) END;
        END IF;
    END IF;

    IF d.deleted_at IS NOT NULL THEN
        RAISE 'lead deleted' USING ERRCODE = 'LR005';
    ELSIF f.live_status = 'open' THEN
        RAISE 'return already open' USING ERRCODE = 'LR010';
    ELSIF f.live_status = 'accepted' THEN
        RAISE 'already returned' USING ERRCODE = 'LR011';
    ELSIF f.asked_before THEN
        RAISE 'resubmission not allowed' USING ERRCODE = 'LR015';
    ELSIF d.replaces IS NOT NULL AND NOT f.replacement_returnable THEN
        RAISE 'returns disabled' USING ERRCODE = 'LR020';
    ELSIF at < opens_at AND NOT override THEN
        RAISE 'window not open' USING ERRCODE = 'LR021';
    ELSIF at > closes_at AND NOT override THEN
        RAISE 'window closed' USING ERRCODE = 'LR022';
    ELSIF exceeded AND f.at_cap = 'refuse' AND NOT override THEN
        RAISE 'cap reached' USING ERRCODE = 'LR023';
    ELSIF given IS NULL OR given = '' THEN
        RAISE 'reason required' USING ERRCODE = 'LR030';
    ELSIF f.code IS NULL OR (f.code = 'other' AND NOT f.allow_other_reason) THEN
        RAISE 'reason unknown' USING ERRCODE = 'LR031';
    ELSIF NOT f.active THEN
        RAISE 'reason retired' USING ERRCODE = 'LR032';
    ELSIF remark IS NULL AND (f.requires_note OR override) THEN
        RAISE 'note required' USING ERRCODE = 'LR033';
    END IF;
    overridden := override AND (at < opens_at OR at > closes_at OR exceeded);
    over_cap := exceeded AND NOT override;

    today := (at AT TIME ZONE f.time_zone)::date;
    new_id := nextval('leadreturns.request_return_id_seq');
    WITH requested AS (
        INSERT INTO leadreturns.request
               (return_id, delivery_id, account_id, delivered_at, price, cost, reason,
                reason_text, note, status, requested_at, requested_by, credit, clawback,
                override_asked, overridden, over_cap, awaits_buyer)
        VALUES (new_id, d.delivery_id, d.account_id, d.delivered_at, d.price, d.cost, f.code,
                given, remark, 'open', at, current_user, 0, 0, coalesce(override, false),
                overridden, over_cap, false)),
    remembered AS (
        INSERT INTO leadreturns.history
               (return_id, to_status, at, moved_on, actor, party_kind, how, note, terms_at)
        VALUES (new_id, 'open', at, today, current_user, 'staff', 'manual', remark,
                d.delivered_at)),
    counted AS (
        INSERT INTO leadreturns.rate_delta
               (account_id, supplier_id, lead_group_id, currency, delivered_on, moved_on, reason,
                open)
        VALUES (d.account_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on, today,
                f.code, 1))
    UPDATE leadreturns.cap_period p
       SET used = p.used + 1, used_value = p.used_value + d.price
     WHERE p.account_id = d.account_id AND p.ends_at > d.delivered_at
       AND p.starts_at <= d.delivered_at;

    RETURN ROW(
        new_id, d.delivery_id, lr_return.lead_id, d.external_id, d.account_id, d.account,
        d.buyer_id, f.buyer, d.supplier_id, f.supplier, d.lead_group_id, f.lead_group, f.code,
        f.label, given, remark, 'open', 'requires_review', 'orange', d.delivered_at, at,
        current_user, NULL, NULL, NULL, NULL, NULL, d.price, d.cost, 0, 0, NULL, d.currency,
        NULL, overridden, NULL, NULL,
        extract(epoch FROM leadreturns.clock() - at) / 3600)::leadreturns.returns;
END;
$$;
