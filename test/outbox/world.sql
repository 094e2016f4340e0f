-- Who is told, and returns to tell of: shop(n) makes n of them, each with six notifications.
INSERT INTO leadreturns.buyer (name, email) VALUES ('Acme', 'buyer@acme.example');
INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Acme north');
INSERT INTO leadreturns.supplier (name, email) VALUES ('Source', 'leads@source.example');
SELECT lr_set_terms('global', NULL, '{"seller_address": "team@seller.example",
    "sender_address": "returns@seller.example"}', '2026-01-01');

CREATE SEQUENCE shop_lead;
CREATE PROCEDURE shop(n integer) LANGUAGE plpgsql AS $$
DECLARE
    lead bigint;
    id bigint;
BEGIN
    FOR i IN 1 .. n LOOP
        lead := nextval('shop_lead');
        PERFORM lr_deliver(lead, 1, 1, 10, 4);
        id := (SELECT r.return_id FROM lr_return(lead, 'duplicate', 'wir müssen') r);
        PERFORM lr_request_info(id, 'when?');
        COMMIT;
        PERFORM lr_accept(id, 'fine');
        PERFORM lr_rollback_return(lead, 'not so fine');
        COMMIT;
    END LOOP;
END;
$$;
