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
    INSERT INTO leadreturns.party_grant (role, kind, party_id, granted_at, granted_by)
    VALUES (lr_grant.role, lr_grant.kind, lr_grant.party_id, leadreturns.clock(),
            leadreturns.caller())
    ON CONFLICT ON CONSTRAINT party_grant_pkey DO NOTHING;
    SELECT g.party_id INTO granted_party_id
      FROM leadreturns.party_grant g
     WHERE g.role = lr_grant.role AND g.kind = lr_grant.kind;
    IF granted_party_id <> party_id THEN
        RAISE duplicate_object USING MESSAGE = 'role acts for another party',
            DETAIL = format('Role "%s" is %s %s.', grantee, kind, granted_party_id),
            HINT = format('A role acts for one: SELECT lr_revoke(%L, %L) comes first.',
                          lr_grant.role, kind);
    END IF;

    FOR object IN SELECT p.statement FROM leadreturns.privileges(lr_grant.kind) p
    LOOP
        EXECUTE format('GRANT %s TO %I', object, grantee);
    END LOOP;
    role_name := grantee;
    granted_kind := kind;
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
     WHERE g.role = lr_revoke.role AND g.kind = lr_revoke.kind
       AND (lr_revoke.party_id IS NULL OR g.party_id = lr_revoke.party_id);
    was_granted := FOUND;
    -- a role that was dropped has left no privileges
    IF was_granted AND grantee IS NOT NULL THEN
        FOR object IN SELECT p.statement FROM leadreturns.privileges(lr_revoke.kind) p
        LOOP
            EXECUTE format('REVOKE %s FROM %I', object, grantee);
        END LOOP;
        -- what the role still is; a revoked SELECT has taken that on single columns with it
        FOR object IN
            SELECT DISTINCT p.statement FROM leadreturns.party_grant g
             CROSS JOIN LATERAL leadreturns.privileges(g.kind) p
             WHERE g.role = lr_revoke.role
        LOOP
            EXECUTE format('GRANT %s TO %I', object, grantee);
        END LOOP;
    END IF;
    RETURN was_granted;
END;
$$;
