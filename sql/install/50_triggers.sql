-- Triggers. None of them has a rule or a side effect on INSERT, because pg_restore fires them, but
-- for replace_seed, which exists for pg_restore.

CREATE TRIGGER deliveries_dml INSTEAD OF INSERT OR UPDATE ON leadreturns.deliveries
    FOR EACH ROW EXECUTE FUNCTION leadreturns.deliveries_dml();
-- writes the rows that the row trigger has gathered
CREATE TRIGGER deliveries_flush AFTER INSERT ON leadreturns.deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.deliveries_dml();
CREATE TRIGGER returns_dml INSTEAD OF INSERT OR UPDATE ON leadreturns.returns
    FOR EACH ROW EXECUTE FUNCTION leadreturns.returns_dml();

CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.delivery
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.delivery
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.request
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.request
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.history
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.history
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.transfer
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.transfer
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.cap_period
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.cap_period
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.volume_delta
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.volume_delta
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.closing
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.closing
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.terms
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.terms
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.message
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.message
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();
-- by row: a restore copies no rows into it, but does run the COPY
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON leadreturns.error_code
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.error_code
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();

CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.buyer
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_reference('buyer_id');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.buyer
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_reference();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.account
    FOR EACH ROW
    EXECUTE FUNCTION leadreturns.guard_reference('account_id', 'buyer_id', 'currency');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.account
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_reference();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.supplier
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_reference('supplier_id');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.supplier
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_reference();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.lead_group
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_reference('lead_group_id');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.lead_group
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_reference();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.reason
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_reference('code');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.reason
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_reference();

CREATE TRIGGER replace_seed BEFORE INSERT ON leadreturns.reason
    FOR EACH ROW WHEN (NEW.seeded) EXECUTE FUNCTION leadreturns.replace_seed();

CREATE TRIGGER forget_cached AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON leadreturns.reason
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.forget_cached();
CREATE TRIGGER forget_cached
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON leadreturns.reason_alias
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.forget_cached();
CREATE TRIGGER forget_cached AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON leadreturns.holiday
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.forget_cached();
CREATE TRIGGER forget_cached AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON leadreturns.terms
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.forget_cached();
CREATE TRIGGER forget_cached
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON leadreturns.party_grant
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.forget_cached();
