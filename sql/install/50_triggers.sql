-- Triggers. None of them has a rule or a side effect on INSERT, because pg_restore fires them, but
-- for replace_seed, which exists for pg_restore.

CREATE TRIGGER deliveries_dml INSTEAD OF INSERT OR UPDATE ON leadreturns.deliveries
    FOR EACH ROW EXECUTE FUNCTION leadreturns.deliveries_dml();
-- writes the rows that the row trigger has gathered
CREATE TRIGGER deliveries_flush AFTER INSERT ON leadreturns.deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.deliveries_dml();
CREATE TRIGGER returns_dml INSTEAD OF INSERT OR UPDATE ON leadreturns.returns
    FOR EACH ROW EXECUTE FUNCTION leadreturns.returns_dml();

CREATE TRIGGER import_upload INSTEAD OF INSERT ON leadreturns.import_upload
    FOR EACH ROW EXECUTE FUNCTION leadreturns.import_upload();
-- writes the rows that the row trigger has gathered
CREATE TRIGGER import_upload_flush AFTER INSERT ON leadreturns.import_upload
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.import_upload();

-- Records are changed by the library alone, reference rows keep what records refer to.
DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT * FROM (VALUES
            ('delivery', 'guard_records()'), ('request', 'guard_records()'),
            ('history', 'guard_records()'), ('transfer', 'guard_records()'),
            ('cap_period', 'guard_records()'), ('volume_delta', 'guard_records()'),
            ('closing', 'guard_records()'), ('terms', 'guard_records()'),
            ('message', 'guard_records()'),
            ('sweep_heartbeat', 'guard_records()'),
            ('import', 'guard_records()'), ('import_chunk', 'guard_records()'),
            ('import_verdict', 'guard_records()'), ('import_outcome', 'guard_records()'),
            ('import_cancel', 'guard_records()'),
            ('notification', 'guard_reference(''notification_id'', ''return_id'', ''account_id'',
              ''supplier_id'', ''sequence'', ''kind'', ''recipient_kind'', ''recipient'',
              ''address'', ''sender'', ''language'', ''subject'', ''body'', ''payload'',
              ''created_at'')'),
            ('erasure', 'guard_records()'), ('archived_history', 'guard_records()'),
            ('archived_message', 'guard_records()'),
            ('archived_notification', 'guard_records()'),
            ('archived_import_chunk', 'guard_records()'),
            ('archived_import_verdict', 'guard_records()'),
            ('archived_import_outcome', 'guard_records()'),
            ('buyer', 'guard_reference(''buyer_id'')'),
            ('account', 'guard_reference(''account_id'', ''buyer_id'', ''currency'')'),
            ('supplier', 'guard_reference(''supplier_id'')'),
            ('lead_group', 'guard_reference(''lead_group_id'')'),
            ('reason', 'guard_reference(''code'')')) AS v (name, guard)
    LOOP
        EXECUTE format('CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.%I
                        FOR EACH ROW EXECUTE FUNCTION leadreturns.%s', target.name, target.guard);
        EXECUTE format('CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.%s',
                       target.name, target.guard);
    END LOOP;
END;
$$;

-- by row: a restore copies no rows into it, but does run the COPY
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON leadreturns.error_code
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.error_code
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();

CREATE TRIGGER replace_seed BEFORE INSERT ON leadreturns.reason
    FOR EACH ROW WHEN (NEW.seeded) EXECUTE FUNCTION leadreturns.replace_seed();
CREATE TRIGGER replace_seed BEFORE INSERT ON leadreturns.notification_template
    FOR EACH ROW WHEN (NEW.seeded) EXECUTE FUNCTION leadreturns.replace_seed();
-- also where a restore switches foreign keys off, and in the first copy of a replication
ALTER TABLE leadreturns.reason ENABLE ALWAYS TRIGGER replace_seed;
ALTER TABLE leadreturns.notification_template ENABLE ALWAYS TRIGGER replace_seed;

CREATE TRIGGER guard_seed BEFORE DELETE ON leadreturns.notification_template
    FOR EACH ROW WHEN (OLD.seeded) EXECUTE FUNCTION leadreturns.guard_seed();
CREATE TRIGGER guard_seed_key BEFORE UPDATE ON leadreturns.notification_template
    FOR EACH ROW
    WHEN ((OLD.seeded OR NEW.seeded)
          AND (OLD.kind, OLD.recipient_kind, OLD.language, OLD.seeded)
              IS DISTINCT FROM (NEW.kind, NEW.recipient_kind, NEW.language, NEW.seeded))
    EXECUTE FUNCTION leadreturns.guard_seed();

-- What every session keeps in memory. What replication applies fires no triggers but these, and of
-- its single rows not those of statements.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY
        '{reason,reason_alias,holiday,terms,party_grant,notification_template}'::text[]
    LOOP
        EXECUTE format('CREATE TRIGGER forget_cached
                        AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON leadreturns.%1$I
                        FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.forget_cached();
                        CREATE TRIGGER forget_replicated
                        AFTER INSERT OR UPDATE OR DELETE ON leadreturns.%1$I
                        FOR EACH ROW EXECUTE FUNCTION leadreturns.forget_cached();
                        ALTER TABLE leadreturns.%1$I ENABLE ALWAYS TRIGGER forget_cached,
                                                     ENABLE REPLICA TRIGGER forget_replicated',
                       name);
    END LOOP;
END;
$$;
