-- lr_protect_data stands in the way of DROP EXTENSION, for whom and until when it says.
BEGIN;
SELECT plan(18);
\ir ../model/common.sql
CREATE ROLE lr_protect_staff;
CREATE ROLE lr_protect_owner;
CREATE ROLE lr_protect_member IN ROLE lr_protect_owner;
SELECT lr_grant('lr_protect_staff', 'staff') \g /dev/null
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
SELECT t.lead(1, '2026-03-01 12:00:00+00'), t.lead(2, '2026-03-01 12:00:00+00') \g /dev/null
SELECT t.at('2026-03-02 12:00:00+00') \g /dev/null
SELECT lr_return(1, 'duplicate') \g /dev/null

-- Whose it is.
SELECT is(t.attempt('SELECT lr_protect_data()', 'lr_protect_staff'), '42501', 'staff is refused');
GRANT EXECUTE ON FUNCTION lr_protect_data() TO lr_protect_staff;
GRANT CREATE ON SCHEMA leadreturns TO lr_protect_staff;
SELECT is(t.attempt('SELECT lr_protect_data()', 'lr_protect_staff'), '42501',
          'even where somebody lets it call the function and create views');
SET ROLE lr_protect_staff;
SELECT throws_ok('SELECT lr_protect_data()', '42501', 'must be owner of extension leadreturns',
                 'and is told who may');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION lr_protect_data() FROM lr_protect_staff;
REVOKE CREATE ON SCHEMA leadreturns FROM lr_protect_staff;
SELECT is(to_regclass('leadreturns.data_protection'), NULL, 'nothing was made');

-- What it does.
SELECT is(lr_protect_data(), true, 'it says that it made the view');
SELECT is(lr_protect_data(), false, 'and that it was there already');
SELECT results_eq('SELECT deliveries, returns, moves, transfers FROM leadreturns.data_protection',
                  $$SELECT (SELECT count(*) FROM leadreturns.delivery),
                           (SELECT count(*) FROM leadreturns.request),
                           (SELECT count(*) FROM leadreturns.history),
                           (SELECT count(*) FROM leadreturns.transfer)$$,
                  'the view counts what there is to lose');
SELECT matches(obj_description('leadreturns.data_protection'::regclass), 'DROP EXTENSION.*CASCADE',
               'and explains itself');
SELECT is_empty($$SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
                     AND objid = 'leadreturns.data_protection'::regclass
                     AND refclassid = 'pg_extension'::regclass$$,
                'it is no member of the extension');
SELECT is_empty($$SELECT refobjid::regclass, refobjsubid FROM pg_depend d JOIN pg_rewrite r
                      ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                   WHERE r.ev_class = 'leadreturns.data_protection'::regclass
                     AND d.refobjid <> r.ev_class AND d.refobjsubid <> 0$$,
                'and needs no column of a table, which a later version could not change then');
SELECT is(t.attempt('TABLE leadreturns.data_protection', 'lr_protect_staff'), '42501',
          'nobody reads it, whatever default privileges say');
SELECT throws_ok('DROP EXTENSION leadreturns', '2BP01', NULL, 'DROP EXTENSION is refused');
SELECT throws_ok('DROP SCHEMA leadreturns', '2BP01', NULL, 'as is DROP SCHEMA');

-- Until when.
DROP VIEW leadreturns.data_protection;
SELECT throws_ok('DO ''BEGIN DROP EXTENSION leadreturns; RAISE no_data_found; END''', 'P0002', NULL,
                 'without the view the extension can be dropped');
SELECT is(lr_protect_data(), true, 'the view can be made again');
DROP EXTENSION leadreturns CASCADE;
SELECT is(to_regnamespace('leadreturns'), NULL, 'CASCADE drops all the same');

-- An owner that is no superuser, any more.
ALTER ROLE lr_protect_owner SUPERUSER;
SET ROLE lr_protect_owner;
CREATE EXTENSION leadreturns;
RESET ROLE;
ALTER ROLE lr_protect_owner NOSUPERUSER;
GRANT USAGE ON SCHEMA public TO lr_protect_owner;
SET ROLE lr_protect_owner;
SELECT is(lr_protect_data(), true, 'the owner of the extension may');
DROP VIEW leadreturns.data_protection;
SET ROLE lr_protect_member;
SELECT is(lr_protect_data(), true, 'whoever is a member of the owner too');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
