-- The generated set: who sells what to whom, and on which terms.
SET leadreturns.now = '2025-12-31 12:00:00+00';

INSERT INTO leadreturns.lead_group (name)
VALUES ('Solar'), ('Auto insurance'), ('Mortgage'), ('Education');

INSERT INTO leadreturns.supplier (name, email)
VALUES ('ClickRiver', 'ops@clickriver.example'), ('FormHouse', 'ops@formhouse.example'),
       ('QuoteLane', 'ops@quotelane.example'), ('Northfeed', 'ops@northfeed.example'),
       ('Brightleads', 'ops@brightleads.example'), ('Harvest', 'ops@harvest.example');

INSERT INTO leadreturns.buyer (name, email)
VALUES ('Ashford Energy', 'leads@ashford.example'), ('Beacon Insurance', 'leads@beacon.example'),
       ('Cobalt Home Loans', 'leads@cobalt.example'), ('Dunmore Solar', 'leads@dunmore.example'),
       ('Eastgate College', 'leads@eastgate.example'), ('Fairview Auto', 'leads@fairview.example'),
       ('Granite Lending', 'leads@granite.example'), ('Harbour Academy', 'leads@harbour.example');

INSERT INTO leadreturns.account (buyer_id, name, billing, cycle)
VALUES (1, 'Ashford North', 'prepaid', 'week'), (1, 'Ashford South', 'net_terms', 'month'),
       (2, 'Beacon Auto', 'net_terms', 'month'), (2, 'Beacon Online', 'prepaid', 'month'),
       (3, 'Cobalt Purchase', 'net_terms', 'month'), (3, 'Cobalt Refinance', 'prepaid', 'week'),
       (4, 'Dunmore', 'prepaid', 'month'), (5, 'Eastgate Evening', 'net_terms', 'week'),
       (5, 'Eastgate Online', 'prepaid', 'month'), (6, 'Fairview', 'net_terms', 'month'),
       (7, 'Granite', 'prepaid', 'week'), (8, 'Harbour', 'net_terms', 'month');

-- What buyers write, and what it means
INSERT INTO leadreturns.reason_alias (alias, code)
VALUES ('phone was disconnected', 'bad_contact_info'),
       ('disconnected phone', 'bad_contact_info'),
       ('home phone number was disconnected', 'bad_contact_info'),
       ('already our customer', 'duplicate');
UPDATE leadreturns.reason SET requires_note = true WHERE code = 'tcpa_risk';
INSERT INTO leadreturns.reason (code, label, active)
VALUES ('no_answer', 'No answer', false);

-- Terms at all four scopes. Not more than 7 % comes back, within 30 days ...
SELECT FROM lr_set_terms('global', NULL, '{"max_age": "30 days", "max_return_percent": 7,
    "cap_period": "month", "cap_min_volume": 50}');
-- ... but mortgages go stale sooner, and must be called first
SELECT FROM lr_set_terms('lead_group', 3, '{"max_age": "14 days", "min_age": "2 hours"}');
-- a cap by money instead of heads
SELECT FROM lr_set_terms('buyer', 2, '{"cap_basis": "value", "max_return_percent": 6}');
SELECT FROM lr_set_terms('buyer', 3, '{"time_zone": "America/Chicago", "resubmission": false}');
-- beyond the cap a person looks
SELECT FROM lr_set_terms('account', 5, '{"at_cap": "review", "max_return_percent": 4}');
-- at most so many each week, besides the percentage
SELECT FROM lr_set_terms('account', 1, '{"max_return_count": 22, "cap_period": "cycle"}');
-- leads are replaced instead of credited
SELECT FROM lr_set_terms('account', 7, '{"remedy": "replacement"}');
-- only reasons of the catalogue
SELECT FROM lr_set_terms('account', 8, '{"allow_other_reason": false}');
-- no questions asked on the first day
SELECT FROM lr_set_terms('account', 10, '{"auto_accept": "within",
    "auto_accept_within": "24 hours"}');
