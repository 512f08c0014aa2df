-- 单位: who employs, teaches, pairs with a village, runs a network, a clinic, a charity, or buys as a public unit.
CREATE TABLE organisations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL,
    name text NOT NULL,
    credit_code text NOT NULL,
    county_code text NOT NULL,
    applied_by uuid NOT NULL,
    applied_at timestamptz NOT NULL,
    verified_by uuid,
    verified_at timestamptz,
    CONSTRAINT organisations_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT organisations_credit_code CHECK (is_credit_code(credit_code)),
    CONSTRAINT organisations_kind
        CHECK (kind IN ('employer', 'operator', 'public_unit', 'company', 'clinic', 'charity', 'organiser')),
    CONSTRAINT organisations_name CHECK (length(name) BETWEEN 2 AND 60),
    CONSTRAINT organisations_two_people CHECK (verified_by <> applied_by),
    CONSTRAINT organisations_verified CHECK ((verified_by IS NULL) = (verified_at IS NULL)),
    CONSTRAINT organisations_code_once UNIQUE (credit_code),
    CONSTRAINT organisations_applicant FOREIGN KEY (applied_by) REFERENCES accounts(id),
    CONSTRAINT organisations_verifier FOREIGN KEY (verified_by) REFERENCES accounts(id)
);
CREATE INDEX organisations_by_applicant ON organisations (applied_by);
CREATE INDEX organisations_by_county ON organisations (county_code, name);
CREATE INDEX organisations_by_verifier ON organisations (verified_by) WHERE (verified_by IS NOT NULL);
GRANT SELECT, DELETE, INSERT (kind, name, credit_code, county_code, applied_by, applied_at, verified_by, verified_at),
    UPDATE (kind, name, applied_by, applied_at, verified_by, verified_at) ON organisations TO market_app;

CREATE TABLE organisation_members (
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role text NOT NULL,
    CONSTRAINT organisation_members_role CHECK (role IN ('owner', 'clerk')),
    PRIMARY KEY (organisation_id, account_id),
    CONSTRAINT organisation_members_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT organisation_members_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id)
);
CREATE INDEX organisation_members_by_account ON organisation_members (account_id);
GRANT SELECT, INSERT, DELETE ON organisation_members TO market_app;

-- An account that buys for a public unit, which the platform's staff verified.
CREATE TABLE public_buyers (
    account_id uuid PRIMARY KEY,
    ends_on date NOT NULL,
    verified_by uuid NOT NULL,
    verified_at timestamptz NOT NULL,
    organisation_id uuid NOT NULL,
    -- What an account does for its public unit: who requests does not approve, who approves does not accept.
    duty text NOT NULL DEFAULT 'requester',
    CONSTRAINT public_buyers_duty CHECK (duty IN ('requester', 'approver', 'acceptor', 'finance')),
    CONSTRAINT public_buyers_two_people CHECK (verified_by <> account_id),
    CONSTRAINT public_buyers_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT public_buyers_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT public_buyers_verified_by FOREIGN KEY (verified_by) REFERENCES accounts(id)
);
CREATE INDEX public_buyers_by_organisation ON public_buyers (organisation_id);
CREATE INDEX public_buyers_by_verification ON public_buyers (verified_at DESC, account_id);
CREATE INDEX public_buyers_by_verifier ON public_buyers (verified_by);
GRANT SELECT, INSERT, UPDATE (ends_on, verified_by, verified_at, organisation_id,
    duty) ON public_buyers TO market_app;

-- What an area allows only with a licence lies inside one: FOREIGN KEY (organisation_id, PERIOD valid_during).
CREATE TABLE organisation_licences (
    organisation_id uuid NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT organisation_licences_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    PRIMARY KEY (organisation_id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT organisation_licences_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id)
);
GRANT SELECT, INSERT, DELETE, UPDATE (valid_during) ON organisation_licences TO market_app;
