-- Prices besides the price of one item. An order line keeps the price that applied, and which one it was.
CREATE TABLE tier_prices (
    variant_id    uuid NOT NULL CONSTRAINT tier_prices_variant REFERENCES variants,
    from_quantity integer NOT NULL CONSTRAINT tier_prices_quantity CHECK (from_quantity BETWEEN 2 AND 9999),
    price_fen     bigint NOT NULL CONSTRAINT tier_prices_price CHECK (price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT tier_prices_pkey PRIMARY KEY (variant_id, from_quantity)
);
GRANT SELECT, INSERT, DELETE ON tier_prices TO market_app;
GRANT UPDATE (public_price_fen) ON variants TO market_app;
ALTER TABLE order_lines ADD COLUMN price_basis text NOT NULL DEFAULT 'unit'
    CONSTRAINT order_lines_price_basis CHECK (price_basis IN ('unit', 'tier', 'public'));

-- An account that buys for a public unit, which the platform's staff verified.
CREATE TABLE public_buyers (
    account_id  uuid NOT NULL CONSTRAINT public_buyers_account REFERENCES accounts,
    unit_name   text NOT NULL CONSTRAINT public_buyers_name_length CHECK (length(unit_name) BETWEEN 2 AND 60),
    credit_code text NOT NULL CONSTRAINT public_buyers_credit_code CHECK (credit_code ~ '^[0-9A-Z]{18}$'),
    ends_on     date NOT NULL,
    verified_by uuid NOT NULL CONSTRAINT public_buyers_verified_by REFERENCES accounts,
    verified_at timestamptz NOT NULL,
    CONSTRAINT public_buyers_pkey PRIMARY KEY (account_id),
    CONSTRAINT public_buyers_two_people CHECK (verified_by <> account_id)
);
CREATE INDEX public_buyers_by_verification ON public_buyers (verified_at DESC, account_id);
CREATE INDEX public_buyers_by_verifier ON public_buyers (verified_by);
GRANT SELECT, INSERT, UPDATE (unit_name, credit_code, ends_on, verified_by, verified_at) ON public_buyers TO market_app;
