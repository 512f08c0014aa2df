-- Package: organisations.
-- 单位: who employs, teaches, pairs with a village, runs a network, a clinic, a charity, or buys as a public unit.
CREATE TABLE organisations (
    id          uuid DEFAULT uuidv7() PRIMARY KEY,
    kind        text NOT NULL CONSTRAINT organisations_kind CHECK (
        kind IN ('employer', 'operator', 'public_unit', 'company', 'clinic', 'charity', 'organiser')),
    name        text NOT NULL CONSTRAINT organisations_name CHECK (length(name) BETWEEN 2 AND 60),
    credit_code text NOT NULL CONSTRAINT organisations_credit_code CHECK (is_credit_code(credit_code)),
    county_code text NOT NULL CONSTRAINT organisations_county CHECK (county_code ~ '^[0-9]{6}$'),
    applied_by  uuid NOT NULL CONSTRAINT organisations_applicant REFERENCES accounts,
    applied_at  timestamptz NOT NULL,
    verified_by uuid CONSTRAINT organisations_verifier REFERENCES accounts,
    verified_at timestamptz,
    CONSTRAINT organisations_code_once UNIQUE (credit_code),
    CONSTRAINT organisations_verified CHECK ((verified_by IS NULL) = (verified_at IS NULL)),
    CONSTRAINT organisations_two_people CHECK (verified_by <> applied_by)
);
CREATE INDEX organisations_by_county ON organisations (county_code, name);
CREATE INDEX organisations_by_applicant ON organisations (applied_by);
CREATE INDEX organisations_by_verifier ON organisations (verified_by) WHERE verified_by IS NOT NULL;

CREATE TABLE organisation_members (
    organisation_id uuid NOT NULL CONSTRAINT organisation_members_organisation REFERENCES organisations,
    account_id      uuid NOT NULL CONSTRAINT organisation_members_account REFERENCES accounts,
    role            text NOT NULL CONSTRAINT organisation_members_role CHECK (role IN ('owner', 'clerk')),
    CONSTRAINT organisation_members_pkey PRIMARY KEY (organisation_id, account_id)
);
CREATE INDEX organisation_members_by_account ON organisation_members (account_id);

-- What an area allows only with a licence lies inside one: FOREIGN KEY (organisation_id, PERIOD valid_during).
CREATE TABLE organisation_licences (
    organisation_id uuid NOT NULL CONSTRAINT organisation_licences_organisation REFERENCES organisations,
    valid_during    daterange NOT NULL CONSTRAINT organisation_licences_period CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during)),
    CONSTRAINT organisation_licences_pkey PRIMARY KEY (organisation_id, valid_during WITHOUT OVERLAPS)
);

-- A public unit that buys is an organisation: its name and code stand there.
INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by, verified_at)
SELECT DISTINCT ON (credit_code) 'public_unit', unit_name, credit_code, substr(credit_code, 3, 6), account_id,
       verified_at, verified_by, verified_at
  FROM public_buyers
 ORDER BY credit_code, verified_at DESC;
ALTER TABLE public_buyers ADD COLUMN organisation_id uuid;
UPDATE public_buyers SET organisation_id = organisations.id
  FROM organisations WHERE organisations.credit_code = public_buyers.credit_code;
-- squawk-ignore adding-not-nullable-field
ALTER TABLE public_buyers ALTER COLUMN organisation_id SET NOT NULL;
ALTER TABLE public_buyers ADD CONSTRAINT public_buyers_organisation FOREIGN KEY (organisation_id) REFERENCES organisations;
-- squawk-ignore ban-drop-column
ALTER TABLE public_buyers DROP COLUMN unit_name;
-- squawk-ignore ban-drop-column
ALTER TABLE public_buyers DROP COLUMN credit_code;
CREATE INDEX public_buyers_by_organisation ON public_buyers (organisation_id);

GRANT SELECT, INSERT (kind, name, credit_code, county_code, applied_by, applied_at, verified_by, verified_at),
    UPDATE (name, kind, applied_by, applied_at, verified_by, verified_at), DELETE ON organisations TO market_app;
GRANT SELECT, INSERT, DELETE ON organisation_members TO market_app;
GRANT SELECT, INSERT, UPDATE (valid_during), DELETE ON organisation_licences TO market_app;
GRANT UPDATE (organisation_id) ON public_buyers TO market_app;

-- Package: identity.
-- The operators of networks. The subsidies know the three that conceded reductions (rulebook); 广电 answers outages too.
CREATE TABLE operators (
    code text CONSTRAINT operators_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT operators_name UNIQUE,
    rank smallint NOT NULL CONSTRAINT operators_rank UNIQUE
);
INSERT INTO operators (code, name, rank) VALUES
    ('mobile', '中国移动', 1), ('unicom', '中国联通', 2), ('telecom', '中国电信', 3), ('broadnet', '中国广电', 4);
GRANT SELECT ON operators TO market_app;
ALTER TABLE operator_grants
    DROP CONSTRAINT operator_grants_operator,
    ADD CONSTRAINT operator_grants_operator FOREIGN KEY (operator) REFERENCES operators NOT VALID;
ALTER TABLE operator_grants VALIDATE CONSTRAINT operator_grants_operator;
