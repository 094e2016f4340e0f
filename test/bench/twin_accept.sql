-- lr_accept in PL/pgSQL, for open requests.

CREATE FUNCTION twin.lr_accept(
    return_id bigint, note text DEFAULT NULL, credit numeric DEFAULT NULL,
    clawback numeric DEFAULT NULL, status text DEFAULT NULL, remedy text DEFAULT NULL,
    notify boolean DEFAULT NULL, override boolean DEFAULT false)
RETURNS leadreturns.returns LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    remark      text := CASE WHEN lr_accept.note ~ '\S' THEN lr_accept.note END;
    at          timestamptz;
    posted_at   timestamptz;
    today       date;
    r           record;
    f           record;
    how         text;
    new_status  text;
    given       numeric := 0;
    taken       numeric := 0;
    credit_id   bigint;
    clawback_id bigint;
BEGIN
    IF current_setting('is_superuser') <> 'on' THEN
        RAISE 'not permitted' USING ERRCODE = 'LR001';
    END IF;
    IF lr_accept.credit < 0 OR lr_accept.credit <> round(lr_accept.credit, 2)
       OR lr_accept.clawback < 0 OR lr_accept.clawback <> round(lr_accept.clawback, 2) THEN
        RAISE 'amount out of range' USING ERRCODE = 'LR040';
    END IF;

    -- the delivery, its account, the request, locked in this order
    SELECT r.delivery_id, r.reason, r.reason_text, r.note, r.status, r.requested_at,
           r.requested_by, r.assignee, r.overridden OR r.over_cap AS overridden, r.import_id,
           r.idempotency_key, d.lead_id, d.external_id, d.account_id, d.supplier_id,
           d.lead_group_id, d.price, d.cost, d.currency, d.delivered_at, d.delivered_on,
           d.status AS prior_status, d.deleted_at, d.sale_transfer_id, d.payout_transfer_id,
           a.name AS account, a.buyer_id
      INTO r
      FROM leadreturns.request r
      JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
      JOIN leadreturns.account a ON a.account_id = d.account_id
     WHERE r.return_id = lr_accept.return_id
       FOR NO KEY UPDATE OF d, a, r;
    IF NOT FOUND THEN
        RAISE 'return not found' USING ERRCODE = 'LR003';
    END IF;
    at := leadreturns.clock();
    IF r.status = 'declined' THEN
        RAISE feature_not_supported USING MESSAGE = 'left out of the twin';
    ELSIF r.status <> 'open' THEN
        RAISE 'illegal transition' USING ERRCODE = 'LR013';
    ELSIF r.deleted_at IS NOT NULL THEN
        RAISE 'lead deleted' USING ERRCODE = 'LR005';
    END IF;

    SELECT t.accepted_status, t.reverse_money, t.clawback, t.remedy, t.time_zone, c.label,
           c.supplier_fault, b.name AS buyer, s.name AS supplier, g.name AS lead_group,
           (SELECT max(p.ends_at) FROM leadreturns.closing p
             WHERE p.account_id = r.account_id) AS closed_until
      INTO f
      FROM twin.terms_at(r.account_id, r.buyer_id, r.lead_group_id, r.delivered_at) t
      JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id
      JOIN leadreturns.reason c ON c.code = r.reason
      LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id
      LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = r.lead_group_id;

    -- what is credited and clawed back
    how := coalesce(lr_accept.remedy, f.remedy);
    IF how NOT IN ('credit', 'replacement') THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid remedy';
    ELSIF how = 'replacement' OR NOT f.reverse_money THEN
        IF lr_accept.credit > 0 OR lr_accept.clawback > 0 THEN
            RAISE 'amount out of range' USING ERRCODE = 'LR040';
        END IF;
    ELSIF lr_accept.credit = 0 OR lr_accept.credit > r.price
       OR lr_accept.clawback > (CASE WHEN r.supplier_id IS NULL THEN 0 ELSE r.cost END) THEN
        RAISE 'amount out of range' USING ERRCODE = 'LR040';
    ELSE
        given := coalesce(lr_accept.credit, r.price);
        IF lr_accept.clawback IS NOT NULL THEN
            taken := lr_accept.clawback;
        ELSIF r.supplier_id IS NOT NULL
          AND (f.clawback = 'always' OR (f.clawback = 'by_reason' AND f.supplier_fault)) THEN
            taken := CASE WHEN given = r.price THEN r.cost
                          ELSE round(r.cost * given / r.price, 2) END;
        END IF;
        credit_id := CASE WHEN given > 0
                          THEN nextval('leadreturns.transfer_transfer_id_seq') END;
        clawback_id := CASE WHEN taken > 0
                            THEN nextval('leadreturns.transfer_transfer_id_seq') END;
    END IF;
    posted_at := greatest(at, f.closed_until);
    today := (at AT TIME ZONE f.time_zone)::date;
    new_status := coalesce(nullif(btrim(lr_accept.status), ''), f.accepted_status);

    WITH posted AS (
        INSERT INTO leadreturns.transfer
               (transfer_id, posted_at, posted_on, kind, debit, credit, account_id, supplier_id,
                amount, currency, delivery_id, return_id, reverses, actor)
        SELECT v.id, posted_at, today, v.kind, v.debit, v.credit, v.account_id, v.supplier_id,
               v.amount, r.currency, r.delivery_id, lr_accept.return_id, v.reverses, current_user
          FROM (VALUES (credit_id, 'credit', 'revenue', 'account', r.account_id, NULL, given,
                        r.sale_transfer_id),
                       (clawback_id, 'clawback', 'supplier', 'cost', NULL, r.supplier_id, taken,
                        r.payout_transfer_id))
               v (id, kind, debit, credit, account_id, supplier_id, amount, reverses)
         WHERE v.id IS NOT NULL),
    returned AS (
        UPDATE leadreturns.delivery d SET status = new_status
         WHERE d.delivery_id = r.delivery_id),
    remembered AS (
        INSERT INTO leadreturns.history
               (return_id, from_status, to_status, at, moved_on, actor, party_kind, how, note,
                terms_at)
        VALUES (lr_accept.return_id, 'open', 'accepted', at, today, current_user, 'staff',
                'manual', remark, r.delivered_at)),
    counted AS (
        INSERT INTO leadreturns.rate_delta
               (account_id, supplier_id, lead_group_id, currency, delivered_on, moved_on, reason,
                returned, open, acceptances, returned_value, clawback, credited, clawed_back)
        VALUES (r.account_id, r.supplier_id, r.lead_group_id, r.currency, r.delivered_on, today,
                r.reason, 1, -1, 1, given * 100, taken * 100, given * 100, taken * 100))
    UPDATE leadreturns.request q
       SET status = 'accepted', decided_at = at, decided_by = current_user,
           decided_how = 'manual', decision_note = remark, credit = given, clawback = taken,
           remedy = how, prior_status = r.prior_status, returned_status = new_status,
           overridden = r.overridden, awaits_buyer = false, auto_accept_at = NULL,
           timeout_at = NULL, timeout_action = NULL, credit_transfer_id = credit_id,
           clawback_transfer_id = clawback_id
     WHERE q.return_id = lr_accept.return_id;
    -- less may be credited than was reserved
    IF given <> r.price THEN
        UPDATE leadreturns.cap_period p SET used_value = p.used_value + given - r.price
         WHERE p.account_id = r.account_id AND p.ends_at > r.delivered_at
           AND p.starts_at <= r.delivered_at;
    END IF;

    RETURN ROW(
        lr_accept.return_id, r.delivery_id, r.lead_id, r.external_id, r.account_id, r.account,
        r.buyer_id, f.buyer, r.supplier_id, f.supplier, r.lead_group_id, f.lead_group, r.reason,
        f.label, r.reason_text, r.note, 'accepted', 'processed', 'green', r.delivered_at,
        r.requested_at, r.requested_by, at, current_user, 'manual', remark, r.assignee, r.price,
        r.cost, given, taken, how, r.currency, r.prior_status, r.overridden, r.import_id,
        r.idempotency_key,
        extract(epoch FROM at - r.requested_at) / 3600)::leadreturns.returns;
END;
$$;
