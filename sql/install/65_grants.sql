-- Who is who: lr_grant ties a database role to a party and gives it what that kind of party needs.

CREATE FUNCTION lr_grant(role regrole, kind text, party_id bigint DEFAULT NULL,
    OUT role_name text, OUT granted_kind text, OUT granted_party_id bigint)
RETURNS record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grantee text := (SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid = lr_grant.role);
    object text;
BEGIN
    PERFORM leadreturns.require_staff('grant roles');
    IF kind IS NULL OR kind <> ALL (ARRAY['staff', 'app', 'buyer', 'supplier', 'reporting'])
       OR (kind = ANY (ARRAY['buyer', 'supplier'])) <> (party_id IS NOT NULL)
       OR (kind = 'buyer' AND NOT EXISTS (SELECT FROM leadreturns.buyer b
                                           WHERE b.buyer_id = lr_grant.party_id))
       OR (kind = 'supplier' AND NOT EXISTS (SELECT FROM leadreturns.supplier s
                                              WHERE s.supplier_id = lr_grant.party_id))
    THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid party',
            DETAIL = format('Kind is %s, party_id is %s.', coalesce(quote_literal(kind), 'null'),
                            coalesce(party_id::text, 'null')),
            HINT = 'Give staff, app, reporting, or buyer or supplier with the id of one.';
    END IF;
    IF grantee IS NULL THEN
        RAISE undefined_object USING MESSAGE = 'no such role';
    END IF;
    INSERT INTO leadreturns.party_grant AS g (role_name, kind, party_id, granted_at, granted_by)
    VALUES (grantee, lr_grant.kind, lr_grant.party_id, leadreturns.clock(), session_user)
    ON CONFLICT ON CONSTRAINT party_grant_pkey
        DO UPDATE SET party_id = excluded.party_id, granted_at = excluded.granted_at,
                      granted_by = excluded.granted_by;

    FOR object IN SELECT p.statement FROM leadreturns.privileges(lr_grant.kind) p
    LOOP
        EXECUTE format('GRANT %s TO %I', object, grantee);
    END LOOP;
    role_name := grantee;
    granted_kind := kind;
    granted_party_id := party_id;
END;
$$;

CREATE FUNCTION lr_revoke(role regrole, kind text, party_id bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grantee text := (SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid = lr_revoke.role);
    was_granted boolean;
    object text;
BEGIN
    PERFORM leadreturns.require_staff('revoke roles');
    DELETE FROM leadreturns.party_grant g
     WHERE g.role_name = grantee AND g.kind = lr_revoke.kind
       AND (lr_revoke.party_id IS NULL OR g.party_id = lr_revoke.party_id);
    was_granted := FOUND;
    IF was_granted THEN
        FOR object IN
            SELECT p.statement FROM leadreturns.privileges(lr_revoke.kind) p
            EXCEPT
            SELECT p.statement FROM leadreturns.party_grant g
             CROSS JOIN LATERAL leadreturns.privileges(g.kind) p
             WHERE g.role_name = grantee
        LOOP
            EXECUTE format('REVOKE %s FROM %I', object, grantee);
        END LOOP;
    END IF;
    RETURN was_granted;
END;
$$;
