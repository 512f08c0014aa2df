--
-- PostgreSQL database dump
--

\restrict xiangji

-- Dumped from database version 18.6
-- Dumped by pg_dump version 18.6

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: jobs; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA jobs;


--
-- Name: payments; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA payments;


--
-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;


--
-- Name: EXTENSION btree_gist; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';


--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';


--
-- Name: add_checkpoint(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.add_checkpoint() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'payments', 'pg_temp'
    AS $$
DECLARE
    before bigint;
    last bigint;
BEGIN
    LOCK TABLE checkpoints IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(through_id), 0) INTO before FROM checkpoints;
    SELECT max(id) INTO last
      FROM (SELECT id
              FROM transactions
             WHERE id > before AND posted_at < clock_timestamp() - interval '1 hour'
             ORDER BY id LIMIT 50000) AS closed;
    IF last IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO checkpoints (through_id, hash) VALUES (last, hash_sums(before, last));
    INSERT INTO checkpoint_sums (account_id, amount_minor)
    SELECT account_id, sum(amount_minor)
      FROM postings
     WHERE transaction_id > before AND transaction_id <= last
     GROUP BY account_id
    ON CONFLICT (account_id) DO UPDATE SET amount_minor = checkpoint_sums.amount_minor + excluded.amount_minor;
    RETURN last;
END $$;


--
-- Name: check_balanced(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.check_balanced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    checked bigint;
    legs bigint;
    uneven bigint;
BEGIN
    IF TG_TABLE_NAME = 'transactions' THEN
        checked := NEW.id;
    ELSE
        checked := NEW.transaction_id;
    END IF;
    SELECT coalesce(sum(n), 0), count(*) FILTER (WHERE total <> 0) INTO legs, uneven
      FROM (SELECT count(*) AS n, sum(amount_minor) AS total
              FROM payments.postings JOIN payments.accounts ON accounts.id = account_id
             WHERE transaction_id = checked
             GROUP BY currency) AS per_currency;
    IF legs < 2 OR uneven > 0 THEN
        RAISE EXCEPTION 'transaction % has % legs and % currencies that do not sum to zero', checked, legs, uneven
            USING ERRCODE = 'PL006';
    END IF;
    RETURN NULL;
END $$;


--
-- Name: check_payment_sums(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.check_payment_sums() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payment payments.payments;
    booked bigint;
    requested bigint;
    disputed bigint;
BEGIN
    SELECT * INTO payment FROM payments.payments WHERE id = NEW.id;
    SELECT coalesce(-sum(amount_minor), 0) INTO booked
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     WHERE key IN ('paid:' || payment.id, 'late:' || payment.id) AND accounts.kind = 'clearing';
    SELECT coalesce(sum(amount_minor), 0) INTO requested FROM payments.refunds WHERE payment_id = payment.id;
    SELECT coalesce(sum(amount_minor), 0) INTO disputed
      FROM payments.disputes WHERE payment_id = payment.id AND state <> 'won';
    IF payment.captured_minor <> booked OR payment.refunded_minor <> requested
       OR payment.disputed_minor <> least(booked - requested, disputed) THEN
        RAISE EXCEPTION 'payment % has captured %, refunded %, disputed %; booked are %, %, %', payment.id,
            payment.captured_minor, payment.refunded_minor, payment.disputed_minor, booked, requested,
            least(booked - requested, disputed)
            USING ERRCODE = 'PL007';
    END IF;
    RETURN NULL;
END $$;


--
-- Name: hash_sums(bigint, bigint); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.hash_sums(p_after bigint, p_through bigint) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO 'payments', 'pg_temp'
    AS $$
    SELECT sha256(convert_to(coalesce(string_agg(account_id || ' ' || total, E'\n' ORDER BY account_id), ''), 'UTF8'))
      FROM (SELECT account_id, sum(amount_minor) AS total
              FROM postings
             WHERE transaction_id > p_after AND transaction_id <= p_through
             GROUP BY account_id) AS sums
$$;


--
-- Name: post(text, text, text, timestamp with time zone, text, text[], bigint[]); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.post(p_key text, p_kind text, p_order text, p_at timestamp with time zone, p_currency text, p_codes text[], p_amounts bigint[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'payments', 'pg_temp'
    AS $$
DECLARE
    posted bigint;
    refused text;
BEGIN
    INSERT INTO transactions (key, kind, order_ref, at)
    VALUES (p_key, p_kind, p_order, p_at)
    ON CONFLICT (key) DO NOTHING
    RETURNING id INTO posted;
    IF posted IS NULL THEN
        SELECT id INTO posted
          FROM transactions
         WHERE key = p_key AND kind = p_kind AND order_ref IS NOT DISTINCT FROM p_order
           AND NOT EXISTS (
               SELECT account, currency, sum(minor)
                 FROM (SELECT code AS account, accounts.currency, amount_minor AS minor
                         FROM postings JOIN accounts ON accounts.id = account_id
                        WHERE transaction_id = transactions.id
                       UNION ALL
                       SELECT leg_code, p_currency, -leg_minor
                         FROM unnest(p_codes, p_amounts) AS legs (leg_code, leg_minor)) AS both_sides
                GROUP BY account, currency HAVING sum(minor) <> 0);
        IF posted IS NULL THEN
            RAISE EXCEPTION 'key % belongs to another transaction', p_key USING ERRCODE = 'PL001', DETAIL = p_key;
        END IF;
        RETURN posted;
    END IF;

    WITH added AS (
        INSERT INTO accounts (code, kind, currency, floor_minor, keep_balance)
        SELECT new_code, kind, p_currency, floor_minor, keep_balance
          FROM (SELECT DISTINCT unnest(p_codes) AS new_code) AS codes
          JOIN account_kinds ON kind = split_part(new_code, ':', 1)
         WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE code = new_code AND currency = p_currency)
         ORDER BY new_code
        ON CONFLICT (code, currency) DO NOTHING
        RETURNING id, floor_minor, keep_balance
    )
    INSERT INTO balances (account_id, floor_minor)
    SELECT id, floor_minor FROM added WHERE keep_balance;

    INSERT INTO postings (transaction_id, seq, account_id, amount_minor)
    SELECT posted, number, accounts.id, leg_minor
      FROM unnest(p_codes, p_amounts) WITH ORDINALITY AS legs (leg_code, leg_minor, number)
      JOIN accounts ON code = leg_code AND currency = p_currency;

    SELECT leg_code INTO refused
      FROM unnest(p_codes) AS leg_code
     WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE code = leg_code AND currency = p_currency)
     LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % is not of a known kind', refused USING ERRCODE = 'PL002', DETAIL = refused;
    END IF;

    PERFORM 1
       FROM balances
      WHERE account_id IN (SELECT account_id FROM postings WHERE transaction_id = posted)
      ORDER BY account_id
        FOR NO KEY UPDATE;

    SELECT code INTO refused
      FROM (SELECT account_id, sum(amount_minor) AS delta
              FROM postings WHERE transaction_id = posted GROUP BY account_id) AS deltas
      JOIN balances USING (account_id)
      JOIN accounts ON accounts.id = account_id
     WHERE balances.amount_minor + delta < balances.floor_minor
     ORDER BY code LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % would fall below its floor', refused USING ERRCODE = 'PL003', DETAIL = refused;
    END IF;

    UPDATE balances
       SET amount_minor = balances.amount_minor + delta
      FROM (SELECT account_id, sum(amount_minor) AS delta
              FROM postings WHERE transaction_id = posted GROUP BY account_id) AS deltas
     WHERE balances.account_id = deltas.account_id;
    RETURN posted;
END $$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'PL004';
END $$;


--
-- Name: refuse_closed_transaction(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.refuse_closed_transaction() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (SELECT posted_in FROM payments.transactions WHERE id = NEW.transaction_id)
       IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'transaction % is closed', NEW.transaction_id USING ERRCODE = 'PL005';
    END IF;
    RETURN NEW;
END $$;


--
-- Name: stamp_transaction(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.stamp_transaction() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.posted_in := pg_current_xact_id();
    RETURN NEW;
END $$;


--
-- Name: add_audit_entry(timestamp with time zone, text, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_audit_entry(p_at timestamp with time zone, p_actor text, p_action text, p_object text, p_detail jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    p_chain smallint := (hashtextextended(p_object, 0) & 15)::smallint;
    last_sequence bigint;
    last_hash bytea;
    operator text := substring(current_setting('application_name') FROM '^market-command:(.+)$');
BEGIN
    IF operator IS NOT NULL THEN
        p_detail := p_detail || jsonb_build_object('operator', operator);
    END IF;
    PERFORM pg_advisory_xact_lock(7001, p_chain);
    SELECT sequence, hash INTO last_sequence, last_hash
      FROM audit_entries WHERE chain = p_chain ORDER BY sequence DESC LIMIT 1;
    last_sequence := coalesce(last_sequence, 0) + 1;
    last_hash := coalesce(last_hash, '\x00');
    INSERT INTO audit_entries VALUES (p_chain, last_sequence, p_at, p_actor, p_action, p_object, p_detail, last_hash,
        hash_audit_entry(last_hash, p_chain, last_sequence, p_at, p_actor, p_action, p_object, p_detail));
END
$_$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: closures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.closures (
    id uuid DEFAULT uuidv7() NOT NULL,
    producer_id uuid NOT NULL,
    closed_during daterange NOT NULL,
    reason text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT closures_days CHECK (((NOT isempty(closed_during)) AND (NOT lower_inf(closed_during)) AND (NOT upper_inf(closed_during)) AND ((upper(closed_during) - lower(closed_during)) <= 30))),
    CONSTRAINT closures_reason CHECK ((reason = ANY (ARRAY['harvest'::text, 'road'::text, 'other'::text])))
);


--
-- Name: add_sending_days(uuid, date, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_sending_days(p_producer uuid, p_from date, p_days integer) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ((p_days < 1) OR (NOT (EXISTS (SELECT FROM public.closures WHERE ((closures.producer_id = add_sending_days.p_producer) AND (closures.closed_during && daterange((add_sending_days.p_from + 1), ((add_sending_days.p_from + add_sending_days.p_days) + 1)))))))) THEN (p_from + p_days) ELSE COALESCE((SELECT (add_sending_days.p_from + after.after) FROM generate_series(1, (add_sending_days.p_days + 29)) after(after) WHERE (NOT (EXISTS (SELECT FROM public.closures WHERE ((closures.producer_id = add_sending_days.p_producer) AND (closures.closed_during @> (add_sending_days.p_from + after.after)))))) ORDER BY after.after OFFSET (add_sending_days.p_days - 1) LIMIT 1), ((p_from + p_days) + 30)) END;


--
-- Name: add_village(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_village(p_code text, p_name text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH added AS (
        INSERT INTO divisions (code, name, level, parent_code)
        SELECT p_code, p_name, 5, township.code
          FROM divisions township
         WHERE township.code = ancestor_code(p_code, 4) AND township.level = 4 AND township.code <> p_code
        ON CONFLICT (code) DO NOTHING
        RETURNING 1)
    SELECT EXISTS (SELECT FROM added)
$$;


--
-- Name: holidays; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.holidays (
    day date NOT NULL,
    name text NOT NULL,
    day_off boolean NOT NULL
);


--
-- Name: add_working_days(date, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_working_days(p_day date, p_count integer) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN (p_count = 0) THEN p_day WHEN ((p_count >= 1) AND (p_count <= 60)) THEN (SELECT each.day FROM ((SELECT (add_working_days.p_day + step.step) AS day FROM generate_series(1, (60 * 3)) step(step)) each LEFT JOIN public.holidays ON ((holidays.day = each.day))) WHERE COALESCE((NOT holidays.day_off), (EXTRACT(isodow FROM each.day) <= (5)::numeric)) ORDER BY each.day OFFSET (add_working_days.p_count - 1) LIMIT 1) ELSE NULL::date END;


--
-- Name: truncate_code(text, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.truncate_code(code text, level integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN "left"(code, (ARRAY[2, 4, 6, 9, 12])[level]);


--
-- Name: ancestor_code(text, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ancestor_code(code text, level integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN rpad(public.truncate_code(code, level), 12, '0'::text);


--
-- Name: business_day(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.business_day(moment timestamp with time zone) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((moment AT TIME ZONE 'Asia/Shanghai'::text))::date;


--
-- Name: check_activity_slot(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_activity_slot() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    checked uuid := CASE WHEN TG_TABLE_NAME = 'suborders' THEN to_jsonb(NEW) ->> 'id'
                         ELSE to_jsonb(NEW) ->> 'suborder_id' END;
BEGIN
    IF checked IS NULL THEN
        IF EXISTS (SELECT FROM slots WHERE id = (to_jsonb(NEW) ->> 'slot_id')::uuid AND kind = 'activity') THEN
            RAISE EXCEPTION 'a seat in an activity has no suborder' USING ERRCODE = 'P0112';
        END IF;
    ELSIF NOT EXISTS (SELECT FROM suborders s
                        JOIN slot_reservations r ON r.suborder_id = s.id
                        JOIN slots ON slots.id = slot_id AND slots.kind = 'activity'
                       WHERE s.id = checked AND s.kind = 'activity') THEN
        RAISE EXCEPTION 'suborder % is an activity without places, or has places and is none', checked
            USING ERRCODE = 'P0112';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_agreement(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_agreement() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.proposed_person = get_person_key(NEW.proposed_by);
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        IF OLD.outcome <> 'approved' OR NEW.outcome <> OLD.outcome OR NEW.decided_by <> OLD.decided_by
           OR NOT upper_inf(OLD.valid_during) OR NEW.replaced_by IS NULL
           OR lower(NEW.valid_during) <> lower(OLD.valid_during) THEN
            RAISE EXCEPTION 'the agreement was decided before' USING ERRCODE = 'P0170';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.valid_during <> OLD.valid_during OR NEW.replaced_by IS NOT NULL THEN
        RAISE EXCEPTION 'the agreement is not decided' USING ERRCODE = 'P0170';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    IF NEW.decided_person = OLD.proposed_person OR is_same_person(OLD.proposed_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person proposed the agreement' USING ERRCODE = 'P0171';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_agreement_rates(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_agreement_rates() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_TABLE_NAME = 'agreements' THEN
        IF NOT EXISTS (SELECT FROM agreement_rates WHERE agreement_id = NEW.id) THEN
            RAISE EXCEPTION 'the agreement has no rate' USING ERRCODE = 'P0170';
        END IF;
        RETURN NULL;
    END IF;
    PERFORM FROM agreements
      WHERE id = NEW.agreement_id AND county_code = NEW.county_code AND outcome IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the agreement was decided before' USING ERRCODE = 'P0170';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_bank_account(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_bank_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.entered_person = get_person_key(NEW.entered_by);
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        IF OLD.outcome <> 'agreed' OR NEW.outcome <> OLD.outcome OR NEW.decided_by <> OLD.decided_by
           OR NOT upper_inf(OLD.valid_during) OR NEW.replaced_by IS NULL
           OR lower(NEW.valid_during) <> lower(OLD.valid_during) THEN
            RAISE EXCEPTION 'the account was decided before' USING ERRCODE = 'P0200';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.valid_during <> OLD.valid_during OR NEW.replaced_by IS NOT NULL THEN
        RAISE EXCEPTION 'the account is not decided' USING ERRCODE = 'P0200';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    IF NEW.decided_person = OLD.entered_person OR is_same_person(OLD.entered_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person entered the account' USING ERRCODE = 'P0201';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_case_answerer(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_case_answerer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF is_same_person(NEW.answered_by, NEW.asker_id)
       OR is_same_person(NEW.answered_by, NEW.against_account_id)
       OR EXISTS (SELECT FROM producer_members
                   WHERE (producer_id = NEW.for_producer_id
                          OR (producer_id = NEW.against_producer_id AND NEW.path[NEW.level] <> 'seller'))
                     AND is_same_person(NEW.answered_by, account_id)) THEN
        RAISE EXCEPTION 'the case % needs another person to answer it', NEW.number USING ERRCODE = 'P0110';
    END IF;
    RETURN NEW;
END;
$$;


--
-- Name: check_child_price(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_child_price() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM listings
                 JOIN variants adult ON adult.listing_id = listings.id AND adult.position = 0
                 JOIN variants child ON child.listing_id = listings.id AND child.position = 1
                WHERE listings.id = NEW.listing_id AND kind = 'activity' AND child.price_fen > adult.price_fen) THEN
        RAISE EXCEPTION 'a child would pay more than an adult' USING ERRCODE = '23514', CONSTRAINT = 'variants_child_price';
    END IF;
    RETURN NULL;
END;
$$;


--
-- Name: check_clawback(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_clawback() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    ruling text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.proposed_person = get_person_key(NEW.proposed_by);
        IF NEW.state <> (CASE WHEN NEW.cycle_id IS NULL THEN 'proposed' ELSE 'owed' END) THEN
            RAISE EXCEPTION 'a clawback begins as it is proposed' USING ERRCODE = 'P0211';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.county_code, NEW.debtor, NEW.operator, NEW.person_id, NEW.household_code, NEW.village_code, NEW.ground,
        NEW.cycle_id, NEW.finding_id, NEW.amount_fen, NEW.proposed_by, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.id, OLD.county_code, OLD.debtor, OLD.operator, OLD.person_id, OLD.household_code, OLD.village_code, OLD.ground,
        OLD.cycle_id, OLD.finding_id, OLD.amount_fen, OLD.proposed_by, OLD.proposed_at)
       OR (OLD.decided_by IS NOT NULL AND (NEW.decided_by, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by, OLD.decided_at))
       OR (OLD.served_on IS NOT NULL AND (NEW.served_on, NEW.appeal_until) IS DISTINCT FROM (OLD.served_on, OLD.appeal_until))
       OR (OLD.posted_at IS NOT NULL AND (NEW.posted_at, NEW.due_on) IS DISTINCT FROM (OLD.posted_at, OLD.due_on)) THEN
        RAISE EXCEPTION 'what a clawback says is not changed' USING ERRCODE = 'P0211';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
           ('proposed', 'refused'), ('proposed', 'owed'), ('proposed', 'decided'), ('decided', 'served'),
           ('decided', 'appealed'), ('served', 'appealed'), ('served', 'owed'), ('appealed', 'annulled'), ('appealed', 'owed'),
           ('owed', 'cleared')) THEN
        RAISE EXCEPTION 'a clawback does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'P0211';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state <> 'proposed' THEN
        NEW.decided_person = get_person_key(NEW.decided_by);
        IF NEW.decided_person = OLD.proposed_person OR is_same_person(OLD.proposed_by, NEW.decided_by) THEN
            RAISE EXCEPTION 'the person proposed the clawback' USING ERRCODE = 'P0212';
        END IF;
        IF EXISTS (SELECT FROM memberships m JOIN persons p ON p.id = m.person_id JOIN accounts a USING (identity_index)
                    WHERE m.county_code = NEW.county_code AND m.household_code = NEW.household_code AND a.id = NEW.decided_by) THEN
            RAISE EXCEPTION 'the person is of the household' USING ERRCODE = 'P0213';
        END IF;
        IF NEW.state = 'owed' AND NEW.debtor = 'household' OR NEW.state = 'decided' AND NEW.debtor = 'operator' THEN
            RAISE EXCEPTION 'a household may appeal before it owes anything, an operator does not' USING ERRCODE = 'P0211';
        END IF;
    END IF;
    IF NEW.debtor = 'household' AND NEW.state IN ('owed', 'annulled') AND OLD.state <> NEW.state THEN
        SELECT c.outcome INTO ruling FROM clawback_appeals a JOIN cases c ON c.id = a.case_id WHERE a.clawback_id = NEW.id;
        IF OLD.state = 'appealed' AND ruling IS DISTINCT FROM (CASE NEW.state WHEN 'owed' THEN 'unsolved' ELSE 'solved' END)
           OR OLD.state = 'served' AND business_day(NEW.posted_at) <= OLD.appeal_until THEN
            RAISE EXCEPTION 'the household may still appeal, or its appeal is not decided so' USING ERRCODE = 'P0214';
        END IF;
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_clawback_appeal(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_clawback_appeal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clawbacks b JOIN cases c ON c.id = NEW.case_id
                    WHERE b.id = NEW.clawback_id AND b.state IN ('decided', 'served') AND c.county_code = b.county_code
                      AND business_day(c.received_at) <= coalesce(b.appeal_until, 'infinity')) THEN
        RAISE EXCEPTION 'the decision cannot be appealed now' USING ERRCODE = 'P0211';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_clawback_entry(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_clawback_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.recorded_person = get_person_key(NEW.recorded_by);
        IF NOT EXISTS (SELECT FROM clawbacks WHERE id = NEW.clawback_id AND county_code = NEW.county_code AND posted_at IS NOT NULL) THEN
            RAISE EXCEPTION 'nothing is owed yet' USING ERRCODE = 'P0211';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'the entry was decided before' USING ERRCODE = 'P0211';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    IF NEW.decided_person = OLD.recorded_person OR is_same_person(OLD.recorded_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person recorded the entry' USING ERRCODE = 'P0212';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_clawback_item(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_clawback_item() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    whole clawbacks;
BEGIN
    SELECT * INTO STRICT whole FROM clawbacks WHERE id = NEW.clawback_id;
    IF whole.county_code <> NEW.county_code OR whole.state <> 'proposed'
       OR NOT EXISTS (SELECT FROM finding_lines l JOIN findings f ON f.id = l.finding_id
                       WHERE l.finding_id = whole.finding_id AND l.line_code = NEW.line_code AND l.verdict = 'stop'
                         AND f.state = 'decided')
       OR NEW.fen > coalesce((SELECT sum(p.public_fen) FROM subsidy_postings p
                               WHERE p.county_code = NEW.county_code AND p.line_code = NEW.line_code
                                 AND p.for_month = NEW.for_month
                                 AND (whole.operator IS NULL OR p.operator = whole.operator)), 0)
       OR (whole.household_code IS NOT NULL
           AND NOT EXISTS (SELECT FROM enrolments e JOIN persons p USING (county_code, identity_index)
                            WHERE e.county_code = NEW.county_code AND e.line_code = NEW.line_code AND p.id = whole.person_id))
       OR EXISTS (SELECT FROM clawback_items i JOIN clawbacks c ON c.id = i.clawback_id
                   WHERE i.county_code = NEW.county_code AND i.line_code = NEW.line_code AND i.for_month = NEW.for_month
                     AND i.clawback_id <> NEW.clawback_id AND c.state NOT IN ('refused', 'annulled')) THEN
        RAISE EXCEPTION 'nothing more of line % and month % can be taken back', NEW.line_code, NEW.for_month
              USING ERRCODE = 'P0215';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_clawback_sums(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_clawback_sums() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    whole clawbacks;
    recovered bigint;
BEGIN
    IF TG_TABLE_NAME = 'clawbacks' THEN
        SELECT * INTO STRICT whole FROM clawbacks WHERE id = NEW.id;
    ELSE
        SELECT * INTO STRICT whole FROM clawbacks WHERE id = NEW.clawback_id;
    END IF;
    SELECT coalesce(sum(fen), 0) INTO recovered FROM clawback_entries
     WHERE clawback_id = whole.id AND outcome = 'confirmed';
    IF recovered NOT BETWEEN 0 AND whole.amount_fen OR (whole.state = 'cleared') <> (recovered = whole.amount_fen)
       OR (whole.finding_id IS NULL) <> NOT EXISTS (SELECT FROM clawback_items WHERE clawback_id = whole.id)
       OR whole.finding_id IS NOT NULL
          AND whole.amount_fen <> (SELECT sum(fen) FROM clawback_items WHERE clawback_id = whole.id) THEN
        RAISE EXCEPTION 'clawback % does not add up', whole.number USING ERRCODE = 'P0216';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_closed_mediation(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_closed_mediation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM mediation_lines WHERE case_id = NEW.id AND granted_fen IS NULL) THEN
        RAISE EXCEPTION 'the mediation % is closed and keeps money back', NEW.number
            USING ERRCODE = '23514', CONSTRAINT = 'cases_closed_mediation';
    END IF;
    RETURN NULL;
END;
$$;


--
-- Name: check_consent(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_consent() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT upper_inf(NEW.valid_during) THEN
            RAISE EXCEPTION 'a consent begins without an end' USING ERRCODE = 'P0230';
        END IF;
    ELSIF NOT upper_inf(OLD.valid_during) OR upper_inf(NEW.valid_during)
          OR lower(NEW.valid_during) <> lower(OLD.valid_during) THEN
        RAISE EXCEPTION 'a consent ends once' USING ERRCODE = 'P0230';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_deposit(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_deposit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM orders
                    WHERE id = NEW.order_id AND total_fen = NEW.deposit_fen + NEW.balance_fen
                      AND (SELECT count(*) FROM suborders WHERE order_id = orders.id) = 1) THEN
        RAISE EXCEPTION 'deposit and balance of order % do not add up', NEW.order_id USING ERRCODE = 'P0114';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_enrolment_pause(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_enrolment_pause() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.paused_person = get_person_key(NEW.paused_by);
        RETURN NEW;
    END IF;
    IF OLD.ended_by IS NOT NULL OR lower(NEW.paused_during) <> lower(OLD.paused_during) THEN
        RAISE EXCEPTION 'the pause has ended' USING ERRCODE = 'P0170';
    END IF;
    NEW.ended_person = get_person_key(NEW.ended_by);
    IF NEW.ended_person = OLD.paused_person OR is_same_person(OLD.paused_by, NEW.ended_by) THEN
        RAISE EXCEPTION 'the person began the pause' USING ERRCODE = 'P0171';
    END IF;
    IF is_consent_missing(OLD.county_code, OLD.line_code) THEN
        RAISE EXCEPTION 'the consent is withdrawn' USING ERRCODE = 'P0173';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_fund_application(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_fund_application() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    called record;
BEGIN
    SELECT * INTO STRICT called FROM fund_calls WHERE id = NEW.call_id;
    IF NEW.wanted_fen > called.amount_fen OR NEW.granted_fen > called.amount_fen
       OR (called.amount_fen IS NULL AND (NEW.wanted_fen IS NOT NULL OR NEW.granted_fen IS NOT NULL)) THEN
        RAISE EXCEPTION 'the call % gives less', called.number USING ERRCODE = 'P0252';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM cases c JOIN producers p ON p.id = NEW.producer_id
         WHERE c.id = NEW.case_id AND p.county_code = called.county_code AND c.county_code = called.county_code
           AND c.for_producer_id = p.id AND c.received_during <@ called.valid_during) THEN
        RAISE EXCEPTION 'the call % is closed, or of another county', called.number USING ERRCODE = 'P0253';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_grievance_answerer(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_grievance_answerer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM grievances g
                WHERE g.case_id = NEW.id
                  AND (EXISTS (SELECT FROM accounts a JOIN accounts o ON o.id = g.officer_id
                                WHERE a.id = NEW.answered_by AND (a.id = o.id OR a.identity_index = o.identity_index))
                       OR (NEW.level < cardinality(NEW.path) AND is_same_person(NEW.answered_by, g.triaged_by)))) THEN
        RAISE EXCEPTION 'the grievance % needs another person to answer it', NEW.number USING ERRCODE = 'P0110';
    END IF;
    RETURN NEW;
END;
$$;


--
-- Name: check_hidden_review(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_hidden_review() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM review_appeals JOIN cases ON cases.id = case_id
                    WHERE review_id = new.id AND state = 'closed' AND outcome = 'solved') THEN
        RAISE EXCEPTION 'a review is hidden only by a decision of its appeal' USING ERRCODE = 'P0111';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_household_merge(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_household_merge() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.merged_into IS NOT NULL
       OR EXISTS (SELECT FROM households
                   WHERE county_code = NEW.county_code AND code = NEW.merged_into AND merged_into IS NOT NULL)
       OR EXISTS (SELECT FROM memberships
                   WHERE county_code = NEW.county_code AND household_code = NEW.code
                     AND valid_during && daterange(NEW.merged_on, NULL)) THEN
        RAISE EXCEPTION 'the household % cannot be merged into %', NEW.code, NEW.merged_into USING ERRCODE = 'P0144';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_invoice_sums(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_invoice_sums() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    sale suborders;
    net  bigint;
BEGIN
    SELECT * INTO sale FROM suborders WHERE id = NEW.suborder_id FOR NO KEY UPDATE;
    SELECT sum(CASE WHEN corrects_id IS NULL THEN amount_fen ELSE -amount_fen END) INTO net
      FROM invoices WHERE suborder_id = NEW.suborder_id;
    IF net > sale.goods_fen + sale.freight_fen - sale.discount_fen
       OR NOT EXISTS (SELECT FROM orders WHERE id = sale.order_id AND paid_at IS NOT NULL)
       OR (NEW.self_grown AND sale.kind <> 'goods')
       OR (NEW.corrects_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM invoices blue
                WHERE id = NEW.corrects_id AND corrects_id IS NULL AND self_grown = NEW.self_grown AND issued_on <= NEW.issued_on
                  AND amount_fen >= (SELECT sum(amount_fen) FROM invoices red WHERE red.corrects_id = blue.id))) THEN
        RAISE EXCEPTION 'the invoices of suborder % do not add up', NEW.suborder_id USING ERRCODE = 'P0141';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_large_payout(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_large_payout() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'the large payout % was decided', OLD.id USING ERRCODE = 'P0162';
    END IF;
    IF NEW.state = 'consented' AND is_same_person(OLD.requested_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the large payout % needs a second person', OLD.id USING ERRCODE = 'P0161';
    END IF;
    RETURN NEW;
END;
$$;


--
-- Name: check_lead_consent(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_lead_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    enrolling leads;
    withdrawn date;
BEGIN
    SELECT * INTO enrolling FROM leads
     WHERE id = NEW.lead_id AND kind = 'enrol' AND state NOT IN ('rejected', 'withdrawn')
       AND (NEW.form = 'photo' OR applicant_id = NEW.recorded_by);
    IF enrolling.state = 'decided' THEN
        SELECT business_day(max(withdrawn_at)) INTO withdrawn FROM lead_consents
         WHERE lead_id = NEW.lead_id HAVING bool_and(withdrawn_at IS NOT NULL);
    END IF;
    IF enrolling.id IS NULL OR (enrolling.state = 'decided' AND (withdrawn IS NULL OR NEW.form <> 'photo')) THEN
        RAISE EXCEPTION 'the consent is not to an open enrolment of the person' USING ERRCODE = 'P0172';
    END IF;
    IF NEW.given_on < withdrawn THEN
        RAISE EXCEPTION 'the consent was withdrawn after that day' USING ERRCODE = 'P0174';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_line_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_line_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    own_index bytea;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.reported_person = get_person_key(NEW.reported_by);
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'the change was decided before' USING ERRCODE = 'P0170';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    own_index = (SELECT identity_index FROM accounts WHERE id = NEW.decided_by);
    IF NEW.decided_person = OLD.reported_person OR is_same_person(OLD.reported_by, NEW.decided_by)
       OR EXISTS (
            SELECT FROM (SELECT identity_index FROM enrolments
                          WHERE county_code = NEW.county_code AND line_code = NEW.line_code
                         UNION
                         SELECT identity_index FROM bindings
                          WHERE county_code = NEW.county_code AND line_code = NEW.line_code) AS users
              LEFT JOIN persons p ON p.county_code = NEW.county_code AND p.identity_index = users.identity_index
              LEFT JOIN memberships m ON m.person_id = p.id AND m.valid_during @> business_day(NEW.decided_at)
              LEFT JOIN memberships o ON o.county_code = NEW.county_code AND o.household_code = m.household_code
                                     AND o.valid_during @> business_day(NEW.decided_at)
              LEFT JOIN persons w ON w.id = o.person_id
             WHERE own_index IN (users.identity_index, w.identity_index)) THEN
        RAISE EXCEPTION 'the person is involved in the change' USING ERRCODE = 'P0171';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_mediation(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_mediation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.agreed IS DISTINCT FROM EXISTS (
           SELECT FROM mediation_proposals p
            WHERE p.case_id = NEW.case_id AND p.share_bp = NEW.share_bp AND p.buyer_agreed_at IS NOT NULL
              AND p.seller_agreed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'both sides did not agree to the share of the mediation %', NEW.case_id
            USING ERRCODE = '23514', CONSTRAINT = 'mediations_agreed';
    END IF;
    RETURN NULL;
END;
$$;


--
-- Name: check_objection(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_objection() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    noticed leads;
BEGIN
    SELECT * INTO noticed FROM leads WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM cases
                    WHERE id = NEW.case_id AND division_code = noticed.village_code
                      AND noticed.state IN ('noticed', 'reviewed') AND noticed.notice @> business_day(received_at)) THEN
        RAISE EXCEPTION 'the lead is not under notice' USING ERRCODE = 'P0147';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_order_sums(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_order_sums() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    fits boolean;
BEGIN
    SELECT (sum(s.goods_fen), sum(s.freight_fen), sum(s.discount_fen), sum(lines.items), sum(lines.lot_units))
           IS NOT DISTINCT FROM (new.goods_fen::numeric, new.freight_fen::numeric, new.discount_fen::numeric,
                                 new.items::numeric, new.lot_units::numeric)
           AND bool_and(s.goods_fen = lines.amount_fen)
      INTO fits
      FROM suborders s
     CROSS JOIN LATERAL (
           SELECT sum(l.amount_fen) AS amount_fen, sum(l.quantity) AS items, sum(l.units) AS lot_units
             FROM order_lines l WHERE l.suborder_id = s.id) AS lines
     WHERE s.order_id = new.id;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'the parts of order % do not add up', new.number USING ERRCODE = 'P0104';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_package(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_package() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    checked uuid := CASE WHEN TG_TABLE_NAME = 'packages' THEN to_jsonb(NEW) ->> 'id'
                         ELSE to_jsonb(NEW) ->> 'package_id' END;
BEGIN
    IF EXISTS (
        SELECT FROM packages
         WHERE packages.id = checked
           AND (price_fen <> (SELECT coalesce(sum(share_fen), 0) FROM package_parts WHERE package_id = checked)
                OR (nights > 0) <> EXISTS (SELECT FROM package_parts WHERE package_id = checked AND kind = 'stay')
                OR EXISTS (SELECT FROM package_parts p
                            WHERE p.package_id = checked
                              AND NOT EXISTS (SELECT FROM package_suppliers s
                                               WHERE s.package_id = checked AND s.position = p.position))
                OR packages.state = 'live' AND (
                    EXISTS (SELECT FROM package_suppliers WHERE package_id = checked AND package_suppliers.state = 'asked')
                    OR (SELECT count(DISTINCT s.producer_id) FROM package_suppliers s
                         WHERE s.package_id = checked AND s.state = 'agreed') < 2
                    OR EXISTS (SELECT FROM package_parts p
                                WHERE p.package_id = checked
                                  AND NOT EXISTS (SELECT FROM package_suppliers s
                                                   WHERE s.package_id = checked AND s.position = p.position
                                                     AND s.state = 'agreed'))))
    ) THEN
        RAISE EXCEPTION 'package % is not complete', checked USING ERRCODE = 'P0121';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_package_order(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_package_order() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    checked uuid := NEW.order_id;
    fits    boolean;
BEGIN
    SELECT ordered.price_fen = ordered.count * packages.price_fen
           AND ordered.price_fen = orders.goods_fen
           AND NOT EXISTS (
               SELECT FROM package_parts p
                WHERE p.package_id = ordered.package_id
                  AND ordered.count IS DISTINCT FROM (
                      SELECT sum(l.packages) FROM package_lines l
                       WHERE l.order_id = checked AND l.package_id = p.package_id AND l.position = p.position))
           AND NOT EXISTS (
               SELECT FROM suborders s
                 JOIN order_lines line ON line.suborder_id = s.id
                 LEFT JOIN package_lines l ON l.line_id = line.id AND l.order_id = checked
                      AND l.package_id = ordered.package_id
                 LEFT JOIN package_parts p ON p.package_id = l.package_id AND p.position = l.position
                 LEFT JOIN package_suppliers a ON a.package_id = l.package_id AND a.position = l.position
                      AND a.variant_id = line.variant_id AND a.producer_id = s.producer_id
                WHERE s.order_id = checked
                  AND (a.variant_id IS NULL OR line.amount_fen <> p.share_fen * l.packages
                       OR line.quantity <> p.quantity * l.packages))
      INTO fits
      FROM package_orders ordered
      JOIN packages ON packages.id = ordered.package_id
      JOIN orders ON orders.id = ordered.order_id
     WHERE ordered.order_id = checked;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'the parts of the package of order % do not add up', checked USING ERRCODE = 'P0122';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_pairing(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_pairing() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (TG_OP = 'INSERT' OR (OLD.agreed_by IS NULL AND NEW.agreed_by IS NOT NULL))
       AND NOT EXISTS (SELECT FROM organisations WHERE id = NEW.organisation_id AND verified_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the organisation is not verified' USING ERRCODE = 'P0901';
    END IF;
    IF TG_OP = 'UPDATE' AND NOT NEW.valid_during <@ OLD.valid_during THEN
        RAISE EXCEPTION 'the term of pairing % is not extended', NEW.number USING ERRCODE = 'P0904';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.agreed_by IS NULL AND NEW.agreed_by IS NOT NULL THEN
        IF is_same_person(NEW.agreed_by, NEW.proposed_by)
           OR (SELECT count(DISTINCT account_id) = 2 FROM organisation_members
                WHERE organisation_id = NEW.organisation_id AND account_id IN (NEW.agreed_by, NEW.proposed_by)) THEN
            RAISE EXCEPTION 'the other side agrees to pairing %', NEW.number USING ERRCODE = 'P0902';
        END IF;
        IF NOT EXISTS (SELECT FROM pledges WHERE pairing_id = NEW.id) THEN
            RAISE EXCEPTION 'nothing is pledged in pairing %', NEW.number USING ERRCODE = 'P0903';
        END IF;
    ELSIF TG_OP = 'UPDATE' AND NEW.agreed_by IS DISTINCT FROM OLD.agreed_by THEN
        RAISE EXCEPTION 'pairing % is agreed', NEW.number USING ERRCODE = 'P0904';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_pairing_statement(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_pairing_statement() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (SELECT count(*) FROM pairing_statement_lines l WHERE l.pairing_id = NEW.pairing_id AND l.year = NEW.year)
       <> (SELECT count(*) FROM pledges p
            WHERE p.pairing_id = NEW.pairing_id
              AND p.valid_during && daterange(make_date(NEW.year, 1, 1), make_date(NEW.year + 1, 1, 1)))
       OR EXISTS (
            SELECT FROM pairing_statement_lines l
             WHERE l.pairing_id = NEW.pairing_id AND l.year = NEW.year
               AND l.done <> (SELECT coalesce(sum(amount), 0) FROM pairing_statement_items i
                               WHERE i.pairing_id = l.pairing_id AND i.year = l.year AND i.kind = l.kind
                                 AND l.counted @> i.on_day)) THEN
        RAISE EXCEPTION 'the statement of % does not add up', NEW.year USING ERRCODE = 'P0905';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_payout_account(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_payout_account() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state IN ('rejected', 'ended') AND NEW.state <> OLD.state
       OR OLD.state = 'active' AND NEW.state NOT IN ('active', 'ended')
       OR OLD.state = 'waiting' AND NEW.state NOT IN ('waiting', 'active', 'rejected')
       OR OLD.state = 'checking' AND NEW.state = 'active' AND NEW.replaces IS NOT NULL
       OR OLD.state <> 'checking' AND NEW.destination IS DISTINCT FROM OLD.destination
       OR OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by AND NEW.state <> 'rejected' THEN
        RAISE EXCEPTION 'the payout account % was checked', OLD.id USING ERRCODE = 'P0109';
    END IF;
    IF NEW.state = 'active' AND OLD.state = 'checking'
       AND EXISTS (SELECT FROM payout_accounts
                    WHERE producer_id = NEW.producer_id AND activated_at IS NOT NULL AND id <> NEW.id) THEN
        RAISE EXCEPTION 'the producer % has had a payout account', NEW.producer_id USING ERRCODE = 'P0109';
    END IF;
    IF NEW.state <> 'rejected' AND NEW.decided_by IS DISTINCT FROM OLD.decided_by
       AND (is_same_person(NEW.entered_by, NEW.decided_by)
            OR is_same_person((SELECT name_corrected_by FROM accounts WHERE id = NEW.entered_by), NEW.decided_by)) THEN
        RAISE EXCEPTION 'the payout account % needs a second person', NEW.id USING ERRCODE = 'P0161';
    END IF;
    RETURN NEW;
END;
$$;


--
-- Name: check_pledge(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_pledge() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    agreed timestamptz := (SELECT agreed_at FROM pairings WHERE id = coalesce(NEW.pairing_id, OLD.pairing_id));
BEGIN
    IF agreed IS NOT NULL
       AND (TG_OP = 'INSERT'
            OR (TG_OP = 'UPDATE'
                AND NOT (NEW.valid_during <@ OLD.valid_during AND lower(NEW.valid_during) = lower(OLD.valid_during)))
            OR (TG_OP = 'DELETE'
                AND lower(OLD.valid_during) <= (agreed AT TIME ZONE 'Asia/Shanghai')::date)) THEN
        RAISE EXCEPTION 'the pairing is agreed' USING ERRCODE = 'P0904';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;


--
-- Name: check_procurement_sums(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_procurement_sums() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    ordered  bigint;
    accepted bigint;
    unfinished boolean;
BEGIN
    SELECT sum(l.price_fen * l.ordered), sum(l.price_fen * l.accepted), bool_or(l.accepted IS NULL)
      INTO ordered, accepted, unfinished
      FROM procurement_lines l WHERE l.order_id = NEW.order_id;
    IF ordered + NEW.freight_fen IS DISTINCT FROM NEW.ordered_fen
       OR (NEW.accepted_at IS NOT NULL AND (unfinished OR accepted + NEW.freight_fen <> NEW.accepted_fen)) THEN
        RAISE EXCEPTION 'the lines of purchase % do not add up', NEW.order_id USING ERRCODE = 'P0241';
    END IF;
    IF NEW.accepted_at IS NOT NULL
       AND (SELECT count(*) FROM procurement_checks c WHERE c.order_id = NEW.order_id) <> 3 THEN
        RAISE EXCEPTION 'purchase % is accepted without its checks', NEW.order_id USING ERRCODE = 'P0242';
    END IF;
    IF is_same_person(NEW.requested_by, NEW.approved_by) OR is_same_person(NEW.requested_by, NEW.accepted_by)
       OR is_same_person(NEW.approved_by, NEW.accepted_by) THEN
        RAISE EXCEPTION 'purchase % is by fewer than three people', NEW.order_id USING ERRCODE = 'P0243';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_reconciled(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_reconciled() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (
        SELECT FROM return_files f JOIN return_differences d USING (file_id)
         WHERE f.cycle_id = NEW.id AND d.outcome IS NULL
           AND f.revision = (SELECT max(revision) FROM return_files
                              WHERE cycle_id = f.cycle_id AND operator = f.operator))
    THEN
        RAISE EXCEPTION 'cycle % has open differences', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cycles_reconciled';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_refund_decision(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_refund_decision() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'the refund request % has ended', OLD.id USING ERRCODE = 'P0107';
    END IF;
    IF NEW.state = 'consented' AND (
        is_same_person(OLD.requested_by, NEW.decided_by)
        OR EXISTS (SELECT FROM suborders JOIN orders ON orders.id = order_id
                    WHERE suborders.id = OLD.suborder_id AND is_same_person(buyer_id, NEW.decided_by))) THEN
        RAISE EXCEPTION 'the refund request % needs a second person', OLD.id USING ERRCODE = 'P0108';
    END IF;
    RETURN NEW;
END;
$$;


--
-- Name: check_replaced_bill(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_replaced_bill() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM claims WHERE file_id = NEW.replaces)
       OR EXISTS (SELECT FROM cycles WHERE county_code = NEW.county_code AND month = NEW.month
                     AND state IN ('decided', 'settled', 'reconciled', 'closed')) THEN
        RAISE EXCEPTION 'file % replaces a part of a bill, or one that is decided', NEW.id USING ERRCODE = 'P0151';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_return_file(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_return_file() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    credited bigint;
    different bigint;
BEGIN
    SELECT coalesce(sum(credited_fen), 0) INTO credited FROM return_rows WHERE file_id = NEW.file_id;
    SELECT coalesce(sum(coalesce(settled_fen, 0) - coalesce(credited_fen, 0)), 0) INTO different
      FROM return_differences WHERE file_id = NEW.file_id;
    IF credited <> NEW.credited_fen OR credited + different <> NEW.settled_fen THEN
        RAISE EXCEPTION 'return file %: % credited and % different are not % settled', NEW.file_id, credited, different,
            NEW.settled_fen USING ERRCODE = 'check_violation', CONSTRAINT = 'return_files_add_up';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_slot_places(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_slot_places() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    checked uuid := CASE WHEN TG_TABLE_NAME = 'slots' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'slot_id' END;
BEGIN
    IF EXISTS (
        SELECT FROM slots
         WHERE slots.id = checked
           AND free <> capacity - (SELECT coalesce(sum(party), 0) FROM slot_reservations
                                    WHERE slot_id = slots.id
                                      AND state IN ('offered', 'reserved', 'booked', 'attended', 'missed'))
    ) THEN
        RAISE EXCEPTION 'the places of slot % do not add up', checked USING ERRCODE = 'P0111';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: check_stay_cancellation(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_stay_cancellation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM suborders s JOIN orders o ON o.id = order_id
         WHERE s.id = NEW.suborder_id AND s.kind = 'stay' AND s.state = 'cancelled' AND s.released_at IS NULL
           AND NOT EXISTS (SELECT FROM bookings WHERE suborder_id = s.id AND state <> 'cancelled')
           AND CASE WHEN o.paid_at IS NULL
                    THEN EXISTS (SELECT FROM deposits WHERE order_id = o.id AND deposit_fen <= s.refunded_fen)
                    ELSE NOT EXISTS (SELECT FROM order_lines WHERE suborder_id = s.id AND refunded_fen < amount_fen) END) THEN
        RAISE EXCEPTION 'the stay % is not cancelled and refunded whole', NEW.suborder_id
            USING ERRCODE = '23514', CONSTRAINT = 'stay_cancellations_whole';
    END IF;
    RETURN NULL;
END;
$$;


--
-- Name: check_supervision_task(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_supervision_task() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'issued' OR NEW.sent_by IS NOT NULL OR NEW.decided_by IS NOT NULL THEN
            RAISE EXCEPTION 'a task begins as issued' USING ERRCODE = 'P0261';
        END IF;
        IF NEW.parent_id IS NOT NULL THEN
            PERFORM FROM supervision_tasks WHERE id = NEW.parent_id AND state IN ('issued', 'returned') FOR SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the task above is not to be done' USING ERRCODE = 'P0262';
            END IF;
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('issued', 'evidence'), ('returned', 'evidence'), ('evidence', 'checked'), ('evidence', 'returned'),
        ('issued', 'withdrawn'), ('evidence', 'withdrawn'), ('returned', 'withdrawn')
    ) OR (NEW.state <> 'evidence' AND (NEW.evidence_text, NEW.evidence_figure, NEW.sent_by, NEW.sent_at)
          IS DISTINCT FROM (OLD.evidence_text, OLD.evidence_figure, OLD.sent_by, OLD.sent_at)) THEN
        RAISE EXCEPTION 'task % is %', OLD.number, OLD.state USING ERRCODE = 'P0261';
    END IF;
    IF NEW.state IN ('checked', 'returned') AND is_same_person(NEW.sent_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person sent the evidence of task %', OLD.number USING ERRCODE = 'P0263';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: check_terms_approval(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_terms_approval() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    importer uuid := (SELECT account_id FROM import_files
                       WHERE id = NEW.file_id AND county_code = NEW.county_code AND kind IN ('programmes', 'plans'));
BEGIN
    IF importer IS NULL THEN
        RAISE EXCEPTION 'the county has no such file of programmes or plans' USING ERRCODE = 'P0172';
    END IF;
    NEW.person_key = get_person_key(NEW.account_id);
    IF NEW.person_key = get_person_key(importer) OR is_same_person(importer, NEW.account_id) THEN
        RAISE EXCEPTION 'the person imported the file' USING ERRCODE = 'P0171';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: tasks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tasks (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    second_factor boolean NOT NULL,
    request_key text NOT NULL,
    input jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    stage text DEFAULT 'waiting'::text NOT NULL,
    outcome_sealed bytea,
    error text,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT tasks_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT tasks_finished CHECK (((state = ANY (ARRAY['done'::text, 'refused'::text, 'failed'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT tasks_input CHECK (((input ->> 'kind'::text) = ANY (ARRAY['import'::text, 'split'::text, 'run'::text, 'decide'::text]))),
    CONSTRAINT tasks_outcome CHECK (((state = ANY (ARRAY['done'::text, 'refused'::text])) = (outcome_sealed IS NOT NULL))),
    CONSTRAINT tasks_request_key CHECK (((length(request_key) >= 1) AND (length(request_key) <= 300))),
    CONSTRAINT tasks_stage CHECK ((stage = ANY (ARRAY['waiting'::text, 'reading'::text, 'checking'::text, 'calculating'::text, 'storing'::text]))),
    CONSTRAINT tasks_state CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'refused'::text, 'failed'::text])))
);


--
-- Name: claim_task(interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.claim_task(p_lease interval) RETURNS SETOF public.tasks
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE tasks
       SET state = 'running', attempts = attempts + 1, stage = 'waiting', next_at = clock_timestamp() + p_lease
     WHERE id = (SELECT id FROM tasks t
                  WHERE state IN ('queued', 'running') AND next_at <= clock_timestamp()
                    AND NOT EXISTS (SELECT FROM tasks other
                                     WHERE other.county_code = t.county_code AND other.state = 'running'
                                       AND other.id <> t.id)
                  ORDER BY id LIMIT 1
                    FOR UPDATE SKIP LOCKED)
    RETURNING tasks.*
$$;


--
-- Name: compute_number_key(text, text, bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.compute_number_key(operator text, kind text, number_id bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((number_id * 10) + CASE kind WHEN 'mobile'::text THEN 0 WHEN 'broadband'::text THEN 1 ELSE 4 END) + CASE WHEN ((kind = 'mobile'::text) OR (operator = 'mobile'::text)) THEN 0 WHEN (operator = 'unicom'::text) THEN 1 ELSE 2 END);


--
-- Name: copy_listing_price(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.copy_listing_price() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE listings SET listed_price_fen = NEW.price_fen
     WHERE id = NEW.listing_id AND listed_price_fen IS DISTINCT FROM NEW.price_fen;
    RETURN NULL;
END
$$;


--
-- Name: count_open_cases(text, text[], timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.count_open_cases(p_scope text, p_categories text[], p_late_at timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT count(*) FROM cases
     WHERE starts_with(county_code, p_scope) AND category = ANY(p_categories) AND state <> 'closed'
       AND (p_late_at IS NULL OR level > 1 OR due_at <= p_late_at)
$$;


--
-- Name: count_reviews(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.count_reviews() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE listings l
       SET rating_sum = rating_sum + n.sum, rating_count = rating_count + n.count
      FROM (SELECT listing_id, sum(rating)::integer AS sum, count(*)::integer AS count
              FROM added GROUP BY listing_id ORDER BY listing_id) AS n
     WHERE l.id = n.listing_id;
    RETURN NULL;
END
$$;


--
-- Name: count_voucher(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.count_voucher() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE coupons SET claimed = claimed + 1 WHERE id = NEW.coupon_id;
    RETURN NULL;
END
$$;


--
-- Name: delete_claim_photos(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_claim_photos(p_before timestamp with time zone, p_most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH deleted AS (
        DELETE FROM claim_photos
         WHERE (case_id, photo_id) IN (
               SELECT case_id, photo_id FROM claim_photos JOIN cases ON cases.id = case_id
                WHERE state = 'closed' AND closed_at < p_before
                ORDER BY case_id, photo_id
                LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;


--
-- Name: delete_conversations(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_conversations(p_before timestamp with time zone, p_most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH deleted AS (
        DELETE FROM conversations
         WHERE suborder_id IN (SELECT suborder_id FROM conversations WHERE last_at < p_before
                                ORDER BY last_at, suborder_id LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;


--
-- Name: delete_replaced_lines(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_replaced_lines(p_before timestamp with time zone, p_piece integer) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    replaced uuid[] := ARRAY(
        SELECT r.id FROM runs r JOIN runs next ON next.cycle_id = r.cycle_id AND next.n = r.n + 1
         WHERE next.ran_at < p_before AND EXISTS (SELECT FROM run_explanations WHERE run_id = r.id)
           AND NOT is_run_used(r.id));
BEGIN
    RETURN QUERY
    DELETE FROM run_lines
     WHERE (run_id, line_code) IN (SELECT run_id, line_code FROM run_lines WHERE run_id = ANY(replaced) LIMIT p_piece)
    RETURNING run_id;
    DELETE FROM run_explanations e
     WHERE run_id = ANY(replaced) AND NOT EXISTS (SELECT FROM run_lines r WHERE r.run_id = e.run_id);
END
$$;


--
-- Name: delete_saved_filters(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_saved_filters(p_before timestamp with time zone, p_most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH deleted AS (
        DELETE FROM saved_filters
         WHERE (account_id, position) IN (SELECT account_id, position FROM saved_filters WHERE saved_at < p_before
                                           ORDER BY saved_at, account_id, position LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;


--
-- Name: delete_tasks(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_tasks(p_before timestamp with time zone, p_piece integer) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE finished_at < p_before ORDER BY finished_at LIMIT p_piece)
    RETURNING id
$$;


--
-- Name: drop_question_photos(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.drop_question_photos(p_before timestamp with time zone, p_most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH dropped AS (
        UPDATE questions SET photo_id = NULL
         WHERE case_id IN (SELECT q.case_id FROM questions q JOIN cases c ON c.id = q.case_id
                            WHERE q.photo_id IS NOT NULL AND c.closed_at < p_before LIMIT p_most)
        RETURNING 1)
    SELECT count(*)::integer FROM dropped;
$$;


--
-- Name: end_mediation_lines(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_mediation_lines() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE mediation_lines SET granted_fen = 0 WHERE case_id = NEW.id AND granted_fen IS NULL;
    RETURN NULL;
END;
$$;


--
-- Name: end_operator(uuid, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_operator(p_account uuid, p_by text, p_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    today date := business_day(p_at);
    ended integer := (SELECT count(*) FROM operator_grants WHERE account_id = p_account AND valid_during @> today);
BEGIN
    IF ended = 0 THEN
        RETURN 0;
    END IF;
    DELETE FROM operator_grants WHERE account_id = p_account AND lower(valid_during) = today;
    UPDATE operator_grants SET valid_during = daterange(lower(valid_during), today)
     WHERE account_id = p_account AND valid_during @> today;
    UPDATE accounts SET totp_sealed = NULL WHERE id = p_account;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(p_at, p_by, 'operator.end', 'account:' || p_account, jsonb_build_object(
        'handle', (SELECT handle FROM accounts WHERE id = p_account), 'ended', ended));
    RETURN ended;
END
$$;


--
-- Name: erase_account(uuid, text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_account(p_account uuid, p_name text, p_by text, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM sign_in_codes WHERE phone_index = (SELECT phone_index FROM accounts WHERE id = p_account);
    DELETE FROM sessions WHERE account_id = p_account;
    DELETE FROM person_keys WHERE account_id = p_account;
    UPDATE accounts
       SET name = p_name, phone_index = NULL, phone_sealed = NULL, totp_sealed = NULL, identity_index = NULL,
           identity_sealed = NULL, elder = false, closed_at = p_at
     WHERE id = p_account;
    PERFORM add_audit_entry(p_at, p_by, 'account.close', 'account:' || p_account, '{}');
END
$$;


--
-- Name: erase_case_texts(text[], timestamp with time zone, bytea, bytea, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_case_texts(p_categories text[], p_before timestamp with time zone, p_text bytea, p_reason bytea, p_at timestamp with time zone, p_most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH erased AS (
        UPDATE cases SET text_sealed = p_text, text_erased_at = p_at
         WHERE id IN (SELECT id FROM cases
                       WHERE category = ANY(p_categories) AND state = 'closed' AND closed_at < p_before
                         AND text_erased_at IS NULL
                       ORDER BY id LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING id
    ), events AS (
        UPDATE case_events SET reason_sealed = p_reason
         WHERE case_id IN (SELECT id FROM erased) AND reason_sealed IS NOT NULL
    )
    SELECT count(*)::integer FROM erased
$$;


--
-- Name: erase_invoice_details(uuid, timestamp with time zone, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_invoice_details(p_account uuid, p_before timestamp with time zone, p_unpaid_before timestamp with time zone, p_most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH erased AS (
        UPDATE invoice_requests
           SET title_sealed = NULL, tax_number_sealed = NULL, email_sealed = NULL, wanted = false, correcting = false,
               changed = true
         WHERE suborder_id IN (SELECT suborder_id FROM invoice_requests
                                WHERE title_sealed IS NOT NULL
                                  AND CASE WHEN p_account IS NOT NULL THEN buyer_id = p_account
                                           WHEN touched_at < p_before THEN true
                                           ELSE touched_at < p_unpaid_before
                                                AND EXISTS (SELECT FROM suborders s JOIN orders o ON o.id = s.order_id
                                                             WHERE s.id = suborder_id AND o.paid_at IS NULL
                                                               AND o.state IN ('expired', 'cancelled')) END
                                ORDER BY suborder_id LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM erased
$$;


--
-- Name: erase_messages(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_messages(p_account uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM conversation_photos p USING conversation_messages m
     WHERE m.account_id = p_account AND m.from_buyer AND (p.suborder_id, p.position) = (m.suborder_id, m.position);
    UPDATE conversation_messages SET text_sealed = NULL
     WHERE account_id = p_account AND from_buyer AND text_sealed IS NOT NULL;
$$;


--
-- Name: payout_accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.payout_accounts (
    id uuid DEFAULT uuidv7() NOT NULL,
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    holder text NOT NULL,
    number_sealed bytea NOT NULL,
    number_tail text NOT NULL,
    state text DEFAULT 'checking'::text NOT NULL,
    destination text,
    reason text,
    entered_by uuid NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    checked_at timestamp with time zone,
    replaces uuid,
    usable_at timestamp with time zone,
    decided_by uuid,
    decided_at timestamp with time zone,
    activated_at timestamp with time zone,
    CONSTRAINT payout_accounts_activated CHECK (
CASE
    WHEN (state = ANY (ARRAY['active'::text, 'ended'::text])) THEN (activated_at IS NOT NULL)
    ELSE (activated_at IS NULL)
END),
    CONSTRAINT payout_accounts_change CHECK (((replaces IS NULL) = (usable_at IS NULL))),
    CONSTRAINT payout_accounts_checked CHECK (((state = 'checking'::text) = (checked_at IS NULL))),
    CONSTRAINT payout_accounts_decided CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT payout_accounts_holder CHECK (((length(holder) >= 1) AND (length(holder) <= 60))),
    CONSTRAINT payout_accounts_kind CHECK ((kind = ANY (ARRAY['bank'::text, 'wechat'::text]))),
    CONSTRAINT payout_accounts_state CHECK ((state = ANY (ARRAY['checking'::text, 'waiting'::text, 'active'::text, 'rejected'::text, 'ended'::text]))),
    CONSTRAINT payout_accounts_tail CHECK (((length(number_tail) >= 1) AND (length(number_tail) <= 4))),
    CONSTRAINT payout_accounts_three_days CHECK ((usable_at >= (entered_at + '3 days'::interval))),
    CONSTRAINT payout_accounts_verified CHECK (((state <> ALL (ARRAY['waiting'::text, 'active'::text])) OR (destination IS NOT NULL))),
    CONSTRAINT payout_accounts_waited CHECK (((replaces IS NULL) OR (activated_at IS NULL) OR ((activated_at >= usable_at) AND (decided_by IS NOT NULL)))),
    CONSTRAINT payout_accounts_waiting CHECK (((state <> 'waiting'::text) OR (replaces IS NOT NULL)))
);


--
-- Name: producers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.producers (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    produce text NOT NULL,
    story text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'applied'::text NOT NULL,
    applied_by uuid NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone,
    self_grown boolean DEFAULT true NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    CONSTRAINT producers_kind CHECK ((kind = ANY (ARRAY['household'::text, 'family_farm'::text, 'cooperative'::text, 'company'::text, 'village_station'::text, 'homestay'::text]))),
    CONSTRAINT producers_name_length CHECK (((length(name) >= 2) AND (length(name) <= 60))),
    CONSTRAINT producers_opened_at_matches_state CHECK (((state = ANY (ARRAY['open'::text, 'suspended'::text])) = (opened_at IS NOT NULL))),
    CONSTRAINT producers_produce_length CHECK (((length(produce) >= 1) AND (length(produce) <= 200))),
    CONSTRAINT producers_state CHECK ((state = ANY (ARRAY['applied'::text, 'confirmed'::text, 'recommended'::text, 'open'::text, 'refused'::text, 'suspended'::text])))
);


--
-- Name: erase_payout_accounts(uuid, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_payout_accounts(p_account uuid, p_name text, p_at timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 UPDATE public.payout_accounts a SET holder = erase_payout_accounts.p_name, number_sealed = '\x'::bytea, number_tail = '*'::text, state =
         CASE a.state
             WHEN 'active'::text THEN 'ended'::text
             WHEN 'ended'::text THEN 'ended'::text
             ELSE 'rejected'::text
         END, reason =
         CASE
             WHEN (a.state = ANY (ARRAY['checking'::text, 'waiting'::text])) THEN 'account_closed'::text
             ELSE a.reason
         END, checked_at = COALESCE(a.checked_at, erase_payout_accounts.p_at)
    FROM public.producers p
   WHERE ((p.id = a.producer_id) AND (a.entered_by = erase_payout_accounts.p_account) AND (p.kind = ANY (ARRAY['household'::text, 'homestay'::text])));
END;


--
-- Name: erase_register_person(uuid, bytea, jsonb, jsonb, text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_register_person(p_person uuid, p_index bytea, p_sealed jsonb, p_numbers jsonb, p_reason text, p_by text, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    erased   persons;
    lines    text[];
    numbers  bigint[];
    alone    uuid[];
    obstacle text;
BEGIN
    SELECT * INTO STRICT erased FROM persons WHERE id = p_person FOR UPDATE;
    SELECT string_agg(o.obstacle, ', ') INTO obstacle FROM list_erasure_obstacles(p_person, business_day(p_at)) o;
    IF obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'person % cannot be erased: %', p_person, obstacle USING ERRCODE = 'P0101';
    END IF;
    -- For this function alone: an owner that is no superuser may not set it in the function's definition.
    PERFORM set_config('market.erasing', 'on', true);
    SELECT array_agg(DISTINCT line_code) INTO lines FROM bindings
     WHERE county_code = erased.county_code AND identity_index = erased.identity_index;
    SELECT array_agg(DISTINCT own.id) INTO numbers
      FROM bindings b CROSS JOIN LATERAL unnest(ARRAY[b.number_id, b.device_id, b.sim_id]) AS own (id)
     WHERE b.county_code = erased.county_code AND b.identity_index = erased.identity_index;
    SELECT array_agg(DISTINCT l.lead_id) INTO alone FROM lead_persons l JOIN leads ON leads.id = l.lead_id
     WHERE leads.county_code = erased.county_code AND l.identity_index = erased.identity_index
       AND NOT EXISTS (SELECT FROM lead_persons o JOIN persons p ON p.identity_index = o.identity_index
                        WHERE o.lead_id = l.lead_id AND o.identity_index <> erased.identity_index
                          AND p.county_code = leads.county_code
                          AND NOT EXISTS (SELECT FROM register_erasures e WHERE e.person_id = p.id));

    UPDATE persons
       SET identity_index = p_index, identity_sealed = decode(p_sealed ->> 'persons.identity', 'base64'),
           name_sealed = decode(p_sealed ->> 'persons.name', 'base64'), born_on = date_trunc('year', born_on)::date
     WHERE id = p_person;
    UPDATE fact_versions
       SET facts = facts || jsonb_build_object('identity_index', p_index::text,
                                               'born_on', date_trunc('year', (facts ->> 'born_on')::date)::date::text),
           name_sealed = decode(p_sealed ->> 'persons.name', 'base64')
     WHERE county_code = erased.county_code AND fact = 'persons' AND subject = p_person::text;
    UPDATE fact_versions SET facts = facts || jsonb_build_object('identity_index', p_index::text)
     WHERE county_code = erased.county_code AND fact IN ('enrolments', 'bindings')
       AND facts ->> 'identity_index' = erased.identity_index::text;
    UPDATE enrolments SET identity_index = p_index, identity_sealed = NULL
     WHERE county_code = erased.county_code AND identity_index = erased.identity_index;
    UPDATE bindings SET identity_index = p_index, identity_sealed = NULL
     WHERE county_code = erased.county_code AND identity_index = erased.identity_index;
    DELETE FROM listed_facts WHERE county_code = erased.county_code AND identity_index = erased.identity_index;

    -- A number, a device or a SIM that passed to somebody else is theirs.
    UPDATE identifiers
       SET value_index = decode(n.index, 'base64'), value_sealed = decode(n.sealed, 'base64')
      FROM jsonb_to_recordset(p_numbers) AS n(id bigint, index text, sealed text)
     WHERE identifiers.id = n.id AND n.id = ANY(numbers)
       AND n.id <> ALL (ARRAY(
               SELECT own.id FROM bindings b CROSS JOIN LATERAL unnest(ARRAY[b.number_id, b.device_id, b.sim_id]) AS own (id)
                WHERE ARRAY[b.number_id, b.device_id, b.sim_id] && numbers AND b.identity_index <> p_index
                  AND own.id IS NOT NULL));
    UPDATE idle_calls SET note_sealed = NULL WHERE county_code = erased.county_code AND line_code = ANY(lines);
    UPDATE line_changes
       SET details_sealed = CASE WHEN details_sealed IS NOT NULL
                                 THEN decode(p_sealed ->> 'line_changes.details', 'base64') END,
           reason_sealed = CASE WHEN reason_sealed IS NOT NULL
                                THEN decode(p_sealed ->> 'line_changes.reason', 'base64') END,
           note_sealed = decode(p_sealed ->> 'line_changes.note', 'base64')
     WHERE county_code = erased.county_code AND line_code = ANY(lines);
    UPDATE enrolment_pauses
       SET end_note_sealed = CASE WHEN end_note_sealed IS NOT NULL
                                  THEN decode(p_sealed ->> 'enrolment_pauses.end_note', 'base64') END,
           note_sealed = decode(p_sealed ->> 'enrolment_pauses.note', 'base64')
     WHERE county_code = erased.county_code AND line_code = ANY(lines);

    UPDATE lead_persons l
       SET identity_index = p_index, identity_sealed = decode(p_sealed ->> 'lead_persons.identity', 'base64'),
           name_sealed = decode(p_sealed ->> 'lead_persons.name', 'base64')
      FROM leads
     WHERE leads.id = l.lead_id AND leads.county_code = erased.county_code
       AND l.identity_index = erased.identity_index;
    UPDATE lead_steps SET opinion_sealed = decode(p_sealed ->> 'lead_steps.opinion', 'base64')
     WHERE lead_id = ANY(alone) AND opinion_sealed IS NOT NULL;
    UPDATE lead_consents SET photo_sealed = decode(p_sealed ->> 'lead_consents.photo', 'base64')
     WHERE lead_id = ANY(alone) AND photo_sealed IS NOT NULL;

    UPDATE clawbacks
       SET reason_sealed = decode(p_sealed ->> 'clawbacks.reason', 'base64'),
           statement_sealed = decode(p_sealed ->> 'clawbacks.statement', 'base64'),
           opinion_sealed = CASE WHEN opinion_sealed IS NOT NULL THEN decode(p_sealed ->> 'clawbacks.opinion', 'base64') END
     WHERE person_id = p_person;
    UPDATE clawback_entries SET note_sealed = decode(p_sealed ->> 'clawback_entries.note', 'base64')
     WHERE note_sealed IS NOT NULL AND clawback_id IN (SELECT id FROM clawbacks WHERE person_id = p_person);

    INSERT INTO register_erasures (person_id, county_code, reason, erased_by, erased_at)
    VALUES (p_person, erased.county_code, p_reason, p_by, p_at);
    PERFORM add_audit_entry(p_at, p_by, 'erase person', 'county:' || erased.county_code,
                            jsonb_build_object('person', p_person, 'reason', p_reason));
    PERFORM set_config('market.erasing', 'off', true);
END
$$;


--
-- Name: rooms; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rooms (
    id uuid DEFAULT uuidv7() NOT NULL,
    listing_id uuid NOT NULL,
    "position" smallint NOT NULL,
    name text NOT NULL,
    open boolean DEFAULT true NOT NULL,
    CONSTRAINT rooms_position CHECK ((("position" >= 1) AND ("position" <= 200)))
);


--
-- Name: taken_nights; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.taken_nights (
    room_id uuid NOT NULL,
    nights daterange NOT NULL,
    booking_id uuid,
    guest_sealed bytea,
    CONSTRAINT taken_nights_guest_without_booking CHECK (((guest_sealed IS NULL) OR (booking_id IS NULL))),
    CONSTRAINT taken_nights_not_empty CHECK ((NOT isempty(nights)))
);


--
-- Name: fills_gap(uuid, date, date, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.fills_gap(p_listing_id uuid, p_arrive date, p_leave date, p_today date) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(bool_and((((fills_gap.p_arrive <= fills_gap.p_today) OR (EXISTS (SELECT FROM public.taken_nights WHERE ((taken_nights.room_id = rooms.id) AND (taken_nights.nights @> (fills_gap.p_arrive - 1)))))) AND (EXISTS (SELECT FROM public.taken_nights WHERE ((taken_nights.room_id = rooms.id) AND (taken_nights.nights @> fills_gap.p_leave)))))), false) AS "coalesce" FROM public.rooms WHERE ((rooms.listing_id = fills_gap.p_listing_id) AND rooms.open AND (NOT (EXISTS (SELECT FROM public.taken_nights WHERE ((taken_nights.room_id = rooms.id) AND (taken_nights.nights && daterange(fills_gap.p_arrive, fills_gap.p_leave))))))));


--
-- Name: find_bound_elsewhere(text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_bound_elsewhere(p_county text, p_spans jsonb) RETURNS TABLE("row" integer, cell text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT r."row", r.sim_id, daterange(r.start, r.until) AS days,
               compute_number_key(r.operator, r.kind, r.number_id) AS number_key
          FROM jsonb_to_recordset(p_spans) AS r("row" integer, operator text, kind text, number_id bigint,
                                                sim_id bigint, start date, until date))
    SELECT g."row", 'number' FROM given g
      JOIN bindings b ON b.number_key = g.number_key AND b.valid_during && g.days AND b.county_code <> p_county
    UNION
    SELECT g."row", 'sim' FROM given g
      JOIN bindings b ON b.sim_id = g.sim_id AND b.valid_during && g.days AND b.county_code <> p_county
    ORDER BY 1, 2;
END
$$;


--
-- Name: find_contact(text, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_contact(p_division text, p_day date) RETURNS TABLE(division text, level smallint, name text, phone text, hours text, back_on date)
    LANGUAGE sql STABLE
    AS $$
    SELECT d.name, d.level, c.name, c.phone, c.hours, CASE WHEN c.away_during @> p_day THEN upper(c.away_during) END
      FROM contacts c JOIN divisions d ON d.code = c.division_code
     WHERE c.division_code IN (p_division, ancestor_code(p_division, 4), ancestor_code(p_division, 3))
     ORDER BY coalesce(c.away_during @> p_day, false), d.level DESC
     LIMIT 1
$$;


--
-- Name: sum_array(integer[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sum_array(parts integer[]) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(sum(part.part), (0)::bigint) AS "coalesce" FROM unnest(sum_array.parts) part(part));


--
-- Name: bindings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.bindings (
    county_code text NOT NULL,
    line_code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    identity_index bytea NOT NULL,
    plan_code text NOT NULL,
    change text NOT NULL,
    realname text NOT NULL,
    valid_during daterange NOT NULL,
    file_id uuid,
    identity_sealed bytea,
    number_id bigint NOT NULL,
    device_id bigint,
    sim_id bigint,
    number_key bigint GENERATED ALWAYS AS (public.compute_number_key(operator, kind, number_id)) STORED NOT NULL,
    CONSTRAINT bindings_period_not_empty CHECK ((NOT isempty(valid_during)))
);


--
-- Name: claims; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.claims (
    file_id uuid NOT NULL,
    row_number integer NOT NULL,
    county_code text NOT NULL,
    month date NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    programme_code text NOT NULL,
    charge_fen bigint NOT NULL,
    reduction_fen bigint NOT NULL,
    billed_fen bigint NOT NULL,
    corrects_month date,
    number_id bigint NOT NULL,
    CONSTRAINT claims_add_up CHECK ((charge_fen = (reduction_fen + billed_fen))),
    CONSTRAINT claims_corrected_month_earlier CHECK (((EXTRACT(day FROM corrects_month) = (1)::numeric) AND (corrects_month < month))),
    CONSTRAINT claims_kind CHECK ((kind = ANY (ARRAY['mobile'::text, 'broadband'::text, 'television'::text]))),
    CONSTRAINT claims_month CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT claims_not_negative CHECK (((corrects_month IS NOT NULL) OR ((charge_fen >= 0) AND (reduction_fen >= 0) AND (billed_fen >= 0)))),
    CONSTRAINT claims_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text]))),
    CONSTRAINT claims_row CHECK ((row_number >= 2))
);


--
-- Name: enrolments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.enrolments (
    county_code text NOT NULL,
    line_code text NOT NULL,
    programme_code text NOT NULL,
    identity_index bytea NOT NULL,
    household_code text NOT NULL,
    applied_on date NOT NULL,
    notice daterange,
    decided_on date,
    entitled_from date,
    status text NOT NULL,
    decided boolean GENERATED ALWAYS AS ((status = '已审定'::text)) STORED NOT NULL,
    agent text DEFAULT ''::text NOT NULL,
    assessor text DEFAULT ''::text NOT NULL,
    file_id uuid,
    identity_sealed bytea,
    lead_id uuid,
    agent_identity_index bytea,
    agent_identity_sealed bytea,
    assessor_identity_index bytea,
    assessor_identity_sealed bytea,
    CONSTRAINT enrolments_agent_identified CHECK ((((agent_identity_index IS NULL) = (agent_identity_sealed IS NULL)) AND ((agent_identity_index IS NULL) OR (agent <> ''::text)))),
    CONSTRAINT enrolments_assessor_identified CHECK ((((assessor_identity_index IS NULL) = (assessor_identity_sealed IS NULL)) AND ((assessor_identity_index IS NULL) OR (assessor <> ''::text)))),
    CONSTRAINT enrolments_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT enrolments_decision_complete CHECK (((status <> '已审定'::text) OR ((decided_on IS NOT NULL) AND (entitled_from IS NOT NULL) AND (decided_on >= applied_on)))),
    CONSTRAINT enrolments_household_in_capitals CHECK ((household_code !~ '[a-z]'::text)),
    CONSTRAINT enrolments_line_length CHECK (((length(line_code) >= 1) AND (length(line_code) <= 40))),
    CONSTRAINT enrolments_notice_not_empty CHECK ((NOT isempty(notice))),
    CONSTRAINT enrolments_one_origin CHECK (((file_id IS NULL) OR (lead_id IS NULL))),
    CONSTRAINT enrolments_status_length CHECK (((length(status) >= 1) AND (length(status) <= 20)))
);


--
-- Name: household_statuses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.household_statuses (
    county_code text NOT NULL,
    household_code text NOT NULL,
    valid_during daterange NOT NULL,
    village_code text NOT NULL,
    village_name text NOT NULL,
    registered boolean NOT NULL,
    monitoring text DEFAULT ''::text NOT NULL,
    risk_removed_on date,
    tier smallint NOT NULL,
    file_id uuid,
    lead_id uuid,
    CONSTRAINT household_statuses_one_origin CHECK (((file_id IS NULL) OR (lead_id IS NULL))),
    CONSTRAINT household_statuses_period_not_empty CHECK ((NOT isempty(valid_during))),
    CONSTRAINT household_statuses_tier CHECK ((tier >= 1)),
    CONSTRAINT household_statuses_village_of_county CHECK (("left"(village_code, 6) = county_code))
);


--
-- Name: memberships; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.memberships (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    person_id uuid NOT NULL,
    household_code text NOT NULL,
    member_number smallint NOT NULL,
    relation text NOT NULL,
    valid_during daterange NOT NULL,
    leave_reason text DEFAULT ''::text NOT NULL,
    file_id uuid,
    lead_id uuid,
    CONSTRAINT memberships_member_number CHECK ((member_number >= 1)),
    CONSTRAINT memberships_one_origin CHECK (((file_id IS NULL) OR (lead_id IS NULL))),
    CONSTRAINT memberships_period_not_empty CHECK ((NOT isempty(valid_during)))
);


--
-- Name: persons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.persons (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    identity_index bytea NOT NULL,
    identity_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    born_on date NOT NULL,
    sex text NOT NULL,
    died_on date,
    death_known_at timestamp with time zone,
    file_id uuid,
    lead_id uuid,
    CONSTRAINT persons_death_after_birth CHECK ((died_on >= born_on)),
    CONSTRAINT persons_death_complete CHECK (((died_on IS NULL) = (death_known_at IS NULL))),
    CONSTRAINT persons_one_origin CHECK (((file_id IS NULL) OR (lead_id IS NULL))),
    CONSTRAINT persons_sex CHECK ((sex = ANY (ARRAY['男'::text, '女'::text])))
);


--
-- Name: plans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.plans (
    county_code text NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    plan_fen bigint NOT NULL,
    monthly_fen bigint NOT NULL,
    market_fen bigint,
    weights text DEFAULT ''::text NOT NULL,
    basis text DEFAULT ''::text NOT NULL,
    valid_during daterange NOT NULL,
    file_id uuid,
    CONSTRAINT plans_charge CHECK (((plan_fen >= 0) AND (plan_fen <= '1000000000000'::bigint))),
    CONSTRAINT plans_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT plans_kind CHECK ((kind = ANY (ARRAY['mobile'::text, 'broadband'::text, 'television'::text]))),
    CONSTRAINT plans_market CHECK ((market_fen >= 0)),
    CONSTRAINT plans_monthly_at_most_plan CHECK (((monthly_fen >= 0) AND (monthly_fen <= plan_fen))),
    CONSTRAINT plans_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text]))),
    CONSTRAINT plans_period_not_empty CHECK ((NOT isempty(valid_during)))
);


--
-- Name: programme_terms; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.programme_terms (
    county_code text NOT NULL,
    programme_code text NOT NULL,
    valid_during daterange NOT NULL,
    kind text NOT NULL,
    household_pays_bp integer,
    fixed_fen bigint,
    line_cap_fen bigint,
    household_cap_fen bigint,
    funders text[] NOT NULL,
    shares_bp integer[] NOT NULL,
    file_id uuid,
    monitoring text[] DEFAULT '{脱贫不稳定户,边缘易致贫户,突发严重困难户}'::text[] NOT NULL,
    CONSTRAINT programme_terms_fixed CHECK (((fixed_fen >= 0) AND (fixed_fen <= '1000000000000'::bigint))),
    CONSTRAINT programme_terms_funders CHECK ((funders <@ ARRAY['operator'::text, 'county'::text, 'prefecture'::text, 'province'::text, 'central'::text, 'other'::text])),
    CONSTRAINT programme_terms_household_cap CHECK (((household_cap_fen >= 0) AND (household_cap_fen <= '1000000000000'::bigint))),
    CONSTRAINT programme_terms_kind CHECK ((kind = ANY (ARRAY['percent_off'::text, 'fixed'::text]))),
    CONSTRAINT programme_terms_line_cap CHECK (((line_cap_fen >= 0) AND (line_cap_fen <= '1000000000000'::bigint))),
    CONSTRAINT programme_terms_monitoring CHECK ((monitoring <@ ARRAY['脱贫不稳定户'::text, '边缘易致贫户'::text, '突发严重困难户'::text])),
    CONSTRAINT programme_terms_parameter CHECK (
CASE kind
    WHEN 'percent_off'::text THEN ((household_pays_bp IS NOT NULL) AND (fixed_fen IS NULL))
    ELSE ((fixed_fen IS NOT NULL) AND (household_pays_bp IS NULL))
END),
    CONSTRAINT programme_terms_pays CHECK (((household_pays_bp >= 0) AND (household_pays_bp <= 10000))),
    CONSTRAINT programme_terms_period_not_empty CHECK ((NOT isempty(valid_during))),
    CONSTRAINT programme_terms_shares_complete CHECK (((public.sum_array(shares_bp) = 10000) AND (0 <= ALL (shares_bp)) AND (cardinality(shares_bp) = cardinality(funders))))
);


--
-- Name: programmes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.programmes (
    county_code text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kinds text[] NOT NULL,
    max_lines smallint NOT NULL,
    proration text NOT NULL,
    idle_days integer,
    cure_days integer,
    document_number text NOT NULL,
    document_name text NOT NULL,
    document_sha256 text NOT NULL,
    document_text text NOT NULL,
    file_id uuid,
    CONSTRAINT programmes_code_length CHECK (((length(code) >= 1) AND (length(code) <= 20))),
    CONSTRAINT programmes_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT programmes_cure_days CHECK ((cure_days >= 0)),
    CONSTRAINT programmes_document_sha256 CHECK ((document_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT programmes_idle_complete CHECK (((idle_days IS NULL) = (cure_days IS NULL))),
    CONSTRAINT programmes_idle_days CHECK ((idle_days >= 1)),
    CONSTRAINT programmes_kinds CHECK (((kinds <@ ARRAY['mobile'::text, 'broadband'::text, 'television'::text]) AND (cardinality(kinds) > 0))),
    CONSTRAINT programmes_max_lines CHECK ((max_lines >= 1)),
    CONSTRAINT programmes_proration CHECK ((proration = ANY (ARRAY['daily'::text, 'none'::text])))
);


--
-- Name: find_current_fact(text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_current_fact(p_county text, p_fact text, p_facts jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN CASE p_fact WHEN 'enrolments'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.enrolments t WHERE ((t.county_code = find_current_fact.p_county) AND (t.line_code = (find_current_fact.p_facts ->> 'line_code'::text)))) WHEN 'bindings'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.bindings t WHERE ((t.county_code = find_current_fact.p_county) AND (t.line_code = (find_current_fact.p_facts ->> 'line_code'::text)) AND (lower(t.valid_during) = lower(((find_current_fact.p_facts ->> 'valid_during'::text))::daterange)))) WHEN 'persons'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.persons t WHERE (t.id = ((find_current_fact.p_facts ->> 'id'::text))::uuid)) WHEN 'memberships'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.memberships t WHERE (t.id = ((find_current_fact.p_facts ->> 'id'::text))::uuid)) WHEN 'household_statuses'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.household_statuses t WHERE ((t.county_code = find_current_fact.p_county) AND (t.household_code = (find_current_fact.p_facts ->> 'household_code'::text)) AND (lower(t.valid_during) = lower(((find_current_fact.p_facts ->> 'valid_during'::text))::daterange)))) WHEN 'programmes'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.programmes t WHERE ((t.county_code = find_current_fact.p_county) AND (t.code = (find_current_fact.p_facts ->> 'code'::text)))) WHEN 'programme_terms'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.programme_terms t WHERE ((t.county_code = find_current_fact.p_county) AND (t.programme_code = (find_current_fact.p_facts ->> 'programme_code'::text)) AND (lower(t.valid_during) = lower(((find_current_fact.p_facts ->> 'valid_during'::text))::daterange)))) WHEN 'plans'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.plans t WHERE ((t.county_code = find_current_fact.p_county) AND (t.code = (find_current_fact.p_facts ->> 'code'::text)) AND (t.kind = (find_current_fact.p_facts ->> 'kind'::text)) AND (lower(t.valid_during) = lower(((find_current_fact.p_facts ->> 'valid_during'::text))::daterange)))) WHEN 'claims'::text THEN (SELECT to_jsonb(t.*) AS to_jsonb FROM public.claims t WHERE ((t.county_code = find_current_fact.p_county) AND (t.operator = (find_current_fact.p_facts ->> 'operator'::text)) AND (t.kind = (find_current_fact.p_facts ->> 'kind'::text)) AND (t.number_id = ((find_current_fact.p_facts ->> 'number_id'::text))::bigint) AND (t.month = ((find_current_fact.p_facts ->> 'month'::text))::date) AND (NOT (t.corrects_month IS DISTINCT FROM ((find_current_fact.p_facts ->> 'corrects_month'::text))::date))) LIMIT 1) ELSE NULL::jsonb END;


--
-- Name: get_visible_county(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_visible_county() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN "substring"(current_setting('market.scope'::text, true), '^[0-9]{6}'::text);


--
-- Name: find_enrolled_elsewhere(text, date, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_enrolled_elsewhere(p_county text, p_from date, p_until date) RETURNS TABLE(line_code text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT DISTINCT e.line_code
    FROM (((public.enrolments e
      JOIN public.bindings b ON (((b.county_code = e.county_code) AND (b.line_code = e.line_code))))
      JOIN public.enrolments o ON (((o.identity_index = e.identity_index) AND (o.county_code <> find_enrolled_elsewhere.p_county) AND o.decided)))
      JOIN public.bindings d ON (((d.county_code = o.county_code) AND (d.line_code = o.line_code))))
   WHERE ((e.county_code = find_enrolled_elsewhere.p_county) AND e.decided AND (find_enrolled_elsewhere.p_county ~~ (public.get_visible_county() || '%'::text)) AND (NOT isempty(((((b.valid_during * daterange(e.entitled_from, NULL::date)) * d.valid_during) * daterange(o.entitled_from, NULL::date)) * daterange(find_enrolled_elsewhere.p_from, find_enrolled_elsewhere.p_until)))));
END;


--
-- Name: find_exceeded_limits(jsonb, integer[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_exceeded_limits(batch jsonb, undecided integer[]) RETURNS TABLE(n integer, obstacle text, item_id uuid, left_units bigint, until timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
DECLARE
    max_orders      bigint := batch -> 'limits' ->> 'orders';
    max_fen         bigint := batch -> 'limits' ->> 'fen';
    max_items       bigint := batch -> 'limits' ->> 'items';
    max_nights      bigint := batch -> 'limits' ->> 'nights';
    max_lapsed      interval := batch -> 'limits' ->> 'lapsed';
    lapse_counted   interval := batch -> 'limits' ->> 'lapse_counted';
    lapse_window    interval := batch -> 'limits' ->> 'lapse_window';
    free_units      bigint := batch -> 'limits' ->> 'free_units';
    lot_shares      bigint := batch -> 'limits' ->> 'lot_shares';
BEGIN
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT l.n, l.lot_id, sum(l.units) AS units
          FROM jsonb_to_recordset(batch -> 'lines') AS l (n integer, lot_id uuid, units bigint)
         WHERE l.n = ANY(undecided) AND l.lot_id IS NOT NULL
         GROUP BY l.n, l.lot_id),
    request AS MATERIALIZED (
        SELECT o.n, o.buyer_id, o.placed_at, o.goods_fen + o.freight_fen - o.discount_fen AS fen, o.items
          FROM jsonb_to_recordset(batch -> 'orders')
               AS o (n integer, buyer_id uuid, placed_at timestamptz, goods_fen bigint, freight_fen bigint,
                     discount_fen bigint, items integer)
         WHERE o.n = ANY(undecided)),
    unpaid AS MATERIALIZED (
        SELECT request.n, request.buyer_id, held.orders, held.fen + request.fen AS fen,
               held.items + request.items AS items, held.lot_units
          FROM request
         CROSS JOIN LATERAL (
               SELECT count(*) AS orders, coalesce(sum(orders.total_fen), 0) AS fen,
                      coalesce(sum(orders.items), 0) AS items, coalesce(sum(orders.lot_units), 0) AS lot_units
                 FROM orders
                WHERE orders.buyer_id = request.buyer_id AND orders.state = 'placed') AS held),
    exceeded AS (
        SELECT request.n, 1 AS rank, 'lapsed' AS obstacle, NULL::uuid AS lot_id, NULL::numeric AS left_units,
               lapsed.until
          FROM request
         CROSS JOIN LATERAL (
               SELECT ended.closed_at + lapse_window AS until
                 FROM (SELECT orders.closed_at,
                              sum(least(orders.closed_at - orders.placed_at, lapse_counted))
                                  OVER (ORDER BY orders.closed_at DESC, orders.id) AS held
                         FROM orders
                        WHERE orders.buyer_id = request.buyer_id AND orders.state IN ('expired', 'cancelled')
                          AND orders.paid_at IS NULL AND orders.closed_at > request.placed_at - lapse_window) AS ended
                WHERE ended.held >= max_lapsed
                ORDER BY ended.held LIMIT 1) AS lapsed
        UNION ALL
        SELECT unpaid.n, 2, CASE WHEN unpaid.orders >= max_orders THEN 'orders'
                                 WHEN unpaid.fen > max_fen THEN 'fen'
                                 ELSE 'items' END, NULL, NULL, NULL
          FROM unpaid
         WHERE unpaid.orders >= max_orders OR unpaid.fen > max_fen OR unpaid.items > max_items
        UNION ALL
        SELECT stay.n, 2, 'nights', NULL, NULL, NULL
          FROM request
          JOIN (SELECT s.n, sum((s.leave - s.arrive) * cardinality(s.bookings)) AS nights
                  FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, arrive date, leave date, bookings uuid[])
                 GROUP BY s.n) AS stay ON stay.n = request.n
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(upper(bookings.nights) - lower(bookings.nights)), 0) AS nights
                 FROM orders
                 JOIN suborders ON suborders.order_id = orders.id
                 JOIN bookings ON bookings.suborder_id = suborders.id
                WHERE orders.buyer_id = request.buyer_id AND orders.state = 'placed') AS held
         WHERE stay.nights + held.nights > max_nights
        UNION ALL
        -- Lines are read only where the limit would be exceeded if all that the buyer holds were of this lot.
        SELECT line.n, 3, 'share', line.lot_id, greatest(share.units - held.units, 0), NULL
          FROM unpaid
          JOIN line ON line.n = unpaid.n AND line.units + unpaid.lot_units > free_units
          JOIN lots ON lots.id = line.lot_id
         CROSS JOIN LATERAL (
               SELECT greatest(free_units, (lots.available_units + lots.reserved_units) / lot_shares) AS units) AS share
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(order_lines.units), 0) AS units
                 FROM orders
                 JOIN suborders ON suborders.order_id = orders.id
                 JOIN order_lines ON order_lines.suborder_id = suborders.id AND order_lines.lot_id = line.lot_id
                WHERE orders.buyer_id = unpaid.buyer_id AND orders.state = 'placed') AS held
         WHERE line.units <= lots.available_units AND line.units + unpaid.lot_units > share.units
           AND line.units + held.units > share.units
        UNION ALL
        SELECT party.n, 3, 'share', party.slot_id, greatest(share.units - held.units, 0), NULL
          FROM unpaid
          JOIN (SELECT s.n, s.slot_id, sum(s.party) AS units
                  FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
                 GROUP BY s.n, s.slot_id) AS party ON party.n = unpaid.n AND unpaid.items > free_units
          JOIN slots ON slots.id = party.slot_id
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(r.party), 0) AS reserved,
                      coalesce(sum(r.party) FILTER (WHERE orders.buyer_id = unpaid.buyer_id), 0) AS units
                 FROM slot_reservations r
                 JOIN suborders ON suborders.id = r.suborder_id
                 JOIN orders ON orders.id = suborders.order_id
                WHERE r.slot_id = slots.id AND r.state = 'reserved') AS held
         CROSS JOIN LATERAL (
               SELECT greatest(free_units, (slots.free + held.reserved) / lot_shares) AS units) AS share
         WHERE party.units <= slots.free AND party.units + held.units > share.units)
    SELECT DISTINCT ON (exceeded.n) exceeded.n, exceeded.obstacle, exceeded.lot_id, exceeded.left_units::bigint,
           exceeded.until
      FROM exceeded
     ORDER BY exceeded.n, exceeded.rank, exceeded.lot_id;
END
$$;


--
-- Name: find_grievance(bigint, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_grievance(p_number bigint, p_code_hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT c.asker_id FROM grievances g JOIN cases c ON c.id = g.case_id
     WHERE c.number = p_number AND g.code_hash = p_code_hash
$$;


--
-- Name: find_objection(bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_objection(p_receipt_hash bytea) RETURNS TABLE(county_code text, case_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT cases.county_code, cases.id
      FROM objections JOIN cases ON cases.id = objections.case_id
     WHERE receipt_hash = p_receipt_hash
$$;


--
-- Name: find_own_clawbacks(uuid, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_own_clawbacks(p_account uuid, p_day date) RETURNS TABLE(id uuid, county_code text, number bigint, ground text, amount_fen bigint, left_fen bigint, state text, decided_on date, appeal_until date, reason_sealed bytea, statement_sealed bytea, opinion_sealed bytea, ruling_sealed bytea, may_appeal boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT c.id, c.county_code, c.number, c.ground, c.amount_fen,
           c.amount_fen - coalesce((SELECT sum(fen) FROM clawback_entries
                                     WHERE clawback_id = c.id AND outcome = 'confirmed'), 0)::bigint,
           c.state, business_day(c.decided_at), c.appeal_until, c.reason_sealed, c.statement_sealed, c.opinion_sealed,
           (SELECT e.reason_sealed FROM clawback_appeals q JOIN case_events e USING (case_id)
             WHERE q.clawback_id = c.id AND e.move = 'answer'),
           c.state IN ('decided', 'served') AND p_day <= coalesce(c.appeal_until, 'infinity')
      FROM accounts a
      JOIN clawbacks c ON c.person_id IS NOT NULL AND c.state NOT IN ('proposed', 'refused')
      JOIN persons p ON p.id = c.person_id
     WHERE a.id = p_account
       AND (p.identity_index = a.identity_index
            OR EXISTS (SELECT FROM identifiers i JOIN bindings b ON b.number_id = i.id
                        WHERE i.value_index = a.phone_index AND b.kind = 'mobile' AND b.county_code = c.county_code
                          AND b.identity_index = p.identity_index AND b.valid_during @> p_day))
     ORDER BY c.number DESC
     LIMIT 100
$$;


--
-- Name: find_seller_tie(uuid, uuid, bytea, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_seller_tie(p_account uuid, p_producer uuid, p_phone_index bytea, p_name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT tie
      FROM accounts buyer
      JOIN producer_members member ON member.producer_id = p_producer
      JOIN accounts seller ON seller.id = member.account_id
     CROSS JOIN LATERAL (
        SELECT CASE
                   WHEN seller.id = buyer.id THEN 'member'
                   WHEN seller.identity_index = buyer.identity_index THEN 'identity'
                   WHEN seller.phone_index = p_phone_index THEN 'phone'
                   WHEN EXISTS (SELECT FROM sessions used JOIN sessions own ON own.device_key = used.device_key
                                 WHERE used.account_id = buyer.id AND own.account_id = seller.id) THEN 'device'
                   WHEN seller.name <> '乡集用户'
                    AND (seller.identity_index IS NULL OR buyer.identity_index IS NULL)
                    AND fold_name(seller.name) IN (fold_name(nullif(buyer.name, '乡集用户')), fold_name(p_name))
                   THEN 'name'
               END AS tie) AS found
     WHERE buyer.id = p_account AND tie IS NOT NULL
     ORDER BY array_position(ARRAY['member', 'identity', 'phone', 'device', 'name'], tie)
     LIMIT 1;
$$;


--
-- Name: simplify_characters(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.simplify_characters(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (simplify_characters.value ~ (('['::text || characters.traditional) || ']'::text)) THEN translate(simplify_characters.value, characters.traditional, characters.simplified)
             ELSE simplify_characters.value
         END AS value
    FROM ( VALUES ('丟並亂亙亞佇來侖侶係俠倀倆倉個們倫偉側偵偽傑傖傘備傢傭傯傳債傷傾僅僑僕僥價儀儂億儈儉儐儔儕儘償優儲儷儻儼兌兒兗內兩冊冪凍凜凱別刪則剋剛剝剴創劃劇劉劊劍劑勁動務勛勝勞勢勳勵勸勻匯匱區協卻厭厲參叢吳呂員問啞啟喚喪喬單喲嗆嗇嗎嗚嗶嘆嘍嘔嘖嘗嘩嘮嘯嘰噓噥噯噴噸噹嚀嚇嚐嚕嚨嚮嚴嚶囀囁囂囈囌囑囪國圍園圓圖團執堅堊堝堯報場塊塋塒塗塚塢塵塹墊墜墮墳墾壇壓壘壙壞壟壢壩壯壺壽夠夢夾奐奧奩奪奮妝姍娛婁婦媧媼媽嫗嫵嫻嬈嬋嬌嬤嬪嬰嬸孫學孿宮寢實寧審寫寬寵寶將專尋對導尷屆屍屜屢層屨屬岡峴島峽崗崢嵐嶄嶇嶸嶺嶼嶽巒巔帥師帳帶幀幃幗幟幣幫幹幾庫廁廂廄廈廚廝廟廠廢廣廬廳張強彆彈彌彎彙彥徑從徠復徹恥悅悵悶惡惱惻愛愜愴愷愾態慍慘慚慟慣慫慮慶憂憊憐憑憚憤憫憮憲憶懇應懍懣懲懶懷懸懺懼懾戀戰戲戶拋挾捨捫捲掃掄掙掛揀揚換揮損搖搗搶摑摟摯摻撈撐撓撚撥撫撲撳撻撾撿擁擄擇擊擋擔據擠擬擰擱擲擴擷擺擻擾攆攏攔攙攜攝攣攤攪攬敗敘敵數斂斃斕斬斷時晉晝暈暉暢暫曄曆曇曉曖曠曬書會朧東柵梔條梟棄棗棟棧棲楊楓楨業極榮構槍槨槳樁樂樅樓標樞樣樸樹樺橈橋機橢橫檔檜檢檣檯檳檸檻櫃櫓櫚櫛櫝櫥櫬櫻欄權欖欽歎歐歟歡歲歷歸歿殘殤殮殯殲殺殼毀毆氈氣氫氬氳汙決沒況洶浹涇涼淒淚淨淪淵淺渙減渦測渾湊湣湧湯準溝溫滄滅滌滬滯滲滷滾滿漁漢漣漬漲漸漿潑潔潛潤潯潰澀澆澗澠澤澱濁濃濕濘濛濟濤濫濰濱濺濾瀆瀉瀋瀏瀕瀘瀝瀟瀨瀰瀲瀾灑灘灣灤災為烏無煆煉煙煥煩煬熒熱熾燈燉燒燙燜營燦燭燴燼燾爍爐爛爭爺爾牆牘牽犖犛犢犧狀狹狽猙猶獄獅獎獨獰獲獵獷獸獺獻玀玨現琺琿瑣瑤瑩瑪璣璦環璽璿瓊瓏瓔瓚甌甕產畝畢畫異當疇疊痙瘋瘍瘓瘡瘧瘺療癆癘癟癡癢癥癩癬癮癱癲發皚皰皺盜盞盡監盤盧眾睏睜睞瞞瞭瞼矇矚矯硃硯碩確碼磚磧磯礎礙礦礪礫礬祿禍禎禦禪禮禱禿秈稅稈稟種稱穀穌積穎穡穢穩穫窩窪窮窯窺竄竅竇竊競筆筍筧箋箏節範築篤篩簍簞簡簣簫簷簽簾籃籌籟籠籤籬籮籲粵糝糞糧糰糾紀紂約紅紆紇紉紋納紐純紕紗紙級紛紜紡紮細紱紲紳紹紼絀終組絆結絕絛絞絡絢給絨統絲絳絹綁綏經綜綞綠綢綬維綰綱網綴綸綺綻綽綾綿緇緊緒緘緙線緝緞締緣編緩緬緯緲練緹緻縈縉縊縐縑縛縝縞縣縫縮縱縲縴縵縷縹總績繃繅繆繈繒織繕繚繞繡繩繪繫繭繳繹繼繽續纏纓纔纖纜缽罌罰罵罷羅羈羋羨義習翹聖聞聯聰聲聳聶職聽聾肅脅脈脫脹腎腦腫腳腸膚膠膩膽膾膿臉臍臏臘臚臟臥臨臺與興舉舊艙艦艱艷芻苧茲荊莊莖莢莧華萇萊萬萵葉葦葷蒞蒼蓀蓋蓮蔔蔣蔥蔭蕩蕪蕭薊薑薔薦薩薺藍藝藥藪藹藺蘆蘇蘊蘋蘚蘭蘿處虛虜號虧蛻蜆蝕蝦蝸螞螢螻蟈蟬蟯蟲蟻蠅蠍蠔蠟蠣蠱蠶蠻術衛衝衹袞裊補裝裡製複褲褸褻襖襠襤襪襬襯襲見規覓視覦親覬覲覺覽觀觴觸訂訃計訊訌討訐訓訕訖記訛訝訟訣訥訪設許訴訶診詁詆詐詔評詛詞詠詢詣試詩詫詬詭詮詰話該詳詼誅誇誌認誑誕誘誚語誠誡誣誤誥誦誨說誰課誶誹誼調諂諄談諉請諍諒論諛諜諦諧諫諭諮諱諳諶諷諸諺諼諾謀謁謂謄謊謎謐謗謙講謝謠謨謫謬謹證譎譏識譙譚譜譫譯議譴護譽讀變讒讓讖讚讜豈豎豐豔豬貓貝貞負財貢貧貨販貪貫責貯貲貳貴貶買貸費貼貽貿賀賁賂賃賄賅資賈賊賑賒賓賜賞賠賡賢賣賤賦質賬賭賴賺賻購賽贅贈贊贍贏贓贖贗贛趕趙趨跡踐踴蹕蹣蹤蹺躉躊躋躍躑躓躡躪軀車軋軌軍軒軔軛軟軸軻軼軾較載輊輒輔輕輛輜輝輞輟輥輦輩輪輯輳輸輻輾輿轂轄轅轉轍轎轔轟轡辦辭辮辯農迴逕這連進遊運過達違遙遜遝遞遠適遲遷選遺遼邁還邇邊邏邐郵鄉鄒鄧鄭鄰鄴酈醃醜醞醫醬釀釁釅釋釗釘釙針釣釧釩釵鈉鈍鈐鈑鈔鈕鈞鈣鈴鈷鈸鈹鈽鈾鈿鉀鉉鉍鉑鉗鉚鉛鉤鉸鉻銀銅銑銓銖銘銜銨銬銳銷銻銼鋁鋅鋇鋒鋤鋪鋰鋸鋼錄錐錕錘錙錚錠錢錦錨錮錯錳錶鍋鍍鍔鍛鍥鍬鍰鍵鍾鎂鎊鎖鎘鎢鎬鎮鎰鎳鏃鏈鏍鏑鏗鏘鏜鏝鏟鏡鏢鏤鏨鏽鐃鐘鐫鐮鐲鐳鐵鐸鐺鑄鑒鑠鑣鑰鑲鑷鑼鑽鑾鑿長門閂閃閉開閎閏閑閒間閔閘閡閣閤閥閨閩閭閱閻闆闈闊闋闌闐闔闕闖關闡闢陘陝陣陰陳陸陽隊階隕際隨險隱隴隸隻雋雖雙雛雜雞離難雲電霧霽靂靄靈靜靦靨鞏鞦韁韃韆韉韋韌韓韜韻響頁頂頃項順須頊頌預頑頒頓頗領頜頡頤頭頰頷頸頹頻顆題額顎顏顓願顛類顥顧顫顯顰顱風颯颱颳颶颼飄飛飢飩飪飭飯飲飴飼飽飾餃餅餉養餌餒餓餘餛餞餡館餾餿饅饉饑饒饗饜饞馬馭馮馱馳馴駁駐駑駒駕駙駛駝駟駢駭駱駿騁騎騖騙騫騰騷騾驀驃驅驍驕驗驚驛驟驢驥驪骯髏髒體髖髮鬆鬍鬚鬢鬥鬧鬨鬱魎魘魚魯魷鮑鮪鮫鮭鮮鯀鯉鯊鯖鯛鯧鯨鯽鰍鰓鰥鰭鰱鰻鰾鱉鱔鱖鱗鱟鱷鱸鳥鳩鳳鳴鳶鴆鴉鴕鴛鴣鴦鴨鴻鴿鵑鵝鵠鵡鵪鵬鵲鶉鶯鶴鷂鷓鷗鷥鷹鷺鸚鸛鸞鹵鹹鹼鹽麗麥麩麵麼黃黌點黨黴黷鼇鼕鼴齊齋齒齜齟齡齣齦齧齪齬齲齷龍龐龔龜後'::text,'丢并乱亘亚伫来仑侣系侠伥俩仓个们伦伟侧侦伪杰伧伞备家佣偬传债伤倾仅侨仆侥价仪侬亿侩俭傧俦侪尽偿优储俪傥俨兑儿兖内两册幂冻凛凯别删则克刚剥剀创划剧刘刽剑剂劲动务勋胜劳势勋励劝匀汇匮区协却厌厉参丛吴吕员问哑启唤丧乔单哟呛啬吗呜哔叹喽呕啧尝哗唠啸叽嘘哝嗳喷吨当咛吓尝噜咙向严嘤啭嗫嚣呓苏嘱囱国围园圆图团执坚垩埚尧报场块茔埘涂冢坞尘堑垫坠堕坟垦坛压垒圹坏垄坜坝壮壶寿够梦夹奂奥奁夺奋妆姗娱娄妇娲媪妈妪妩娴娆婵娇嬷嫔婴婶孙学孪宫寝实宁审写宽宠宝将专寻对导尴届尸屉屡层屦属冈岘岛峡岗峥岚崭岖嵘岭屿岳峦巅帅师帐带帧帏帼帜币帮干几库厕厢厩厦厨厮庙厂废广庐厅张强别弹弥弯汇彦径从徕复彻耻悦怅闷恶恼恻爱惬怆恺忾态愠惨惭恸惯怂虑庆忧惫怜凭惮愤悯怃宪忆恳应懔懑惩懒怀悬忏惧慑恋战戏户抛挟舍扪卷扫抡挣挂拣扬换挥损摇捣抢掴搂挚掺捞撑挠捻拨抚扑揿挞挝捡拥掳择击挡担据挤拟拧搁掷扩撷摆擞扰撵拢拦搀携摄挛摊搅揽败叙敌数敛毙斓斩断时晋昼晕晖畅暂晔历昙晓暧旷晒书会胧东栅栀条枭弃枣栋栈栖杨枫桢业极荣构枪椁桨桩乐枞楼标枢样朴树桦桡桥机椭横档桧检樯台槟柠槛柜橹榈栉椟橱榇樱栏权榄钦叹欧欤欢岁历归殁残殇殓殡歼杀壳毁殴毡气氢氩氲污决没况汹浃泾凉凄泪净沦渊浅涣减涡测浑凑愍涌汤准沟温沧灭涤沪滞渗卤滚满渔汉涟渍涨渐浆泼洁潜润浔溃涩浇涧渑泽淀浊浓湿泞蒙济涛滥潍滨溅滤渎泻沈浏濒泸沥潇濑弥潋澜洒滩湾滦灾为乌无煅炼烟焕烦炀荧热炽灯炖烧烫焖营灿烛烩烬焘烁炉烂争爷尔墙牍牵荦牦犊牺状狭狈狰犹狱狮奖独狞获猎犷兽獭献猡珏现珐珲琐瑶莹玛玑瑷环玺璇琼珑璎瓒瓯瓮产亩毕画异当畴叠痉疯疡痪疮疟瘘疗痨疠瘪痴痒症癞癣瘾瘫癫发皑疱皱盗盏尽监盘卢众困睁睐瞒了睑蒙瞩矫朱砚硕确码砖碛矶础碍矿砺砾矾禄祸祯御禅礼祷秃籼税秆禀种称谷稣积颖穑秽稳获窝洼穷窑窥窜窍窦窃竞笔笋笕笺筝节范筑笃筛篓箪简篑箫檐签帘篮筹籁笼签篱箩吁粤糁粪粮团纠纪纣约红纡纥纫纹纳纽纯纰纱纸级纷纭纺扎细绂绁绅绍绋绌终组绊结绝绦绞络绚给绒统丝绛绢绑绥经综缍绿绸绶维绾纲网缀纶绮绽绰绫绵缁紧绪缄缂线缉缎缔缘编缓缅纬缈练缇致萦缙缢绉缣缚缜缟县缝缩纵缧纤缦缕缥总绩绷缫缪襁缯织缮缭绕绣绳绘系茧缴绎继缤续缠缨才纤缆钵罂罚骂罢罗羁芈羡义习翘圣闻联聪声耸聂职听聋肃胁脉脱胀肾脑肿脚肠肤胶腻胆脍脓脸脐膑腊胪脏卧临台与兴举旧舱舰艰艳刍苎兹荆庄茎荚苋华苌莱万莴叶苇荤莅苍荪盖莲卜蒋葱荫荡芜萧蓟姜蔷荐萨荠蓝艺药薮蔼蔺芦苏蕴苹藓兰萝处虚虏号亏蜕蚬蚀虾蜗蚂萤蝼蝈蝉蛲虫蚁蝇蝎蚝蜡蛎蛊蚕蛮术卫冲只衮袅补装里制复裤褛亵袄裆褴袜摆衬袭见规觅视觎亲觊觐觉览观觞触订讣计讯讧讨讦训讪讫记讹讶讼诀讷访设许诉诃诊诂诋诈诏评诅词咏询诣试诗诧诟诡诠诘话该详诙诛夸志认诳诞诱诮语诚诫诬误诰诵诲说谁课谇诽谊调谄谆谈诿请诤谅论谀谍谛谐谏谕谘讳谙谌讽诸谚谖诺谋谒谓誊谎谜谧谤谦讲谢谣谟谪谬谨证谲讥识谯谭谱谵译议谴护誉读变谗让谶赞谠岂竖丰艳猪猫贝贞负财贡贫货贩贪贯责贮赀贰贵贬买贷费贴贻贸贺贲赂赁贿赅资贾贼赈赊宾赐赏赔赓贤卖贱赋质账赌赖赚赙购赛赘赠赞赡赢赃赎赝赣赶赵趋迹践踊跸蹒踪跷趸踌跻跃踯踬蹑躏躯车轧轨军轩轫轭软轴轲轶轼较载轾辄辅轻辆辎辉辋辍辊辇辈轮辑辏输辐辗舆毂辖辕转辙轿辚轰辔办辞辫辩农回迳这连进游运过达违遥逊沓递远适迟迁选遗辽迈还迩边逻逦邮乡邹邓郑邻邺郦腌丑酝医酱酿衅酽释钊钉钋针钓钏钒钗钠钝钤钣钞钮钧钙铃钴钹铍钸铀钿钾铉铋铂钳铆铅钩铰铬银铜铣铨铢铭衔铵铐锐销锑锉铝锌钡锋锄铺锂锯钢录锥锟锤锱铮锭钱锦锚锢错锰表锅镀锷锻锲锹锾键钟镁镑锁镉钨镐镇镒镍镞链镙镝铿锵镗镘铲镜镖镂錾锈铙钟镌镰镯镭铁铎铛铸鉴铄镳钥镶镊锣钻銮凿长门闩闪闭开闳闰闲闲间闵闸阂阁合阀闺闽闾阅阎板闱阔阕阑阗阖阙闯关阐辟陉陕阵阴陈陆阳队阶陨际随险隐陇隶只隽虽双雏杂鸡离难云电雾霁雳霭灵静腼靥巩秋缰鞑千鞯韦韧韩韬韵响页顶顷项顺须顼颂预顽颁顿颇领颌颉颐头颊颔颈颓频颗题额颚颜颛愿颠类颢顾颤显颦颅风飒台刮飓飕飘飞饥饨饪饬饭饮饴饲饱饰饺饼饷养饵馁饿余馄饯馅馆馏馊馒馑饥饶飨餍馋马驭冯驮驰驯驳驻驽驹驾驸驶驼驷骈骇骆骏骋骑骛骗骞腾骚骡蓦骠驱骁骄验惊驿骤驴骥骊肮髅脏体髋发松胡须鬓斗闹闹郁魉魇鱼鲁鱿鲍鲔鲛鲑鲜鲧鲤鲨鲭鲷鲳鲸鲫鳅鳃鳏鳍鲢鳗鳔鳖鳝鳜鳞鲎鳄鲈鸟鸠凤鸣鸢鸩鸦鸵鸳鸪鸯鸭鸿鸽鹃鹅鹄鹉鹌鹏鹊鹑莺鹤鹞鹧鸥鸶鹰鹭鹦鹳鸾卤咸硷盐丽麦麸面么黄黉点党霉黩鳌冬鼹齐斋齿龇龃龄出龈啮龊龉龋龌龙庞龚龟后'::text)) characters(traditional, simplified);
END;


--
-- Name: fold_name(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.fold_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
 WITH plain AS MATERIALIZED (
          SELECT lower((public.simplify_characters(NORMALIZE(fold_name.name, NFKC)) COLLATE pg_c_utf8)) AS value
         ), outside AS MATERIALIZED (
          SELECT plain.value,
             regexp_replace(plain.value, '[(\[{<【〔〖《〈「『][^)\]}>】〕〗》〉」』]*([)\]}>】〕〗》〉」』]|$)'::text, ''::text, 'g'::text) AS kept
            FROM plain
         ), letters AS MATERIALIZED (
          SELECT regexp_replace(
                 CASE
                     WHEN (outside.kept ~ '[[:alpha:]].*[[:alpha:]]'::text) THEN outside.kept
                     ELSE outside.value
                 END, '[^[:alnum:]]|[ㆍꞏᐧ丶丨丿\u115F\u1160]'::text, ''::text, 'g'::text) AS value
            FROM outside
         ), untitled AS MATERIALIZED (
          SELECT regexp_replace(letters.value, (('^(?:[老小]|'::text || titles.title) || ')+(?=..)'::text), ''::text) AS value,
             titles.title
            FROM (letters
              CROSS JOIN ( SELECT '(?:[省市县区镇乡村组局科处党团副总正代兼原]|第一|[一二三四]级|小组|村民|居民|委员会|委会|两委|支部|总支|支委|党委|县委|市委|区委|政府|人大|政协|街道|社区|办公室|办事处|驻村|包村|包片|帮扶|扶贫|乡村振兴|防返贫|监测|工作|民政|财政|统计|司法|水利|林业|教育|卫健|人社|农业|农村|残联|妇联|妇女|团委|民兵|治保|农技|卫生)*(?:主任|书记|支书|会计|出纳|文书|干部|组长|队长|队员|村长|镇长|乡长|县长|区长|市长|省长|局长|厅长|处长|部长|院长|站长|所长|科长|股长|科员|办事员|调研员|公务员|主席|秘书长|秘书|常委|指导员|民警|辅警|会长|理事长|理事|监事长|监事|董事长|董事|场长|厂长|园长|馆长|负责人|村官|社长|校长|经理|委员|代表|助理|专干|专员|干事|老师|教师|医生|大夫|师傅|同志|先生|女士|网格员|网格长|代办员|代办人|评议员|评议人|监测员|信息员|联络员|协管员|监督员|管理员|统计员|工作队|工作人员|党员)'::text AS title) titles)
         )
  SELECT
         CASE
             WHEN (untitled.value ~ (('^(?:'::text || untitled.title) || ')+$'::text)) THEN untitled.value
             ELSE regexp_replace(regexp_replace(regexp_replace(untitled.value, (('(?<=..)(?:'::text || untitled.title) || ')+代?$'::text), ''::text), '^代+(?=...)'::text, ''::text), '(?<=...)[代兼印章签]+$'::text, ''::text)
         END AS regexp_replace
    FROM untitled;
END;


--
-- Name: fold_official_name(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.fold_official_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
 WITH folded AS MATERIALIZED (
          SELECT public.fold_name(fold_official_name.name) AS value
         )
  SELECT
         CASE
             WHEN ((folded.value ~ '[0-9]'::text) AND (folded.value ~ '[^[:ascii:]]'::text)) THEN public.fold_name(regexp_replace(folded.value, '[0-9]'::text, ''::text, 'g'::text))
             ELSE folded.value
         END AS value
    FROM folded;
END;


--
-- Name: format_yuan(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.format_yuan(fen bigint) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (((CASE WHEN (fen < 0) THEN '-'::text ELSE ''::text END || (abs(fen) / 100)) || '.'::text) || lpad(((abs(fen) % (100)::bigint))::text, 2, '0'::text));


--
-- Name: cancel_tiers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cancel_tiers (
    listing_id uuid NOT NULL,
    holiday boolean NOT NULL,
    days_before smallint NOT NULL,
    refund_bp integer NOT NULL,
    valid_during tstzrange DEFAULT '(,)'::tstzrange NOT NULL,
    CONSTRAINT cancel_tiers_days CHECK (((days_before >= 0) AND (days_before <= 365))),
    CONSTRAINT cancel_tiers_refund CHECK (((refund_bp >= 0) AND (refund_bp <= 10000))),
    CONSTRAINT cancel_tiers_valid CHECK ((NOT isempty(valid_during)))
);


--
-- Name: get_cancel_tiers(uuid, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_cancel_tiers(p_listing_id uuid, p_at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(jsonb_agg(jsonb_build_object('holiday', cancel_tiers.holiday, 'days_before', cancel_tiers.days_before, 'refund_bp', cancel_tiers.refund_bp)), '[]'::jsonb) AS "coalesce" FROM public.cancel_tiers WHERE ((cancel_tiers.listing_id = get_cancel_tiers.p_listing_id) AND (cancel_tiers.valid_during @> get_cancel_tiers.p_at)));


--
-- Name: get_certified_until(uuid, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_certified_until(p_producer uuid, p_category text) RETURNS date
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN g.required_certificates = '{}' THEN 'infinity'::date
                ELSE coalesce((SELECT max(coalesce(c.expires_on, 'infinity')) FROM certificates c
                                WHERE c.producer_id = p_producer AND c.verified_at IS NOT NULL
                                  AND c.kind = ANY(g.required_certificates)), '-infinity') END
      FROM categories g WHERE g.code = p_category
$$;


--
-- Name: county_settings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.county_settings (
    county_code text NOT NULL,
    name text NOT NULL,
    valid_during daterange NOT NULL,
    value integer NOT NULL,
    basis text NOT NULL,
    CONSTRAINT county_settings_basis_length CHECK (((length(basis) >= 1) AND (length(basis) <= 300))),
    CONSTRAINT county_settings_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT county_settings_name CHECK ((name ~ '^[a-z_]{1,60}$'::text)),
    CONSTRAINT county_settings_period_not_empty CHECK ((NOT isempty(valid_during))),
    CONSTRAINT county_settings_value CHECK ((value >= 0))
);


--
-- Name: get_county_setting(text, text, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_county_setting(p_county text, p_name text, p_day date) RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT county_settings.value FROM public.county_settings WHERE ((county_settings.county_code = get_county_setting.p_county) AND (county_settings.name = get_county_setting.p_name) AND (county_settings.valid_during @> get_county_setting.p_day)));


--
-- Name: get_name_in_duty(uuid, text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_name_in_duty(p_account uuid, p_role text, p_county text, p_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
SELECT a.name || coalesce(
           (SELECT '（代' || min(absent.name) || '）'
              FROM grants g JOIN accounts absent ON absent.id = g.deputy_for
             WHERE g.account_id = p_account AND g.role = p_role AND g.valid_during @> business_day(p_at)
               AND (starts_with(p_county, g.scope) OR starts_with(g.scope, p_county))), '')
  FROM accounts a
 WHERE a.id = p_account
$$;


--
-- Name: accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.accounts (
    id uuid DEFAULT uuidv7() NOT NULL,
    handle text,
    name text NOT NULL,
    phone_index bytea,
    phone_sealed bytea,
    totp_sealed bytea,
    elder boolean DEFAULT false NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    identity_index bytea,
    identity_sealed bytea,
    name_corrected_by uuid,
    CONSTRAINT accounts_handle_format CHECK ((handle ~ '^[a-z][a-z0-9_.-]{1,31}$'::text)),
    CONSTRAINT accounts_identity_complete CHECK (((identity_index IS NULL) = (identity_sealed IS NULL))),
    CONSTRAINT accounts_name_length CHECK (((length(name) >= 1) AND (length(name) <= 60))),
    CONSTRAINT accounts_phone_complete CHECK (((phone_index IS NULL) = (phone_sealed IS NULL)))
);


--
-- Name: COLUMN accounts.name_corrected_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.accounts.name_corrected_by IS 'Null: never corrected, or at the command line.';


--
-- Name: get_person_key(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_person_key(p_account uuid) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(accounts.identity_index, CASE WHEN (accounts.handle IS NOT NULL) THEN decode(md5(public.fold_official_name(accounts.name)), 'hex'::text) ELSE NULL::bytea END, uuid_send(accounts.id)) AS "coalesce" FROM public.accounts WHERE (accounts.id = get_person_key.p_account));


--
-- Name: get_visible_person(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_visible_person() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ("substring"(current_setting('market.scope'::text, true), '^person:([0-9a-f-]{36})$'::text))::uuid;


--
-- Name: get_visible_region(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.get_visible_region() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN "substring"(current_setting('market.scope'::text, true), '^[0-9]{2}(?:[0-9]{2}){0,2}'::text);


--
-- Name: hash_audit_entry(bytea, smallint, bigint, timestamp with time zone, text, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.hash_audit_entry(previous bytea, chain smallint, sequence bigint, at timestamp with time zone, actor text, action text, object text, detail jsonb) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256((previous || convert_to((jsonb_build_array(chain, sequence, to_char((at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text), actor, action, object, detail))::text, 'UTF8'::name)));


--
-- Name: is_consent_missing(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_consent_missing(p_county text, p_line text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT coalesce(
        (SELECT bool_and(c.withdrawn_at IS NOT NULL) FROM lead_consents c
          WHERE c.lead_id = (SELECT l.id
                               FROM leads l
                               JOIN enrolments e USING (county_code, line_code)
                               JOIN lead_persons p ON p.lead_id = l.id AND p.identity_index = e.identity_index
                              WHERE l.county_code = p_county AND l.line_code = p_line AND l.state = 'decided'
                              ORDER BY l.decided_at DESC LIMIT 1)),
        false)
$$;


--
-- Name: is_credit_code(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_credit_code(typed text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    RETURN CASE WHEN (typed ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text) THEN (SELECT (substr('0123456789ABCDEFGHJKLMNPQRTUWXY'::text, (1 + ((((31)::numeric - (sum((((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY'::text, substr(is_credit_code.typed, n.n, 1)) - 1))::numeric * (((3)::numeric ^ ((n.n - 1))::numeric) % (31)::numeric))) % (31)::numeric)) % (31)::numeric))::integer), 1) = substr(is_credit_code.typed, 18, 1)) FROM generate_series(1, 17) n(n)) ELSE false END;


--
-- Name: is_erasing(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_erasing() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN ((current_setting('market.erasing'::text, true) = 'on'::text) AND (CURRENT_USER <> 'market_app'::name));


--
-- Name: is_receipt_proven(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_receipt_proven(p_suborder uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT EXISTS (SELECT FROM suborders WHERE id = p_suborder AND kind <> 'goods' AND state = 'received')
        OR EXISTS (SELECT FROM tracked_parcels parcel
                     JOIN suborders ON suborders.id = parcel.suborder_id
                     JOIN orders ON orders.id = order_id
                    WHERE parcel.suborder_id = p_suborder AND parcel.state = 'delivered'
                      AND NOT EXISTS (
                          SELECT FROM tracked_parcels earlier
                            JOIN suborders other ON other.id = earlier.suborder_id
                            JOIN orders theirs ON theirs.id = other.order_id
                           WHERE earlier.carrier = parcel.carrier AND earlier.tracking = parcel.tracking
                             AND (earlier.registered_at, earlier.suborder_id) < (parcel.registered_at, parcel.suborder_id)
                             AND theirs.buyer_id <> orders.buyer_id))
        OR EXISTS (SELECT FROM pickups WHERE suborder_id = p_suborder AND state = 'collected');
$$;


--
-- Name: is_run_used(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_run_used(p_run uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT NOT EXISTS (SELECT FROM runs r JOIN runs l ON l.cycle_id = r.cycle_id AND l.n > r.n WHERE r.id = p_run)
        OR EXISTS (SELECT FROM runs r JOIN cycles c ON c.id = r.cycle_id AND c.run_id = r.id WHERE r.id = p_run)
        OR EXISTS (SELECT FROM runs r JOIN cycle_approvals a ON a.cycle_id = r.cycle_id AND a.run_id = r.id
                    WHERE r.id = p_run)
        OR EXISTS (SELECT FROM subsidy_postings WHERE run_id = p_run)
$$;


--
-- Name: is_same_person(uuid, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_same_person(p_account uuid, p_other uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ((p_account = p_other) OR (SELECT COALESCE((a.identity_index = b.identity_index), (CASE WHEN ((a.handle IS NULL) OR (b.handle IS NULL)) THEN (public.fold_name(a.name) = public.fold_name(b.name)) ELSE (public.fold_official_name(a.name) = public.fold_official_name(b.name)) END AND (a.name <> '乡集用户'::text))) AS "coalesce" FROM public.accounts a, public.accounts b WHERE ((a.id = is_same_person.p_account) AND (b.id = is_same_person.p_other))));


--
-- Name: keep_fact_version(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keep_fact_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    sealed CONSTANT text[] := '{identity_sealed,name_sealed,agent_identity_sealed,assessor_identity_sealed}';
    facts           jsonb := to_jsonb(OLD);
    file            uuid := nullif(current_setting('market.import_file', true), '')::uuid;
    lead            uuid := nullif(current_setting('market.lead', true), '')::uuid;
BEGIN
    IF tg_op = 'UPDATE' AND facts - sealed = to_jsonb(NEW) - sealed THEN
        RETURN NULL;
    END IF;
    INSERT INTO fact_versions (county_code, fact, subject, facts, name_sealed, file_id, replaced_by, replaced_by_lead,
                               replaced_at)
    VALUES (OLD.county_code, tg_table_name, facts ->> tg_argv[0], facts - sealed,
            decode(substr(facts ->> 'name_sealed', 3), 'hex'), OLD.file_id, file, lead,
            coalesce((SELECT imported_at FROM import_files WHERE id = file),
                     (SELECT decided_at FROM leads WHERE id = lead), now()));
    RETURN NULL;
END
$$;


--
-- Name: keep_invoice_version(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keep_invoice_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO invoice_versions (invoice_id, version, number, recorded_by, recorded_at, corrected_at)
    VALUES (OLD.id, OLD.version, OLD.number, OLD.recorded_by, OLD.recorded_at, NEW.recorded_at);
    NEW.version := OLD.version + 1;
    RETURN NEW;
END;
$$;


--
-- Name: import_files; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.import_files (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    rows integer NOT NULL,
    operator text,
    month date,
    sum_fen bigint,
    account_id uuid NOT NULL,
    imported_at timestamp with time zone NOT NULL,
    rejected integer DEFAULT 0 NOT NULL,
    replaces uuid,
    CONSTRAINT import_files_billing_complete CHECK (((kind <> 'billing'::text) OR ((operator IS NOT NULL) AND (month IS NOT NULL) AND (sum_fen IS NOT NULL)))),
    CONSTRAINT import_files_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT import_files_kind CHECK ((kind = ANY (ARRAY['register'::text, 'programmes'::text, 'plans'::text, 'budget'::text, 'enrolments'::text, 'bindings'::text, 'opening'::text, 'billing'::text, 'usage'::text, 'lists'::text, 'return'::text]))),
    CONSTRAINT import_files_month CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT import_files_name_length CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT import_files_rejected CHECK (((rejected >= 0) AND ((rejected = 0) OR (kind = 'billing'::text)))),
    CONSTRAINT import_files_replaces_bill CHECK (((replaces IS NULL) OR (kind = 'billing'::text))),
    CONSTRAINT import_files_return_complete CHECK (((kind <> 'return'::text) OR ((operator IS NOT NULL) AND (month IS NOT NULL) AND (sum_fen IS NOT NULL)))),
    CONSTRAINT import_files_rows CHECK ((rows >= 0)),
    CONSTRAINT import_files_sha256 CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);


--
-- Name: list_added_claims(text, text[], date, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_added_claims(p_county text, p_lines text[], p_month date, p_since timestamp with time zone) RETURNS SETOF public.claims
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH services AS (
          SELECT DISTINCT bindings.operator,
             bindings.kind,
             bindings.number_id
            FROM public.bindings
           WHERE ((bindings.county_code = list_added_claims.p_county) AND (bindings.line_code = ANY (list_added_claims.p_lines)))
         ), billed AS (
          SELECT c.file_id,
             c.row_number,
             c.county_code,
             c.month,
             c.operator,
             c.kind,
             c.programme_code,
             c.charge_fen,
             c.reduction_fen,
             c.billed_fen,
             c.corrects_month,
             c.number_id
            FROM (services s
              JOIN public.claims c ON (((c.county_code = list_added_claims.p_county) AND (c.operator = s.operator) AND (c.kind = s.kind) AND (c.number_id = s.number_id) AND (c.month = list_added_claims.p_month) AND (c.corrects_month IS NULL))))
         UNION ALL
          SELECT c.file_id,
             c.row_number,
             c.county_code,
             c.month,
             c.operator,
             c.kind,
             c.programme_code,
             c.charge_fen,
             c.reduction_fen,
             c.billed_fen,
             c.corrects_month,
             c.number_id
            FROM (services s
              JOIN public.claims c ON (((c.county_code = list_added_claims.p_county) AND (c.operator = s.operator) AND (c.kind = s.kind) AND (c.number_id = s.number_id) AND (c.corrects_month = list_added_claims.p_month))))
         )
  SELECT b.file_id,
     b.row_number,
     b.county_code,
     b.month,
     b.operator,
     b.kind,
     b.programme_code,
     b.charge_fen,
     b.reduction_fen,
     b.billed_fen,
     b.corrects_month,
     b.number_id
    FROM (billed b
      JOIN public.import_files i ON ((i.id = b.file_id)))
   WHERE (i.imported_at > list_added_claims.p_since);
END;


--
-- Name: fact_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.fact_versions (
    id bigint NOT NULL,
    county_code text NOT NULL,
    fact text NOT NULL,
    subject text NOT NULL,
    facts jsonb NOT NULL,
    name_sealed bytea,
    file_id uuid,
    replaced_by uuid,
    replaced_at timestamp with time zone NOT NULL,
    enrolled_index bytea GENERATED ALWAYS AS (
CASE
    WHEN (fact = 'enrolments'::text) THEN decode(substr((facts ->> 'identity_index'::text), 3), 'hex'::text)
    ELSE NULL::bytea
END) STORED,
    replaced_by_lead uuid
);


--
-- Name: list_fact_subjects(text, text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_fact_subjects(p_county text, p_lines text[]) RETURNS TABLE(fact text, subject text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH given AS MATERIALIZED (
          SELECT line_code.line_code
            FROM unnest(list_fact_subjects.p_lines) line_code(line_code)
         UNION
          SELECT b.line_code
            FROM (unnest(list_fact_subjects.p_lines) code(code)
              JOIN public.bindings b ON (((b.county_code = list_fact_subjects.p_county) AND (b.number_id = ("substring"(code.code, '-#([0-9]+)'::text))::bigint))))
         ), identities AS MATERIALIZED (
          SELECT e.identity_index
            FROM (given
              JOIN public.enrolments e USING (line_code))
           WHERE (e.county_code = list_fact_subjects.p_county)
         UNION
          SELECT b.identity_index
            FROM (given
              JOIN public.bindings b USING (line_code))
           WHERE (b.county_code = list_fact_subjects.p_county)
         UNION
          SELECT decode(substr((fact_versions.facts ->> 'identity_index'::text), 3), 'hex'::text) AS decode
            FROM (given
              JOIN public.fact_versions ON ((given.line_code = fact_versions.subject)))
           WHERE ((fact_versions.county_code = list_fact_subjects.p_county) AND (fact_versions.fact = ANY (ARRAY['enrolments'::text, 'bindings'::text])))
         ), lines AS (
          SELECT given.line_code
            FROM given
         UNION
          SELECT e.line_code
            FROM (identities i
              JOIN public.enrolments e ON (((e.county_code = list_fact_subjects.p_county) AND (e.identity_index = i.identity_index))))
         UNION
          SELECT v.subject
            FROM (identities i
              JOIN public.fact_versions v ON (((v.county_code = list_fact_subjects.p_county) AND (v.enrolled_index = i.identity_index))))
         ), people AS (
          SELECT p.id
            FROM (public.persons p
              JOIN identities i ON ((i.identity_index = p.identity_index)))
           WHERE (p.county_code = list_fact_subjects.p_county)
         )
  SELECT each.each,
     lines.line_code
    FROM unnest(ARRAY['enrolments'::text, 'bindings'::text]) each(each),
     lines
 UNION
  SELECT each.each,
     (people.id)::text AS id
    FROM people,
     unnest(ARRAY['persons'::text, 'memberships'::text]) each(each)
 UNION
  SELECT 'household_statuses'::text,
     m.household_code
    FROM (public.memberships m
      JOIN people p ON ((p.id = m.person_id)))
 UNION
  SELECT each.each,
     e.programme_code
    FROM (given
      JOIN public.enrolments e USING (line_code)),
     unnest(ARRAY['programmes'::text, 'programme_terms'::text]) each(each)
   WHERE (e.county_code = list_fact_subjects.p_county)
 UNION
  SELECT 'plans'::text,
     b.plan_code
    FROM (given
      JOIN public.bindings b USING (line_code))
   WHERE (b.county_code = list_fact_subjects.p_county)
 UNION
  SELECT 'claims'::text,
     (b.number_id)::text AS number_id
    FROM (given
      JOIN public.bindings b USING (line_code))
   WHERE (b.county_code = list_fact_subjects.p_county)
 UNION
  SELECT 'claims'::text,
     "substring"(code.code, '-#([0-9]+)'::text) AS "substring"
    FROM unnest(list_fact_subjects.p_lines) code(code)
   WHERE (code.code ~ '-#[0-9]+'::text);
END;


--
-- Name: leads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.leads (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    reason text NOT NULL,
    household_code text,
    into_code text,
    line_code text,
    programme_code text,
    applicant_id uuid,
    reported_at timestamp with time zone NOT NULL,
    new_code text,
    registered boolean,
    monitoring text DEFAULT ''::text NOT NULL,
    tier smallint,
    state text DEFAULT 'new'::text NOT NULL,
    notice daterange,
    effective_on date,
    decided_at timestamp with time zone,
    CONSTRAINT leads_applicant_of_own CHECK (((applicant_id IS NOT NULL) = (source = 'self'::text))),
    CONSTRAINT leads_decided CHECK ((((state = 'decided'::text) = (decided_at IS NOT NULL)) AND ((state = 'decided'::text) = (effective_on IS NOT NULL)))),
    CONSTRAINT leads_household_known CHECK (((household_code IS NOT NULL) OR (kind = 'identify'::text) OR ((source = 'self'::text) AND (state = ANY (ARRAY['new'::text, 'reported'::text, 'rejected'::text, 'withdrawn'::text]))))),
    CONSTRAINT leads_into_another CHECK ((((into_code IS NOT NULL) = (kind = 'merge'::text)) AND (into_code <> household_code))),
    CONSTRAINT leads_kind CHECK ((kind = ANY (ARRAY['identify'::text, 'exit'::text, 'split'::text, 'merge'::text, 'enrol'::text]))),
    CONSTRAINT leads_line CHECK ((((line_code IS NULL) = (programme_code IS NULL)) AND
CASE
    WHEN (kind <> 'enrol'::text) THEN (line_code IS NULL)
    ELSE ((line_code IS NOT NULL) OR ((source = 'self'::text) AND (state = ANY (ARRAY['new'::text, 'reported'::text, 'rejected'::text, 'withdrawn'::text]))))
END)),
    CONSTRAINT leads_line_length CHECK (((length(line_code) >= 1) AND (length(line_code) <= 40))),
    CONSTRAINT leads_new_code CHECK (((new_code !~ '[a-z]'::text) AND ((length(new_code) >= 1) AND (length(new_code) <= 40)))),
    CONSTRAINT leads_notice_before_review CHECK ((((notice IS NOT NULL) = (state = ANY (ARRAY['noticed'::text, 'reviewed'::text, 'decided'::text]))) OR (state = ANY (ARRAY['rejected'::text, 'withdrawn'::text])))),
    CONSTRAINT leads_notice_days CHECK (((upper(notice) - lower(notice)) >= 5)),
    CONSTRAINT leads_reason CHECK ((reason = ANY (ARRAY['income'::text, 'expense'::text, 'disaster'::text, 'people'::text, 'other'::text]))),
    CONSTRAINT leads_source CHECK ((source = ANY (ARRAY['self'::text, 'cadre'::text, 'warning'::text]))),
    CONSTRAINT leads_tier CHECK ((tier >= 1))
);


--
-- Name: list_added_facts(text, text[], timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_added_facts(p_county text, p_lines text[], p_since timestamp with time zone) RETURNS TABLE(fact text, subject text, facts jsonb, file_id uuid, lead_id uuid)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH subjects AS MATERIALIZED (
          SELECT s.fact,
             s.subject
            FROM public.list_fact_subjects(list_added_facts.p_county, list_added_facts.p_lines) s(fact, subject)
         ), present AS (
          SELECT s.fact,
             s.subject,
             to_jsonb(t.*) AS facts,
             t.file_id,
             t.lead_id
            FROM (subjects s
              JOIN public.enrolments t ON (((t.county_code = list_added_facts.p_county) AND (t.line_code = s.subject))))
           WHERE (s.fact = 'enrolments'::text)
         UNION ALL
          SELECT s.fact,
             s.subject,
             to_jsonb(t.*) AS to_jsonb,
             t.file_id,
             NULL::uuid AS uuid
            FROM (subjects s
              JOIN public.bindings t ON (((t.county_code = list_added_facts.p_county) AND (t.line_code = s.subject))))
           WHERE (s.fact = 'bindings'::text)
         UNION ALL
          SELECT s.fact,
             s.subject,
             to_jsonb(t.*) AS to_jsonb,
             t.file_id,
             t.lead_id
            FROM (subjects s
              JOIN public.persons t ON (((t.county_code = list_added_facts.p_county) AND (t.id =
                 CASE
                     WHEN (s.fact = 'persons'::text) THEN (s.subject)::uuid
                     ELSE NULL::uuid
                 END))))
         UNION ALL
          SELECT s.fact,
             s.subject,
             to_jsonb(t.*) AS to_jsonb,
             t.file_id,
             t.lead_id
            FROM (subjects s
              JOIN public.memberships t ON (((t.county_code = list_added_facts.p_county) AND (t.person_id =
                 CASE
                     WHEN (s.fact = 'memberships'::text) THEN (s.subject)::uuid
                     ELSE NULL::uuid
                 END))))
         UNION ALL
          SELECT s.fact,
             s.subject,
             to_jsonb(t.*) AS to_jsonb,
             t.file_id,
             t.lead_id
            FROM (subjects s
              JOIN public.household_statuses t ON (((t.county_code = list_added_facts.p_county) AND (t.household_code = s.subject))))
           WHERE (s.fact = 'household_statuses'::text)
         UNION ALL
          SELECT s.fact,
             s.subject,
             to_jsonb(t.*) AS to_jsonb,
             t.file_id,
             NULL::uuid AS uuid
            FROM (subjects s
              JOIN public.programme_terms t ON (((t.county_code = list_added_facts.p_county) AND (t.programme_code = s.subject))))
           WHERE (s.fact = 'programme_terms'::text)
         UNION ALL
          SELECT s.fact,
             s.subject,
             to_jsonb(t.*) AS to_jsonb,
             t.file_id,
             NULL::uuid AS uuid
            FROM (subjects s
              JOIN public.plans t ON (((t.county_code = list_added_facts.p_county) AND (t.code = s.subject))))
           WHERE (s.fact = 'plans'::text)
         )
  SELECT p.fact,
     p.subject,
     (p.facts - '{identity_sealed,name_sealed,agent_identity_sealed,assessor_identity_sealed}'::text[]),
     p.file_id,
     p.lead_id
    FROM (present p
      JOIN public.import_files i ON ((i.id = p.file_id)))
   WHERE ((i.county_code = list_added_facts.p_county) AND (i.imported_at > list_added_facts.p_since))
 UNION ALL
  SELECT p.fact,
     p.subject,
     (p.facts - '{identity_sealed,name_sealed,agent_identity_sealed,assessor_identity_sealed}'::text[]),
     p.file_id,
     p.lead_id
    FROM (present p
      JOIN public.leads l ON ((l.id = p.lead_id)))
   WHERE ((l.county_code = list_added_facts.p_county) AND (l.decided_at > list_added_facts.p_since));
END;


--
-- Name: list_bills(bytea, text, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_bills(p_number_index bytea, p_closed text, p_limit integer) RETURNS TABLE(month date, county text, operator text, kind text, charge_fen bigint, reduction_fen bigint, pays_fen bigint, days integer, of_days integer, since date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT c.month, r.county_code, r.operator, r.kind, k.charge_fen, r.approved_fen, k.charge_fen - r.approved_fen,
           r.payable_days, ((c.month + interval '1 month')::date - c.month),
           CASE WHEN e.entitled_from > c.month THEN e.entitled_from END
      FROM bindings b
      JOIN run_lines r ON r.county_code = b.county_code AND r.line_code = b.line_code
      JOIN cycles c ON c.run_id = r.run_id AND c.state = p_closed
                   AND b.valid_during && daterange(c.month, (c.month + interval '1 month')::date)
      JOIN claims k ON k.county_code = b.county_code AND k.operator = b.operator AND k.kind = b.kind
                   AND k.number_id = b.number_id AND k.month = c.month AND k.corrects_month IS NULL
      LEFT JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code AND e.decided
     WHERE b.number_id = (SELECT id FROM identifiers WHERE value_index = p_number_index)
       AND b.kind = 'mobile' AND r.in_snapshot
       -- The months of an earlier holder of the number are not those of who has it now.
       AND b.identity_index = (SELECT o.identity_index FROM bindings o
                                WHERE o.number_id = b.number_id AND o.kind = 'mobile'
                                ORDER BY lower(o.valid_during) DESC LIMIT 1)
       -- Nor is a month in which it passed, to them or away, nor what is paid for another household.
       AND NOT EXISTS (SELECT FROM bindings o
                        WHERE o.number_key = b.number_key AND o.identity_index <> b.identity_index
                          AND o.valid_during && daterange(c.month, (c.month + interval '1 month')::date))
       AND (r.household_code IS NULL OR EXISTS (
            SELECT FROM persons p
              JOIN memberships m ON m.person_id = p.id AND m.household_code = r.household_code
             WHERE p.county_code = b.county_code AND p.identity_index = b.identity_index
               AND lower(m.valid_during) < (c.month + interval '1 month')::date))
       AND NOT EXISTS (SELECT FROM held_lines h
                        WHERE h.cycle_id = c.id AND h.county_code = r.county_code AND h.line_code = r.line_code)
     ORDER BY c.month DESC, r.line_code
     LIMIT p_limit
$$;


--
-- Name: list_changed_invoices(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_changed_invoices(p_most integer) RETURNS TABLE(id uuid, county_code text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT suborder_id, r.county_code
      FROM invoice_requests r
     WHERE changed
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'update_invoice' AND item = suborder_id AND next_at > clock_timestamp())
     ORDER BY suborder_id
     LIMIT p_most
$$;


--
-- Name: list_changed_quarters(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_changed_quarters(p_most integer) RETURNS TABLE(county_code text, quarter date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT q.county_code, q.quarter
      FROM (SELECT DISTINCT m.county_code, date_trunc('quarter', m.month)::date AS quarter FROM county_months m) AS q
     CROSS JOIN LATERAL (SELECT max(m.changed_at) AS changed_at FROM county_months m
                          WHERE m.county_code = q.county_code AND m.month < q.quarter + interval '3 months') AS latest
     WHERE latest.changed_at >= coalesce((SELECT min(s.computed_at) - interval '10 minutes' FROM quarter_sums s
                                           WHERE s.county_code = q.county_code AND s.quarter = q.quarter), '-infinity')
     ORDER BY latest.changed_at, q.county_code, q.quarter
     LIMIT p_most
$$;


--
-- Name: list_due_clawbacks(date, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_due_clawbacks(p_day date, p_most integer) RETURNS TABLE(id uuid, county_code text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT id, county_code FROM clawbacks WHERE state = 'served' AND appeal_until < p_day ORDER BY appeal_until, id LIMIT p_most
$$;


--
-- Name: list_due_erasures(date, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_due_erasures(p_day date, p_years integer, p_most integer) RETURNS TABLE(county_code text, person_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH gone AS MATERIALIZED (
        SELECT p.county_code, p.id
          FROM persons p JOIN memberships m ON m.person_id = p.id
         WHERE NOT EXISTS (SELECT FROM register_erasures e WHERE e.person_id = p.id)
         GROUP BY p.county_code, p.id
        HAVING max(coalesce(upper(m.valid_during), 'infinity'))
               <= p_day - make_interval(years => coalesce(
                      get_county_setting(p.county_code, 'register_years', p_day), p_years))
    )
    SELECT county_code, id FROM gone
     WHERE NOT EXISTS (SELECT FROM list_erasure_obstacles(gone.id, p_day))
     ORDER BY county_code, id LIMIT p_most
$$;


--
-- Name: list_due_goods_returns(timestamp with time zone, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_due_goods_returns(p_sent_before timestamp with time zone, p_accepted_before timestamp with time zone, p_most integer) RETURNS TABLE(id uuid, county_code text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT cases.id, cases.county_code
      FROM goods_returns JOIN cases ON cases.id = case_id
     WHERE cases.state = 'answered'
       AND (sent_at <= p_sent_before OR (sent_at IS NULL AND accepted_at <= p_accepted_before))
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'end_goods_return' AND item = cases.id AND next_at > clock_timestamp())
     ORDER BY coalesce(sent_at, accepted_at)
     LIMIT p_most
$$;


--
-- Name: list_due_supervision(date, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_due_supervision(p_today date, p_before integer, p_after integer) RETURNS TABLE(id uuid, number bigint, assignee_scope text, due_on date, remind_day date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT t.id, t.number, t.assignee_scope, t.due_on, days.day
      FROM supervision_tasks t
      CROSS JOIN LATERAL (SELECT CASE WHEN t.due_on < p_today THEN p_today ELSE t.due_on - p_before END) AS days (day)
     WHERE t.state IN ('issued', 'returned') AND t.due_on BETWEEN p_today - p_after AND p_today + p_before
       AND NOT EXISTS (SELECT FROM supervision_events e
                        WHERE e.task_id = t.id AND e.kind = 'reminded' AND e.day = days.day)
     ORDER BY t.due_on, t.number
     LIMIT 1000
$$;


--
-- Name: list_erasure_obstacles(uuid, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_erasure_obstacles(p_person uuid, p_day date) RETURNS TABLE(obstacle text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH person AS MATERIALIZED (SELECT id, county_code, identity_index FROM persons WHERE id = p_person),
    bound AS MATERIALIZED (
        SELECT b.county_code, b.line_code, b.valid_during
          FROM person p JOIN bindings b ON b.county_code = p.county_code AND b.identity_index = p.identity_index
    ), own AS MATERIALIZED (
        SELECT county_code, line_code FROM bound
         UNION
        SELECT p.county_code, e.line_code
          FROM person p JOIN enrolments e ON e.county_code = p.county_code AND e.identity_index = p.identity_index
    )
    SELECT 'erased' WHERE EXISTS (SELECT FROM register_erasures WHERE person_id = p_person)
    UNION ALL
    SELECT 'member' WHERE EXISTS (
        SELECT FROM memberships WHERE person_id = p_person AND coalesce(upper(valid_during), 'infinity') > p_day)
    UNION ALL
    -- An operator may ask for more until six months after a month (R10): who is bound is found by the number.
    SELECT 'bound' WHERE EXISTS (
        SELECT FROM bound WHERE coalesce(upper(valid_during), 'infinity') > p_day - interval '6 months')
    UNION ALL
    SELECT 'lead' WHERE EXISTS (
        SELECT FROM person p JOIN lead_persons l ON l.identity_index = p.identity_index JOIN leads ON leads.id = l.lead_id
         WHERE leads.county_code = p.county_code AND leads.state NOT IN ('decided', 'rejected', 'withdrawn'))
    UNION ALL
    SELECT 'finding' WHERE EXISTS (
        SELECT FROM own JOIN finding_lines USING (county_code, line_code) JOIN findings f ON f.id = finding_id
         WHERE f.state = 'open')
    UNION ALL
    SELECT 'grievance' WHERE EXISTS (
        SELECT FROM own JOIN grievances USING (county_code, line_code) JOIN cases ON cases.id = case_id
         WHERE cases.state <> 'closed')
    UNION ALL
    SELECT 'clawback' WHERE EXISTS (
        SELECT FROM clawbacks WHERE person_id = p_person AND state NOT IN ('refused', 'annulled', 'cleared'))
    UNION ALL
    -- What was counted with the person is closed and sealed: the pack proves it without them.
    SELECT 'month' WHERE EXISTS (
        SELECT FROM person p JOIN cycles q USING (county_code)
         WHERE q.month < (SELECT max(least(upper(valid_during), p_day)) FROM bound)
           AND (q.state <> 'closed' OR NOT EXISTS (SELECT FROM evidence_packs e WHERE e.cycle_id = q.id)))
$$;


--
-- Name: cycles; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cycles (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    month date NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    run_id uuid,
    opened_at timestamp with time zone NOT NULL,
    village_round smallint DEFAULT 0 NOT NULL,
    township_round smallint DEFAULT 0 NOT NULL,
    calculated_at timestamp with time zone,
    CONSTRAINT cycles_calculated_at CHECK (((run_id IS NULL) OR (calculated_at IS NOT NULL))),
    CONSTRAINT cycles_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT cycles_month CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT cycles_run_required CHECK (((state = 'open'::text) OR (run_id IS NOT NULL))),
    CONSTRAINT cycles_state CHECK ((state = ANY (ARRAY['open'::text, 'calculated'::text, 'confirmed'::text, 'reviewed'::text, 'decided'::text, 'settled'::text, 'reconciled'::text, 'closed'::text])))
);


--
-- Name: list_file_states(text[], text[], date, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_file_states(p_scopes text[], p_operators text[], p_today date, p_months integer) RETURNS TABLE(county_code text, month date, operator text, due_on date, files integer, rows bigint, rejected bigint, sum_fen bigint, arrived_on date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 WITH begun AS (
          SELECT c.county_code,
             min(c.month) AS first
            FROM public.cycles c
           WHERE (EXISTS ( SELECT
                    FROM unnest(list_file_states.p_scopes) scope(scope)
                   WHERE starts_with(c.county_code, scope.scope)))
           GROUP BY c.county_code
         ), spans AS (
          SELECT b.county_code,
             (s.month)::date AS month,
             ((s.month + '1 mon'::interval))::date AS until
            FROM (begun b
              CROSS JOIN LATERAL generate_series(GREATEST((b.first)::timestamp without time zone, (date_trunc('month'::text, (list_file_states.p_today)::timestamp without time zone) - make_interval(months => list_file_states.p_months))), (date_trunc('month'::text, (list_file_states.p_today)::timestamp without time zone) - '1 mon'::interval), '1 mon'::interval) s(month))
         ), sent AS (
          SELECT s.county_code,
             s.month,
             s.until,
             o.operator,
             f.files,
             f.rows,
             f.rejected,
             f.sum_fen,
             f.arrived_on
            FROM ((spans s
              CROSS JOIN unnest(list_file_states.p_operators) o(operator))
              CROSS JOIN LATERAL ( SELECT (count(*) FILTER (WHERE (r.id IS NULL)))::integer AS files,
                     COALESCE(sum(i.rows) FILTER (WHERE (r.id IS NULL)), (0)::bigint) AS rows,
                     COALESCE(sum(i.rejected) FILTER (WHERE (r.id IS NULL)), (0)::bigint) AS rejected,
                     (COALESCE(sum(i.sum_fen) FILTER (WHERE (r.id IS NULL)), (0)::numeric))::bigint AS sum_fen,
                     public.business_day(min(i.imported_at)) AS arrived_on
                    FROM (public.import_files i
                      LEFT JOIN public.import_files r ON ((r.replaces = i.id)))
                   WHERE ((i.county_code = s.county_code) AND (i.kind = 'billing'::text) AND (i.operator = o.operator) AND (i.month = s.month))) f)
         )
  SELECT t.county_code,
     t.month,
     t.operator,
     (t.until + 19),
     t.files,
     t.rows,
     t.rejected,
     t.sum_fen,
     t.arrived_on
    FROM sent t
   WHERE ((t.files > 0) OR (EXISTS ( SELECT
            FROM public.bindings b
           WHERE ((b.county_code = t.county_code) AND (b.operator = t.operator) AND (b.valid_during && daterange(t.month, t.until))))))
   ORDER BY t.month DESC, t.county_code, (array_position(ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text], t.operator));
END;


--
-- Name: list_idle_counties(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_idle_counties() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT DISTINCT county_code FROM programmes WHERE idle_days IS NOT NULL ORDER BY county_code
$$;


--
-- Name: list_late_cases(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_late_cases(p_now timestamp with time zone, p_most integer) RETURNS TABLE(id uuid, county_code text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT cases.id, cases.county_code
      FROM cases
     WHERE state = 'assigned' AND level < cardinality(path) AND due_at <= p_now
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'escalate_case' AND item = cases.id AND next_at > clock_timestamp())
     ORDER BY due_at
     LIMIT p_most
$$;


--
-- Name: list_matches(tsquery, integer, date, text, text, text, text, uuid, smallint, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_matches(p_words tsquery, p_most integer, p_today date DEFAULT NULL::date, p_kind text DEFAULT NULL::text, p_category text DEFAULT NULL::text, p_county text DEFAULT NULL::text, p_division text DEFAULT NULL::text, p_producer uuid DEFAULT NULL::uuid, p_month smallint DEFAULT NULL::smallint, p_price_from bigint DEFAULT NULL::bigint, p_price_to bigint DEFAULT NULL::bigint) RETURNS uuid[]
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET enable_indexscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
    SELECT CASE WHEN count(*) <= p_most THEN coalesce(array_agg(id), '{}') END
      FROM (SELECT id FROM listings
             WHERE search_words @@ p_words
               AND (p_today IS NULL OR state = 'live' AND certified_until >= p_today)
               AND (p_kind IS NULL OR kind = p_kind)
               AND (p_category IS NULL OR category_code = p_category)
               AND (p_county IS NULL OR county_code = p_county)
               AND (p_division IS NULL OR starts_with(origin_code, p_division))
               AND (p_producer IS NULL OR producer_id = p_producer)
               AND (p_month IS NULL OR harvest_months @> ARRAY[p_month])
               AND (p_price_from IS NULL OR listed_price_fen >= p_price_from)
               AND (p_price_to IS NULL OR listed_price_fen <= p_price_to)
             LIMIT p_most + 1) AS found
$$;


--
-- Name: list_name_parts(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_name_parts(name text) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE ROWS 20 PARALLEL SAFE
    BEGIN ATOMIC
 WITH texts AS MATERIALIZED (
          SELECT public.fold_official_name(list_name_parts.name) AS value
         UNION ALL
          SELECT public.fold_official_name(plain.plain) AS fold_official_name
            FROM translate(list_name_parts.name, '()[]{}<>（）［］｛｝＜＞【】〔〕〖〗《》〈〉「」『』'::text, ''::text) plain(plain)
           WHERE (plain.plain <> list_name_parts.name)
         )
  SELECT texts.value
    FROM texts
   WHERE (((length(texts.value) < 2) OR (length(texts.value) > 60)) AND (texts.value <> ''::text))
 UNION ALL
  SELECT substr(texts.value, (before.before + 1), size.size) AS substr
    FROM ((texts
      CROSS JOIN LATERAL generate_series(0, (length(texts.value) - 2)) before(before))
      CROSS JOIN LATERAL generate_series(2, (length(texts.value) - before.before)) size(size))
   WHERE ((length(texts.value) <= 60) AND ((before.before <> 1) OR (size.size > 2) OR (texts.value ~ '^[a-z代兼原前现新印章签办村乡镇组队户]'::text)) AND ((((length(texts.value) - before.before) - size.size) <> 1) OR (size.size > 2) OR (texts.value ~ '[a-z代兼等印章签字记写办审核村乡镇组队户]$'::text)));
END;


--
-- Name: list_night_prices(uuid, date, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_night_prices(p_listing_id uuid, p_first date, p_until date) RETURNS TABLE(night date, price_fen bigint, price_rule text, min_nights smallint, min_rule text, holiday text, child_price_fen bigint)
    LANGUAGE sql STABLE ROWS 31 PARALLEL SAFE
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
    SELECT each.day, coalesce(season.price_fen, feast.price_fen, weekend.price_fen, variants.price_fen),
           CASE WHEN season.price_fen IS NOT NULL THEN 'season' WHEN feast.price_fen IS NOT NULL THEN 'holiday'
                WHEN weekend.price_fen IS NOT NULL THEN 'weekend' ELSE 'always' END,
           coalesce(season.min_nights, feast.min_nights, weekend.min_nights, always.min_nights, 1::smallint),
           CASE WHEN season.min_nights IS NOT NULL THEN 'season' WHEN feast.min_nights IS NOT NULL THEN 'holiday'
                WHEN weekend.min_nights IS NOT NULL THEN 'weekend' ELSE 'always' END,
           holidays.name,
           CASE WHEN child.price_fen IS NOT NULL
                THEN least(coalesce(season.price_fen, feast.price_fen, weekend.price_fen, variants.price_fen),
                           coalesce(CASE WHEN season.price_fen IS NOT NULL THEN season.child_price_fen
                                         WHEN feast.price_fen IS NOT NULL THEN feast.child_price_fen
                                         ELSE weekend.child_price_fen END,
                                    child.price_fen)) END
      FROM (SELECT series::date AS day
              FROM generate_series(p_first::timestamp, p_until::timestamp - interval '1 day', interval '1 day') AS series
           ) AS each
      JOIN listings ON listings.id = p_listing_id
      JOIN variants ON variants.listing_id = p_listing_id AND variants.position = 0
      LEFT JOIN variants AS child ON child.listing_id = p_listing_id AND child.position = 1 AND listings.kind = 'activity'
      LEFT JOIN holidays ON holidays.day = each.day AND holidays.day_off
      LEFT JOIN night_prices AS season ON season.listing_id = p_listing_id AND season.valid_during @> each.day
      LEFT JOIN night_rules AS always ON always.listing_id = p_listing_id AND always.applies = 'always'
      LEFT JOIN night_rules AS weekend ON weekend.listing_id = p_listing_id AND weekend.applies = 'weekend'
                AND extract(isodow FROM each.day + (listings.kind = 'stay')::integer) IN (6, 7)
                AND NOT EXISTS (SELECT FROM holidays AS worked
                                 WHERE worked.day = each.day + (listings.kind = 'stay')::integer AND NOT worked.day_off)
      LEFT JOIN LATERAL (
           SELECT (array_agg(rule.price_fen ORDER BY rule.rank, rule.price_fen DESC)
                       FILTER (WHERE rule.price_fen IS NOT NULL))[1] AS price_fen,
                  (array_agg(rule.child_price_fen ORDER BY rule.rank, rule.price_fen DESC, rule.child_price_fen DESC)
                       FILTER (WHERE rule.price_fen IS NOT NULL))[1] AS child_price_fen,
                  (array_agg(rule.min_nights ORDER BY rule.rank, rule.min_nights DESC)
                       FILTER (WHERE rule.min_nights IS NOT NULL))[1] AS min_nights
             FROM (SELECT r.price_fen, r.child_price_fen, r.min_nights,
                          CASE r.holiday WHEN holidays.name THEN 0 WHEN '' THEN 2 ELSE 1 END AS rank
                     FROM night_rules AS r
                    WHERE holidays.name IS NOT NULL AND r.listing_id = p_listing_id AND r.applies = 'holiday'
                      AND (r.holiday IN (holidays.name, '')
                           OR EXISTS (SELECT FROM holidays AS near
                                       WHERE near.day_off AND near.name = r.holiday
                                         AND near.day BETWEEN each.day - 10 AND each.day + 10
                                         AND (SELECT count(*) FROM holidays AS run
                                               WHERE run.day_off AND run.day BETWEEN least(near.day, each.day)
                                                                                 AND greatest(near.day, each.day))
                                             = abs(near.day - each.day) + 1))
                  ) AS rule
           ) AS feast ON holidays.name IS NOT NULL
$$;


--
-- Name: list_overdue_cases(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_overdue_cases(p_now timestamp with time zone, p_most integer) RETURNS TABLE(id uuid, county_code text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT cases.id, cases.county_code
      FROM cases
     WHERE state = 'assigned' AND level = cardinality(path) AND due_at <= p_now
     ORDER BY due_at
     LIMIT p_most
$$;


--
-- Name: list_own_months(bytea, text, date, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_own_months(p_number_index bytea, p_closed text, p_day date, p_months integer) RETURNS TABLE(month date, county text, operator text, kind text, closed boolean, charge_fen bigint, claimed_fen bigint, reduction_fen bigint, days integer, of_days integer, since date, held text, reasons text[], causes text[], household_lines integer, household_fen bigint, passed boolean, number_sealed bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH holder AS (
        SELECT b.county_code, b.identity_index
          FROM bindings b
         WHERE b.number_id = (SELECT id FROM identifiers WHERE value_index = p_number_index)
           AND b.kind = 'mobile' AND b.valid_during @> p_day
         ORDER BY lower(b.valid_during) DESC LIMIT 1),
    months AS (
        SELECT c.id, c.month, c.county_code, c.run_id, c.state
          FROM cycles c JOIN holder USING (county_code)
         WHERE c.run_id IS NOT NULL ORDER BY c.month DESC LIMIT p_months),
    -- A line or a number that passed to the person is theirs from the month after: the month in which it passed is told to
    -- who had it before.
    own AS (
        SELECT c.id, b.line_code, (array_agg(b.number_id ORDER BY lower(b.valid_during) DESC))[1] AS number_id,
               bool_or(EXISTS (
               SELECT FROM bindings o
                WHERE o.identity_index <> b.identity_index
                  AND (o.number_key = b.number_key OR (o.county_code = b.county_code AND o.line_code = b.line_code))
                  AND o.valid_during && daterange(c.month, (c.month + interval '1 month')::date))) AS passed
          FROM months c
          JOIN bindings b ON b.county_code = c.county_code
                         AND b.valid_during && daterange(c.month, (c.month + interval '1 month')::date)
          JOIN holder h ON h.identity_index = b.identity_index
         WHERE NOT EXISTS (
               SELECT FROM bindings o
                WHERE o.identity_index <> b.identity_index
                  AND (o.number_key = b.number_key OR (o.county_code = b.county_code AND o.line_code = b.line_code))
                  AND o.valid_during && daterange(c.month, (c.month + interval '1 month')::date)
                  AND lower(o.valid_during) < lower(b.valid_during))
         GROUP BY c.id, b.line_code)
    SELECT c.month, c.county_code, r.operator, r.kind, c.state = p_closed,
           CASE WHEN NOT own.passed THEN k.charge_fen END, CASE WHEN NOT own.passed THEN r.claimed_fen END,
           CASE WHEN h.held IS NULL THEN r.approved_fen ELSE 0 END, r.payable_days,
           ((c.month + interval '1 month')::date - c.month),
           CASE WHEN e.entitled_from > c.month THEN e.entitled_from END, coalesce(h.held, ''), r.reasons, r.causes,
           f.lines, f.reduction_fen, own.passed, (SELECT value_sealed FROM identifiers WHERE id = own.number_id)
      FROM months c
      JOIN own ON own.id = c.id
      JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = c.county_code AND r.line_code = own.line_code
      LEFT JOIN enrolments e ON e.county_code = r.county_code AND e.line_code = r.line_code AND e.decided
     CROSS JOIN LATERAL (
           SELECT sum(k.charge_fen)::bigint AS charge_fen
             FROM claims k
            WHERE k.county_code = c.county_code AND k.month = c.month AND k.corrects_month IS NULL
              AND k.operator = r.operator AND k.kind = r.kind
              AND k.number_id IN (SELECT number_id FROM bindings b
                                   WHERE b.county_code = r.county_code AND b.line_code = r.line_code)) AS k
     CROSS JOIN LATERAL (
           SELECT max(CASE WHEN l.verdict = 'stop' THEN 'stop' ELSE 'open' END) AS held
             FROM held_lines h
             JOIN finding_lines l ON l.finding_id = h.finding_id AND l.line_code = h.line_code
            WHERE h.cycle_id = c.id AND h.county_code = c.county_code AND h.line_code = r.line_code) AS h
     CROSS JOIN LATERAL (
           SELECT count(*)::integer AS lines, coalesce(sum(o.approved_fen), 0)::bigint AS reduction_fen
             FROM run_lines o
            WHERE o.run_id = c.run_id AND o.county_code = c.county_code AND o.household_code = r.household_code
              AND NOT EXISTS (SELECT FROM held_lines h
                               WHERE h.cycle_id = c.id AND h.county_code = c.county_code
                                 AND h.line_code = o.line_code)) AS f
     -- What is paid for another household is nothing of the person's, although they hold the number now.
     WHERE r.household_code IS NULL OR EXISTS (
           SELECT FROM holder h
             JOIN persons p ON p.county_code = h.county_code AND p.identity_index = h.identity_index
             JOIN memberships m ON m.person_id = p.id AND m.household_code = r.household_code
            WHERE lower(m.valid_during) < (c.month + interval '1 month')::date)
     ORDER BY c.month DESC, array_position(ARRAY['mobile', 'broadband', 'television'], r.kind), r.line_code
$$;


--
-- Name: list_pairing_items(uuid[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_pairing_items(p_pairings uuid[]) RETURNS TABLE(pairing_id uuid, kind text, on_day date, what text, amount bigint, subject uuid, people integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH asked AS (SELECT * FROM pairings WHERE id = ANY (p_pairings) AND agreed_at IS NOT NULL),
    items AS (
        SELECT x.id AS pairing_id, 'buy' AS kind, (s.received_at AT TIME ZONE 'Asia/Shanghai')::date AS on_day,
               '订单 ' || o.number AS what, (SELECT sum(l.amount_fen - l.refunded_fen) FROM order_lines l
                                             WHERE l.suborder_id = s.id)::bigint AS amount,
               CASE WHEN p.kind NOT IN ('cooperative', 'company', 'village_station') THEN p.id END AS subject,
               (p.kind NOT IN ('cooperative', 'company', 'village_station'))::integer AS people
          FROM asked x
          JOIN producers p ON p.village_code = x.village_code
          JOIN suborders s ON s.producer_id = p.id AND s.kind = 'goods' AND s.state = 'received'
          JOIN orders o ON o.id = s.order_id
         WHERE (EXISTS (SELECT FROM company_accounts a
                         WHERE a.account_id = o.buyer_id AND a.organisation_id = x.organisation_id
                           AND a.valid_during @> (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date)
                OR EXISTS (SELECT FROM procurements q
                            WHERE q.order_id = o.id AND q.organisation_id = x.organisation_id))
           AND NOT EXISTS (SELECT FROM producer_members m JOIN organisation_members n ON n.account_id = m.account_id
                            WHERE m.producer_id = p.id AND n.organisation_id = x.organisation_id)
        UNION ALL
        SELECT x.id, 'teach', (lower(t.during) AT TIME ZONE 'Asia/Shanghai')::date, c.title, r.came, NULL, r.came::integer
          FROM asked x
          JOIN course_sessions c ON c.organisation_id = x.organisation_id
          JOIN slots t ON t.id = c.slot_id AND t.village_code = x.village_code AND t.state <> 'cancelled'
          CROSS JOIN LATERAL (SELECT count(*) AS came FROM slot_reservations v
                               WHERE v.slot_id = t.id AND v.state = 'attended') r
         WHERE r.came > 0
        UNION ALL
        SELECT x.id, 'invest', j.accepted_on, j.name, j.spent_fen, NULL, 0
          FROM asked x
          JOIN coverage_projects j ON j.funded_by = x.organisation_id AND j.village_code = x.village_code
         WHERE j.state = 'accepted'
        UNION ALL
        SELECT x.id, 'hire', b.hired_on, g.title, 1, b.account_id, 1
          FROM asked x
          JOIN job_postings g ON g.organisation_id = x.organisation_id AND g.village_code = x.village_code
          JOIN job_applications b ON b.posting_id = g.id AND b.state = 'confirmed')
    SELECT i.* FROM items i
     WHERE i.amount > 0
       AND EXISTS (SELECT FROM pledges p
                    WHERE p.pairing_id = i.pairing_id AND p.kind = i.kind AND p.valid_during @> i.on_day)
     ORDER BY i.pairing_id, i.kind, i.on_day, i.what, i.subject;
$$;


--
-- Name: list_replaced_facts(text, text[], timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_replaced_facts(p_county text, p_lines text[], p_since timestamp with time zone) RETURNS SETOF public.fact_versions
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT v.id,
     v.county_code,
     v.fact,
     v.subject,
     v.facts,
     v.name_sealed,
     v.file_id,
     v.replaced_by,
     v.replaced_at,
     v.enrolled_index,
     v.replaced_by_lead
    FROM (public.list_fact_subjects(list_replaced_facts.p_county, list_replaced_facts.p_lines) s(fact, subject)
      JOIN public.fact_versions v ON (((v.fact = s.fact) AND (v.subject = s.subject))))
   WHERE ((v.county_code = list_replaced_facts.p_county) AND (v.replaced_at > list_replaced_facts.p_since));
END;


--
-- Name: list_uncounted_months(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_uncounted_months(p_most integer) RETURNS TABLE(county_code text, month date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT m.county_code, m.month
      FROM county_months m
      LEFT JOIN counted_months k ON k.county_code = m.county_code AND k.month = m.month
     WHERE m.state = 'closed' AND m.changed_at >= coalesce(k.counted_at - interval '10 minutes', '-infinity')
     ORDER BY m.changed_at, m.county_code, m.month
     LIMIT p_most
$$;


--
-- Name: list_unsealed_months(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_unsealed_months(p_most integer) RETURNS TABLE(county_code text, month date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT q.county_code, q.month FROM cycles q
     WHERE q.state = 'closed' AND NOT EXISTS (SELECT FROM evidence_packs p WHERE p.cycle_id = q.id)
     ORDER BY q.county_code, q.month LIMIT p_most
$$;


--
-- Name: list_waiting_tasks(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_waiting_tasks(p_most integer) RETURNS TABLE(due_at timestamp with time zone, dead boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    (SELECT next_at, false FROM tasks WHERE state IN ('queued', 'running') ORDER BY id LIMIT p_most)
    UNION ALL
    (SELECT NULL, true FROM tasks
      WHERE state = 'failed' AND finished_at > clock_timestamp() - interval '1 day' LIMIT p_most)
$$;


--
-- Name: list_working_day_cases(uuid, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_working_day_cases(p_after uuid, p_most integer) RETURNS TABLE(id uuid, county_code text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT cases.id, cases.county_code
      FROM cases
      JOIN case_categories ON code = category AND valid_during @> lower(received_during)
     WHERE state = 'assigned' AND units[level] = 'working_day' AND cases.id > p_after
     ORDER BY cases.id
     LIMIT p_most
$$;


--
-- Name: make_official(uuid, text[], text, bytea, bytea, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.make_official(p_account uuid, p_roles text[], p_scope text, p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    official accounts%ROWTYPE;
BEGIN
    SELECT * INTO STRICT official FROM accounts WHERE id = p_account FOR NO KEY UPDATE;
    IF official.identity_index <> p_identity_index THEN
        RETURN false;
    END IF;
    UPDATE accounts SET identity_index = p_identity_index, identity_sealed = p_identity_sealed
     WHERE id = p_account AND p_identity_index IS NOT NULL;
    DELETE FROM grants WHERE account_id = p_account AND role = ANY(p_roles) AND scope = p_scope
       AND deputy_for IS NOT NULL AND lower(valid_during) >= business_day(p_at);
    UPDATE grants SET valid_during = daterange(lower(valid_during), business_day(p_at))
     WHERE account_id = p_account AND role = ANY(p_roles) AND scope = p_scope
       AND deputy_for IS NOT NULL AND valid_during @> business_day(p_at);
    INSERT INTO grants (account_id, role, scope, valid_during)
    SELECT p_account, role, p_scope, daterange(business_day(p_at), CASE role WHEN 'auditor' THEN business_day(p_at) + 180 END)
      FROM unnest(p_roles) AS role
    ON CONFLICT ON CONSTRAINT grants_unique DO NOTHING;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(p_at, p_by, 'official.make', 'account:' || p_account, jsonb_build_object(
        'handle', official.handle, 'roles', p_roles, 'scope', p_scope, 'identity', p_identity_index IS NOT NULL));
    RETURN true;
END
$$;


--
-- Name: make_operator(uuid, text, text[], bytea, bytea, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.make_operator(p_account uuid, p_operator text, p_scopes text[], p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    account accounts%ROWTYPE;
    today   date := business_day(p_at);
BEGIN
    SELECT * INTO STRICT account FROM accounts WHERE id = p_account FOR NO KEY UPDATE;
    IF account.identity_index <> p_identity_index THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT FROM grants WHERE account_id = p_account AND valid_during && daterange(today, NULL))
       OR EXISTS (SELECT FROM operator_grants WHERE account_id = p_account AND operator <> p_operator
                     AND valid_during && daterange(today, NULL)) THEN
        RETURN -1;
    END IF;
    UPDATE accounts SET identity_index = p_identity_index, identity_sealed = p_identity_sealed
     WHERE id = p_account AND p_identity_index IS NOT NULL;
    INSERT INTO operator_grants (account_id, operator, scope, valid_during)
    SELECT DISTINCT p_account, p_operator, scope, daterange(today, NULL) FROM unnest(p_scopes) AS scope
    ON CONFLICT DO NOTHING;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(p_at, p_by, 'operator.make', 'account:' || p_account, jsonb_build_object(
        'handle', account.handle, 'operator', p_operator, 'scopes', p_scopes,
        'identity', p_identity_index IS NOT NULL));
    RETURN 1;
END
$$;


--
-- Name: mark_invoice_changed(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_invoice_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE invoice_requests SET changed = true WHERE suborder_id = NEW.id AND NOT changed;
    RETURN NULL;
END
$$;


--
-- Name: mark_order_invoices(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_order_invoices() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE invoice_requests SET changed = true
     WHERE suborder_id IN (SELECT id FROM suborders WHERE order_id = NEW.id) AND NOT changed;
    RETURN NULL;
END
$$;


--
-- Name: match_bank_receipt(uuid, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.match_bank_receipt(p_receipt uuid, p_at timestamp with time zone) RETURNS TABLE(order_id uuid, number bigint, fen bigint, producer_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    receipt bank_receipts;
    bought  procurements;
    trouble text;
BEGIN
    SELECT * INTO receipt FROM bank_receipts WHERE id = p_receipt AND order_id IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO bought FROM procurements WHERE payer_code = receipt.payer_code FOR UPDATE;
    trouble := CASE WHEN bought.order_id IS NULL OR bought.ended_at IS NOT NULL THEN 'unknown_code'
                  WHEN bought.paid_at IS NOT NULL THEN 'paid_before'
                  WHEN bought.invoiced_at IS NULL THEN 'not_invoiced'
                  WHEN bought.accepted_fen <> receipt.fen THEN 'wrong_amount' END;
    IF trouble IS NOT NULL THEN
        UPDATE bank_receipts SET problem = trouble WHERE id = p_receipt;
        RETURN;
    END IF;
    UPDATE bank_receipts SET order_id = bought.order_id, matched_at = p_at, problem = NULL WHERE id = p_receipt;
    UPDATE procurements SET paid_at = p_at WHERE order_id = bought.order_id;
    INSERT INTO quota_entries (organisation_id, year, list, kind, fen, order_id, at)
    SELECT bought.organisation_id, bought.year, bought.list, 'spent', receipt.fen, bought.order_id, p_at
     WHERE bought.list IS NOT NULL;
    RETURN QUERY SELECT o.id, o.number, receipt.fen, bought.producer_id FROM orders o WHERE o.id = bought.order_id;
END
$$;


--
-- Name: move_booking(uuid, uuid, date, bigint[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.move_booking(p_booking uuid, p_room uuid, p_first date, p_prices bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    new_fen bigint := (SELECT sum(fen) FROM unnest(p_prices) AS fen);
BEGIN
    UPDATE bookings
       SET nights = daterange(p_first, p_first + cardinality(p_prices)), room_id = p_room, amount_fen = new_fen
     WHERE id = p_booking AND state = 'booked' AND new_fen <= amount_fen;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'booking % cannot be moved to nights of % fen', p_booking, new_fen USING ERRCODE = 'P0106';
    END IF;
    DELETE FROM booked_nights WHERE booking_id = p_booking;
    INSERT INTO booked_nights (booking_id, night, price_fen)
    SELECT p_booking, p_first + (n - 1)::integer, fen FROM unnest(p_prices) WITH ORDINALITY AS price (fen, n);
END
$$;


--
-- Name: note_county_month(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.note_county_month() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO county_months (county_code, month, state, changed_at)
    VALUES (NEW.county_code, NEW.month, NEW.state, clock_timestamp())
    ON CONFLICT (county_code, month) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at;
    RETURN NULL;
END
$$;


--
-- Name: note_county_month_of_run(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.note_county_month_of_run() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE county_months m SET changed_at = clock_timestamp()
      FROM cycles c
     WHERE c.id = NEW.cycle_id AND m.county_code = c.county_code AND m.month = c.month;
    RETURN NULL;
END
$$;


--
-- Name: place_orders(jsonb, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.place_orders(batch jsonb, skip_locked boolean) RETURNS TABLE(n integer, fingerprint bytea, id uuid, number bigint, state text, goods_fen bigint, freight_fen bigint, discount_fen bigint, total_fen bigint, placed_at timestamp with time zone, pay_until timestamp with time zone, obstacle text, item_id uuid, left_units bigint, reserved boolean, until timestamp with time zone)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET lock_timeout TO '300ms'
    AS $$
#variable_conflict use_column
DECLARE
    need_n        integer[];
    need_lot      uuid[];
    need_units    bigint[];
    lot_ids       uuid[];
    lot_available bigint[];
    stay_ids      uuid[];
    room_ids      uuid[];
    slot_ids      uuid[];
    locked_slots  uuid[] := '{}';
    refused       jsonb;
    undecided     integer[];
    admitted      integer[] := '{}';
    fitting       integer[];
    request_n     integer;
    stay          record;
    taken_rooms   integer;
    fits          boolean;
BEGIN
    -- Sum the lines of an order that share a lot.
    SELECT coalesce(array_agg(d.n), '{}'), coalesce(array_agg(d.lot_id), '{}'), coalesce(array_agg(d.units), '{}')
      INTO need_n, need_lot, need_units
      FROM (SELECT l.n, l.lot_id, sum(l.units)::bigint AS units
              FROM jsonb_to_recordset(batch -> 'lines') AS l (n integer, lot_id uuid, units bigint)
             WHERE l.lot_id IS NOT NULL
             GROUP BY l.n, l.lot_id) AS d;
    stay_ids := ARRAY(SELECT s.listing_id FROM jsonb_to_recordset(batch -> 'stays') AS s (listing_id uuid));
    slot_ids := ARRAY(SELECT s.slot_id FROM jsonb_to_recordset(batch -> 'slots') AS s (slot_id uuid));
    -- The lock of a buyer keeps parallel requests from passing the limits of unpaid orders together.
    IF NOT skip_locked THEN
        PERFORM pg_advisory_xact_lock(7004, b.lock)
          FROM (SELECT hashtext(o.buyer_id::text) AS lock
                  FROM jsonb_to_recordset(batch -> 'orders') AS o (buyer_id uuid) ORDER BY 1 OFFSET 0) AS b;
        SELECT coalesce(array_agg(locked.id), '{}'), coalesce(array_agg(locked.available_units), '{}')
          INTO lot_ids, lot_available
          FROM (SELECT lots.id, lots.available_units
                  FROM lots WHERE lots.id = ANY(need_lot) ORDER BY lots.id FOR NO KEY UPDATE) AS locked;
        SELECT coalesce(array_agg(locked.id), '{}') INTO room_ids
          FROM (SELECT rooms.id FROM rooms WHERE rooms.listing_id = ANY(stay_ids)
                 ORDER BY rooms.id FOR NO KEY UPDATE) AS locked;
    ELSE
        SELECT coalesce(array_agg(locked.id), '{}'), coalesce(array_agg(locked.available_units), '{}')
          INTO lot_ids, lot_available
          FROM (SELECT lots.id, lots.available_units
                  FROM lots WHERE lots.id = ANY(need_lot) ORDER BY lots.id FOR NO KEY UPDATE SKIP LOCKED) AS locked;
        SELECT coalesce(array_agg(locked.id), '{}') INTO room_ids
          FROM (SELECT rooms.id FROM rooms WHERE rooms.listing_id = ANY(stay_ids)
                 ORDER BY rooms.id FOR NO KEY UPDATE SKIP LOCKED) AS locked;
    END IF;
    IF cardinality(slot_ids) > 0 AND skip_locked THEN
        locked_slots := ARRAY(SELECT slots.id FROM slots WHERE slots.id = ANY(slot_ids)
                               ORDER BY slots.id FOR NO KEY UPDATE SKIP LOCKED);
    ELSIF cardinality(slot_ids) > 0 THEN
        locked_slots := ARRAY(SELECT slots.id FROM slots WHERE slots.id = ANY(slot_ids)
                               ORDER BY slots.id FOR NO KEY UPDATE);
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('n', blocked.n, 'obstacle', 'locked', 'item_id', blocked.item_id)),
                    '[]')
      INTO refused
      FROM (SELECT o.n, o.buyer_id AS item_id
              FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, buyer_id uuid)
             WHERE NOT pg_try_advisory_xact_lock(7004, hashtext(o.buyer_id::text))
            UNION ALL
            SELECT d.n, d.lot FROM unnest(need_n, need_lot) AS d (n, lot) WHERE d.lot <> ALL(lot_ids)
            UNION ALL
            SELECT s.n, s.listing_id FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, listing_id uuid)
             WHERE EXISTS (SELECT FROM rooms r WHERE r.listing_id = s.listing_id AND r.id <> ALL(room_ids))
            UNION ALL
            SELECT s.n, s.slot_id FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid)
             WHERE s.slot_id <> ALL(locked_slots)
           ) AS blocked;
    undecided := ARRAY(
        SELECT o.n
          FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, buyer_id uuid, key text)
         WHERE NOT EXISTS (SELECT FROM orders p WHERE p.buyer_id = o.buyer_id AND p.key = o.key)
           AND o.n NOT IN (SELECT r.n FROM jsonb_to_recordset(refused) AS r (n integer))
         ORDER BY o.n);
    -- The lock of the buyer keeps another batch from using the same voucher meanwhile.
    IF jsonb_array_length(batch -> 'redemptions') > 0 THEN
        SELECT refused || coalesce(jsonb_agg(jsonb_build_object('n', r.n, 'obstacle', 'voucher')), '[]') INTO refused
          FROM jsonb_to_recordset(batch -> 'redemptions') AS r (n integer, voucher_id uuid)
          JOIN redemptions used ON used.voucher_id = r.voucher_id AND used.freed_at IS NULL
         WHERE r.n = ANY(undecided);
    END IF;
    SELECT refused || coalesce(jsonb_agg(to_jsonb(exceeded)), '[]') INTO refused
      FROM find_exceeded_limits(batch, undecided) AS exceeded;
    undecided := ARRAY(
        SELECT u FROM unnest(undecided) AS u
         WHERE u NOT IN (SELECT r.n FROM jsonb_to_recordset(refused) AS r (n integer)) ORDER BY u);

    -- Decide orders with nights or places one by one: each takes its own before the next is decided.
    FOR request_n IN
        SELECT s.n FROM (SELECT v.n FROM jsonb_to_recordset(batch -> 'stays') AS v (n integer)
                         UNION SELECT v.n FROM jsonb_to_recordset(batch -> 'slots') AS v (n integer)) AS s
         WHERE s.n = ANY(undecided) ORDER BY s.n
    LOOP
        undecided := array_remove(undecided, request_n);
        fits := NOT EXISTS (
            SELECT FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
              JOIN unnest(lot_ids, lot_available) AS l (id, units) ON l.id = d.lot
             WHERE d.n = request_n AND d.units > l.units)
            AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
              JOIN slots ON slots.id = s.slot_id
             WHERE s.n = request_n AND (slots.state <> 'open' OR s.party > slots.free));
        FOR stay IN
            SELECT s.listing_id, s.arrive, s.leave, daterange(s.arrive, s.leave) AS nights, s.bookings, s.fills_gap
              FROM jsonb_to_recordset(batch -> 'stays')
                   AS s (n integer, listing_id uuid, arrive date, leave date, bookings uuid[], fills_gap boolean)
             WHERE s.n = request_n AND fits
             ORDER BY s.listing_id
        LOOP
            IF stay.fills_gap
               AND NOT fills_gap(stay.listing_id, stay.arrive, stay.leave, (
                       SELECT business_day(o.placed_at)
                         FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, placed_at timestamptz)
                        WHERE o.n = request_n))
               AND EXISTS (SELECT FROM rooms r
                            WHERE r.listing_id = stay.listing_id AND r.open
                              AND NOT EXISTS (SELECT FROM taken_nights t
                                               WHERE t.room_id = r.id AND t.nights && stay.nights)) THEN
                refused := refused || jsonb_build_object('n', request_n, 'obstacle', 'gap', 'item_id', stay.listing_id);
                fits := false;
            END IF;
            CONTINUE WHEN NOT fits;
            INSERT INTO taken_nights (room_id, nights, booking_id)
            SELECT room.id, stay.nights, b.id
              FROM (SELECT r.id, row_number() OVER (ORDER BY r.position) AS index
                      FROM rooms r
                     WHERE r.listing_id = stay.listing_id AND r.open
                       AND NOT EXISTS (SELECT FROM taken_nights t WHERE t.room_id = r.id AND t.nights && stay.nights)
                   ) AS room
              JOIN unnest(stay.bookings) WITH ORDINALITY AS b (id, index) ON b.index = room.index
                ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS taken_rooms = ROW_COUNT;
            fits := fits AND taken_rooms = cardinality(stay.bookings);
        END LOOP;
        IF fits THEN
            admitted := admitted || request_n;
            UPDATE slots SET free = slots.free - s.party
              FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
             WHERE s.n = request_n AND slots.id = s.slot_id;
            lot_available := subtract_order_units(
                lot_ids, lot_available, need_n, need_lot, need_units, ARRAY[request_n]);
        ELSE
            DELETE FROM taken_nights
             WHERE booking_id IN (
                   SELECT unnest(s.bookings) FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, bookings uuid[])
                    WHERE s.n = request_n);
        END IF;
    END LOOP;

    -- Orders of goods without lots need no units.
    admitted := admitted || ARRAY(SELECT u FROM unnest(undecided) AS u WHERE u <> ALL(need_n));

    -- Decide the other orders in rounds: an order is admitted if, on each of its lots, the running sum of the units
    -- requested up to and including it is available. The sums include orders that lack units of another lot, so the
    -- rejected orders are decided again in the next round, until none fits even alone. Each round admits at least one.
    LOOP
        undecided := ARRAY(
            SELECT u FROM unnest(undecided) AS u
             WHERE u = ANY(need_n) AND NOT EXISTS (
                   SELECT FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
                     JOIN unnest(lot_ids, lot_available) AS l (id, units) ON l.id = d.lot
                    WHERE d.n = u AND d.units > l.units)
             ORDER BY u);
        EXIT WHEN cardinality(undecided) = 0;
        fitting := ARRAY(
            SELECT r.n
              FROM (SELECT d.n, sum(d.units) OVER (PARTITION BY d.lot ORDER BY d.n) <= l.units AS fits
                      FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
                      JOIN unnest(lot_ids, lot_available) AS l (id, units) ON l.id = d.lot
                     WHERE d.n = ANY(undecided)) AS r
             GROUP BY r.n HAVING bool_and(r.fits));
        admitted := admitted || fitting;
        lot_available := subtract_order_units(lot_ids, lot_available, need_n, need_lot, need_units, fitting);
        undecided := ARRAY(SELECT u FROM unnest(undecided) AS u WHERE u <> ALL(fitting));
    END LOOP;

    -- The buyer's lock keeps another batch from placing the same request meanwhile.
    INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen,
                        discount_fen, total_fen, items, lot_units, placed_at, pay_until)
    SELECT o.id, o.buyer_id, o.key, decode(o.fingerprint, 'hex'), o.region_code, decode(o.address, 'hex'),
           o.goods_fen, o.freight_fen, o.discount_fen, o.goods_fen + o.freight_fen - o.discount_fen,
           o.items, o.lot_units, o.placed_at, o.pay_until
      FROM jsonb_to_recordset(batch -> 'orders')
           AS o (n integer, id uuid, buyer_id uuid, key text, fingerprint text, region_code text, address text,
                 goods_fen bigint, freight_fen bigint, discount_fen bigint, items integer, lot_units bigint,
                 placed_at timestamptz, pay_until timestamptz)
     WHERE o.n = ANY(admitted);
    UPDATE lots
       SET available_units = lots.available_units - ordered.units, reserved_units = reserved_units + ordered.units
      FROM (SELECT d.lot, sum(d.units)::integer AS units
              FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
             WHERE d.n = ANY(admitted)
             GROUP BY d.lot) AS ordered
     WHERE lots.id = ordered.lot;
    PERFORM write_orders(batch, admitted);

    RETURN QUERY
        SELECT o.n, made.fingerprint, made.id, made.number, made.state, made.goods_fen, made.freight_fen,
               made.discount_fen, made.total_fen, made.placed_at, made.pay_until,
               refusal.obstacle, coalesce(refusal.item_id, short.lot, full_stay.listing_id, full_slot.id),
               coalesce(refusal.left_units, short.available_units, full_slot.left_places),
               CASE WHEN short.lot IS NOT NULL THEN short.available_units + short.reserved_units >= short.units
                    ELSE coalesce(full_stay.reserved, full_slot.reserved, false) END,
               refusal.until
          FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, buyer_id uuid, key text)
          LEFT JOIN orders made ON made.buyer_id = o.buyer_id AND made.key = o.key
          LEFT JOIN LATERAL (
               SELECT r.obstacle, r.item_id, r.left_units, r.until
                 FROM jsonb_to_recordset(refused)
                      AS r (n integer, obstacle text, item_id uuid, left_units bigint, until timestamptz)
                WHERE made.id IS NULL AND r.n = o.n
                LIMIT 1) AS refusal ON true
          LEFT JOIN LATERAL (
               SELECT d.lot, d.units, lots.available_units, lots.reserved_units
                 FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units) JOIN lots ON lots.id = d.lot
                WHERE made.id IS NULL AND refusal.obstacle IS NULL AND d.n = o.n AND d.units > lots.available_units
                ORDER BY lots.available_units + lots.reserved_units >= d.units, d.lot
                LIMIT 1) AS short ON true
          LEFT JOIN LATERAL (
               SELECT s.listing_id,
                      cardinality(s.bookings) <= count(*) FILTER (WHERE NOT EXISTS (
                          SELECT FROM taken_nights t LEFT JOIN bookings b ON b.id = t.booking_id
                           WHERE t.room_id = r.id AND t.nights && daterange(s.arrive, s.leave)
                             AND b.state IS DISTINCT FROM 'reserved')) AS reserved
                 FROM jsonb_to_recordset(batch -> 'stays')
                      AS s (n integer, listing_id uuid, arrive date, leave date, bookings uuid[])
                 LEFT JOIN rooms r ON r.listing_id = s.listing_id AND r.open
                WHERE made.id IS NULL AND refusal.obstacle IS NULL AND short.lot IS NULL AND s.n = o.n
                GROUP BY s.listing_id, s.arrive, s.leave, s.bookings
               HAVING cardinality(s.bookings) > count(*) FILTER (WHERE NOT EXISTS (
                          SELECT FROM taken_nights t
                           WHERE t.room_id = r.id AND t.nights && daterange(s.arrive, s.leave)))
                ORDER BY s.listing_id
                LIMIT 1) AS full_stay ON true
          LEFT JOIN LATERAL (
               SELECT slots.id, places.left_places,
                      slots.state = 'open' AND s.party <= places.left_places
                          + (SELECT coalesce(sum(r.party), 0) FROM slot_reservations r
                              WHERE r.slot_id = slots.id AND r.state = 'reserved') AS reserved
                 FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
                 JOIN slots ON slots.id = s.slot_id
                CROSS JOIN LATERAL (
                      SELECT CASE WHEN slots.state = 'open' THEN slots.free ELSE 0 END AS left_places) AS places
                WHERE made.id IS NULL AND refusal.obstacle IS NULL AND short.lot IS NULL
                  AND full_stay.listing_id IS NULL AND s.n = o.n AND s.party > places.left_places
                ORDER BY slots.id
                LIMIT 1) AS full_slot ON true;
END
$$;


--
-- Name: record_refund(uuid, uuid[], bigint[], bigint, bigint, bigint, text, text, uuid, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_refund(p_suborder uuid, p_lines uuid[], p_amounts bigint[], p_buyer_fen bigint, p_payable_fen bigint, p_commission_fen bigint, p_key text, p_reason text, p_by uuid, p_note text, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    refunded_goods bigint := (SELECT coalesce(sum(fen), 0) FROM unnest(p_amounts) AS fen);
BEGIN
    WITH shares AS (
        SELECT l.id, fen
          FROM unnest(p_lines, p_amounts) AS shares (line_id, fen)
          JOIN order_lines l ON l.id = line_id AND l.suborder_id = p_suborder
         WHERE fen > 0
    ), recorded AS (
        INSERT INTO line_refunds (line_id, key, amount_fen, reason, requested_by, note, at)
        SELECT id, p_key, fen, p_reason, p_by, p_note, p_at FROM shares
    ), changed AS (
        UPDATE order_lines SET refunded_fen = refunded_fen + fen FROM shares WHERE order_lines.id = shares.id
        RETURNING fen
    )
    UPDATE suborders
       SET refunded_fen = refunded_fen + p_buyer_fen, payable_fen = payable_fen - p_payable_fen,
           commission_fen = commission_fen - p_commission_fen
     WHERE id = p_suborder
       AND least(p_buyer_fen, p_payable_fen, p_commission_fen) >= 0
       AND p_payable_fen + p_commission_fen = CASE WHEN released_at IS NULL THEN 0 ELSE refunded_goods END
       AND refunded_goods = (SELECT coalesce(sum(fen), 0) FROM changed);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the refund of suborder % does not add up', p_suborder USING ERRCODE = 'P0105';
    END IF;
END
$$;


--
-- Name: record_release(uuid, bigint, bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_release(p_suborder uuid, p_payable_fen bigint, p_commission_fen bigint, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF p_payable_fen + p_commission_fen
       > (SELECT sum(amount_fen - refunded_fen) FROM order_lines WHERE suborder_id = p_suborder) THEN
        RAISE EXCEPTION 'more is released than suborder % has left', p_suborder USING ERRCODE = 'P0105';
    END IF;
    UPDATE suborders SET released_at = p_at, payable_fen = p_payable_fen, commission_fen = p_commission_fen
     WHERE id = p_suborder AND released_at IS NULL;
END
$$;


--
-- Name: record_supervision_move(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_supervision_move() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO supervision_events (task_id, kind, account_id, at, text, figure)
    VALUES (NEW.id, NEW.state,
            CASE NEW.state WHEN 'issued' THEN NEW.issued_by WHEN 'evidence' THEN NEW.sent_by ELSE NEW.decided_by END,
            CASE NEW.state WHEN 'issued' THEN NEW.issued_at WHEN 'evidence' THEN NEW.sent_at ELSE NEW.decided_at END,
            CASE NEW.state WHEN 'issued' THEN '' WHEN 'evidence' THEN NEW.evidence_text ELSE NEW.reason END,
            CASE NEW.state WHEN 'evidence' THEN NEW.evidence_figure END);
    RETURN NULL;
END
$$;


--
-- Name: recount_review(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.recount_review() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE listings SET rating_sum = rating_sum + new.rating - old.rating WHERE id = new.listing_id;
    RETURN NULL;
END
$$;


--
-- Name: redact_original(uuid, boolean, text, bytea, text, integer, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.redact_original(p_file uuid, p_attached boolean, p_name text, p_content_sealed bytea, p_sha256 text, p_bytes integer, p_by text, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    county text;
BEGIN
    UPDATE import_originals
       SET content_sealed = p_content_sealed, redacted_sha256 = p_sha256, redacted_bytes = p_bytes, redacted_at = p_at
     WHERE file_id = p_file AND attached = p_attached AND name = p_name
    RETURNING county_code INTO STRICT county;
    PERFORM add_audit_entry(p_at, p_by, 'redact original', 'county:' || county,
                            jsonb_build_object('file_id', p_file, 'file', p_name, 'sha256', p_sha256));
END
$$;


--
-- Name: refresh_certified_until(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refresh_certified_until(p_producer uuid) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE listings SET certified_until = get_certified_until(producer_id, category_code)
     WHERE producer_id = p_producer AND certified_until <> get_certified_until(producer_id, category_code)
$$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', tg_table_name USING ERRCODE = 'P0100';
END
$$;


--
-- Name: refuse_claim_deletion(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_claim_deletion() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM import_files
                    WHERE id = nullif(current_setting('market.import_file', true), '')::uuid
                      AND replaces = OLD.file_id) THEN
        RAISE EXCEPTION 'claims is append-only' USING ERRCODE = 'P0100';
    END IF;
    RETURN OLD;
END
$$;


--
-- Name: refuse_entry_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_entry_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the book of quotas is append-only' USING ERRCODE = 'P0244';
END
$$;


--
-- Name: refuse_goods(uuid, uuid[], bigint[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_goods(p_order uuid, p_lines uuid[], p_amounts bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    refused bigint := (SELECT coalesce(sum(fen), 0) FROM unnest(p_amounts) AS fen);
BEGIN
    UPDATE orders SET refused_fen = refused WHERE id = p_order AND state = 'placed' AND terms = 'contract' AND refused_fen = 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the goods of order % cannot be refused', p_order USING ERRCODE = 'P0245';
    END IF;
    WITH changed AS (
        UPDATE order_lines l SET refunded_fen = fen
          FROM unnest(p_lines, p_amounts) AS part (line_id, fen)
          JOIN order_lines own ON own.id = line_id JOIN suborders s ON s.id = own.suborder_id AND s.order_id = p_order
         WHERE l.id = line_id AND fen > 0
        RETURNING fen)
    SELECT refused - coalesce(sum(fen), 0) INTO refused FROM changed;
    IF refused <> 0 THEN
        RAISE EXCEPTION 'the refused goods of order % do not add up', p_order USING ERRCODE = 'P0245';
    END IF;
END
$$;


--
-- Name: refuse_late_deposit(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_late_deposit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM cycles WHERE county_code = NEW.county_code AND month = NEW.month) THEN
        RAISE EXCEPTION 'the month was opened' USING ERRCODE = 'check_violation', CONSTRAINT = 'sample_deposits_in_time';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: refuse_lower_marks(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_lower_marks() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF new.messages < old.messages OR new.buyer_wrote < old.buyer_wrote OR new.seller_wrote < old.seller_wrote
       OR new.buyer_read < old.buyer_read OR new.seller_read < old.seller_read THEN
        RAISE EXCEPTION 'what was written or read of a conversation stays so' USING ERRCODE = 'P0161';
    END IF;
    RETURN new;
END
$$;


--
-- Name: refuse_merged_household(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_merged_household() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM households
                WHERE county_code = NEW.county_code AND code = NEW.household_code
                  AND NEW.valid_during && daterange(merged_on, NULL) AND merged_on IS NOT NULL) THEN
        RAISE EXCEPTION 'the household % was merged', NEW.household_code USING ERRCODE = 'P0144';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: refuse_operator_in_office(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_operator_in_office() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM accounts WHERE id = NEW.account_id FOR NO KEY UPDATE;
    IF (tg_table_name = 'grants' AND EXISTS (
            SELECT FROM operator_grants WHERE account_id = NEW.account_id AND valid_during && NEW.valid_during))
       OR (tg_table_name = 'operator_grants' AND EXISTS (
            SELECT FROM grants WHERE account_id = NEW.account_id AND valid_during && NEW.valid_during)) THEN
        RAISE EXCEPTION 'an account of an operator has no role' USING ERRCODE = 'P0150';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: refuse_placed_order(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_placed_order() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    placed bigint;
BEGIN
    IF TG_TABLE_NAME = 'suborders' THEN
        SELECT o.number INTO placed
          FROM added JOIN orders o ON o.id = added.order_id
         WHERE o.placed_in <> pg_current_xact_id() LIMIT 1;
    ELSE
        SELECT o.number INTO placed
          FROM added JOIN suborders s ON s.id = added.suborder_id JOIN orders o ON o.id = s.order_id
         WHERE o.placed_in <> pg_current_xact_id() LIMIT 1;
    END IF;
    IF placed IS NOT NULL THEN
        RAISE EXCEPTION 'order % was placed before', placed USING ERRCODE = 'P0105';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: refuse_review_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_review_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF tg_op = 'DELETE'
       OR (old.id, old.suborder_id, old.listing_id, old.producer_id, old.account_id, old.at)
          IS DISTINCT FROM (new.id, new.suborder_id, new.listing_id, new.producer_id, new.account_id, new.at)
       OR ((old.rating, old.text) IS DISTINCT FROM (new.rating, new.text)
           AND (new.edited_at IS NOT DISTINCT FROM old.edited_at OR old.hidden_for IS NOT NULL))
       OR (old.answer IS NOT NULL AND new.answer IS DISTINCT FROM old.answer
           AND NOT coalesce(old.edited_at > old.answered_at, false))
       OR (old.hidden_for IS NOT NULL AND new.hidden_for IS DISTINCT FROM old.hidden_for)
    THEN
        RAISE EXCEPTION 'a review is answered once, and never changed otherwise or deleted' USING ERRCODE = 'P0100';
    END IF;
    IF (old.rating, old.text) IS DISTINCT FROM (new.rating, new.text)
       OR (old.answer IS NOT NULL AND new.answer IS DISTINCT FROM old.answer) THEN
        INSERT INTO review_versions (review_id, rating, text, answer, replaced_at)
        VALUES (old.id, old.rating, old.text, old.answer, greatest(new.edited_at, new.answered_at));
    END IF;
    RETURN new;
END
$$;


--
-- Name: refuse_second_weight(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_second_weight() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'line % was weighed before', OLD.line_id USING ERRCODE = 'P0113';
END
$$;


--
-- Name: refuse_used_lines_deletion(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_used_lines_deletion() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    runs uuid[] := ARRAY(SELECT DISTINCT run_id FROM gone);
BEGIN
    IF EXISTS (SELECT FROM unnest(runs) AS run_id WHERE is_run_used(run_id)) THEN
        RAISE EXCEPTION '% of a run that is used are kept', TG_TABLE_NAME USING ERRCODE = 'P0100';
    END IF;
    IF TG_TABLE_NAME = 'run_explanations' AND EXISTS (SELECT FROM run_lines WHERE run_id = ANY(runs)) THEN
        RAISE EXCEPTION 'lines of the run need its explanations'
              USING ERRCODE = '23503', CONSTRAINT = 'run_lines_explanation';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: replace_roles(uuid, text[], text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.replace_roles(p_account uuid, p_roles text[], p_scope text, p_by text, p_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    today date := business_day(p_at);
    ended integer := (SELECT count(*) FROM grants WHERE account_id = p_account AND valid_during @> today);
    ends boolean := p_roles = '{}';
BEGIN
    DELETE FROM grants WHERE p_account IN (account_id, deputy_for) AND lower(valid_during) >= today;
    UPDATE grants SET valid_during = daterange(lower(valid_during), today)
     WHERE p_account IN (account_id, deputy_for) AND valid_during @> today;
    INSERT INTO grants (account_id, role, scope, valid_during)
    SELECT p_account, role, p_scope, daterange(today, CASE role WHEN 'auditor' THEN today + 180 END)
      FROM unnest(p_roles) AS role
    ON CONFLICT ON CONSTRAINT grants_unique DO NOTHING;
    UPDATE accounts SET totp_sealed = NULL WHERE id = p_account AND ends;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(
        p_at, p_by, CASE WHEN ends THEN 'official.end' ELSE 'official.move' END, 'account:' || p_account,
        jsonb_build_object('handle', (SELECT handle FROM accounts WHERE id = p_account), 'ended', ended,
                           'roles', p_roles, 'scope', p_scope));
    RETURN ended;
END
$$;


--
-- Name: require_line_explanations(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.require_line_explanations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT run_id, explanation FROM added EXCEPT SELECT run_id, number FROM run_explanations
                WHERE run_id IN (SELECT run_id FROM added)) THEN
        RAISE EXCEPTION 'a line needs its explanation' USING ERRCODE = '23503', CONSTRAINT = 'run_lines_explanation';
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: require_weights(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.require_weights() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM order_lines JOIN catch_weights ON line_id = order_lines.id
                WHERE suborder_id = NEW.id AND weighed_at IS NULL) THEN
        RAISE EXCEPTION 'suborder % was not weighed', NEW.id USING ERRCODE = 'P0113';
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: restore_quota(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.restore_quota() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO quota_entries (organisation_id, year, list, kind, fen, order_id, at)
    SELECT organisation_id, year, list, 'returned', NEW.refunded_fen - OLD.refunded_fen, order_id, clock_timestamp()
      FROM procurements
     WHERE order_id = NEW.order_id AND paid_at IS NOT NULL AND list IS NOT NULL AND NEW.refunded_fen > OLD.refunded_fen;
    RETURN NULL;
END
$$;


--
-- Name: save_official(text, text, bytea, bytea, bytea, boolean, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.save_official(p_handle text, p_name text, p_phone_index bytea, p_phone_sealed bytea, p_totp_sealed bytea, p_sample boolean, p_by text, p_at timestamp with time zone) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    saved uuid;
BEGIN
    INSERT INTO accounts (handle, name, phone_index, phone_sealed, totp_sealed, sample, created_at)
    VALUES (p_handle, p_name, p_phone_index, p_phone_sealed, p_totp_sealed, p_sample, p_at)
    ON CONFLICT ON CONSTRAINT accounts_phone_unique DO UPDATE
       SET handle = coalesce(accounts.handle, excluded.handle),
           name = excluded.name,
           totp_sealed = excluded.totp_sealed
     WHERE accounts.closed_at IS NULL AND coalesce(accounts.handle, excluded.handle) = excluded.handle
    RETURNING id INTO saved;
    IF saved IS NOT NULL AND p_totp_sealed IS NOT NULL THEN
        PERFORM add_audit_entry(p_at, p_by, 'official.second_factor', 'account:' || saved,
                                jsonb_build_object('handle', p_handle));
    END IF;
    RETURN saved;
END
$$;


--
-- Name: organisation_members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.organisation_members (
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role text NOT NULL,
    CONSTRAINT organisation_members_role CHECK ((role = ANY (ARRAY['owner'::text, 'clerk'::text])))
);


--
-- Name: pairings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pairings (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    organisation_id uuid NOT NULL,
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    valid_during daterange NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    agreed_by uuid,
    agreed_at timestamp with time zone,
    CONSTRAINT pairings_agreed CHECK (((agreed_by IS NULL) = (agreed_at IS NULL))),
    CONSTRAINT pairings_term CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)) AND (NOT upper_inf(valid_during)) AND ((upper(valid_during) - lower(valid_during)) <= 3654))),
    CONSTRAINT pairings_two_people CHECK ((agreed_by <> proposed_by))
);


--
-- Name: sees_pairing(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sees_pairing(p_pairing uuid) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN (EXISTS (SELECT FROM public.pairings WHERE ((pairings.id = sees_pairing.p_pairing) AND CASE WHEN starts_with(pairings.county_code, public.get_visible_county()) THEN true WHEN (pairings.organisation_id IN (SELECT organisation_members.organisation_id FROM public.organisation_members WHERE (organisation_members.account_id = public.get_visible_person()))) THEN true ELSE false END)));


--
-- Name: organisations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.organisations (
    id uuid DEFAULT uuidv7() NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    credit_code text NOT NULL,
    county_code text NOT NULL,
    applied_by uuid NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    verified_by uuid,
    verified_at timestamp with time zone,
    CONSTRAINT organisations_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT organisations_credit_code CHECK (public.is_credit_code(credit_code)),
    CONSTRAINT organisations_kind CHECK ((kind = ANY (ARRAY['employer'::text, 'operator'::text, 'public_unit'::text, 'company'::text, 'clinic'::text, 'charity'::text, 'organiser'::text]))),
    CONSTRAINT organisations_name CHECK (((length(name) >= 2) AND (length(name) <= 60))),
    CONSTRAINT organisations_two_people CHECK ((verified_by <> applied_by)),
    CONSTRAINT organisations_verified CHECK (((verified_by IS NULL) = (verified_at IS NULL)))
);


--
-- Name: public_buyers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.public_buyers (
    account_id uuid NOT NULL,
    ends_on date NOT NULL,
    verified_by uuid NOT NULL,
    verified_at timestamp with time zone NOT NULL,
    organisation_id uuid NOT NULL,
    duty text DEFAULT 'requester'::text NOT NULL,
    CONSTRAINT public_buyers_duty CHECK ((duty = ANY (ARRAY['requester'::text, 'approver'::text, 'acceptor'::text, 'finance'::text]))),
    CONSTRAINT public_buyers_two_people CHECK ((verified_by <> account_id))
);


--
-- Name: sees_unit(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sees_unit(p_organisation uuid) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN ((EXISTS (SELECT FROM public.public_buyers WHERE ((public_buyers.organisation_id = sees_unit.p_organisation) AND (public_buyers.account_id = public.get_visible_person())))) OR (EXISTS (SELECT FROM public.organisations WHERE ((organisations.id = sees_unit.p_organisation) AND starts_with(organisations.county_code, public.get_visible_county())))));


--
-- Name: set_auditor_end(uuid, date, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_auditor_end(p_account uuid, p_last date, p_by text, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE grants SET valid_during = daterange(lower(valid_during), p_last + 1)
     WHERE account_id = p_account AND role = 'auditor' AND valid_during @> business_day(p_at);
    PERFORM add_audit_entry(
        p_at, p_by, 'official.auditor_end', 'account:' || p_account, jsonb_build_object('last', p_last));
END
$$;


--
-- Name: set_deputy(uuid, uuid, text, daterange, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_deputy(p_account uuid, p_deputy uuid, p_county text, p_during daterange, p_by text, p_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    today date := business_day(p_at);
    given integer;
BEGIN
    PERFORM FROM accounts WHERE id IN (p_account, p_deputy) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM grants WHERE account_id = p_deputy AND deputy_for = p_account AND starts_with(scope, p_county)
       AND lower(valid_during) >= today;
    UPDATE grants SET valid_during = daterange(lower(valid_during), today)
     WHERE account_id = p_deputy AND deputy_for = p_account AND starts_with(scope, p_county)
       AND valid_during @> today;
    INSERT INTO grants (account_id, role, scope, valid_during, deputy_for)
    SELECT p_deputy, g.role, g.scope, p_during, p_account
      FROM grants g
     WHERE g.account_id = p_account AND g.deputy_for IS NULL AND starts_with(g.scope, p_county)
       AND NOT isempty(p_during) AND g.valid_during @> p_during
       AND NOT EXISTS (SELECT FROM grants held
                        WHERE held.account_id = p_deputy AND held.role = g.role AND held.scope = g.scope
                          AND held.valid_during && p_during);
    GET DIAGNOSTICS given = ROW_COUNT;
    PERFORM add_audit_entry(
        p_at, p_by, 'official.deputy', 'account:' || p_deputy,
        jsonb_build_object('for', p_account, 'from', lower(p_during), 'until', upper(p_during), 'roles', given));
    RETURN given;
END
$$;


--
-- Name: set_order_terms(uuid, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_order_terms(p_order uuid, p_terms text, p_until timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE orders SET terms = p_terms, pay_until = p_until
     WHERE id = p_order AND state = 'placed'
       AND (terms, p_terms) IN (('prepaid', 'requested'), ('requested', 'requested'), ('requested', 'contract'));
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE suborders SET commission_bp = 0 WHERE order_id = p_order AND commission_bp <> 0;
    RETURN true;
END
$$;


--
-- Name: set_person_key(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_person_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.person_key = get_person_key(NEW.account_id);
    RETURN NEW;
END;
$$;


--
-- Name: set_review_producer(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_review_producer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT producer_id INTO new.producer_id FROM listings WHERE id = new.listing_id;
    RETURN new;
END
$$;


--
-- Name: set_second_factor(text, bytea, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_second_factor(p_handle text, p_totp_sealed bytea, p_by text, p_at timestamp with time zone) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    changed uuid;
BEGIN
    UPDATE accounts SET totp_sealed = p_totp_sealed WHERE handle = p_handle AND closed_at IS NULL
    RETURNING id INTO changed;
    IF changed IS NOT NULL THEN
        UPDATE sessions SET revoked_at = p_at WHERE account_id = changed AND revoked_at IS NULL;
        PERFORM add_audit_entry(p_at, p_by, 'official.second_factor', 'account:' || changed,
                                jsonb_build_object('handle', p_handle));
    END IF;
    RETURN changed;
END
$$;


--
-- Name: start_session(bytea, uuid, timestamp with time zone, boolean, text, bytea, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.start_session(p_token_hash bytea, p_account uuid, p_expires_at timestamp with time zone, p_second_factor boolean, p_device text, p_device_key bytea, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO sessions (token_hash, account_id, created_at, seen_at, expires_at, second_factor, device, device_key)
    VALUES (p_token_hash, p_account, p_at, p_at, p_expires_at, p_second_factor, p_device, p_device_key);
    PERFORM add_audit_entry(p_at, p_account::text, 'account.sign_in', 'account:' || p_account,
                            jsonb_build_object('second_factor', p_second_factor, 'device', p_device));
END
$$;


--
-- Name: subtract_order_units(uuid[], bigint[], integer[], uuid[], bigint[], integer[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.subtract_order_units(lot_ids uuid[], lot_available bigint[], need_n integer[], need_lot uuid[], need_units bigint[], admitted integer[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT (l.units - (COALESCE((SELECT sum(d.units) AS sum FROM UNNEST(subtract_order_units.need_n, subtract_order_units.need_lot, subtract_order_units.need_units) d(n, lot, units) WHERE ((d.lot = l.id) AND (d.n = ANY (subtract_order_units.admitted)))), (0)::numeric))::bigint) FROM UNNEST(subtract_order_units.lot_ids, subtract_order_units.lot_available) WITH ORDINALITY l(id, units, index) ORDER BY l.index);


--
-- Name: sum_budget_lines(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sum_budget_lines() RETURNS TABLE(code text, fen bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH used (kind, county_code, month, funder, fen) AS (
        SELECT 'committed', c.county_code, c.month, share.key, share.value::bigint
          FROM cycles c
          JOIN run_lines r ON r.run_id = c.run_id
         CROSS JOIN LATERAL jsonb_each_text(r.shares) AS share
         WHERE c.state = 'decided' AND share.key <> 'operator'
        UNION ALL
        SELECT CASE WHEN p.for_month = c.month THEN 'spent' ELSE 'adjusted' END, p.county_code, p.for_month, share.key,
               share.value::bigint
          FROM subsidy_postings p
          JOIN cycles c ON c.id = p.cycle_id
         CROSS JOIN LATERAL jsonb_each_text(p.shares) AS share
         WHERE share.key <> 'operator'
    ), lines (code, fen) AS (
        SELECT format('%s:%s:%s:%s', kind, county_code, extract(year FROM month), funder), fen FROM used
        UNION ALL
        SELECT format('budget:%s:%s', county_code, extract(year FROM month)), -fen FROM used
        UNION ALL
        SELECT format('budget:%s:%s', county_code, extract(year FROM month)), public_fen FROM budgets)
    SELECT lines.code, sum(lines.fen)::bigint FROM lines GROUP BY lines.code;
$$;


--
-- Name: sum_kept_back(uuid, timestamp with time zone, timestamp with time zone, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sum_kept_back(p_producer uuid, p_claims_since timestamp with time zone, p_returns_since timestamp with time zone, p_now timestamp with time zone, p_mediation_days integer) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH recent AS MATERIALIZED (
        SELECT id, payable_fen
          FROM suborders
         WHERE producer_id = p_producer AND state = 'received' AND kind = 'goods' AND released_at IS NOT NULL
           AND (received_at > p_claims_since
                OR discount_fen > 0 AND received_at > p_now - interval '30 days' AND NOT is_receipt_proven(id)
                OR received_at > p_returns_since
                   AND EXISTS (SELECT FROM order_lines WHERE suborder_id = suborders.id AND NOT perishable))
    ), refused AS (
        SELECT id
          FROM cases
         WHERE against_producer_id = p_producer AND category IN ('bad_fruit', 'goods_return') AND outcome = 'unsolved'
           AND closed_at >= p_now - make_interval(days =>
                   coalesce(get_county_setting(county_code, 'mediation_days', business_day(closed_at)), p_mediation_days))
           AND NOT EXISTS (SELECT FROM mediations WHERE source_id = cases.id)
    ), asked AS (
        SELECT c.line_id, c.amount_fen
          FROM cases JOIN bad_fruit_claims c ON c.case_id = cases.id
         WHERE against_producer_id = p_producer AND cases.state IN ('received', 'assigned', 'answered')
         UNION ALL
        SELECT r.line_id, r.amount_fen
          FROM goods_return_lines r
          JOIN order_lines ON order_lines.id = r.line_id
          JOIN suborders ON suborders.id = suborder_id
         WHERE producer_id = p_producer AND r.state = 'open'
         UNION ALL
        SELECT q.line_id, q.amount_fen
          FROM refund_requests q JOIN suborders ON suborders.id = q.suborder_id
         WHERE producer_id = p_producer AND q.state = 'waiting'
         UNION ALL
        SELECT m.line_id, m.amount_fen
          FROM mediation_lines m
          JOIN order_lines ON order_lines.id = m.line_id
          JOIN suborders ON suborders.id = suborder_id
         WHERE producer_id = p_producer AND m.granted_fen IS NULL
         UNION ALL
        SELECT c.line_id, c.amount_fen FROM refused JOIN bad_fruit_claims c ON c.case_id = refused.id
         UNION ALL
        SELECT r.line_id, r.amount_fen FROM refused JOIN goods_return_lines r ON r.case_id = refused.id AND r.state = 'refused'
    )
    SELECT (coalesce((SELECT sum(payable_fen) FROM recent), 0)
         + coalesce((SELECT sum(least(asked.amount_fen, order_lines.amount_fen - order_lines.refunded_fen))
                       FROM asked
                       JOIN order_lines ON order_lines.id = asked.line_id
                       JOIN suborders ON suborders.id = order_lines.suborder_id AND released_at IS NOT NULL
                      WHERE suborders.id NOT IN (SELECT id FROM recent)), 0))::bigint
$$;


--
-- Name: sum_receivables(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sum_receivables() RETURNS TABLE(code text, fen bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH moves (county_code, debtor, kind, at, fen) AS (
        SELECT county_code, coalesce(operator, debtor), 'clawback', posted_at, amount_fen FROM clawbacks WHERE posted_at IS NOT NULL
        UNION ALL
        SELECT e.county_code, coalesce(c.operator, c.debtor),
               CASE e.kind WHEN 'repaid' THEN 'recovered' WHEN 'set_off' THEN 'setoff' ELSE 'clawback' END,
               coalesce(e.decided_at, e.recorded_at), -e.fen
          FROM clawback_entries e JOIN clawbacks c ON c.id = e.clawback_id
         WHERE e.outcome = 'confirmed'
    ), lines (code, fen) AS (
        SELECT format('receivable:%s:%s', county_code, debtor), fen FROM moves
        UNION ALL
        SELECT format('%s:%s:%s', kind, county_code, extract(year FROM business_day(at))), -fen FROM moves)
    SELECT lines.code, sum(lines.fen)::bigint FROM lines GROUP BY lines.code;
$$;


--
-- Name: sum_shares(jsonb[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sum_shares(parts jsonb[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT COALESCE(jsonb_object_agg(sums.funder, sums.fen), '{}'::jsonb) AS "coalesce" FROM (SELECT jsonb_each_text.key AS funder, (sum((jsonb_each_text.value)::bigint))::bigint AS fen FROM unnest(sum_shares.parts) part(part), LATERAL jsonb_each_text(part.part) jsonb_each_text(key, value) GROUP BY jsonb_each_text.key) sums);


--
-- Name: sum_up_notices(text, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sum_up_notices(p_village text, p_day date) RETURNS TABLE(kind text, source text, reason text, notice_from date, notice_until date, matters bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT kind, source, reason, lower(notice), upper(notice), count(*)
      FROM leads
     WHERE village_code = p_village AND state IN ('noticed', 'reviewed') AND notice @> p_day
     GROUP BY kind, source, reason, notice
     ORDER BY lower(notice), kind, source, reason
$$;


--
-- Name: sum_up_objections(text, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sum_up_objections(p_village text, p_since date) RETURNS TABLE(reason text, outcome text, objections bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT reason, outcome, count(*)
      FROM objections JOIN cases ON cases.id = objections.case_id
     WHERE division_code = p_village AND business_day(received_at) >= p_since
     GROUP BY reason, outcome
     ORDER BY outcome NULLS FIRST, reason
$$;


--
-- Name: take_lead_step(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.take_lead_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    moved      leads;
    wanted     text;
    own_index  bytea := (SELECT identity_index FROM accounts WHERE id = NEW.account_id);
    today      date := business_day(NEW.at);
BEGIN
    SELECT * INTO moved FROM leads WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    IF moved.state IS DISTINCT FROM NEW.before THEN
        RAISE EXCEPTION 'the lead is %', moved.state USING ERRCODE = 'P0140';
    END IF;
    NEW.person_key = get_person_key(NEW.account_id);
    wanted := (SELECT duty FROM lead_moves
                WHERE step = NEW.step AND before = NEW.before AND after = NEW.after);
    IF wanted IS NOT NULL AND EXISTS (
            SELECT FROM lead_steps s JOIN lead_moves m USING (step, before, after)
             WHERE s.lead_id = NEW.lead_id AND m.duty <> wanted
               AND (s.step <> 'report' OR NEW.step NOT IN ('visit', 'match'))
               AND (is_same_person(s.account_id, NEW.account_id) OR s.person_key = NEW.person_key)) THEN
        RAISE EXCEPTION 'the person has another duty of the lead' USING ERRCODE = 'P0141';
    END IF;
    IF NEW.step NOT IN ('report', 'withdraw')
       AND (is_same_person(moved.applicant_id, NEW.account_id)
            OR EXISTS (SELECT FROM lead_persons WHERE lead_id = NEW.lead_id AND identity_index = own_index)
            OR EXISTS (SELECT FROM persons p JOIN memberships m ON m.person_id = p.id
                        WHERE p.county_code = moved.county_code AND p.identity_index = own_index
                          AND m.household_code IN (moved.household_code, moved.into_code)
                          AND m.valid_during @> today)) THEN
        RAISE EXCEPTION 'the person is involved in the lead' USING ERRCODE = 'P0141';
    END IF;
    IF NEW.step IN ('review', 'decide') AND today < upper(moved.notice) THEN
        RAISE EXCEPTION 'the notice ends on %', upper(moved.notice) USING ERRCODE = 'P0142';
    END IF;
    IF NEW.step IN ('review', 'decide')
       AND EXISTS (SELECT FROM objections o JOIN cases c ON c.id = o.case_id
                    WHERE o.lead_id = NEW.lead_id AND c.state <> 'closed') THEN
        RAISE EXCEPTION 'an objection waits for an answer' USING ERRCODE = 'P0146';
    END IF;
    IF NEW.step = 'decide' AND moved.kind = 'enrol'
       AND NOT EXISTS (SELECT FROM lead_consents WHERE lead_id = NEW.lead_id) THEN
        RAISE EXCEPTION 'the household has not consented' USING ERRCODE = 'P0145';
    END IF;
    UPDATE leads
       SET state = NEW.after,
           notice = CASE WHEN NEW.step = 'confirm' THEN NEW.notice
                         WHEN NEW.after IN ('reported', 'visited', 'matched') THEN NULL ELSE notice END,
           effective_on = NEW.effective_on,
           decided_at = CASE WHEN NEW.after = 'decided' THEN NEW.at END
     WHERE id = NEW.lead_id;
    RETURN NEW;
END
$$;


--
-- Name: withdraw_consent(uuid, uuid, date, bytea, bytea, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.withdraw_consent(p_lead uuid, p_account uuid, p_day date, p_note bytea, p_end_note bytea, p_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    own enrolments;
BEGIN
    SELECT e.* INTO own
      FROM leads l
      JOIN enrolments e ON e.county_code = l.county_code AND e.line_code = l.line_code AND e.decided
      JOIN lead_persons p ON p.lead_id = l.id AND p.identity_index = e.identity_index
     WHERE l.id = p_lead AND l.applicant_id = p_account AND l.state = 'decided';
    PERFORM FROM enrolment_pauses
      WHERE county_code = own.county_code AND line_code = own.line_code AND upper_inf(paused_during)
        FOR NO KEY UPDATE;
    PERFORM FROM lead_consents
      WHERE lead_id = p_lead AND withdrawn_at IS NULL AND own.line_code IS NOT NULL
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE enrolment_pauses
       SET paused_during = daterange(lower(paused_during), p_day), ended_by = p_account, ended_at = p_at,
           end_note_sealed = p_end_note
     WHERE county_code = own.county_code AND line_code = own.line_code AND upper_inf(paused_during)
       AND lower(paused_during) < p_day;
    INSERT INTO enrolment_pauses (county_code, line_code, paused_during, reason, note_sealed, paused_by, paused_at)
    SELECT own.county_code, own.line_code,
           daterange(greatest(p_day, own.entitled_from, (SELECT max(upper(paused_during)) FROM enrolment_pauses
                                                          WHERE county_code = own.county_code
                                                            AND line_code = own.line_code)), NULL),
           'consent', p_note, p_account, p_at
     WHERE NOT EXISTS (SELECT FROM enrolment_pauses
                        WHERE county_code = own.county_code AND line_code = own.line_code
                          AND upper_inf(paused_during));
    UPDATE lead_consents SET withdrawn_at = p_at WHERE lead_id = p_lead AND withdrawn_at IS NULL;
    RETURN true;
END
$$;


--
-- Name: write_orders(jsonb, integer[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.write_orders(batch jsonb, placed integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, discount_fen,
                           commission_bp)
    SELECT s.id, s.order_id, s.position, s.producer_id, s.kind, s.goods_fen, s.freight_fen, s.discount_fen,
           s.commission_bp
      FROM jsonb_to_recordset(batch -> 'suborders')
           AS s (n integer, id uuid, order_id uuid, position smallint, producer_id uuid, kind text, goods_fen bigint,
                 freight_fen bigint, discount_fen bigint, commission_bp integer)
     WHERE s.n = ANY(placed);
    INSERT INTO order_lines (id, suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen,
                             amount_fen, reduction_fen, lot_id, units, perishable, price_basis)
    SELECT l.id, l.suborder_id, l.position, l.listing_id, l.variant_id, l.title, l.unit, l.quantity, l.price_fen,
           l.amount_fen, l.reduction_fen, l.lot_id, l.units, listings.perishable,
           coalesce(l.price_basis, 'unit')
      FROM jsonb_to_recordset(batch -> 'lines')
           AS l (n integer, id uuid, suborder_id uuid, position smallint, listing_id uuid, variant_id uuid, title text,
                 unit text, quantity integer, price_fen bigint, amount_fen bigint, reduction_fen bigint, lot_id uuid,
                 units integer, price_basis text)
      JOIN listings ON listings.id = l.listing_id
     WHERE l.n = ANY(placed);
    IF jsonb_array_length(batch -> 'weights') > 0 THEN
        INSERT INTO catch_weights (line_id, unit_g, ceiling_g)
        SELECT w.line_id, w.unit_g, w.ceiling_g
          FROM jsonb_to_recordset(batch -> 'weights') AS w (n integer, line_id uuid, unit_g integer, ceiling_g bigint)
         WHERE w.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'windows') > 0 THEN
        INSERT INTO sending_windows (suborder_id, send_from, send_until)
        SELECT w.suborder_id, w.send_from, w.send_until
          FROM jsonb_to_recordset(batch -> 'windows') AS w (n integer, suborder_id uuid, send_from date, send_until date)
         WHERE w.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'deposits') > 0 THEN
        INSERT INTO deposits (order_id, deposit_fen, balance_fen, balance_from, balance_until)
        SELECT d.order_id, d.deposit_fen, d.balance_fen, d.balance_from, d.balance_until
          FROM jsonb_to_recordset(batch -> 'deposits')
               AS d (n integer, order_id uuid, deposit_fen bigint, balance_fen bigint, balance_from date,
                     balance_until date)
         WHERE d.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'stays') > 0 THEN
        INSERT INTO bookings (id, suborder_id, line_id, listing_id, room_id, nights, amount_fen)
        SELECT t.booking_id, s.suborder_id, s.line_id, s.listing_id, t.room_id, t.nights, s.room_fen
          FROM jsonb_to_recordset(batch -> 'stays')
               AS s (n integer, suborder_id uuid, line_id uuid, listing_id uuid, room_fen bigint, bookings uuid[])
          JOIN taken_nights t ON t.booking_id = ANY(s.bookings)
         WHERE s.n = ANY(placed);
        INSERT INTO booked_nights (booking_id, night, price_fen)
        SELECT booking.id, price.night, price.fen
          FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, bookings uuid[], prices jsonb)
         CROSS JOIN unnest(s.bookings) AS booking (id)
         CROSS JOIN jsonb_to_recordset(s.prices) AS price (night date, fen bigint)
         WHERE s.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'slots') > 0 THEN
        INSERT INTO slot_reservations (slot_id, suborder_id, party)
        SELECT s.slot_id, s.suborder_id, s.party
          FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, suborder_id uuid, slot_id uuid, party integer)
         WHERE s.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'packages') > 0 THEN
        INSERT INTO package_orders (order_id, package_id, count, price_fen, arrive_on)
        SELECT p.order_id, p.package_id, p.count, p.price_fen, p.arrive_on
          FROM jsonb_to_recordset(batch -> 'packages')
               AS p (n integer, order_id uuid, package_id uuid, count smallint, price_fen bigint, arrive_on date)
         WHERE p.n = ANY(placed);
        INSERT INTO package_lines (line_id, order_id, package_id, position, packages)
        SELECT l.line_id, p.order_id, p.package_id, l.position, l.packages
          FROM jsonb_to_recordset(batch -> 'package_lines')
               AS l (n integer, line_id uuid, position smallint, packages smallint)
          JOIN jsonb_to_recordset(batch -> 'packages') AS p (n integer, order_id uuid, package_id uuid) ON p.n = l.n
         WHERE l.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'redemptions') > 0 THEN
        INSERT INTO redemptions (order_id, voucher_id, discount_fen, redeemed_at)
        SELECT r.order_id, r.voucher_id, r.discount_fen, r.redeemed_at
          FROM jsonb_to_recordset(batch -> 'redemptions')
               AS r (n integer, order_id uuid, voucher_id uuid, discount_fen bigint, redeemed_at timestamptz)
         WHERE r.n = ANY(placed);
    END IF;
END
$$;


--
-- Name: failures; Type: TABLE; Schema: jobs; Owner: -
--

CREATE TABLE jobs.failures (
    job text NOT NULL,
    item uuid NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    error text NOT NULL
);


--
-- Name: schedules; Type: TABLE; Schema: jobs; Owner: -
--

CREATE TABLE jobs.schedules (
    name text NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    finished_at timestamp with time zone
);


--
-- Name: account_kinds; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.account_kinds (
    kind text NOT NULL,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT account_kinds_floor_needs_balance CHECK (((floor_minor IS NULL) OR keep_balance))
);


--
-- Name: accounts; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.accounts (
    id bigint NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT accounts_code CHECK (((code ~ '^[a-z]+(:[^[:space:]]{1,100})?$'::text) AND (split_part(code, ':'::text, 1) = kind))),
    CONSTRAINT accounts_currency CHECK ((currency ~ '^[A-Z]{3}$'::text))
);


--
-- Name: accounts_id_seq; Type: SEQUENCE; Schema: payments; Owner: -
--

ALTER TABLE payments.accounts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME payments.accounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: balances; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.balances (
    account_id bigint NOT NULL,
    amount_minor bigint DEFAULT 0 NOT NULL,
    floor_minor bigint,
    CONSTRAINT balances_floor CHECK (((floor_minor IS NULL) OR (amount_minor >= floor_minor)))
)
WITH (fillfactor='70');


--
-- Name: checkpoint_sums; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.checkpoint_sums (
    account_id bigint NOT NULL,
    amount_minor bigint NOT NULL
);


--
-- Name: checkpoints; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.checkpoints (
    through_id bigint NOT NULL,
    hash bytea NOT NULL,
    closed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: discrepancies; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.discrepancies (
    id uuid DEFAULT uuidv7() NOT NULL,
    provider text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    ledger_minor bigint,
    provider_minor bigint,
    opened_at timestamp with time zone NOT NULL,
    closed_by text,
    closed_at timestamp with time zone,
    note text,
    CONSTRAINT discrepancies_closed CHECK (
CASE
    WHEN (closed_at IS NULL) THEN (closed_by IS NULL)
    ELSE (COALESCE(length(note), 0) > 0)
END),
    CONSTRAINT discrepancies_kind CHECK ((kind = ANY (ARRAY['missing_here'::text, 'missing_there'::text, 'amount'::text, 'currency'::text, 'duplicate'::text])))
);


--
-- Name: disputes; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.disputes (
    id uuid DEFAULT uuidv7() NOT NULL,
    payment_id uuid NOT NULL,
    provider_ref text NOT NULL,
    amount_minor bigint NOT NULL,
    state text NOT NULL,
    reason text,
    due_at timestamp with time zone,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT disputes_amount CHECK ((amount_minor > 0)),
    CONSTRAINT disputes_state CHECK ((state = ANY (ARRAY['open'::text, 'won'::text, 'lost'::text])))
);


--
-- Name: events; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.events (
    id bigint NOT NULL,
    topic text NOT NULL,
    order_ref text NOT NULL,
    facts jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    consumed_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone,
    error text,
    dead_at timestamp with time zone,
    written_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: events_id_seq; Type: SEQUENCE; Schema: payments; Owner: -
--

ALTER TABLE payments.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME payments.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: inbox; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.inbox (
    provider text NOT NULL,
    event_id text NOT NULL,
    topic text NOT NULL,
    object_ref text NOT NULL,
    body bytea NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    state text DEFAULT 'new'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    error text,
    CONSTRAINT inbox_body CHECK ((octet_length(body) <= 1048576)),
    CONSTRAINT inbox_state CHECK ((state = ANY (ARRAY['new'::text, 'done'::text, 'parked'::text, 'dead'::text])))
);


--
-- Name: operations; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.operations (
    id uuid DEFAULT uuidv7() NOT NULL,
    payment_id uuid,
    refund_id uuid,
    kind text NOT NULL,
    key text NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    written_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    first_sent_at timestamp with time zone,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    completed_at timestamp with time zone,
    payout_id uuid,
    CONSTRAINT operations_kind CHECK ((kind = ANY (ARRAY['create'::text, 'cancel'::text, 'refund'::text, 'payout'::text]))),
    CONSTRAINT operations_payout CHECK ((((kind = 'payout'::text) = (payout_id IS NOT NULL)) AND ((payout_id IS NULL) = (payment_id IS NOT NULL)))),
    CONSTRAINT operations_refund CHECK (((kind = 'refund'::text) = (refund_id IS NOT NULL))),
    CONSTRAINT operations_state CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'ok'::text, 'declined'::text, 'unknown'::text])))
);


--
-- Name: parts; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.parts (
    payment_id uuid NOT NULL,
    seq smallint NOT NULL,
    name text NOT NULL,
    minor bigint NOT NULL,
    discount_minor bigint DEFAULT 0 NOT NULL,
    CONSTRAINT parts_discount CHECK (((discount_minor >= 0) AND (discount_minor <= minor))),
    CONSTRAINT parts_minor CHECK ((minor > 0))
);


--
-- Name: payments; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.payments (
    id uuid DEFAULT uuidv7() NOT NULL,
    order_ref text NOT NULL,
    purpose text NOT NULL,
    method text NOT NULL,
    provider_ref text,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    captured_minor bigint DEFAULT 0 NOT NULL,
    refunded_minor bigint DEFAULT 0 NOT NULL,
    disputed_minor bigint DEFAULT 0 NOT NULL,
    state text DEFAULT 'created'::text NOT NULL,
    return_url text,
    action jsonb,
    reason text,
    opened_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    captured_at timestamp with time zone,
    closed_at timestamp with time zone,
    poll_at timestamp with time zone,
    CONSTRAINT payments_amount CHECK ((amount_minor > 0)),
    CONSTRAINT payments_captured CHECK (((captured_minor >= 0) AND (captured_minor <= amount_minor))),
    CONSTRAINT payments_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payments_method CHECK ((method = ANY (ARRAY['alipay'::text, 'wechat'::text, 'bank'::text]))),
    CONSTRAINT payments_order CHECK ((((length(order_ref) >= 1) AND (length(order_ref) <= 90)) AND (order_ref !~ '[[:space:]]'::text))),
    CONSTRAINT payments_purpose CHECK ((purpose = ANY (ARRAY['full'::text, 'deposit'::text, 'balance'::text]))),
    CONSTRAINT payments_refunded_disputed CHECK (((refunded_minor >= 0) AND (disputed_minor >= 0) AND ((refunded_minor + disputed_minor) <= captured_minor))),
    CONSTRAINT payments_state CHECK ((state = ANY (ARRAY['created'::text, 'requires_action'::text, 'processing'::text, 'authorized'::text, 'captured'::text, 'failed'::text, 'canceled'::text, 'expired'::text])))
);


--
-- Name: payouts; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.payouts (
    id uuid DEFAULT uuidv7() NOT NULL,
    payee text NOT NULL,
    key text NOT NULL,
    provider text NOT NULL,
    destination text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    state text DEFAULT 'created'::text NOT NULL,
    provider_ref text,
    reason text,
    created_at timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    failed_at timestamp with time zone,
    poll_at timestamp with time zone,
    CONSTRAINT payouts_amount CHECK ((amount_minor > 0)),
    CONSTRAINT payouts_currency CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payouts_destination CHECK (((length(destination) >= 1) AND (length(destination) <= 200))),
    CONSTRAINT payouts_failed CHECK (((state = 'failed'::text) = (failed_at IS NOT NULL))),
    CONSTRAINT payouts_paid CHECK (((state <> 'paid'::text) OR (paid_at IS NOT NULL))),
    CONSTRAINT payouts_payee CHECK ((((length(payee) >= 1) AND (length(payee) <= 90)) AND (payee !~ '[[:space:]]'::text))),
    CONSTRAINT payouts_state CHECK ((state = ANY (ARRAY['created'::text, 'in_transit'::text, 'paid'::text, 'failed'::text])))
);


--
-- Name: postings; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.postings (
    transaction_id bigint NOT NULL,
    seq smallint NOT NULL,
    account_id bigint NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT postings_amount CHECK ((amount_minor <> 0))
);


--
-- Name: refunds; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.refunds (
    id uuid DEFAULT uuidv7() NOT NULL,
    payment_id uuid NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    state text DEFAULT 'requested'::text NOT NULL,
    provider_ref text,
    reason text,
    attempt smallint DEFAULT 1 NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    succeeded_at timestamp with time zone,
    retry_at timestamp with time zone,
    CONSTRAINT refunds_amount CHECK ((amount_minor > 0)),
    CONSTRAINT refunds_state CHECK ((state = ANY (ARRAY['requested'::text, 'pending'::text, 'succeeded'::text, 'failed'::text])))
);


--
-- Name: statement_lines; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.statement_lines (
    provider text NOT NULL,
    day date NOT NULL,
    line_ref text NOT NULL,
    method text NOT NULL,
    kind text NOT NULL,
    ledger_key text,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    fee_currency text,
    CONSTRAINT statement_lines_fee_currency CHECK ((fee_currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT statement_lines_kind CHECK ((kind = ANY (ARRAY['charge'::text, 'refund'::text, 'refund_failure'::text, 'dispute'::text, 'payout'::text, 'other'::text])))
);


--
-- Name: transactions; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.transactions (
    id bigint NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    order_ref text,
    at timestamp with time zone NOT NULL,
    posted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    posted_by text DEFAULT SESSION_USER NOT NULL,
    posted_in xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT transactions_key CHECK (((length(key) >= 1) AND (length(key) <= 200))),
    CONSTRAINT transactions_kind CHECK (((length(kind) >= 1) AND (length(kind) <= 60)))
);


--
-- Name: transactions_id_seq; Type: SEQUENCE; Schema: payments; Owner: -
--

ALTER TABLE payments.transactions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME payments.transactions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: agreement_rates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.agreement_rates (
    agreement_id uuid NOT NULL,
    county_code text NOT NULL,
    programme_code text NOT NULL,
    concession_bp integer NOT NULL,
    CONSTRAINT agreement_rates_concession CHECK (((concession_bp >= 0) AND (concession_bp <= 10000)))
);


--
-- Name: agreements; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.agreements (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    valid_during daterange NOT NULL,
    document_name text NOT NULL,
    document_sha256 text NOT NULL,
    document_sealed bytea NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_person bytea NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamp with time zone,
    replaced_by uuid,
    CONSTRAINT agreements_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT agreements_decided CHECK ((((outcome IS NOT NULL) = (decided_by IS NOT NULL)) AND ((outcome IS NOT NULL) = (decided_person IS NOT NULL)) AND ((outcome IS NOT NULL) = (decided_at IS NOT NULL)))),
    CONSTRAINT agreements_document CHECK (((length(document_name) >= 1) AND (length(document_name) <= 200))),
    CONSTRAINT agreements_name CHECK (((length(name) >= 1) AND (length(name) <= 80))),
    CONSTRAINT agreements_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text]))),
    CONSTRAINT agreements_outcome CHECK ((outcome = ANY (ARRAY['approved'::text, 'refused'::text]))),
    CONSTRAINT agreements_period CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)))),
    CONSTRAINT agreements_sha256 CHECK ((document_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT agreements_two_people CHECK (((decided_person <> proposed_person) AND (decided_by <> proposed_by)))
);


--
-- Name: agronomists; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.agronomists (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    subject text NOT NULL,
    named_by uuid NOT NULL,
    named_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT agronomists_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT agronomists_subject CHECK (((length(subject) >= 1) AND (length(subject) <= 40))),
    CONSTRAINT agronomists_two_people CHECK ((named_by <> account_id))
);


--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: audit_entries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_entries (
    chain smallint NOT NULL,
    sequence bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_entries_chain CHECK (((chain >= 0) AND (chain <= 15)))
);


--
-- Name: bad_fruit_claims; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.bad_fruit_claims (
    case_id uuid NOT NULL,
    category text DEFAULT 'bad_fruit'::text NOT NULL,
    line_id uuid NOT NULL,
    bad integer NOT NULL,
    total integer NOT NULL,
    amount_fen bigint NOT NULL,
    granted_fen bigint,
    CONSTRAINT bad_fruit_claims_amount CHECK ((amount_fen > 0)),
    CONSTRAINT bad_fruit_claims_category CHECK ((category = 'bad_fruit'::text)),
    CONSTRAINT bad_fruit_claims_granted CHECK (((granted_fen >= 0) AND (granted_fen <= amount_fen))),
    CONSTRAINT bad_fruit_claims_share CHECK (((bad >= 1) AND (bad <= total) AND (total <= 100000)))
);


--
-- Name: bank_receipts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.bank_receipts (
    id uuid DEFAULT uuidv7() NOT NULL,
    reference text NOT NULL,
    payer_code text NOT NULL,
    payer_name text NOT NULL,
    fen bigint NOT NULL,
    received_on date NOT NULL,
    order_id uuid,
    problem text,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    matched_at timestamp with time zone,
    CONSTRAINT bank_receipts_amount CHECK ((fen > 0)),
    CONSTRAINT bank_receipts_matched CHECK ((((order_id IS NULL) = (matched_at IS NULL)) AND ((order_id IS NULL) OR (problem IS NULL)))),
    CONSTRAINT bank_receipts_payer_code CHECK (((length(payer_code) >= 1) AND (length(payer_code) <= 40))),
    CONSTRAINT bank_receipts_payer_name CHECK (((length(payer_name) >= 2) AND (length(payer_name) <= 60))),
    CONSTRAINT bank_receipts_problem_known CHECK ((problem = ANY (ARRAY['unknown_code'::text, 'wrong_amount'::text, 'not_invoiced'::text, 'paid_before'::text]))),
    CONSTRAINT bank_receipts_reference CHECK (((length(reference) >= 4) AND (length(reference) <= 64)))
);


--
-- Name: booked_nights; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.booked_nights (
    booking_id uuid NOT NULL,
    night date NOT NULL,
    price_fen bigint NOT NULL,
    CONSTRAINT booked_nights_price CHECK ((price_fen > 0))
);


--
-- Name: booking_changes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.booking_changes (
    id uuid DEFAULT uuidv7() NOT NULL,
    suborder_id uuid NOT NULL,
    proposed_by text NOT NULL,
    nights daterange NOT NULL,
    old_nights daterange NOT NULL,
    paid_fen bigint NOT NULL,
    price_fen bigint NOT NULL,
    state text DEFAULT 'proposed'::text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT booking_changes_ended CHECK (((state = 'proposed'::text) = (ended_at IS NULL))),
    CONSTRAINT booking_changes_nights CHECK ((NOT isempty(nights))),
    CONSTRAINT booking_changes_other_nights CHECK ((nights <> old_nights)),
    CONSTRAINT booking_changes_price CHECK (((price_fen >= 1) AND (price_fen <= paid_fen))),
    CONSTRAINT booking_changes_proposed_by CHECK ((proposed_by = ANY (ARRAY['buyer'::text, 'host'::text]))),
    CONSTRAINT booking_changes_state CHECK ((state = ANY (ARRAY['proposed'::text, 'done'::text, 'declined'::text, 'withdrawn'::text, 'lapsed'::text])))
);


--
-- Name: bookings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.bookings (
    id uuid DEFAULT uuidv7() NOT NULL,
    suborder_id uuid NOT NULL,
    line_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    room_id uuid NOT NULL,
    nights daterange NOT NULL,
    amount_fen bigint NOT NULL,
    state text DEFAULT 'reserved'::text NOT NULL,
    code_hash bytea,
    code_sealed bytea,
    arrived_at timestamp with time zone,
    CONSTRAINT bookings_amount CHECK ((amount_fen > 0)),
    CONSTRAINT bookings_nights CHECK ((NOT isempty(nights))),
    CONSTRAINT bookings_state CHECK ((state = ANY (ARRAY['reserved'::text, 'booked'::text, 'arrived'::text, 'cancelled'::text, 'expired'::text])))
);


--
-- Name: budgets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.budgets (
    county_code text NOT NULL,
    month date NOT NULL,
    public_fen bigint NOT NULL,
    file_id uuid,
    CONSTRAINT budgets_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT budgets_month CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT budgets_public CHECK (((public_fen >= 0) AND (public_fen <= '1000000000000'::bigint)))
);


--
-- Name: calendar_feeds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.calendar_feeds (
    producer_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT calendar_feeds_secret_length CHECK ((length(secret_hash) = 32))
);


--
-- Name: carrier_pushes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.carrier_pushes (
    event_id text NOT NULL,
    carrier text NOT NULL,
    tracking text NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    state text DEFAULT 'new'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT carrier_pushes_event CHECK (((length(event_id) >= 1) AND (length(event_id) <= 100))),
    CONSTRAINT carrier_pushes_state CHECK ((state = ANY (ARRAY['new'::text, 'done'::text, 'dead'::text])))
);


--
-- Name: cart_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cart_lines (
    owner_id uuid CONSTRAINT cart_lines_account_id_not_null NOT NULL,
    variant_id uuid NOT NULL,
    quantity integer NOT NULL,
    added_at timestamp with time zone NOT NULL,
    slot_id uuid,
    CONSTRAINT cart_lines_quantity CHECK (((quantity >= 1) AND (quantity <= 9999)))
);


--
-- Name: COLUMN cart_lines.owner_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.cart_lines.owner_id IS 'an account, or a device before signing in';


--
-- Name: cart_nights; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cart_nights (
    owner_id uuid CONSTRAINT cart_nights_account_id_not_null NOT NULL,
    listing_id uuid NOT NULL,
    nights daterange NOT NULL,
    rooms smallint DEFAULT 1 NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT cart_nights_count CHECK ((((upper(nights) - lower(nights)) >= 1) AND ((upper(nights) - lower(nights)) <= 30))),
    CONSTRAINT cart_nights_rooms CHECK (((rooms >= 1) AND (rooms <= 20)))
);


--
-- Name: COLUMN cart_nights.owner_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.cart_nights.owner_id IS 'an account, or a device before signing in';


--
-- Name: case_categories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.case_categories (
    code text NOT NULL,
    valid_during daterange NOT NULL,
    name text NOT NULL,
    path text[] NOT NULL,
    units text[] NOT NULL,
    dues integer[] NOT NULL,
    extension integer NOT NULL,
    basis text NOT NULL,
    CONSTRAINT case_categories_dues CHECK (((1 <= ALL (dues)) AND (60 >= ALL (dues)))),
    CONSTRAINT case_categories_extension CHECK (((extension >= 0) AND (extension <= 60))),
    CONSTRAINT case_categories_levels CHECK (((cardinality(units) = cardinality(path)) AND (cardinality(dues) = cardinality(path)))),
    CONSTRAINT case_categories_path CHECK (((path <@ '{seller,operator,agronomist,village,township,county,finance,supervisor,platform}'::text[]) AND ((cardinality(path) >= 1) AND (cardinality(path) <= 5)))),
    CONSTRAINT case_categories_units CHECK ((units <@ '{hour,day,working_day}'::text[])),
    CONSTRAINT case_categories_valid CHECK ((NOT isempty(valid_during)))
);


--
-- Name: case_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.case_events (
    id uuid DEFAULT uuidv7() NOT NULL,
    case_id uuid NOT NULL,
    move text NOT NULL,
    account_id uuid,
    level integer NOT NULL,
    old_due_at timestamp with time zone,
    due_at timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    reason_sealed bytea,
    outcome text,
    CONSTRAINT case_events_account_or_clock CHECK (((account_id IS NOT NULL) OR (move = ANY (ARRAY['receive'::text, 'assign'::text, 'escalate'::text, 'reopen'::text, 'close'::text, 'settle'::text, 'reschedule'::text])))),
    CONSTRAINT case_events_move CHECK ((move = ANY (ARRAY['receive'::text, 'assign'::text, 'extend'::text, 'ask'::text, 'supply'::text, 'escalate'::text, 'answer'::text, 'close'::text, 'reopen'::text, 'withdraw'::text, 'settle'::text, 'propose'::text, 'agree'::text, 'refuse'::text, 'reschedule'::text]))),
    CONSTRAINT case_events_outcome CHECK (((outcome IS NULL) OR ((move = ANY (ARRAY['close'::text, 'settle'::text, 'withdraw'::text])) AND (outcome = ANY (ARRAY['solved'::text, 'unsolved'::text, 'not_ours'::text, 'duplicate'::text, 'withdrawn'::text]))))),
    CONSTRAINT case_events_reason CHECK (((reason_sealed IS NOT NULL) OR (move <> ALL (ARRAY['extend'::text, 'ask'::text]))))
);


--
-- Name: case_snapshots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.case_snapshots (
    county_code text NOT NULL,
    manifest_sha256 text NOT NULL,
    case_sealed bytea NOT NULL,
    CONSTRAINT case_snapshots_manifest CHECK ((manifest_sha256 ~ '^[0-9a-f]{64}$'::text))
);


--
-- Name: cases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cases (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    category text NOT NULL,
    division_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(division_code, 6)) STORED NOT NULL,
    asker_id uuid,
    against_producer_id uuid,
    against_account_id uuid,
    text_sealed bytea NOT NULL,
    path text[] NOT NULL,
    level integer DEFAULT 1 NOT NULL,
    received_at timestamp with time zone NOT NULL,
    received_during daterange GENERATED ALWAYS AS (daterange(((received_at AT TIME ZONE 'Asia/Shanghai'::text))::date, ((received_at AT TIME ZONE 'Asia/Shanghai'::text))::date, '[]'::text)) STORED NOT NULL,
    due_at timestamp with time zone NOT NULL,
    stopped_at timestamp with time zone,
    reopened_at timestamp with time zone,
    state text DEFAULT 'received'::text NOT NULL,
    outcome text,
    answered_by uuid,
    closed_at timestamp with time zone,
    extended_at timestamp with time zone,
    for_producer_id uuid,
    text_erased_at timestamp with time zone,
    CONSTRAINT cases_answered CHECK (((state <> 'answered'::text) OR (answered_by IS NOT NULL))),
    CONSTRAINT cases_asker_known CHECK (((asker_id IS NOT NULL) OR (category = ANY (ARRAY['objection'::text, 'clawback_appeal'::text])))),
    CONSTRAINT cases_closed CHECK ((((state = 'closed'::text) = (outcome IS NOT NULL)) AND ((state = 'closed'::text) = (closed_at IS NOT NULL)))),
    CONSTRAINT cases_division CHECK ((division_code ~ '^[0-9]{12}$'::text)),
    CONSTRAINT cases_level CHECK (((level >= 1) AND (level <= cardinality(path)))),
    CONSTRAINT cases_outcome CHECK ((outcome = ANY (ARRAY['solved'::text, 'unsolved'::text, 'not_ours'::text, 'duplicate'::text, 'withdrawn'::text]))),
    CONSTRAINT cases_state CHECK ((state = ANY (ARRAY['received'::text, 'assigned'::text, 'answered'::text, 'closed'::text]))),
    CONSTRAINT cases_stopped CHECK (((stopped_at IS NULL) OR (state = 'assigned'::text)))
);


--
-- Name: cases_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.cases ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cases_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: catch_weights; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.catch_weights (
    line_id uuid NOT NULL,
    unit_g integer NOT NULL,
    ceiling_g bigint NOT NULL,
    weighed_g bigint,
    final_fen bigint,
    weighed_at timestamp with time zone,
    weighed_by uuid,
    CONSTRAINT catch_weights_below_ceiling CHECK (((weighed_g >= 1) AND (weighed_g <= ceiling_g))),
    CONSTRAINT catch_weights_ceiling CHECK ((ceiling_g >= unit_g)),
    CONSTRAINT catch_weights_final CHECK ((final_fen >= 0)),
    CONSTRAINT catch_weights_unit CHECK ((unit_g > 0)),
    CONSTRAINT catch_weights_weighed CHECK ((((weighed_g IS NULL) = (final_fen IS NULL)) AND ((weighed_g IS NULL) = (weighed_at IS NULL)) AND ((weighed_g IS NULL) = (weighed_by IS NULL))))
);


--
-- Name: categories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.categories (
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    "position" smallint NOT NULL,
    required_certificates text[] DEFAULT '{}'::text[] NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    CONSTRAINT categories_kind CHECK ((kind = ANY (ARRAY['product'::text, 'stay'::text, 'activity'::text])))
);


--
-- Name: COLUMN categories.required_certificates; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.categories.required_certificates IS 'a producer needs one of these certificate kinds to publish here';


--
-- Name: certificate_notices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.certificate_notices (
    certificate_id uuid NOT NULL,
    days smallint NOT NULL,
    noticed_at timestamp with time zone NOT NULL,
    CONSTRAINT certificate_notices_days CHECK ((days >= 0))
);


--
-- Name: certificates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.certificates (
    id uuid DEFAULT uuidv7() NOT NULL,
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    number text DEFAULT ''::text NOT NULL,
    issuer text DEFAULT ''::text NOT NULL,
    expires_on date,
    photo_id uuid,
    verified_at timestamp with time zone,
    verified_by uuid,
    number_index bytea,
    number_sealed bytea,
    area text[] DEFAULT '{}'::text[] NOT NULL,
    submitted_by uuid,
    rejected_at timestamp with time zone,
    rejected_by uuid,
    reject_reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT certificates_area CHECK ((array_to_string(area, ','::text) ~ '^([0-9]{2,12}(,|$))*$'::text)),
    CONSTRAINT certificates_kind CHECK ((kind = ANY (ARRAY['identity'::text, 'licence'::text, 'cooperative'::text, 'food_licence'::text, 'small_workshop'::text, 'homestay_permit'::text, 'origin'::text, 'organic'::text, 'geographical_indication'::text, 'other'::text]))),
    CONSTRAINT certificates_rejection_complete CHECK ((((rejected_at IS NULL) = (rejected_by IS NULL)) AND ((rejected_at IS NULL) = (reject_reason = ''::text)))),
    CONSTRAINT certificates_verification_complete CHECK (((verified_at IS NULL) = (verified_by IS NULL))),
    CONSTRAINT certificates_verified_or_rejected CHECK (((verified_at IS NULL) OR (rejected_at IS NULL)))
);


--
-- Name: COLUMN certificates.area; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.certificates.area IS 'of a geographical indication: the divisions of its protected area, each truncated to the digits of its level';


--
-- Name: channel_counties; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.channel_counties (
    channel text NOT NULL,
    county_code text NOT NULL,
    valid_during daterange NOT NULL,
    basis text NOT NULL,
    CONSTRAINT channel_counties_basis CHECK (((length(basis) >= 2) AND (length(basis) <= 200))),
    CONSTRAINT channel_counties_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT channel_counties_own CHECK (((channel !~ '^[0-9]'::text) OR (channel = county_code))),
    CONSTRAINT channel_counties_period CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))))
);


--
-- Name: channels; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.channels (
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    name_en text DEFAULT ''::text NOT NULL,
    "position" smallint DEFAULT 100 NOT NULL,
    CONSTRAINT channels_code CHECK ((code ~ '^([a-z]{2,20}|[0-9]{6})$'::text)),
    CONSTRAINT channels_kind CHECK ((kind = ANY (ARRAY['city'::text, 'county'::text]))),
    CONSTRAINT channels_kind_by_code CHECK (((kind = 'county'::text) = (code ~ '^[0-9]{6}$'::text))),
    CONSTRAINT channels_name_en CHECK ((length(name_en) <= 40)),
    CONSTRAINT channels_name_length CHECK (((length(name) >= 2) AND (length(name) <= 20)))
);


--
-- Name: check_in_scans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.check_in_scans (
    nonce uuid NOT NULL,
    producer_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    outcome text NOT NULL,
    shown_at timestamp with time zone NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    uploaded_by uuid NOT NULL,
    CONSTRAINT check_in_scans_outcome CHECK ((outcome = ANY (ARRAY['admitted'::text, 'again'::text, 'cancelled'::text, 'outside'::text])))
);


--
-- Name: claim_photos; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.claim_photos (
    case_id uuid NOT NULL,
    photo_id uuid NOT NULL
);


--
-- Name: clawback_appeals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.clawback_appeals (
    case_id uuid NOT NULL,
    category text DEFAULT 'clawback_appeal'::text NOT NULL,
    clawback_id uuid NOT NULL,
    CONSTRAINT clawback_appeals_category CHECK ((category = 'clawback_appeal'::text))
);


--
-- Name: clawback_entries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.clawback_entries (
    id uuid DEFAULT uuidv7() NOT NULL,
    clawback_id uuid NOT NULL,
    county_code text NOT NULL,
    kind text NOT NULL,
    fen bigint NOT NULL,
    cycle_id uuid,
    paid_on date,
    note_sealed bytea,
    recorded_by uuid NOT NULL,
    recorded_person bytea NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamp with time zone,
    CONSTRAINT clawback_entries_decided CHECK ((((decided_by IS NULL) = (decided_at IS NULL)) AND ((decided_by IS NULL) = (decided_person IS NULL)) AND
CASE
    WHEN (cycle_id IS NULL) THEN ((outcome IS NULL) = (decided_by IS NULL))
    ELSE ((outcome = 'confirmed'::text) AND (decided_by IS NULL))
END)),
    CONSTRAINT clawback_entries_fen CHECK (((fen > 0) OR ((kind = 'set_off'::text) AND (fen < 0)))),
    CONSTRAINT clawback_entries_kind CHECK ((kind = ANY (ARRAY['set_off'::text, 'relieved'::text, 'repaid'::text, 'written_off'::text]))),
    CONSTRAINT clawback_entries_origin CHECK ((((cycle_id IS NOT NULL) = (kind = ANY (ARRAY['set_off'::text, 'relieved'::text]))) AND ((paid_on IS NOT NULL) = (kind = 'repaid'::text)) AND ((note_sealed IS NOT NULL) = (kind = ANY (ARRAY['repaid'::text, 'written_off'::text]))))),
    CONSTRAINT clawback_entries_outcome CHECK ((outcome = ANY (ARRAY['confirmed'::text, 'refused'::text]))),
    CONSTRAINT clawback_entries_two_people CHECK (((decided_person <> recorded_person) AND (decided_by <> recorded_by)))
);


--
-- Name: clawback_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.clawback_items (
    clawback_id uuid NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    for_month date NOT NULL,
    fen bigint NOT NULL,
    CONSTRAINT clawback_items_fen CHECK ((fen > 0)),
    CONSTRAINT clawback_items_month CHECK ((EXTRACT(day FROM for_month) = (1)::numeric))
);


--
-- Name: clawbacks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.clawbacks (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    county_code text NOT NULL,
    debtor text NOT NULL,
    operator text,
    person_id uuid,
    household_code text,
    village_code text,
    ground text,
    cycle_id uuid,
    finding_id uuid,
    amount_fen bigint NOT NULL,
    reason_sealed bytea,
    statement_sealed bytea,
    state text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_person bytea NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamp with time zone,
    opinion_sealed bytea,
    served_on date,
    service text,
    served_by uuid,
    appeal_until date,
    posted_at timestamp with time zone,
    due_on date,
    CONSTRAINT clawbacks_amount CHECK ((amount_fen > 0)),
    CONSTRAINT clawbacks_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT clawbacks_debtor CHECK ((debtor = ANY (ARRAY['operator'::text, 'household'::text]))),
    CONSTRAINT clawbacks_decided CHECK ((((decided_by IS NULL) = (decided_at IS NULL)) AND ((decided_by IS NULL) = (decided_person IS NULL)) AND ((state = 'proposed'::text) OR (decided_by IS NOT NULL) OR (cycle_id IS NOT NULL)))),
    CONSTRAINT clawbacks_ground CHECK ((ground = ANY (ARRAY['false_facts'::text, 'forged_papers'::text, 'lent_identity'::text, 'other_fraud'::text]))),
    CONSTRAINT clawbacks_of_household CHECK ((((debtor = 'household'::text) = (person_id IS NOT NULL)) AND ((debtor = 'household'::text) = (household_code IS NOT NULL)) AND ((debtor = 'household'::text) = (village_code IS NOT NULL)) AND ((debtor = 'household'::text) = (ground IS NOT NULL)) AND ((debtor = 'household'::text) = (statement_sealed IS NOT NULL)) AND ((debtor = 'operator'::text) OR (finding_id IS NOT NULL)))),
    CONSTRAINT clawbacks_of_operator CHECK (((debtor = 'operator'::text) = (operator IS NOT NULL))),
    CONSTRAINT clawbacks_origin CHECK ((((cycle_id IS NULL) <> (finding_id IS NULL)) AND ((finding_id IS NULL) = (reason_sealed IS NULL)))),
    CONSTRAINT clawbacks_posted CHECK ((((posted_at IS NULL) = (due_on IS NULL)) AND ((state = ANY (ARRAY['owed'::text, 'cleared'::text])) = (posted_at IS NOT NULL)))),
    CONSTRAINT clawbacks_served CHECK ((((served_on IS NULL) = (service IS NULL)) AND ((served_on IS NULL) = (served_by IS NULL)) AND ((served_on IS NULL) = (appeal_until IS NULL)) AND ((served_on IS NULL) OR (debtor = 'household'::text)) AND (appeal_until > served_on))),
    CONSTRAINT clawbacks_service CHECK ((service = ANY (ARRAY['in_person'::text, 'family'::text, 'post'::text]))),
    CONSTRAINT clawbacks_state CHECK ((state = ANY (ARRAY['proposed'::text, 'refused'::text, 'decided'::text, 'served'::text, 'appealed'::text, 'annulled'::text, 'owed'::text, 'cleared'::text]))),
    CONSTRAINT clawbacks_two_people CHECK (((decided_person <> proposed_person) AND (decided_by <> proposed_by))),
    CONSTRAINT clawbacks_village CHECK (((village_code ~ '^[0-9]{12}$'::text) AND starts_with(village_code, county_code)))
);


--
-- Name: COLUMN clawbacks.appeal_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.clawbacks.appeal_until IS 'The last day on which the household may appeal.';


--
-- Name: clawbacks_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.clawbacks ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.clawbacks_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: clinic_days; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.clinic_days (
    slot_id uuid NOT NULL,
    kind text DEFAULT 'clinic'::text NOT NULL,
    remote boolean NOT NULL,
    organisation_id uuid NOT NULL,
    added_by uuid NOT NULL,
    CONSTRAINT clinic_days_kind CHECK ((kind = 'clinic'::text))
);


--
-- Name: company_accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.company_accounts (
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT company_accounts_period CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))))
);


--
-- Name: complaints; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.complaints (
    case_id uuid NOT NULL,
    category text NOT NULL,
    suborder_id uuid NOT NULL,
    CONSTRAINT complaints_category CHECK ((category = ANY (ARRAY['complaint_goods'::text, 'complaint_service'::text, 'complaint_fraud'::text, 'complaint_office'::text, 'complaint_buyer'::text])))
);


--
-- Name: consents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.consents (
    id uuid DEFAULT uuidv7() NOT NULL,
    account_id uuid NOT NULL,
    purpose text NOT NULL,
    subject_id uuid,
    text_version smallint NOT NULL,
    valid_during tstzrange NOT NULL,
    CONSTRAINT consents_period CHECK (((NOT lower_inf(valid_during)) AND lower_inc(valid_during))),
    CONSTRAINT consents_purpose CHECK ((purpose = ANY (ARRAY['story'::text, 'warning_sms'::text]))),
    CONSTRAINT consents_subject CHECK (((purpose = 'story'::text) = (subject_id IS NOT NULL))),
    CONSTRAINT consents_text CHECK ((text_version >= 1))
);


--
-- Name: contacts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.contacts (
    id uuid DEFAULT uuidv7() NOT NULL,
    division_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(division_code, 6)) STORED NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    hours text NOT NULL,
    away_during daterange,
    CONSTRAINT contacts_away_ends CHECK ((upper(away_during) < '3000-01-01'::date)),
    CONSTRAINT contacts_away_not_empty CHECK ((NOT isempty(away_during))),
    CONSTRAINT contacts_hours_length CHECK (((length(hours) >= 1) AND (length(hours) <= 60))),
    CONSTRAINT contacts_level CHECK ((division_code !~ '^[0-9]{4}00'::text)),
    CONSTRAINT contacts_name_length CHECK (((length(name) >= 1) AND (length(name) <= 30))),
    CONSTRAINT contacts_phone CHECK ((phone ~ '^[0-9]{5,12}$'::text))
);


--
-- Name: COLUMN contacts.away_during; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.contacts.away_during IS 'days on which nobody answers; farmers see the next wider office meanwhile';


--
-- Name: conversation_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.conversation_messages (
    suborder_id uuid NOT NULL,
    "position" integer NOT NULL,
    from_buyer boolean NOT NULL,
    account_id uuid NOT NULL,
    text_sealed bytea,
    at timestamp with time zone NOT NULL,
    CONSTRAINT conversation_messages_position CHECK (("position" >= 1))
);


--
-- Name: conversation_photos; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.conversation_photos (
    suborder_id uuid NOT NULL,
    "position" integer NOT NULL,
    ordinal smallint NOT NULL,
    photo_id uuid NOT NULL,
    CONSTRAINT conversation_photos_ordinal CHECK (((ordinal >= 1) AND (ordinal <= 3)))
);


--
-- Name: conversations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.conversations (
    suborder_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    messages integer DEFAULT 0 NOT NULL,
    buyer_wrote integer DEFAULT 0 NOT NULL,
    seller_wrote integer DEFAULT 0 NOT NULL,
    buyer_read integer DEFAULT 0 NOT NULL,
    seller_read integer DEFAULT 0 NOT NULL,
    buyer_told_at timestamp with time zone,
    seller_told_at timestamp with time zone,
    last_at timestamp with time zone NOT NULL,
    CONSTRAINT conversations_bound CHECK (((messages >= 0) AND (messages <= 200))),
    CONSTRAINT conversations_read CHECK ((((buyer_read >= 0) AND (buyer_read <= messages)) AND ((seller_read >= 0) AND (seller_read <= messages)))),
    CONSTRAINT conversations_written CHECK (((GREATEST(buyer_wrote, seller_wrote) = messages) AND (LEAST(buyer_wrote, seller_wrote) >= 0)))
);


--
-- Name: counted_months; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.counted_months (
    county_code text NOT NULL,
    month date NOT NULL,
    as_of timestamp with time zone NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    CONSTRAINT counted_months_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT counted_months_month CHECK ((EXTRACT(day FROM month) = (1)::numeric))
);


--
-- Name: COLUMN counted_months.as_of; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.counted_months.as_of IS 'The closing of the month: ages are counted to it.';


--
-- Name: county_files; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.county_files (
    kind text NOT NULL,
    county_code text NOT NULL,
    sha256 text NOT NULL,
    name text NOT NULL,
    rows integer NOT NULL,
    imported_by uuid NOT NULL,
    imported_at timestamp with time zone NOT NULL,
    CONSTRAINT county_files_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT county_files_kind CHECK ((kind ~ '^[a-z_]{2,30}$'::text)),
    CONSTRAINT county_files_name CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT county_files_rows CHECK ((rows >= 0)),
    CONSTRAINT county_files_sha256 CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);


--
-- Name: COLUMN county_files.county_code; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.county_files.county_code IS 'Six digits; 000000 of files for the whole country.';


--
-- Name: county_months; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.county_months (
    county_code text NOT NULL,
    month date NOT NULL,
    state text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT county_months_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT county_months_month CHECK ((EXTRACT(day FROM month) = (1)::numeric))
);


--
-- Name: TABLE county_months; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.county_months IS 'Where each month of each county stands; kept by the trigger of cycles and runs.';


--
-- Name: coupons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.coupons (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    name text NOT NULL,
    code text,
    bearer text NOT NULL,
    producer_id uuid,
    category_code text,
    county_code text,
    amount_fen bigint NOT NULL,
    min_goods_fen bigint NOT NULL,
    valid_during daterange NOT NULL,
    quota integer NOT NULL,
    per_person smallint NOT NULL,
    claimed integer DEFAULT 0 NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT coupons_amount CHECK ((amount_fen > 0)),
    CONSTRAINT coupons_bearer CHECK ((bearer = ANY (ARRAY['platform'::text, 'producer'::text]))),
    CONSTRAINT coupons_borne CHECK (((bearer <> 'producer'::text) OR (producer_id IS NOT NULL))),
    CONSTRAINT coupons_closed CHECK (((state = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT coupons_code_format CHECK ((code ~ '^[0-9A-Z]{4,16}$'::text)),
    CONSTRAINT coupons_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT coupons_days CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)) AND (NOT upper_inf(valid_during)))),
    CONSTRAINT coupons_minimum CHECK ((min_goods_fen > amount_fen)),
    CONSTRAINT coupons_name_length CHECK (((length(name) >= 1) AND (length(name) <= 20))),
    CONSTRAINT coupons_per_person CHECK (((per_person >= 1) AND (per_person <= 10))),
    CONSTRAINT coupons_quota CHECK (((claimed >= 0) AND (claimed <= quota))),
    CONSTRAINT coupons_state CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);


--
-- Name: coupons_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.coupons ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.coupons_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: course_certificates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.course_certificates (
    reservation_id uuid NOT NULL,
    number bigint NOT NULL,
    issued_by uuid NOT NULL,
    issued_at timestamp with time zone NOT NULL
);


--
-- Name: course_certificates_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.course_certificates ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.course_certificates_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: course_sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.course_sessions (
    slot_id uuid NOT NULL,
    kind text DEFAULT 'course'::text NOT NULL,
    title text NOT NULL,
    organiser text NOT NULL,
    organisation_id uuid,
    added_by uuid NOT NULL,
    CONSTRAINT course_sessions_kind CHECK ((kind = 'course'::text)),
    CONSTRAINT course_sessions_organiser CHECK (((length(organiser) >= 2) AND (length(organiser) <= 60))),
    CONSTRAINT course_sessions_title CHECK (((length(title) >= 2) AND (length(title) <= 40)))
);


--
-- Name: COLUMN course_sessions.organisation_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.course_sessions.organisation_id IS 'The verified organisation of the county with the organiser''s name.';


--
-- Name: coverage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.coverage (
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    operator text NOT NULL,
    technology text NOT NULL,
    setting text NOT NULL,
    share_bp integer NOT NULL,
    down_mbps integer,
    source text NOT NULL,
    observed_on date NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT coverage_period CHECK (((NOT isempty(valid_during)) AND (lower(valid_during) = observed_on))),
    CONSTRAINT coverage_setting CHECK ((setting = ANY (ARRAY['homes'::text, 'roads'::text, 'fields'::text]))),
    CONSTRAINT coverage_share CHECK (((share_bp >= 0) AND (share_bp <= 10000))),
    CONSTRAINT coverage_source CHECK (((length(source) >= 1) AND (length(source) <= 60))),
    CONSTRAINT coverage_speed CHECK (((down_mbps >= 1) AND (down_mbps <= 100000))),
    CONSTRAINT coverage_technology CHECK ((technology = ANY (ARRAY['4g'::text, '5g'::text, 'fibre'::text, 'wifi'::text])))
);


--
-- Name: COLUMN coverage.share_bp; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.coverage.share_bp IS 'Basis points of the homes, road or fields of the village that are covered.';


--
-- Name: coverage_projects; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.coverage_projects (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    village_code text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    planned_fen bigint NOT NULL,
    spent_fen bigint DEFAULT 0 NOT NULL,
    overrun_reason text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'planned'::text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    done_on date,
    done_by uuid,
    accepted_on date,
    accepted_by uuid,
    funded_by uuid,
    CONSTRAINT coverage_projects_accepted CHECK ((((state = 'accepted'::text) = (accepted_on IS NOT NULL)) AND ((accepted_on IS NULL) = (accepted_by IS NULL)))),
    CONSTRAINT coverage_projects_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT coverage_projects_done CHECK ((((state = ANY (ARRAY['done'::text, 'accepted'::text])) = (done_on IS NOT NULL)) AND ((done_on IS NULL) = (done_by IS NULL)))),
    CONSTRAINT coverage_projects_in_county CHECK (starts_with(village_code, county_code)),
    CONSTRAINT coverage_projects_name CHECK (((length(name) >= 2) AND (length(name) <= 60))),
    CONSTRAINT coverage_projects_overrun CHECK (((spent_fen <= planned_fen) OR (overrun_reason <> ''::text))),
    CONSTRAINT coverage_projects_planned CHECK (((planned_fen >= 1) AND (planned_fen <= '1000000000000'::bigint))),
    CONSTRAINT coverage_projects_reason CHECK ((length(overrun_reason) <= 200)),
    CONSTRAINT coverage_projects_spent CHECK (((spent_fen >= 0) AND (spent_fen <= '1000000000000'::bigint))),
    CONSTRAINT coverage_projects_state CHECK ((state = ANY (ARRAY['planned'::text, 'building'::text, 'done'::text, 'accepted'::text]))),
    CONSTRAINT coverage_projects_two_people CHECK ((accepted_by <> done_by))
);


--
-- Name: cycle_approvals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cycle_approvals (
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    run_id uuid NOT NULL,
    duty text NOT NULL,
    scope text NOT NULL,
    account_id uuid NOT NULL,
    approved_at timestamp with time zone NOT NULL,
    round smallint DEFAULT 0 NOT NULL,
    opinion text DEFAULT ''::text NOT NULL,
    CONSTRAINT cycle_approvals_duty CHECK ((duty = ANY (ARRAY['village'::text, 'township'::text]))),
    CONSTRAINT cycle_approvals_scope CHECK ((scope ~ '^[0-9]{6,12}$'::text))
);


--
-- Name: cycle_duties; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cycle_duties (
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    account_id uuid NOT NULL,
    duty text NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    person_key bytea,
    CONSTRAINT cycle_duties_duty CHECK ((duty = ANY (ARRAY['import'::text, 'terms'::text, 'village'::text, 'township'::text, 'county'::text, 'settlement'::text, 'reconciliation'::text])))
);


--
-- Name: cycle_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cycle_events (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    state text NOT NULL,
    account_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    returned boolean DEFAULT false NOT NULL,
    opinion text DEFAULT ''::text NOT NULL,
    CONSTRAINT cycle_events_opinion CHECK ((length(opinion) <= 500)),
    CONSTRAINT cycle_events_return_explained CHECK (((NOT returned) OR (opinion <> ''::text)))
);


--
-- Name: finding_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.finding_lines (
    finding_id uuid NOT NULL,
    line_code text NOT NULL,
    county_code text NOT NULL,
    verdict text,
    changed_after timestamp with time zone,
    facts_at timestamp with time zone,
    CONSTRAINT finding_lines_facts_of_verdict CHECK (((verdict IS NULL) OR (facts_at IS NOT NULL))),
    CONSTRAINT finding_lines_verdict CHECK ((verdict = ANY (ARRAY['pay'::text, 'stop'::text])))
);


--
-- Name: findings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.findings (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    check_code text NOT NULL,
    subject text NOT NULL,
    month date,
    stops boolean NOT NULL,
    at_risk_fen bigint NOT NULL,
    evidence text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    seen_in date[] DEFAULT '{}'::date[] NOT NULL,
    seen_at timestamp with time zone,
    facts_at timestamp with time zone NOT NULL,
    CONSTRAINT findings_at_risk CHECK ((at_risk_fen >= 0)),
    CONSTRAINT findings_state CHECK ((state = ANY (ARRAY['open'::text, 'decided'::text, 'lapsed'::text])))
);


--
-- Name: run_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.run_lines (
    run_id uuid NOT NULL,
    line_code text NOT NULL,
    county_code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    programme_code text NOT NULL,
    in_snapshot boolean NOT NULL,
    household_code text,
    village_code text,
    village_name text,
    payable_households text[] NOT NULL,
    payable_days smallint NOT NULL,
    claimed_fen bigint,
    entitled_fen bigint NOT NULL,
    approved_fen bigint NOT NULL,
    over_fen bigint NOT NULL,
    under_fen bigint NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    shares jsonb NOT NULL,
    settled_fen bigint,
    reasons text[] NOT NULL,
    causes text[] NOT NULL,
    removed_on date,
    explanation integer NOT NULL,
    CONSTRAINT run_lines_approved CHECK ((approved_fen = LEAST(entitled_fen, COALESCE(claimed_fen, (0)::bigint)))),
    CONSTRAINT run_lines_conceded CHECK ((conceded_fen >= 0)),
    CONSTRAINT run_lines_entitled CHECK ((entitled_fen >= 0)),
    CONSTRAINT run_lines_funded_at_most_approved CHECK (((conceded_fen + public_fen) <= approved_fen)),
    CONSTRAINT run_lines_over CHECK ((over_fen = (COALESCE(claimed_fen, (0)::bigint) - approved_fen))),
    CONSTRAINT run_lines_public CHECK ((public_fen >= 0)),
    CONSTRAINT run_lines_under CHECK ((under_fen = (entitled_fen - approved_fen)))
);
ALTER TABLE ONLY public.run_lines ALTER COLUMN run_id SET STATISTICS 0;


--
-- Name: settlements; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.settlements (
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    rows integer NOT NULL,
    pay_fen bigint NOT NULL,
    settled_at timestamp with time zone NOT NULL,
    bank_account_id uuid,
    set_off_fen bigint DEFAULT 0 NOT NULL,
    CONSTRAINT settlements_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text]))),
    CONSTRAINT settlements_rows CHECK ((rows >= 0))
);


--
-- Name: COLUMN settlements.set_off_fen; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.settlements.set_off_fen IS 'What is withheld of pay_fen for clawbacks; a settlement below zero becomes one, so that what is transferred is never below zero.';


--
-- Name: cycle_findings; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.cycle_findings WITH (security_invoker='true') AS
 SELECT q.county_code,
    q.id AS cycle_id,
    q.month,
    f.id AS finding_id,
    f.check_code,
    f.subject,
    f.stops,
    f.state,
    f.at_risk_fen,
    c.run_id AS seen_run_id
   FROM ((public.cycles q
     JOIN public.findings f ON (((f.county_code = q.county_code) AND (f.state <> 'lapsed'::text))))
     JOIN public.cycles c ON ((c.id = f.cycle_id)))
  WHERE
        CASE
            WHEN (f.month = q.month) THEN true
            WHEN (f.month IS NOT NULL) THEN ((f.state = 'open'::text) AND f.stops AND (f.month < q.month) AND (EXISTS ( SELECT
               FROM public.settlements s
              WHERE (s.cycle_id = c.id))) AND (NOT (EXISTS ( SELECT
               FROM public.settlements s
              WHERE (s.cycle_id = q.id)))))
            WHEN (c.month <= q.month) THEN true
            ELSE ((NOT (EXISTS ( SELECT
               FROM public.settlements s
              WHERE (s.cycle_id = q.id)))) AND (EXISTS ( SELECT
               FROM (public.finding_lines l
                 JOIN public.run_lines r ON (((r.run_id = q.run_id) AND (r.line_code = l.line_code))))
              WHERE (l.finding_id = f.id))))
        END;


--
-- Name: data_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.data_requests (
    case_id uuid NOT NULL,
    category text NOT NULL,
    kind text NOT NULL,
    field text DEFAULT ''::text NOT NULL,
    detail_by_key bytea NOT NULL,
    CONSTRAINT data_requests_above CHECK (((kind <> 'complain'::text) OR (category = 'data_platform'::text))),
    CONSTRAINT data_requests_category CHECK ((category = ANY (ARRAY['data_county'::text, 'data_platform'::text]))),
    CONSTRAINT data_requests_corrected CHECK (((kind = 'correct'::text) = (field <> ''::text))),
    CONSTRAINT data_requests_field CHECK ((field = ANY (ARRAY[''::text, 'name'::text, 'phone'::text, 'identity'::text, 'household'::text, 'line'::text, 'bill'::text, 'other'::text]))),
    CONSTRAINT data_requests_kind CHECK ((kind = ANY (ARRAY['correct'::text, 'erase'::text, 'explain'::text, 'copy'::text, 'complain'::text])))
);


--
-- Name: COLUMN data_requests.detail_by_key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.data_requests.detail_by_key IS 'Sealed with the key of the asker, not with the secret.';


--
-- Name: deposits; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deposits (
    order_id uuid NOT NULL,
    deposit_fen bigint NOT NULL,
    balance_fen bigint NOT NULL,
    balance_from date NOT NULL,
    balance_until date NOT NULL,
    deposited_at timestamp with time zone,
    reminders smallint DEFAULT 0 NOT NULL,
    CONSTRAINT deposits_balance CHECK ((balance_fen > 0)),
    CONSTRAINT deposits_days CHECK ((balance_until >= balance_from)),
    CONSTRAINT deposits_deposit CHECK ((deposit_fen > 0)),
    CONSTRAINT deposits_reminders CHECK (((reminders >= 0) AND (reminders <= 2)))
);


--
-- Name: division_names; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.division_names (
    code text NOT NULL,
    valid_during daterange NOT NULL,
    name text NOT NULL,
    official_code text NOT NULL,
    CONSTRAINT division_names_period_not_empty CHECK ((NOT isempty(valid_during)))
);


--
-- Name: divisions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.divisions (
    code text NOT NULL,
    name text NOT NULL,
    level smallint NOT NULL,
    parent_code text,
    county_code text GENERATED ALWAYS AS ("left"(code, 6)) STORED NOT NULL,
    pinyin text DEFAULT ''::text NOT NULL,
    initials text DEFAULT ''::text NOT NULL,
    CONSTRAINT divisions_code_format CHECK ((code ~ '^[0-9]{12}$'::text)),
    CONSTRAINT divisions_level CHECK (((level >= 1) AND (level <= 5))),
    CONSTRAINT divisions_parent_unless_province CHECK (((parent_code IS NULL) = (level = 1)))
);


--
-- Name: enrolment_pauses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.enrolment_pauses (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    paused_during daterange NOT NULL,
    reason text NOT NULL,
    note_sealed bytea NOT NULL,
    paused_by uuid NOT NULL,
    paused_person bytea NOT NULL,
    paused_at timestamp with time zone NOT NULL,
    ended_by uuid,
    ended_person bytea,
    ended_at timestamp with time zone,
    end_note_sealed bytea,
    CONSTRAINT enrolment_pauses_ended CHECK ((((NOT upper_inf(paused_during)) = (ended_by IS NOT NULL)) AND ((ended_by IS NOT NULL) = (ended_person IS NOT NULL)) AND ((ended_by IS NOT NULL) = (ended_at IS NOT NULL)) AND ((ended_by IS NOT NULL) = (end_note_sealed IS NOT NULL)))),
    CONSTRAINT enrolment_pauses_period CHECK (((NOT isempty(paused_during)) AND (NOT lower_inf(paused_during)))),
    CONSTRAINT enrolment_pauses_reason CHECK ((reason = ANY (ARRAY['asked'::text, 'consent'::text, 'check'::text, 'away'::text, 'other'::text]))),
    CONSTRAINT enrolment_pauses_two_people CHECK (((ended_person <> paused_person) AND (ended_by <> paused_by)))
);


--
-- Name: erased_members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.erased_members (
    cycle_id uuid NOT NULL,
    member text NOT NULL,
    county_code text NOT NULL,
    sha256 text NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    CONSTRAINT erased_members_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT erased_members_file CHECK ((member ~ '^files/[0-9]{4,}[.]bin$'::text)),
    CONSTRAINT erased_members_sha256 CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);


--
-- Name: evidence_packs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.evidence_packs (
    cycle_id uuid NOT NULL,
    county_code text NOT NULL,
    number integer NOT NULL,
    previous_sha256 text,
    head_sha256 text NOT NULL,
    public_key text NOT NULL,
    signature text NOT NULL,
    run_id uuid NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    content_sealed bytea NOT NULL,
    CONSTRAINT evidence_packs_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT evidence_packs_first CHECK (((number = 1) = (previous_sha256 IS NULL))),
    CONSTRAINT evidence_packs_head CHECK ((head_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT evidence_packs_number CHECK ((number >= 1)),
    CONSTRAINT evidence_packs_public_key CHECK ((public_key ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT evidence_packs_signature CHECK ((signature ~ '^[0-9a-f]{128}$'::text))
);
ALTER TABLE ONLY public.evidence_packs ALTER COLUMN content_sealed SET STORAGE EXTERNAL;


--
-- Name: fact_versions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.fact_versions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.fact_versions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: favourites; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.favourites (
    id uuid DEFAULT uuidv7() NOT NULL,
    account_id uuid NOT NULL,
    "position" smallint NOT NULL,
    listing_id uuid,
    producer_id uuid,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT favourites_bound CHECK ((("position" >= 1) AND ("position" <= 200))),
    CONSTRAINT favourites_one CHECK ((num_nonnulls(listing_id, producer_id) = 1))
);


--
-- Name: file_notes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.file_notes (
    file_id uuid NOT NULL,
    "position" integer NOT NULL,
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    by_operator boolean NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    text_sealed bytea,
    CONSTRAINT file_notes_position CHECK ((("position" >= 1) AND ("position" <= 50))),
    CONSTRAINT file_notes_text_length CHECK ((length(text) <= 500)),
    CONSTRAINT file_notes_text_once CHECK (((text_sealed IS NULL) = (text <> ''::text)))
);


--
-- Name: file_reminders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.file_reminders (
    county_code text NOT NULL,
    operator text NOT NULL,
    month date NOT NULL,
    stage text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    CONSTRAINT file_reminders_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT file_reminders_month CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT file_reminders_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text]))),
    CONSTRAINT file_reminders_stage CHECK ((stage = ANY (ARRAY['soon'::text, 'tomorrow'::text, 'late'::text])))
);


--
-- Name: finding_decisions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.finding_decisions (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    finding_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    account_id uuid NOT NULL,
    pays text[] NOT NULL,
    stops text[] NOT NULL,
    why text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    evidence text DEFAULT ''::text NOT NULL,
    CONSTRAINT finding_decisions_why CHECK (((length(why) >= 1) AND (length(why) <= 500)))
);


--
-- Name: form_numbers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.form_numbers (
    county_code text NOT NULL,
    form text NOT NULL,
    number text NOT NULL,
    authority text NOT NULL,
    document text NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT form_numbers_authority CHECK (((length(authority) >= 1) AND (length(authority) <= 60))),
    CONSTRAINT form_numbers_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT form_numbers_document CHECK ((length(document) <= 60)),
    CONSTRAINT form_numbers_form CHECK ((form = ANY (ARRAY['approval'::text, 'payment'::text, 'quarter'::text, 'report'::text]))),
    CONSTRAINT form_numbers_number CHECK (((length(number) >= 1) AND (length(number) <= 40))),
    CONSTRAINT form_numbers_period CHECK ((NOT isempty(valid_during)))
);


--
-- Name: TABLE form_numbers; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.form_numbers IS 'Package: counties. The number in the head of a printed form (表号).';


--
-- Name: freight_templates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.freight_templates (
    id uuid DEFAULT uuidv7() NOT NULL,
    producer_id uuid NOT NULL,
    first_g integer NOT NULL,
    first_fen bigint NOT NULL,
    next_g integer NOT NULL,
    next_fen bigint NOT NULL,
    free_above_fen bigint,
    no_ship text[] DEFAULT '{}'::text[] NOT NULL,
    cold_fen bigint DEFAULT 0 NOT NULL,
    no_cold text[] DEFAULT '{}'::text[] NOT NULL,
    remote_fen bigint DEFAULT 0 NOT NULL,
    remote text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT freight_cold_surcharge CHECK (((cold_fen >= 0) AND (cold_fen <= 1000000))),
    CONSTRAINT freight_first_price CHECK (((first_fen >= 0) AND (first_fen <= 1000000))),
    CONSTRAINT freight_first_weight CHECK ((first_g > 0)),
    CONSTRAINT freight_free_above CHECK ((free_above_fen > 0)),
    CONSTRAINT freight_next_price CHECK (((next_fen >= 0) AND (next_fen <= 1000000))),
    CONSTRAINT freight_next_weight CHECK ((next_g > 0)),
    CONSTRAINT freight_no_cold CHECK ((array_to_string(no_cold, ','::text) ~ '^([0-9]{2}(,|$))*$'::text)),
    CONSTRAINT freight_remote CHECK ((array_to_string(remote, ','::text) ~ '^([0-9]{2}(,|$))*$'::text)),
    CONSTRAINT freight_remote_surcharge CHECK (((remote_fen >= 0) AND (remote_fen <= 1000000)))
);


--
-- Name: COLUMN freight_templates.no_cold; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.freight_templates.no_cold IS 'provinces that the cold chain does not reach';


--
-- Name: fund_applications; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.fund_applications (
    case_id uuid NOT NULL,
    category text DEFAULT 'fund'::text NOT NULL,
    call_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    snapshot jsonb NOT NULL,
    wanted_fen bigint,
    granted_fen bigint,
    CONSTRAINT fund_applications_category CHECK ((category = 'fund'::text)),
    CONSTRAINT fund_applications_granted CHECK ((granted_fen > 0)),
    CONSTRAINT fund_applications_wanted CHECK ((wanted_fen > 0))
);


--
-- Name: fund_calls; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.fund_calls (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    county_code text NOT NULL,
    name text NOT NULL,
    department text NOT NULL,
    kind text NOT NULL,
    amount_fen bigint,
    valid_during daterange NOT NULL,
    basis text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT fund_calls_amount CHECK (((amount_fen >= 1) AND (amount_fen <= '10000000000'::bigint))),
    CONSTRAINT fund_calls_basis CHECK (((length(basis) >= 2) AND (length(basis) <= 200))),
    CONSTRAINT fund_calls_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT fund_calls_department CHECK (((length(department) >= 2) AND (length(department) <= 60))),
    CONSTRAINT fund_calls_kind CHECK ((kind = ANY (ARRAY['fund'::text, 'loan'::text, 'incubator'::text, 'course'::text]))),
    CONSTRAINT fund_calls_name CHECK (((length(name) >= 2) AND (length(name) <= 60))),
    CONSTRAINT fund_calls_period CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)) AND (NOT upper_inf(valid_during))))
);


--
-- Name: fund_calls_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.fund_calls ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.fund_calls_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: goods_return_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.goods_return_lines (
    case_id uuid NOT NULL,
    line_id uuid NOT NULL,
    quantity integer NOT NULL,
    amount_fen bigint NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    CONSTRAINT goods_return_lines_amount CHECK ((amount_fen > 0)),
    CONSTRAINT goods_return_lines_quantity CHECK ((quantity >= 1)),
    CONSTRAINT goods_return_lines_state CHECK ((state = ANY (ARRAY['open'::text, 'refunded'::text, 'refused'::text, 'withdrawn'::text])))
);


--
-- Name: goods_returns; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.goods_returns (
    case_id uuid NOT NULL,
    category text DEFAULT 'goods_return'::text NOT NULL,
    suborder_id uuid NOT NULL,
    address_sealed bytea,
    accepted_by uuid,
    accepted_at timestamp with time zone,
    carrier text,
    tracking text,
    sent_at timestamp with time zone,
    arrived_at timestamp with time zone,
    CONSTRAINT goods_returns_accepted CHECK ((((accepted_at IS NULL) = (accepted_by IS NULL)) AND ((accepted_at IS NULL) = (address_sealed IS NULL)))),
    CONSTRAINT goods_returns_arrived CHECK (((arrived_at IS NULL) OR (sent_at IS NOT NULL))),
    CONSTRAINT goods_returns_category CHECK ((category = 'goods_return'::text)),
    CONSTRAINT goods_returns_sent CHECK ((((sent_at IS NULL) = (carrier IS NULL)) AND ((sent_at IS NULL) = (tracking IS NULL)) AND ((sent_at IS NULL) OR (accepted_at IS NOT NULL))))
);


--
-- Name: grants; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.grants (
    account_id uuid NOT NULL,
    role text NOT NULL,
    scope text NOT NULL,
    valid_during daterange NOT NULL,
    deputy_for uuid,
    CONSTRAINT grants_auditor_for_a_time CHECK (((role <> 'auditor'::text) OR COALESCE(((upper(valid_during) - lower(valid_during)) <= 180), false))),
    CONSTRAINT grants_auditor_no_deputy CHECK (((role <> 'auditor'::text) OR (deputy_for IS NULL))),
    CONSTRAINT grants_auditor_scope CHECK (((role <> 'auditor'::text) OR (length(scope) <= 6))),
    CONSTRAINT grants_deputy_for_a_time CHECK (((deputy_for IS NULL) OR COALESCE(((upper(valid_during) - lower(valid_during)) <= 90), false))),
    CONSTRAINT grants_deputy_is_another CHECK ((deputy_for <> account_id)),
    CONSTRAINT grants_role CHECK ((role = ANY (ARRAY['importer'::text, 'policy'::text, 'village'::text, 'township'::text, 'county'::text, 'finance'::text, 'reconciler'::text, 'platform'::text, 'supervisor'::text, 'auditor'::text]))),
    CONSTRAINT grants_scope CHECK ((scope ~ '^[0-9]{2}([0-9]{2}){0,2}$|^[0-9]{9}([0-9]{3})?$'::text)),
    CONSTRAINT grants_supervisor_scope CHECK (((role <> 'supervisor'::text) OR (length(scope) = ANY (ARRAY[2, 4]))))
);


--
-- Name: grievances; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.grievances (
    case_id uuid NOT NULL,
    category text NOT NULL,
    county_code text NOT NULL,
    source text NOT NULL,
    anonymous boolean NOT NULL,
    received_by uuid,
    code_hash bytea NOT NULL,
    topic text,
    triage_due_at timestamp with time zone NOT NULL,
    triaged_at timestamp with time zone,
    triaged_by uuid,
    line_code text,
    finding_id uuid,
    lead_id uuid,
    officer_id uuid,
    CONSTRAINT grievances_category CHECK ((category = 'grievance'::text)),
    CONSTRAINT grievances_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT grievances_officer_triaged CHECK (((officer_id IS NULL) OR (triaged_at IS NOT NULL))),
    CONSTRAINT grievances_received CHECK (((source = 'web'::text) = (received_by IS NULL))),
    CONSTRAINT grievances_source CHECK ((source = ANY (ARRAY['web'::text, 'phone'::text, 'visit'::text, 'letter'::text]))),
    CONSTRAINT grievances_topic CHECK ((topic = ANY (ARRAY['missing'::text, 'amount'::text, 'stopped'::text, 'not_mine'::text, 'who_gets'::text, 'operator'::text, 'conduct'::text, 'other'::text]))),
    CONSTRAINT grievances_triaged CHECK ((((triaged_at IS NULL) = (triaged_by IS NULL)) AND ((triaged_at IS NULL) = (topic IS NULL)) AND ((triaged_at IS NOT NULL) OR (num_nonnulls(line_code, finding_id, lead_id) = 0))))
);


--
-- Name: COLUMN grievances.code_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.grievances.code_hash IS 'SHA-256 of the code of the receipt, with which the complainant reads the answer.';


--
-- Name: held_lines; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.held_lines WITH (security_invoker='true') AS
 SELECT f.county_code,
    f.cycle_id,
    f.month,
    l.line_code,
    f.finding_id
   FROM (public.cycle_findings f
     JOIN public.finding_lines l ON (((l.finding_id = f.finding_id) AND (l.verdict IS DISTINCT FROM 'pay'::text))))
  WHERE f.stops;


--
-- Name: households; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.households (
    county_code text NOT NULL,
    code text NOT NULL,
    split_from text,
    merged_into text,
    merged_on date,
    CONSTRAINT households_code_in_capitals CHECK ((code !~ '[a-z]'::text)),
    CONSTRAINT households_code_length CHECK (((length(code) >= 1) AND (length(code) <= 40))),
    CONSTRAINT households_merged_complete CHECK (((merged_into IS NULL) = (merged_on IS NULL))),
    CONSTRAINT households_merged_into_another CHECK ((merged_into <> code)),
    CONSTRAINT households_split_from_another CHECK ((split_from <> code))
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    actor text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    response bytea,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    replays integer DEFAULT 0 NOT NULL,
    CONSTRAINT idempotency_keys_length CHECK (((length(key) >= 1) AND (length(key) <= 200))),
    CONSTRAINT idempotency_keys_response_complete CHECK (((status IS NULL) = (response IS NULL)))
);


--
-- Name: identifiers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.identifiers (
    id bigint NOT NULL,
    value_index bytea NOT NULL,
    value_sealed bytea NOT NULL
);


--
-- Name: identifiers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.identifiers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.identifiers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: idle_calls; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idle_calls (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    notice_on date NOT NULL,
    outcome text NOT NULL,
    note_sealed bytea,
    account_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT idle_calls_outcome CHECK ((outcome = ANY (ARRAY['used'::text, 'will_use'::text, 'wants_end'::text, 'wrong_number'::text, 'not_reached'::text])))
);


--
-- Name: idle_notices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idle_notices (
    county_code text NOT NULL,
    line_code text NOT NULL,
    notice_on date NOT NULL,
    told_at timestamp with time zone NOT NULL
);


--
-- Name: import_originals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.import_originals (
    file_id uuid NOT NULL,
    name text NOT NULL,
    attached boolean NOT NULL,
    county_code text NOT NULL,
    sha256 text NOT NULL,
    bytes integer NOT NULL,
    content_sealed bytea NOT NULL,
    redacted_sha256 text,
    redacted_bytes integer,
    redacted_at timestamp with time zone,
    CONSTRAINT import_originals_bytes CHECK (((bytes >= 0) AND (bytes <= 67108864))),
    CONSTRAINT import_originals_name_length CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT import_originals_redacted CHECK ((num_nonnulls(redacted_sha256, redacted_bytes, redacted_at) = ANY (ARRAY[0, 3]))),
    CONSTRAINT import_originals_sha256 CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
ALTER TABLE ONLY public.import_originals ALTER COLUMN content_sealed SET STORAGE EXTERNAL;


--
-- Name: invoice_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invoice_requests (
    suborder_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    county_code text NOT NULL,
    kind text NOT NULL,
    title_sealed bytea,
    tax_number_sealed bytea,
    email_sealed bytea,
    wanted boolean DEFAULT true NOT NULL,
    correcting boolean DEFAULT false NOT NULL,
    changes smallint DEFAULT 0 NOT NULL,
    changed boolean DEFAULT false NOT NULL,
    touched_at timestamp with time zone NOT NULL,
    CONSTRAINT invoice_requests_changes CHECK (((changes >= 0) AND (changes <= 5))),
    CONSTRAINT invoice_requests_correcting CHECK ((wanted OR (NOT correcting))),
    CONSTRAINT invoice_requests_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT invoice_requests_erased CHECK (((title_sealed IS NOT NULL) OR (NOT (wanted OR correcting OR (tax_number_sealed IS NOT NULL) OR (email_sealed IS NOT NULL))))),
    CONSTRAINT invoice_requests_kind CHECK ((kind = ANY (ARRAY['person'::text, 'unit'::text]))),
    CONSTRAINT invoice_requests_tax_number CHECK (((title_sealed IS NULL) OR ((kind = 'unit'::text) = (tax_number_sealed IS NOT NULL))))
);


--
-- Name: invoice_tasks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invoice_tasks (
    case_id uuid NOT NULL,
    category text DEFAULT 'invoice'::text NOT NULL,
    suborder_id uuid NOT NULL,
    closed boolean DEFAULT false NOT NULL,
    CONSTRAINT invoice_tasks_category CHECK ((category = 'invoice'::text))
);


--
-- Name: invoice_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invoice_versions (
    invoice_id uuid NOT NULL,
    version smallint NOT NULL,
    number text NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    corrected_at timestamp with time zone NOT NULL,
    CONSTRAINT invoice_versions_number CHECK (((version >= 1) AND (version <= 3)))
);


--
-- Name: invoices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invoices (
    id uuid DEFAULT uuidv7() NOT NULL,
    suborder_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    corrects_id uuid,
    number text NOT NULL,
    issued_on date NOT NULL,
    amount_fen bigint NOT NULL,
    self_grown boolean NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    version smallint DEFAULT 1 NOT NULL,
    CONSTRAINT invoices_amount CHECK ((amount_fen > 0)),
    CONSTRAINT invoices_number CHECK ((number ~ '^[0-9]{20}$'::text)),
    CONSTRAINT invoices_number_year CHECK (("left"(number, 2) = "right"((EXTRACT(year FROM issued_on))::text, 2))),
    CONSTRAINT invoices_version CHECK (((version >= 1) AND (version <= 4)))
);


--
-- Name: job_applications; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_applications (
    id uuid DEFAULT uuidv7() NOT NULL,
    posting_id uuid NOT NULL,
    account_id uuid NOT NULL,
    consented_at timestamp with time zone NOT NULL,
    state text DEFAULT 'applied'::text NOT NULL,
    hired_on date,
    hired_by uuid,
    answered_at timestamp with time zone,
    CONSTRAINT job_applications_answered CHECK (((state = ANY (ARRAY['confirmed'::text, 'denied'::text])) = (answered_at IS NOT NULL))),
    CONSTRAINT job_applications_hired CHECK ((((state = ANY (ARRAY['hired'::text, 'confirmed'::text, 'denied'::text])) = (hired_on IS NOT NULL)) AND ((hired_on IS NULL) = (hired_by IS NULL)))),
    CONSTRAINT job_applications_not_own CHECK ((hired_by <> account_id)),
    CONSTRAINT job_applications_state CHECK ((state = ANY (ARRAY['applied'::text, 'withdrawn'::text, 'hired'::text, 'confirmed'::text, 'denied'::text])))
);


--
-- Name: job_postings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_postings (
    id uuid DEFAULT uuidv7() NOT NULL,
    organisation_id uuid NOT NULL,
    village_code text NOT NULL,
    title text NOT NULL,
    note text NOT NULL,
    positions integer NOT NULL,
    wage_min_fen bigint NOT NULL,
    wage_max_fen bigint NOT NULL,
    per text NOT NULL,
    valid_during daterange NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    checked_by uuid,
    checked_at timestamp with time zone,
    licensed_during daterange GENERATED ALWAYS AS (
CASE
    WHEN (state = ANY (ARRAY['draft'::text, 'live'::text, 'filled'::text])) THEN valid_during
    ELSE NULL::daterange
END) STORED,
    CONSTRAINT job_postings_checked CHECK ((((checked_by IS NULL) = (checked_at IS NULL)) AND ((state = ANY (ARRAY['live'::text, 'refused'::text, 'filled'::text])) <= (checked_by IS NOT NULL)))),
    CONSTRAINT job_postings_note CHECK ((length(note) <= 300)),
    CONSTRAINT job_postings_per CHECK ((per = ANY (ARRAY['day'::text, 'month'::text, 'piece'::text]))),
    CONSTRAINT job_postings_period CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)) AND (NOT upper_inf(valid_during)))),
    CONSTRAINT job_postings_positions CHECK (((positions >= 1) AND (positions <= 500))),
    CONSTRAINT job_postings_reason CHECK ((length(reason) <= 200)),
    CONSTRAINT job_postings_refused CHECK (((state = 'refused'::text) = (reason <> ''::text))),
    CONSTRAINT job_postings_state CHECK ((state = ANY (ARRAY['draft'::text, 'live'::text, 'refused'::text, 'filled'::text, 'ended'::text]))),
    CONSTRAINT job_postings_title CHECK (((length(title) >= 2) AND (length(title) <= 30))),
    CONSTRAINT job_postings_two_people CHECK ((checked_by <> added_by)),
    CONSTRAINT job_postings_wage CHECK (((0 < wage_min_fen) AND (wage_min_fen <= wage_max_fen) AND (wage_max_fen <= 10000000)))
);


--
-- Name: COLUMN job_postings.per; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job_postings.per IS 'What the wage is paid for: a day, a month or a piece.';


--
-- Name: large_payouts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.large_payouts (
    id uuid DEFAULT uuidv7() NOT NULL,
    producer_id uuid NOT NULL,
    amount_fen bigint NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT large_payouts_amount CHECK ((amount_fen > 0)),
    CONSTRAINT large_payouts_decided CHECK ((((state = 'waiting'::text) = (decided_by IS NULL)) AND ((decided_by IS NULL) = (decided_at IS NULL)))),
    CONSTRAINT large_payouts_note CHECK ((length(note) <= 200)),
    CONSTRAINT large_payouts_state CHECK ((state = ANY (ARRAY['waiting'::text, 'consented'::text, 'refused'::text])))
);


--
-- Name: lead_consents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_consents (
    id uuid DEFAULT uuidv7() NOT NULL,
    lead_id uuid NOT NULL,
    form text NOT NULL,
    text_version smallint NOT NULL,
    given_on date NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    photo_sealed bytea,
    withdrawn_at timestamp with time zone,
    CONSTRAINT lead_consents_form CHECK ((form = ANY (ARRAY['page'::text, 'photo'::text]))),
    CONSTRAINT lead_consents_not_ahead CHECK ((given_on <= ((recorded_at AT TIME ZONE 'Asia/Shanghai'::text))::date)),
    CONSTRAINT lead_consents_photo_of_paper CHECK (((form = 'photo'::text) = (photo_sealed IS NOT NULL))),
    CONSTRAINT lead_consents_text CHECK ((text_version >= 1))
);


--
-- Name: lead_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_moves (
    step text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    duty text
);


--
-- Name: lead_persons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_persons (
    lead_id uuid NOT NULL,
    "position" smallint NOT NULL,
    identity_index bytea NOT NULL,
    identity_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    relation text NOT NULL,
    CONSTRAINT lead_persons_position CHECK ((("position" >= 1) AND ("position" <= 20))),
    CONSTRAINT lead_persons_relation CHECK (((length(relation) >= 1) AND (length(relation) <= 20)))
);


--
-- Name: lead_steps; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lead_steps (
    id uuid DEFAULT uuidv7() NOT NULL,
    lead_id uuid NOT NULL,
    step text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    account_id uuid NOT NULL,
    person_key bytea NOT NULL,
    opinion_sealed bytea,
    attended integer,
    agreed integer,
    notice daterange,
    effective_on date,
    at timestamp with time zone NOT NULL,
    CONSTRAINT lead_steps_attended CHECK (((attended >= 3) AND (attended <= 1000))),
    CONSTRAINT lead_steps_effective CHECK ((((step = 'decide'::text) = (effective_on IS NOT NULL)) AND (effective_on <= ((at AT TIME ZONE 'Asia/Shanghai'::text))::date))),
    CONSTRAINT lead_steps_notice CHECK ((((step = 'confirm'::text) = (notice IS NOT NULL)) AND ((upper(notice) - lower(notice)) >= 5) AND (lower(notice) > ((at AT TIME ZONE 'Asia/Shanghai'::text))::date))),
    CONSTRAINT lead_steps_opinion CHECK (((opinion_sealed IS NOT NULL) OR (step = 'withdraw'::text))),
    CONSTRAINT lead_steps_vote CHECK ((((step = 'confirm'::text) = (attended IS NOT NULL)) AND ((step = 'confirm'::text) = (agreed IS NOT NULL)) AND (agreed <= attended) AND ((agreed * 2) > attended)))
);


--
-- Name: leads_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.leads ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.leads_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: line_changes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.line_changes (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    verb text NOT NULL,
    effective_on date NOT NULL,
    details_sealed bytea,
    note_sealed bytea NOT NULL,
    reported_by uuid NOT NULL,
    reported_person bytea NOT NULL,
    reported_at timestamp with time zone NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamp with time zone,
    reason_sealed bytea,
    file_id uuid,
    CONSTRAINT line_changes_decided CHECK ((((outcome IS NOT NULL) = (decided_by IS NOT NULL)) AND ((outcome IS NOT NULL) = (decided_at IS NOT NULL)) AND ((outcome IS NOT NULL) = (decided_person IS NOT NULL)))),
    CONSTRAINT line_changes_details CHECK (((details_sealed IS NOT NULL) = (verb = ANY (ARRAY['replace_sim'::text, 'replace_device'::text, 'transfer'::text, 'port'::text])))),
    CONSTRAINT line_changes_file_of_taken CHECK (((NOT (outcome IS DISTINCT FROM 'taken'::text)) = (file_id IS NOT NULL))),
    CONSTRAINT line_changes_not_ahead CHECK ((effective_on <= ((reported_at AT TIME ZONE 'Asia/Shanghai'::text))::date)),
    CONSTRAINT line_changes_outcome CHECK ((outcome = ANY (ARRAY['taken'::text, 'refused'::text]))),
    CONSTRAINT line_changes_reason_of_refused CHECK (((NOT (outcome IS DISTINCT FROM 'refused'::text)) = (reason_sealed IS NOT NULL))),
    CONSTRAINT line_changes_two_people CHECK (((decided_person <> reported_person) AND (decided_by <> reported_by))),
    CONSTRAINT line_changes_verb CHECK ((verb = ANY (ARRAY['replace_sim'::text, 'replace_device'::text, 'transfer'::text, 'port'::text, 'suspend'::text, 'resume'::text, 'close'::text])))
);


--
-- Name: line_changes_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.line_changes ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.line_changes_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: line_holds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.line_holds (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    line_code text NOT NULL,
    account_id uuid NOT NULL,
    why text NOT NULL,
    held_at timestamp with time zone NOT NULL,
    CONSTRAINT line_holds_why CHECK (((length(why) >= 1) AND (length(why) <= 500)))
);


--
-- Name: line_refunds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.line_refunds (
    id uuid DEFAULT uuidv7() NOT NULL,
    line_id uuid NOT NULL,
    key text NOT NULL,
    amount_fen bigint NOT NULL,
    reason text NOT NULL,
    requested_by uuid NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT line_refunds_amount CHECK ((amount_fen > 0)),
    CONSTRAINT line_refunds_reason CHECK ((reason = ANY (ARRAY['cancelled'::text, 'bad_fruit'::text, 'agreed'::text, 'not_shipped'::text, 'goods_return'::text, 'changed'::text, 'weighed'::text, 'lost'::text, 'not_collected'::text, 'balance_unpaid'::text])))
);


--
-- Name: lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lines (
    county_code text NOT NULL,
    code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT lines_code_length CHECK (((length(code) >= 1) AND (length(code) <= 40))),
    CONSTRAINT lines_code_not_stored_number CHECK ((code !~ '^(YD|LT|DX)-#[0-9]'::text)),
    CONSTRAINT lines_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT lines_kind CHECK ((kind = ANY (ARRAY['mobile'::text, 'broadband'::text, 'television'::text]))),
    CONSTRAINT lines_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text])))
);


--
-- Name: listed_counties; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.listed_counties (
    county_code text NOT NULL,
    list text NOT NULL,
    valid_during daterange NOT NULL,
    basis text NOT NULL,
    CONSTRAINT listed_counties_list CHECK ((list = ANY (ARRAY['national'::text, 'provincial'::text])))
);


--
-- Name: listed_facts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.listed_facts (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    list text NOT NULL,
    identity_index bytea,
    identity_sealed bytea,
    household_code text,
    value_index bytea DEFAULT '\x'::bytea NOT NULL,
    value_sealed bytea DEFAULT '\x'::bytea NOT NULL,
    valid_during daterange NOT NULL,
    file_id uuid NOT NULL,
    ended_by uuid,
    CONSTRAINT listed_facts_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT listed_facts_list CHECK ((list = ANY (ARRAY['payroll'::text, 'vehicle'::text, 'company'::text, 'flat'::text, 'address'::text, 'account'::text]))),
    CONSTRAINT listed_facts_period_not_empty CHECK ((NOT isempty(valid_during))),
    CONSTRAINT listed_facts_subject CHECK (
CASE
    WHEN (list = ANY (ARRAY['address'::text, 'account'::text])) THEN ((identity_index IS NULL) AND (identity_sealed IS NULL) AND (household_code IS NOT NULL) AND (value_index <> '\x'::bytea))
    ELSE ((identity_index IS NOT NULL) AND (identity_sealed IS NOT NULL) AND (household_code IS NULL))
END),
    CONSTRAINT listed_facts_value_complete CHECK (((value_index = '\x'::bytea) = (value_sealed = '\x'::bytea)))
);


--
-- Name: listing_files; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.listing_files (
    producer_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    name text NOT NULL,
    numbers bigint[] NOT NULL,
    imported_by uuid NOT NULL,
    imported_at timestamp with time zone NOT NULL,
    CONSTRAINT listing_files_name_length CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT listing_files_sha256 CHECK ((length(sha256) = 32))
);


--
-- Name: COLUMN listing_files.numbers; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.listing_files.numbers IS 'of the listings that it published, in the order of its rows';


--
-- Name: listing_photos; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.listing_photos (
    listing_id uuid NOT NULL,
    "position" smallint NOT NULL,
    photo_id uuid NOT NULL,
    CONSTRAINT listing_photos_bound CHECK ((("position" >= 1) AND ("position" <= 5)))
);


--
-- Name: listings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.listings (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    category_code text NOT NULL,
    title text NOT NULL,
    story text DEFAULT ''::text NOT NULL,
    origin_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(origin_code, 6)) STORED NOT NULL,
    harvest_months smallint[] DEFAULT '{}'::smallint[] NOT NULL,
    perishable boolean DEFAULT false NOT NULL,
    photo_id uuid,
    state text DEFAULT 'live'::text NOT NULL,
    commission_bp integer NOT NULL,
    gi text DEFAULT ''::text NOT NULL,
    rating_sum integer DEFAULT 0 NOT NULL,
    rating_count integer DEFAULT 0 NOT NULL,
    sold_count integer DEFAULT 0 NOT NULL,
    score integer DEFAULT 0 NOT NULL,
    search_text text NOT NULL,
    search_words tsvector NOT NULL,
    search_pinyin text DEFAULT ''::text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    listed_price_fen bigint,
    ranked_sold_count integer DEFAULT 0 NOT NULL,
    certified_until date DEFAULT 'infinity'::date NOT NULL,
    storage text DEFAULT 'ambient'::text NOT NULL,
    shelf_days smallint,
    no_ship text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT listings_commission CHECK (((commission_bp >= 0) AND (commission_bp <= 10000))),
    CONSTRAINT listings_kind CHECK ((kind = ANY (ARRAY['product'::text, 'stay'::text, 'activity'::text]))),
    CONSTRAINT listings_no_ship CHECK ((array_to_string(no_ship, ','::text) ~ '^([0-9]{2}(,|$))*$'::text)),
    CONSTRAINT listings_search_text_not_empty CHECK ((search_text <> ''::text)),
    CONSTRAINT listings_shelf_days CHECK (((shelf_days >= 1) AND (shelf_days <= 3650))),
    CONSTRAINT listings_state CHECK ((state = ANY (ARRAY['draft'::text, 'live'::text, 'withdrawn'::text, 'suspended'::text]))),
    CONSTRAINT listings_storage CHECK ((storage = ANY (ARRAY['ambient'::text, 'chilled'::text, 'frozen'::text]))),
    CONSTRAINT listings_story_length CHECK ((length(story) <= 2000)),
    CONSTRAINT listings_title_length CHECK (((length(title) >= 2) AND (length(title) <= 60))),
    CONSTRAINT listings_version CHECK ((version > 0))
)
WITH (fillfactor='80');


--
-- Name: COLUMN listings.listed_price_fen; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.listings.listed_price_fen IS 'of the pack at position 0, kept by copy_listing_price';


--
-- Name: COLUMN listings.ranked_sold_count; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.listings.ranked_sold_count IS 'sold_count when the scores were last computed; lists are ordered by it';


--
-- Name: COLUMN listings.certified_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.listings.certified_until IS 'the last day on which a certificate that the category requires is valid; a listing is shown and sold until then';


--
-- Name: COLUMN listings.shelf_days; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.listings.shelf_days IS 'how long it keeps from the day on which it is sent';


--
-- Name: COLUMN listings.no_ship; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.listings.no_ship IS 'provinces that it is not shipped to, besides those of its producer''s freight';


--
-- Name: listings_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.listings ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.listings_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: lots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lots (
    id uuid DEFAULT uuidv7() NOT NULL,
    producer_id uuid NOT NULL,
    label text NOT NULL,
    unit text NOT NULL,
    available_units integer NOT NULL,
    reserved_units integer DEFAULT 0 NOT NULL,
    sold_units integer DEFAULT 0 NOT NULL,
    CONSTRAINT lots_available_not_negative CHECK ((available_units >= 0)),
    CONSTRAINT lots_reserved_not_negative CHECK ((reserved_units >= 0)),
    CONSTRAINT lots_sold_not_negative CHECK ((sold_units >= 0))
)
WITH (fillfactor='60');


--
-- Name: mediation_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.mediation_lines (
    case_id uuid NOT NULL,
    line_id uuid NOT NULL,
    amount_fen bigint NOT NULL,
    granted_fen bigint,
    CONSTRAINT mediation_lines_amount CHECK ((amount_fen > 0)),
    CONSTRAINT mediation_lines_granted CHECK (((granted_fen >= 0) AND (granted_fen <= amount_fen)))
);


--
-- Name: mediation_proposals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.mediation_proposals (
    case_id uuid NOT NULL,
    share_bp integer NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    buyer_agreed_at timestamp with time zone,
    seller_agreed_at timestamp with time zone,
    seller_agreed_by uuid,
    CONSTRAINT mediation_proposals_answered CHECK ((seller_agreed_at >= proposed_at)),
    CONSTRAINT mediation_proposals_buyer CHECK ((buyer_agreed_at >= proposed_at)),
    CONSTRAINT mediation_proposals_share CHECK (((share_bp >= 0) AND (share_bp <= 10000))),
    CONSTRAINT mediation_proposals_who CHECK (((seller_agreed_at IS NULL) = (seller_agreed_by IS NULL)))
);


--
-- Name: mediations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.mediations (
    case_id uuid NOT NULL,
    category text DEFAULT 'mediation'::text NOT NULL,
    source_id uuid NOT NULL,
    source text NOT NULL,
    suborder_id uuid NOT NULL,
    refused_by uuid NOT NULL,
    refused_sealed bytea,
    share_bp integer,
    agreed boolean,
    CONSTRAINT mediations_category CHECK ((category = 'mediation'::text)),
    CONSTRAINT mediations_ended CHECK (((share_bp IS NULL) = (agreed IS NULL))),
    CONSTRAINT mediations_share CHECK (((share_bp >= 0) AND (share_bp <= 10000))),
    CONSTRAINT mediations_source_category CHECK ((source = ANY (ARRAY['bad_fruit'::text, 'goods_return'::text])))
);


--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    id uuid DEFAULT uuidv7() NOT NULL,
    phone_sealed bytea NOT NULL,
    template text NOT NULL,
    facts_sealed bytea NOT NULL,
    queued_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    attempts smallint DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    error text,
    dead_at timestamp with time zone,
    provider_ref text,
    delivered_at timestamp with time zone,
    phone_index bytea
);


--
-- Name: month_figures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.month_figures (
    county_code text NOT NULL,
    month date NOT NULL,
    report text NOT NULL,
    village_code text NOT NULL,
    key text NOT NULL,
    n integer NOT NULL,
    fen bigint NOT NULL,
    CONSTRAINT month_figures_n CHECK ((n > 0)),
    CONSTRAINT month_figures_village CHECK (((village_code = ''::text) OR ("left"(village_code, 6) = county_code)))
);


--
-- Name: COLUMN month_figures.village_code; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.month_figures.village_code IS 'Empty for rows without a village.';


--
-- Name: night_prices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.night_prices (
    listing_id uuid NOT NULL,
    valid_during daterange NOT NULL,
    price_fen bigint,
    min_nights smallint,
    child_price_fen bigint,
    CONSTRAINT night_prices_child_price CHECK (((child_price_fen IS NULL) OR ((price_fen IS NOT NULL) AND ((child_price_fen >= 1) AND (child_price_fen <= price_fen))))),
    CONSTRAINT night_prices_min_nights CHECK (((min_nights >= 1) AND (min_nights <= 30))),
    CONSTRAINT night_prices_not_empty CHECK ((num_nonnulls(price_fen, min_nights) > 0)),
    CONSTRAINT night_prices_period_not_empty CHECK ((NOT isempty(valid_during))),
    CONSTRAINT night_prices_price CHECK (((price_fen >= 1) AND (price_fen <= 100000000)))
);


--
-- Name: night_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.night_rules (
    listing_id uuid NOT NULL,
    applies text NOT NULL,
    holiday text DEFAULT ''::text NOT NULL,
    price_fen bigint,
    min_nights smallint,
    child_price_fen bigint,
    CONSTRAINT night_rules_applies CHECK ((applies = ANY (ARRAY['always'::text, 'weekend'::text, 'holiday'::text]))),
    CONSTRAINT night_rules_base_price CHECK (((applies <> 'always'::text) OR (price_fen IS NULL))),
    CONSTRAINT night_rules_child_price CHECK (((child_price_fen IS NULL) OR ((price_fen IS NOT NULL) AND ((child_price_fen >= 1) AND (child_price_fen <= price_fen))))),
    CONSTRAINT night_rules_holiday CHECK (((applies = 'holiday'::text) OR (holiday = ''::text))),
    CONSTRAINT night_rules_min_nights CHECK (((min_nights >= 1) AND (min_nights <= 30))),
    CONSTRAINT night_rules_not_empty CHECK ((num_nonnulls(price_fen, min_nights) > 0)),
    CONSTRAINT night_rules_price CHECK (((price_fen >= 1) AND (price_fen <= 100000000)))
);


--
-- Name: objections; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.objections (
    case_id uuid NOT NULL,
    category text DEFAULT 'objection'::text NOT NULL,
    lead_id uuid NOT NULL,
    reason text NOT NULL,
    receipt_hash bytea NOT NULL,
    recorded_by uuid,
    CONSTRAINT objections_category CHECK ((category = 'objection'::text)),
    CONSTRAINT objections_reason CHECK ((reason = ANY (ARRAY['better_off'::text, 'not_living'::text, 'members'::text, 'procedure'::text, 'other'::text])))
);


--
-- Name: open_figures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.open_figures (
    county_code text NOT NULL,
    quarter date NOT NULL,
    part text NOT NULL,
    users integer,
    households integer,
    conceded_fen bigint,
    public_fen bigint,
    published_at timestamp with time zone NOT NULL,
    CONSTRAINT open_figures_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT open_figures_hidden CHECK ((num_nulls(users, households, conceded_fen, public_fen) = ANY (ARRAY[0, 4]))),
    CONSTRAINT open_figures_not_small CHECK (((LEAST(users, households) = 0) OR (LEAST(users, households) >= 10))),
    CONSTRAINT open_figures_part CHECK (((part = ANY (ARRAY['all'::text, 'none'::text, 'mobile'::text, 'unicom'::text, 'telecom'::text])) OR ((part ~ '^[0-9]{9}$'::text) AND ("left"(part, 6) = county_code)))),
    CONSTRAINT open_figures_quarter CHECK (((EXTRACT(day FROM quarter) = (1)::numeric) AND (EXTRACT(month FROM quarter) = ANY (ARRAY[(1)::numeric, (4)::numeric, (7)::numeric, (10)::numeric]))))
);


--
-- Name: COLUMN open_figures.part; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.open_figures.part IS 'The whole county (all), a township of nine digits, no village (none), or an operator.';


--
-- Name: COLUMN open_figures.users; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.open_figures.users IS 'Null where the figures are hidden.';


--
-- Name: openings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.openings (
    county_code text NOT NULL,
    line_code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    programme_code text NOT NULL,
    household_code text NOT NULL,
    months smallint NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    CONSTRAINT openings_conceded CHECK ((conceded_fen >= 0)),
    CONSTRAINT openings_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT openings_household_in_capitals CHECK ((household_code !~ '[a-z]'::text)),
    CONSTRAINT openings_kind CHECK ((kind = ANY (ARRAY['mobile'::text, 'broadband'::text, 'television'::text]))),
    CONSTRAINT openings_months CHECK ((months >= 1)),
    CONSTRAINT openings_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text]))),
    CONSTRAINT openings_public CHECK ((public_fen >= 0))
);


--
-- Name: operator_bank_accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.operator_bank_accounts (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    operator text NOT NULL,
    holder text NOT NULL,
    bank text NOT NULL,
    number_sealed bytea NOT NULL,
    number_tail text NOT NULL,
    valid_during daterange NOT NULL,
    entered_by uuid NOT NULL,
    entered_person bytea NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamp with time zone,
    replaced_by uuid,
    CONSTRAINT bank_accounts_bank CHECK (((length(bank) >= 1) AND (length(bank) <= 80))),
    CONSTRAINT bank_accounts_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT bank_accounts_decided CHECK ((((outcome IS NOT NULL) = (decided_by IS NOT NULL)) AND ((outcome IS NOT NULL) = (decided_person IS NOT NULL)) AND ((outcome IS NOT NULL) = (decided_at IS NOT NULL)))),
    CONSTRAINT bank_accounts_holder CHECK (((length(holder) >= 1) AND (length(holder) <= 80))),
    CONSTRAINT bank_accounts_outcome CHECK ((outcome = ANY (ARRAY['agreed'::text, 'refused'::text]))),
    CONSTRAINT bank_accounts_period CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)))),
    CONSTRAINT bank_accounts_tail CHECK ((number_tail ~ '^[0-9]{4}$'::text)),
    CONSTRAINT bank_accounts_two_people CHECK (((decided_person <> entered_person) AND (decided_by <> entered_by)))
);


--
-- Name: operator_grants; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.operator_grants (
    account_id uuid NOT NULL,
    operator text NOT NULL,
    scope text NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT operator_grants_scope CHECK ((scope ~ '^[0-9]{2}([0-9]{2}){0,2}$'::text))
);


--
-- Name: operators; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.operators (
    code text NOT NULL,
    name text NOT NULL,
    rank smallint NOT NULL
);


--
-- Name: order_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.order_lines (
    id uuid DEFAULT uuidv7() NOT NULL,
    suborder_id uuid NOT NULL,
    "position" smallint NOT NULL,
    listing_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    title text NOT NULL,
    unit text NOT NULL,
    quantity integer NOT NULL,
    price_fen bigint NOT NULL,
    amount_fen bigint NOT NULL,
    lot_id uuid,
    units integer DEFAULT 0 NOT NULL,
    refunded_fen bigint DEFAULT 0 NOT NULL,
    perishable boolean DEFAULT true NOT NULL,
    reduction_fen bigint DEFAULT 0 NOT NULL,
    price_basis text DEFAULT 'unit'::text NOT NULL,
    CONSTRAINT order_lines_price CHECK ((price_fen > 0)),
    CONSTRAINT order_lines_price_basis CHECK ((price_basis = ANY (ARRAY['unit'::text, 'tier'::text, 'public'::text, 'package'::text]))),
    CONSTRAINT order_lines_quantity CHECK (((quantity >= 1) AND (quantity <= 9999))),
    CONSTRAINT order_lines_reduction CHECK (((reduction_fen >= 0) AND (amount_fen >= 0))),
    CONSTRAINT order_lines_refund CHECK (((refunded_fen >= 0) AND (refunded_fen <= amount_fen))),
    CONSTRAINT order_lines_units CHECK ((units >= 0))
);


--
-- Name: orders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.orders (
    id uuid NOT NULL,
    number bigint NOT NULL,
    buyer_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    state text DEFAULT 'placed'::text NOT NULL,
    region_code text NOT NULL,
    address_sealed bytea NOT NULL,
    goods_fen bigint NOT NULL,
    freight_fen bigint NOT NULL,
    discount_fen bigint DEFAULT 0 NOT NULL,
    total_fen bigint NOT NULL,
    method text,
    placed_at timestamp with time zone NOT NULL,
    pay_until timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    closed_at timestamp with time zone,
    items integer DEFAULT 0 NOT NULL,
    lot_units bigint DEFAULT 0 NOT NULL,
    placed_in xid8 DEFAULT pg_current_xact_id() NOT NULL,
    terms text DEFAULT 'prepaid'::text NOT NULL,
    refused_fen bigint DEFAULT 0 NOT NULL,
    currency text DEFAULT 'CNY'::text NOT NULL,
    CONSTRAINT orders_discount CHECK (((discount_fen >= 0) AND (discount_fen <= goods_fen))),
    CONSTRAINT orders_freight CHECK ((freight_fen >= 0)),
    CONSTRAINT orders_goods CHECK ((goods_fen >= 0)),
    CONSTRAINT orders_in_cny CHECK ((currency = 'CNY'::text)),
    CONSTRAINT orders_key_length CHECK (((length(key) >= 1) AND (length(key) <= 200))),
    CONSTRAINT orders_method CHECK ((method = ANY (ARRAY['alipay'::text, 'wechat'::text, 'bank'::text]))),
    CONSTRAINT orders_refused CHECK ((((refused_fen >= 0) AND (refused_fen <= total_fen)) AND ((refused_fen = 0) OR (terms = 'contract'::text)))),
    CONSTRAINT orders_region CHECK ((region_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT orders_state CHECK ((state = ANY (ARRAY['placed'::text, 'deposited'::text, 'paid'::text, 'finished'::text, 'cancelled'::text, 'expired'::text]))),
    CONSTRAINT orders_terms CHECK ((terms = ANY (ARRAY['prepaid'::text, 'requested'::text, 'contract'::text]))),
    CONSTRAINT orders_total CHECK (((total_fen = ((goods_fen + freight_fen) - discount_fen)) AND (total_fen > 0)))
);


--
-- Name: COLUMN orders.refused_fen; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.orders.refused_fen IS 'What the buyer did not accept, and so never pays.';


--
-- Name: orders_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.orders ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.orders_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: organisation_licences; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.organisation_licences (
    organisation_id uuid NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT organisation_licences_period CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))))
);


--
-- Name: outages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outages (
    case_id uuid NOT NULL,
    category text NOT NULL,
    kind text NOT NULL,
    village_code text NOT NULL,
    operator text NOT NULL,
    technology text NOT NULL,
    since date NOT NULL,
    CONSTRAINT outages_category CHECK ((category = ANY (ARRAY['outage'::text, 'outage_town'::text]))),
    CONSTRAINT outages_kind CHECK ((kind = ANY (ARRAY['gone'::text, 'never'::text]))),
    CONSTRAINT outages_technology CHECK ((technology = ANY (ARRAY['4g'::text, '5g'::text, 'fibre'::text, 'wifi'::text])))
);


--
-- Name: package_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.package_lines (
    line_id uuid NOT NULL,
    order_id uuid NOT NULL,
    package_id uuid NOT NULL,
    "position" smallint NOT NULL,
    packages smallint NOT NULL,
    CONSTRAINT package_lines_packages CHECK (((packages >= 1) AND (packages <= 20)))
);


--
-- Name: package_orders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.package_orders (
    order_id uuid NOT NULL,
    package_id uuid NOT NULL,
    count smallint NOT NULL,
    price_fen bigint NOT NULL,
    arrive_on date,
    CONSTRAINT package_orders_count CHECK (((count >= 1) AND (count <= 20))),
    CONSTRAINT package_orders_price CHECK ((price_fen > 0))
);


--
-- Name: package_parts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.package_parts (
    package_id uuid NOT NULL,
    "position" smallint NOT NULL,
    kind text NOT NULL,
    quantity smallint NOT NULL,
    share_fen bigint NOT NULL,
    CONSTRAINT package_parts_kind CHECK ((kind = ANY (ARRAY['product'::text, 'stay'::text, 'activity'::text]))),
    CONSTRAINT package_parts_position CHECK ((("position" >= 1) AND ("position" <= 8))),
    CONSTRAINT package_parts_quantity CHECK (((quantity >= 1) AND (quantity <= 50))),
    CONSTRAINT package_parts_share CHECK ((share_fen >= 100))
);


--
-- Name: package_suppliers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.package_suppliers (
    package_id uuid NOT NULL,
    "position" smallint NOT NULL,
    ordinal smallint NOT NULL,
    producer_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    state text DEFAULT 'asked'::text NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    CONSTRAINT package_suppliers_decided CHECK ((((state = 'asked'::text) = (decided_at IS NULL)) AND ((decided_by IS NULL) = (decided_at IS NULL)))),
    CONSTRAINT package_suppliers_ordinal CHECK (((ordinal >= 1) AND (ordinal <= 10))),
    CONSTRAINT package_suppliers_state CHECK ((state = ANY (ARRAY['asked'::text, 'agreed'::text, 'declined'::text])))
);


--
-- Name: packages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.packages (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    producer_id uuid NOT NULL,
    title text NOT NULL,
    story text DEFAULT ''::text NOT NULL,
    persons smallint NOT NULL,
    nights smallint NOT NULL,
    price_fen bigint NOT NULL,
    valid_during daterange NOT NULL,
    on_holidays boolean NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    CONSTRAINT packages_days CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)) AND (NOT upper_inf(valid_during)))),
    CONSTRAINT packages_nights CHECK (((nights >= 0) AND (nights <= 30))),
    CONSTRAINT packages_persons CHECK (((persons >= 1) AND (persons <= 50))),
    CONSTRAINT packages_price CHECK (((price_fen >= 200) AND (price_fen <= 10000000))),
    CONSTRAINT packages_published CHECK (((state <> 'live'::text) OR (published_at IS NOT NULL))),
    CONSTRAINT packages_state CHECK ((state = ANY (ARRAY['draft'::text, 'live'::text, 'withdrawn'::text]))),
    CONSTRAINT packages_story_length CHECK ((length(story) <= 2000)),
    CONSTRAINT packages_title_length CHECK (((length(title) >= 2) AND (length(title) <= 60)))
);


--
-- Name: COLUMN packages.valid_during; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.packages.valid_during IS 'the days on which guests arrive; without a stay, the days of its activities';


--
-- Name: packages_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.packages ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.packages_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pairing_statement_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pairing_statement_items (
    id bigint NOT NULL,
    pairing_id uuid NOT NULL,
    year smallint NOT NULL,
    kind text NOT NULL,
    on_day date NOT NULL,
    what text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT pairing_statement_items_amount CHECK ((amount >= 0))
);


--
-- Name: pairing_statement_items_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.pairing_statement_items ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pairing_statement_items_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pairing_statement_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pairing_statement_lines (
    pairing_id uuid NOT NULL,
    year smallint NOT NULL,
    kind text NOT NULL,
    counted daterange NOT NULL,
    target bigint NOT NULL,
    done bigint NOT NULL,
    CONSTRAINT pairing_statement_lines_done CHECK ((done >= 0)),
    CONSTRAINT pairing_statement_lines_kind CHECK ((kind = ANY (ARRAY['buy'::text, 'teach'::text, 'invest'::text, 'hire'::text])))
);


--
-- Name: COLUMN pairing_statement_lines.target; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.pairing_statement_lines.target IS 'Of the whole term of the pledge, of which the days of the year were counted.';


--
-- Name: pairing_statements; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pairing_statements (
    pairing_id uuid NOT NULL,
    year smallint NOT NULL,
    stated_by uuid NOT NULL,
    stated_at timestamp with time zone NOT NULL,
    CONSTRAINT pairing_statements_year CHECK (((year >= 2000) AND (year <= 2100)))
);


--
-- Name: pairings_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.pairings ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pairings_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parcel_reminders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.parcel_reminders (
    suborder_id uuid NOT NULL,
    late boolean NOT NULL,
    reminded_at timestamp with time zone NOT NULL
);


--
-- Name: person_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.person_keys (
    account_id uuid NOT NULL,
    key_sealed bytea NOT NULL,
    made_at timestamp with time zone NOT NULL
);


--
-- Name: photos; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.photos (
    id uuid DEFAULT uuidv7() NOT NULL,
    owner_id uuid NOT NULL,
    purpose text NOT NULL,
    sha256 bytea NOT NULL,
    name text GENERATED ALWAYS AS ("left"(encode(sha256, 'hex'::text), 40)) STORED NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    kind text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT photos_height CHECK (((height >= 1) AND (height <= 20000))),
    CONSTRAINT photos_kind CHECK ((kind = ANY (ARRAY['webp'::text, 'svg'::text]))),
    CONSTRAINT photos_purpose CHECK ((purpose = ANY (ARRAY['listing'::text, 'certificate'::text, 'parcel'::text, 'claim'::text, 'review'::text, 'message'::text, 'question'::text]))),
    CONSTRAINT photos_sha256_length CHECK ((length(sha256) = 32)),
    CONSTRAINT photos_width CHECK (((width >= 1) AND (width <= 20000)))
);


--
-- Name: pickup_points; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pickup_points (
    id uuid DEFAULT uuidv7() NOT NULL,
    division_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(division_code, 6)) STORED,
    name text NOT NULL,
    address text NOT NULL,
    phone text NOT NULL,
    hours text NOT NULL,
    keeper_id uuid NOT NULL,
    open boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT pickup_points_address CHECK (((length(address) >= 1) AND (length(address) <= 60))),
    CONSTRAINT pickup_points_hours CHECK (((length(hours) >= 1) AND (length(hours) <= 40))),
    CONSTRAINT pickup_points_name CHECK (((length(name) >= 1) AND (length(name) <= 20))),
    CONSTRAINT pickup_points_phone CHECK ((phone ~ '^[0-9]{5,12}$'::text))
);


--
-- Name: pickups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pickups (
    suborder_id uuid NOT NULL,
    point_id uuid NOT NULL,
    state text DEFAULT 'expected'::text NOT NULL,
    arrived_at timestamp with time zone,
    code_hash bytea,
    code_sealed bytea,
    collected_at timestamp with time zone,
    reminded_at timestamp with time zone,
    CONSTRAINT pickups_arrived CHECK (((state = 'expected'::text) = (arrived_at IS NULL))),
    CONSTRAINT pickups_code CHECK ((((state = 'expected'::text) = (code_hash IS NULL)) AND ((state = 'arrived'::text) = (code_sealed IS NOT NULL)))),
    CONSTRAINT pickups_collected CHECK (((state = 'collected'::text) = (collected_at IS NOT NULL))),
    CONSTRAINT pickups_state CHECK ((state = ANY (ARRAY['expected'::text, 'arrived'::text, 'collected'::text, 'returned'::text])))
);


--
-- Name: platform_purchases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.platform_purchases (
    order_number text NOT NULL,
    line_number integer NOT NULL,
    organisation_id uuid NOT NULL,
    supplier text NOT NULL,
    origin_county text NOT NULL,
    product text NOT NULL,
    quantity numeric(12,3) NOT NULL,
    fen bigint NOT NULL,
    accepted_on date NOT NULL,
    accepted_during daterange GENERATED ALWAYS AS (daterange(accepted_on, accepted_on, '[]'::text)) STORED NOT NULL,
    paid_on date,
    year smallint NOT NULL,
    list text,
    counted_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (paid_on IS NOT NULL) THEN fen
    ELSE NULL::bigint
END) STORED,
    CONSTRAINT platform_purchases_amount CHECK ((fen > 0)),
    CONSTRAINT platform_purchases_line CHECK (((line_number >= 1) AND (line_number <= 9999))),
    CONSTRAINT platform_purchases_order CHECK (((length(order_number) >= 4) AND (length(order_number) <= 40))),
    CONSTRAINT platform_purchases_origin CHECK ((origin_county ~ '^[0-9]{6}$'::text)),
    CONSTRAINT platform_purchases_paid CHECK ((paid_on >= accepted_on)),
    CONSTRAINT platform_purchases_product CHECK (((length(product) >= 1) AND (length(product) <= 100))),
    CONSTRAINT platform_purchases_quantity CHECK ((quantity > (0)::numeric)),
    CONSTRAINT platform_purchases_supplier CHECK (((length(supplier) >= 2) AND (length(supplier) <= 60))),
    CONSTRAINT platform_purchases_year CHECK (((year >= 2019) AND (year <= 2100)))
);


--
-- Name: pledges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pledges (
    pairing_id uuid NOT NULL,
    kind text NOT NULL,
    target bigint NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT pledges_kind CHECK ((kind = ANY (ARRAY['buy'::text, 'teach'::text, 'invest'::text, 'hire'::text]))),
    CONSTRAINT pledges_target CHECK (((target >= 1) AND (target <= '1000000000000'::bigint))),
    CONSTRAINT pledges_term CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during)) AND (NOT upper_inf(valid_during))))
);


--
-- Name: presales; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.presales (
    listing_id uuid NOT NULL,
    deposit_fen bigint NOT NULL,
    balance_from date NOT NULL,
    balance_until date NOT NULL,
    send_from date NOT NULL,
    send_until date NOT NULL,
    CONSTRAINT presales_balance CHECK (((balance_until >= balance_from) AND (balance_until <= (balance_from + 60)))),
    CONSTRAINT presales_deposit CHECK (((deposit_fen >= 1) AND (deposit_fen <= 100000000))),
    CONSTRAINT presales_sending CHECK (((send_from >= balance_from) AND (send_until >= balance_until) AND ((send_until >= send_from) AND (send_until <= (send_from + 60)))))
);


--
-- Name: procurement_checks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procurement_checks (
    order_id uuid NOT NULL,
    item text NOT NULL,
    passed boolean NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT procurement_checks_item CHECK ((item = ANY (ARRAY['technical'::text, 'service'::text, 'safety'::text]))),
    CONSTRAINT procurement_checks_note CHECK (((length(note) <= 200) AND (passed OR (length(note) > 0))))
);


--
-- Name: procurement_invoices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procurement_invoices (
    order_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    number text NOT NULL,
    issued_on date NOT NULL,
    fen bigint NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT procurement_invoices_number CHECK ((number ~ '^[0-9]{20}$'::text)),
    CONSTRAINT procurement_invoices_year CHECK (("left"(number, 2) = "right"((EXTRACT(year FROM issued_on))::text, 2)))
);


--
-- Name: procurement_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procurement_lines (
    line_id uuid NOT NULL,
    order_id uuid NOT NULL,
    price_fen bigint NOT NULL,
    ordered integer NOT NULL,
    delivered integer,
    accepted integer,
    CONSTRAINT procurement_lines_accepted CHECK (((accepted >= 0) AND (accepted <= delivered))),
    CONSTRAINT procurement_lines_delivered CHECK (((delivered >= 0) AND (delivered <= ordered))),
    CONSTRAINT procurement_lines_delivered_first CHECK (((accepted IS NULL) OR (delivered IS NOT NULL))),
    CONSTRAINT procurement_lines_ordered CHECK ((ordered > 0)),
    CONSTRAINT procurement_lines_price CHECK ((price_fen > 0))
);


--
-- Name: procurements; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procurements (
    order_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    producer_county text NOT NULL,
    year smallint NOT NULL,
    ordered_on date NOT NULL,
    ordered_during daterange GENERATED ALWAYS AS (daterange(ordered_on, ordered_on, '[]'::text)) STORED NOT NULL,
    list text,
    payment_days smallint NOT NULL,
    payer_code text NOT NULL,
    freight_fen bigint NOT NULL,
    ordered_fen bigint NOT NULL,
    accepted_fen bigint,
    refused_fen bigint GENERATED ALWAYS AS ((ordered_fen - COALESCE(accepted_fen, (0)::bigint))) STORED NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    approved_by uuid,
    approved_at timestamp with time zone,
    signed_by uuid,
    signed_at timestamp with time zone,
    delivered_by uuid,
    delivered_at timestamp with time zone,
    accepted_by uuid,
    accepted_at timestamp with time zone,
    accepted_on date,
    due_on date GENERATED ALWAYS AS ((accepted_on + (payment_days)::integer)) STORED,
    invoiced_at timestamp with time zone,
    paid_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_by uuid,
    reason text,
    state text GENERATED ALWAYS AS (
CASE
    WHEN (ended_at IS NOT NULL) THEN 'ended'::text
    WHEN (paid_at IS NOT NULL) THEN 'paid'::text
    WHEN (invoiced_at IS NOT NULL) THEN 'invoiced'::text
    WHEN (accepted_at IS NOT NULL) THEN 'accepted'::text
    WHEN (delivered_at IS NOT NULL) THEN 'delivered'::text
    WHEN (signed_at IS NOT NULL) THEN 'contracted'::text
    WHEN (approved_at IS NOT NULL) THEN 'approved'::text
    ELSE 'requested'::text
END) STORED NOT NULL,
    CONSTRAINT procurements_accepted CHECK (((accepted_fen >= 1) AND (accepted_fen <= ordered_fen))),
    CONSTRAINT procurements_freight CHECK ((freight_fen >= 0)),
    CONSTRAINT procurements_ordered CHECK ((ordered_fen > 0)),
    CONSTRAINT procurements_payment_days CHECK (((payment_days >= 1) AND (payment_days <= 60))),
    CONSTRAINT procurements_reason CHECK (((length(reason) >= 1) AND (length(reason) <= 200))),
    CONSTRAINT procurements_steps CHECK ((((approved_at IS NULL) = (approved_by IS NULL)) AND ((signed_at IS NULL) = (signed_by IS NULL)) AND ((delivered_at IS NULL) = (delivered_by IS NULL)) AND (num_nulls(accepted_at, accepted_by, accepted_on, accepted_fen) = ANY (ARRAY[0, 4])) AND ((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) = (reason IS NULL)) AND ((signed_at IS NULL) OR (approved_at IS NOT NULL)) AND ((delivered_at IS NULL) OR (signed_at IS NOT NULL)) AND ((accepted_at IS NULL) OR (delivered_at IS NOT NULL)) AND ((invoiced_at IS NULL) OR (accepted_at IS NOT NULL)) AND ((paid_at IS NULL) OR (invoiced_at IS NOT NULL)) AND ((ended_at IS NULL) OR (accepted_at IS NULL)))),
    CONSTRAINT procurements_three_people CHECK (((approved_by <> requested_by) AND (accepted_by <> requested_by) AND (accepted_by <> approved_by))),
    CONSTRAINT procurements_year CHECK (((year >= 2019) AND (year <= 2100)))
);


--
-- Name: producer_figures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.producer_figures (
    producer_id uuid NOT NULL,
    since date NOT NULL,
    counted_on date NOT NULL,
    parcels integer NOT NULL,
    in_time integer NOT NULL,
    reviews integer NOT NULL,
    stars integer NOT NULL,
    answered integer NOT NULL,
    stays integer DEFAULT 0 NOT NULL,
    kept_stays integer DEFAULT 0 NOT NULL,
    CONSTRAINT producer_figures_answered CHECK (((answered >= 0) AND (answered <= reviews))),
    CONSTRAINT producer_figures_kept CHECK (((kept_stays >= 0) AND (kept_stays <= stays))),
    CONSTRAINT producer_figures_parcels CHECK (((in_time >= 0) AND (in_time <= parcels))),
    CONSTRAINT producer_figures_period CHECK ((counted_on > since)),
    CONSTRAINT producer_figures_stars CHECK (((stars >= reviews) AND (stars <= (5 * reviews)))),
    CONSTRAINT producer_figures_stays CHECK ((stays >= 0))
);


--
-- Name: producer_members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.producer_members (
    producer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role text NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT producer_members_period_not_empty CHECK ((NOT isempty(valid_during))),
    CONSTRAINT producer_members_role CHECK ((role = ANY (ARRAY['owner'::text, 'member'::text, 'helper'::text])))
);


--
-- Name: producer_steps; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.producer_steps (
    producer_id uuid NOT NULL,
    step text NOT NULL,
    account_id uuid NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    person_key bytea,
    CONSTRAINT producer_steps_reason_length CHECK ((length(reason) <= 300)),
    CONSTRAINT producer_steps_step CHECK ((step = ANY (ARRAY['apply'::text, 'confirm'::text, 'recommend'::text, 'approve'::text, 'refuse'::text, 'suspend'::text, 'reopen'::text])))
);


--
-- Name: producers_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.producers ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.producers_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: programme_checks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.programme_checks (
    county_code text NOT NULL,
    programme_code text NOT NULL,
    check_code text NOT NULL,
    valid_during daterange NOT NULL,
    enabled boolean NOT NULL,
    thresholds jsonb NOT NULL,
    basis text NOT NULL,
    file_id uuid NOT NULL,
    CONSTRAINT programme_checks_basis_length CHECK (((length(basis) >= 1) AND (length(basis) <= 300))),
    CONSTRAINT programme_checks_check CHECK ((check_code ~ '^[a-z_]{1,60}$'::text)),
    CONSTRAINT programme_checks_period_not_empty CHECK ((NOT isempty(valid_during))),
    CONSTRAINT programme_checks_thresholds CHECK ((jsonb_typeof(thresholds) = 'object'::text))
);


--
-- Name: programme_sentences; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.programme_sentences (
    county_code text NOT NULL,
    programme_code text NOT NULL,
    "position" smallint NOT NULL,
    subjects text[] NOT NULL,
    prefix text NOT NULL,
    quote text NOT NULL,
    suffix text NOT NULL,
    read_by uuid NOT NULL,
    read_at timestamp with time zone NOT NULL,
    file_id uuid,
    CONSTRAINT programme_sentences_quote CHECK ((quote <> ''::text))
);


--
-- Name: public_plans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.public_plans (
    county_code text NOT NULL,
    code text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    kinds text[] NOT NULL,
    monthly_fen bigint NOT NULL,
    data_mb integer,
    apply_at text DEFAULT ''::text NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT public_plans_charge CHECK (((monthly_fen >= 0) AND (monthly_fen <= '1000000000000'::bigint))),
    CONSTRAINT public_plans_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT public_plans_data CHECK (((data_mb >= 0) AND (data_mb <= 10000000))),
    CONSTRAINT public_plans_kinds CHECK (((cardinality(kinds) > 0) AND (kinds <@ ARRAY['mobile'::text, 'broadband'::text, 'television'::text]))),
    CONSTRAINT public_plans_period CHECK ((NOT isempty(valid_during))),
    CONSTRAINT public_plans_place CHECK ((length(apply_at) <= 80))
);


--
-- Name: quarter_sums; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quarter_sums (
    county_code text NOT NULL,
    quarter date NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    users integer NOT NULL,
    new_users integer NOT NULL,
    households integer NOT NULL,
    persons integer NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    cumulative_users integer NOT NULL,
    cumulative_conceded_fen bigint NOT NULL,
    cumulative_public_fen bigint NOT NULL,
    closed_months smallint NOT NULL,
    computed_at timestamp with time zone NOT NULL,
    CONSTRAINT quarter_sums_closed_months CHECK (((closed_months >= 0) AND (closed_months <= 3))),
    CONSTRAINT quarter_sums_counts CHECK ((((new_users >= 0) AND (new_users <= users)) AND (users <= cumulative_users) AND (households >= 0) AND (persons >= 0))),
    CONSTRAINT quarter_sums_quarter CHECK (((EXTRACT(day FROM quarter) = (1)::numeric) AND (EXTRACT(month FROM quarter) = ANY (ARRAY[(1)::numeric, (4)::numeric, (7)::numeric, (10)::numeric]))))
);


--
-- Name: TABLE quarter_sums; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.quarter_sums IS 'The rows of the quarterly report (R15) of each county, computed again when a month changed.';


--
-- Name: questions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.questions (
    case_id uuid NOT NULL,
    category text DEFAULT 'question'::text NOT NULL,
    village_code text NOT NULL,
    photo_id uuid,
    public_text text DEFAULT ''::text NOT NULL,
    public_answer text DEFAULT ''::text NOT NULL,
    previewed_at timestamp with time zone,
    shared_at timestamp with time zone,
    CONSTRAINT questions_category CHECK ((category = 'question'::text)),
    CONSTRAINT questions_previewed CHECK ((((previewed_at IS NOT NULL) = (public_text <> ''::text)) AND ((public_text <> ''::text) = (public_answer <> ''::text)))),
    CONSTRAINT questions_public_answer CHECK ((length(public_answer) <= 500)),
    CONSTRAINT questions_public_text CHECK ((length(public_text) <= 500)),
    CONSTRAINT questions_shared CHECK (((shared_at IS NULL) OR ((previewed_at IS NOT NULL) AND (previewed_at <= shared_at))))
);


--
-- Name: quota_entries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quota_entries (
    id bigint NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL,
    list text NOT NULL,
    kind text NOT NULL,
    fen bigint NOT NULL,
    order_id uuid,
    order_number text,
    line_number integer,
    at timestamp with time zone NOT NULL,
    committed_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'committed'::text) THEN fen
    ELSE NULL::bigint
END) STORED,
    accepted_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'accepted'::text) THEN fen
    ELSE NULL::bigint
END) STORED,
    restored_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'restored'::text) THEN fen
    ELSE NULL::bigint
END) STORED,
    spent_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN ((kind = 'spent'::text) AND (order_id IS NOT NULL)) THEN fen
    ELSE NULL::bigint
END) STORED,
    counted_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (order_number IS NOT NULL) THEN fen
    ELSE NULL::bigint
END) STORED,
    CONSTRAINT quota_entries_amount CHECK ((fen > 0)),
    CONSTRAINT quota_entries_kind CHECK ((kind = ANY (ARRAY['committed'::text, 'accepted'::text, 'restored'::text, 'spent'::text, 'returned'::text]))),
    CONSTRAINT quota_entries_of_one CHECK ((((order_id IS NULL) <> (order_number IS NULL)) AND ((order_number IS NULL) = (line_number IS NULL)) AND ((order_number IS NULL) OR (kind = 'spent'::text))))
);


--
-- Name: quota_entries_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.quota_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.quota_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: quota_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quota_rules (
    region text NOT NULL,
    ratio_bp integer NOT NULL,
    valid_during daterange NOT NULL,
    source text NOT NULL,
    CONSTRAINT quota_rules_period CHECK ((NOT isempty(valid_during))),
    CONSTRAINT quota_rules_ratio CHECK (((ratio_bp >= 0) AND (ratio_bp <= 10000))),
    CONSTRAINT quota_rules_region CHECK ((region ~ '^([0-9]{2}){1,3}$'::text)),
    CONSTRAINT quota_rules_source CHECK (((length(source) >= 4) AND (length(source) <= 200)))
);


--
-- Name: rates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rates (
    currency text NOT NULL,
    day date NOT NULL,
    fen_per_10000 bigint NOT NULL,
    source text NOT NULL,
    CONSTRAINT rates_currency CHECK (((currency ~ '^[A-Z]{3}$'::text) AND (currency <> 'CNY'::text))),
    CONSTRAINT rates_day CHECK (isfinite(day)),
    CONSTRAINT rates_source CHECK (((length(source) >= 2) AND (length(source) <= 100))),
    CONSTRAINT rates_value CHECK (((fen_per_10000 >= 1) AND (fen_per_10000 <= '1000000000000'::bigint)))
);


--
-- Name: reconciliations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reconciliations (
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    file_id uuid,
    settled_fen bigint NOT NULL,
    credited_fen bigint,
    accepted_fen bigint,
    reconciled_at timestamp with time zone NOT NULL,
    round integer DEFAULT 1 NOT NULL,
    CONSTRAINT reconciliations_add_up CHECK (((credited_fen + accepted_fen) = settled_fen)),
    CONSTRAINT reconciliations_compared CHECK ((((file_id IS NULL) = (credited_fen IS NULL)) AND ((file_id IS NULL) = (accepted_fen IS NULL)))),
    CONSTRAINT reconciliations_round CHECK ((round >= 1))
);


--
-- Name: redemptions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.redemptions (
    order_id uuid NOT NULL,
    voucher_id uuid NOT NULL,
    discount_fen bigint NOT NULL,
    redeemed_at timestamp with time zone NOT NULL,
    freed_at timestamp with time zone,
    CONSTRAINT redemptions_discount CHECK ((discount_fen > 0)),
    CONSTRAINT redemptions_freed CHECK ((freed_at >= redeemed_at))
);


--
-- Name: refund_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refund_requests (
    id uuid DEFAULT uuidv7() NOT NULL,
    suborder_id uuid NOT NULL,
    line_id uuid NOT NULL,
    key text NOT NULL,
    amount_fen bigint NOT NULL,
    reason text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    decision_note text DEFAULT ''::text NOT NULL,
    lapse_reason text,
    escalated_at timestamp with time zone,
    CONSTRAINT refund_requests_amount CHECK ((amount_fen > 0)),
    CONSTRAINT refund_requests_decided CHECK (((state = ANY (ARRAY['consented'::text, 'refused'::text])) = (decided_by IS NOT NULL))),
    CONSTRAINT refund_requests_ended CHECK (((state = 'waiting'::text) = (decided_at IS NULL))),
    CONSTRAINT refund_requests_lapse_reason CHECK ((lapse_reason = ANY (ARRAY['cancelled'::text, 'disputed'::text, 'refunded'::text, 'expired'::text]))),
    CONSTRAINT refund_requests_lapsed CHECK (((state = 'lapsed'::text) = (lapse_reason IS NOT NULL))),
    CONSTRAINT refund_requests_reason CHECK ((reason = ANY (ARRAY['bad_fruit'::text, 'agreed'::text]))),
    CONSTRAINT refund_requests_state CHECK ((state = ANY (ARRAY['waiting'::text, 'consented'::text, 'refused'::text, 'lapsed'::text])))
);


--
-- Name: register_checks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.register_checks (
    county_code text NOT NULL,
    household_code text NOT NULL,
    checked_on date NOT NULL,
    file_id uuid,
    lead_id uuid,
    account_id uuid,
    CONSTRAINT register_checks_one_origin CHECK ((num_nonnulls(file_id, lead_id, account_id) = 1))
);


--
-- Name: register_erasures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.register_erasures (
    person_id uuid NOT NULL,
    county_code text NOT NULL,
    reason text NOT NULL,
    erased_by text NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    CONSTRAINT register_erasures_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT register_erasures_reason CHECK ((reason = ANY (ARRAY['request'::text, 'retention'::text])))
);


--
-- Name: rejected_rows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rejected_rows (
    file_id uuid NOT NULL,
    county_code text NOT NULL,
    rows integer NOT NULL,
    content_sealed bytea NOT NULL,
    CONSTRAINT rejected_rows_rows CHECK ((rows > 0))
);


--
-- Name: return_differences; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.return_differences (
    id uuid DEFAULT uuidv7() NOT NULL,
    file_id uuid NOT NULL,
    county_code text NOT NULL,
    kind text NOT NULL,
    line_code text,
    for_month date,
    settled_fen bigint,
    row_number integer,
    credited_fen bigint,
    since timestamp with time zone NOT NULL,
    outcome text,
    why text,
    answered_by uuid,
    answered_at timestamp with time zone,
    CONSTRAINT return_differences_answer CHECK ((((outcome IS NULL) = (why IS NULL)) AND ((outcome IS NULL) = (answered_by IS NULL)) AND ((outcome IS NULL) = (answered_at IS NULL)))),
    CONSTRAINT return_differences_credited CHECK ((((row_number IS NULL) = (credited_fen IS NULL)) AND ((row_number IS NULL) = (kind = ANY (ARRAY['missing'::text, 'other_file'::text]))))),
    CONSTRAINT return_differences_kind CHECK ((kind = ANY (ARRAY['missing'::text, 'less'::text, 'more'::text, 'returned'::text, 'other_number'::text, 'wrong_month'::text, 'twice'::text, 'unknown_line'::text, 'other_file'::text]))),
    CONSTRAINT return_differences_outcome CHECK ((outcome = 'accepted'::text)),
    CONSTRAINT return_differences_returned_stops CHECK (((kind <> 'returned'::text) OR (outcome IS DISTINCT FROM 'accepted'::text))),
    CONSTRAINT return_differences_settled CHECK ((((line_code IS NULL) = (settled_fen IS NULL)) AND ((for_month IS NULL) = (settled_fen IS NULL)) AND ((settled_fen IS NULL) = ((kind = ANY (ARRAY['twice'::text, 'unknown_line'::text, 'other_file'::text])) OR ((kind = 'wrong_month'::text) AND (line_code IS NULL)))))),
    CONSTRAINT return_differences_why CHECK (((length(why) >= 1) AND (length(why) <= 500)))
);


--
-- Name: return_files; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.return_files (
    file_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    revision smallint NOT NULL,
    settlement_sha256 text NOT NULL,
    settled_fen bigint NOT NULL,
    credited_fen bigint NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    CONSTRAINT return_files_revision CHECK ((revision >= 1)),
    CONSTRAINT return_files_sha256 CHECK ((settlement_sha256 ~ '^[0-9a-f]{64}$'::text))
);


--
-- Name: return_rows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.return_rows (
    file_id uuid NOT NULL,
    row_number integer NOT NULL,
    county_code text NOT NULL,
    line_code text,
    for_month date NOT NULL,
    number_id bigint NOT NULL,
    credited_fen bigint NOT NULL,
    returned boolean NOT NULL,
    CONSTRAINT return_rows_month CHECK ((EXTRACT(day FROM for_month) = (1)::numeric)),
    CONSTRAINT return_rows_returned CHECK (((NOT returned) OR (credited_fen = 0))),
    CONSTRAINT return_rows_row CHECK ((row_number >= 2))
);


--
-- Name: review_appeals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.review_appeals (
    case_id uuid NOT NULL,
    category text DEFAULT 'review_appeal'::text NOT NULL,
    review_id uuid NOT NULL,
    claimed text NOT NULL,
    CONSTRAINT review_appeals_category CHECK ((category = 'review_appeal'::text)),
    CONSTRAINT review_appeals_claimed CHECK ((claimed = ANY (ARRAY['personal_data'::text, 'insult'::text, 'forbidden'::text])))
);


--
-- Name: review_photos; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.review_photos (
    review_id uuid NOT NULL,
    photo_id uuid NOT NULL,
    removed_at timestamp with time zone
);


--
-- Name: review_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.review_versions (
    id uuid DEFAULT uuidv7() NOT NULL,
    review_id uuid NOT NULL,
    rating smallint NOT NULL,
    text text NOT NULL,
    answer text,
    replaced_at timestamp with time zone NOT NULL
);


--
-- Name: reviews; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reviews (
    id uuid DEFAULT uuidv7() NOT NULL,
    suborder_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    account_id uuid NOT NULL,
    rating smallint NOT NULL,
    text text NOT NULL,
    answer text,
    at timestamp with time zone NOT NULL,
    producer_id uuid NOT NULL,
    edited_at timestamp with time zone,
    answered_at timestamp with time zone,
    answered_by uuid,
    hidden_for text,
    hidden_at timestamp with time zone,
    CONSTRAINT reviews_answer_length CHECK ((length(answer) <= 500)),
    CONSTRAINT reviews_answered CHECK ((((answer IS NULL) = (answered_at IS NULL)) AND (answer <> ''::text))),
    CONSTRAINT reviews_edited CHECK (((edited_at > at) AND (edited_at <= (at + '7 days'::interval)))),
    CONSTRAINT reviews_hidden CHECK (((hidden_for = ANY (ARRAY['personal_data'::text, 'insult'::text, 'forbidden'::text])) AND ((hidden_for IS NULL) = (hidden_at IS NULL)))),
    CONSTRAINT reviews_rating CHECK (((rating >= 1) AND (rating <= 5))),
    CONSTRAINT reviews_text_length CHECK ((length(text) <= 500))
);


--
-- Name: run_explanations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.run_explanations (
    run_id uuid NOT NULL,
    number integer NOT NULL,
    county_code text NOT NULL,
    steps jsonb NOT NULL,
    CONSTRAINT run_explanations_number CHECK ((number > 0))
);


--
-- Name: runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs (
    id uuid DEFAULT uuidv7() NOT NULL,
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    n integer NOT NULL,
    manifest_sha256 text NOT NULL,
    result_sha256 text NOT NULL,
    budget_fen bigint,
    account_id uuid NOT NULL,
    ran_at timestamp with time zone NOT NULL,
    CONSTRAINT runs_n CHECK ((n >= 1)),
    CONSTRAINT runs_result CHECK ((result_sha256 ~ '^[0-9a-f]{64}$'::text))
);


--
-- Name: sample_deposits; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sample_deposits (
    county_code text NOT NULL,
    month date NOT NULL,
    secret_sha256 text NOT NULL,
    deposited_at timestamp with time zone NOT NULL,
    deposited_by uuid,
    CONSTRAINT sample_deposits_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT sample_deposits_month CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT sample_deposits_secret CHECK ((secret_sha256 ~ '^[0-9a-f]{64}$'::text))
);


--
-- Name: COLUMN sample_deposits.deposited_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.sample_deposits.deposited_by IS 'Null: deposited by the operator of the system, or before 0126.';


--
-- Name: sample_draws; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sample_draws (
    cycle_id uuid NOT NULL,
    county_code text NOT NULL,
    month date NOT NULL,
    secret text NOT NULL,
    result_sha256 text NOT NULL,
    drawn_at timestamp with time zone NOT NULL,
    CONSTRAINT sample_draws_secret_length CHECK (((length(secret) >= 16) AND (length(secret) <= 200)))
);


--
-- Name: sample_lines; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sample_lines (
    cycle_id uuid NOT NULL,
    "position" smallint NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    outcome text,
    checked_by uuid,
    checked_at timestamp with time zone,
    CONSTRAINT sample_lines_checked CHECK (((outcome IS NULL) = (checked_at IS NULL))),
    CONSTRAINT sample_lines_outcome CHECK ((outcome = ANY (ARRAY['right'::text, 'wrong'::text, 'not_found'::text]))),
    CONSTRAINT sample_lines_position CHECK (("position" >= 1))
);


--
-- Name: saved_filters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.saved_filters (
    account_id uuid NOT NULL,
    "position" smallint NOT NULL,
    county_code text NOT NULL,
    page text NOT NULL,
    name text NOT NULL,
    query jsonb NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    CONSTRAINT saved_filters_bounded CHECK ((("position" >= 1) AND ("position" <= 20))),
    CONSTRAINT saved_filters_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT saved_filters_name CHECK (((length(name) >= 1) AND (length(name) <= 20))),
    CONSTRAINT saved_filters_page CHECK ((page ~ '^(findings|reports/[a-z_]{1,30})$'::text)),
    CONSTRAINT saved_filters_query CHECK (((jsonb_typeof(query) = 'object'::text) AND (length((query)::text) <= 500)))
);


--
-- Name: TABLE saved_filters; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.saved_filters IS 'Package: saved_filters. Filters of the desk, each for its account alone.';


--
-- Name: second_factor_uses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.second_factor_uses (
    account_id uuid NOT NULL,
    step bigint NOT NULL
);


--
-- Name: sending_windows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sending_windows (
    suborder_id uuid NOT NULL,
    send_from date NOT NULL,
    send_until date NOT NULL,
    CONSTRAINT sending_windows_days CHECK ((send_until >= send_from))
);


--
-- Name: sent_bytes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sent_bytes (
    account_id uuid NOT NULL,
    sent_on date NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT sent_bytes_positive CHECK ((bytes > 0))
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    token_hash bytea NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    second_factor boolean DEFAULT false NOT NULL,
    factor_attempts smallint DEFAULT 0 NOT NULL,
    device text DEFAULT ''::text NOT NULL,
    revoked_at timestamp with time zone,
    device_key bytea,
    CONSTRAINT sessions_factor_attempts CHECK (((factor_attempts >= 0) AND (factor_attempts <= 5)))
);


--
-- Name: settlement_files; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.settlement_files (
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    rows integer NOT NULL,
    sum_fen bigint NOT NULL,
    sha256 text NOT NULL,
    content_sealed bytea NOT NULL,
    CONSTRAINT settlement_files_rows CHECK ((rows >= 0)),
    CONSTRAINT settlement_files_sha256 CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
ALTER TABLE ONLY public.settlement_files ALTER COLUMN content_sealed SET STORAGE EXTERNAL;


--
-- Name: sign_in_attempts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sign_in_attempts (
    code_id uuid NOT NULL,
    network text NOT NULL,
    attempts smallint DEFAULT 1 NOT NULL,
    CONSTRAINT sign_in_attempts_range CHECK (((attempts >= 1) AND (attempts <= 5)))
);


--
-- Name: sign_in_codes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sign_in_codes (
    id uuid DEFAULT uuidv7() NOT NULL,
    phone_index bytea NOT NULL,
    code_hash bytea NOT NULL,
    network text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    used_at timestamp with time zone,
    known_device boolean DEFAULT false NOT NULL,
    wide_network text,
    CONSTRAINT sign_in_codes_attempts CHECK (((attempts >= 0) AND (attempts <= 15))),
    CONSTRAINT sign_in_codes_expire_after_sending CHECK ((expires_at > sent_at))
);


--
-- Name: slot_reservations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.slot_reservations (
    id uuid DEFAULT uuidv7() NOT NULL,
    slot_id uuid NOT NULL,
    suborder_id uuid,
    party integer NOT NULL,
    state text DEFAULT 'reserved'::text NOT NULL,
    code_hash bytea,
    code_sealed bytea,
    attended_at timestamp with time zone,
    account_id uuid,
    signed_up_by uuid,
    name_sealed bytea,
    name_index bytea,
    joined_at timestamp with time zone,
    offered_until timestamp with time zone,
    CONSTRAINT slot_reservations_attended CHECK (((state = 'attended'::text) = (attended_at IS NOT NULL))),
    CONSTRAINT slot_reservations_name CHECK (((name_sealed IS NULL) = (name_index IS NULL))),
    CONSTRAINT slot_reservations_offered CHECK (((state = 'offered'::text) = (offered_until IS NOT NULL))),
    CONSTRAINT slot_reservations_party CHECK ((party > 0)),
    CONSTRAINT slot_reservations_seat CHECK (
CASE
    WHEN (suborder_id IS NULL) THEN ((party = 1) AND (joined_at IS NOT NULL) AND (state <> 'reserved'::text) AND (((num_nonnulls(account_id, name_sealed) = 1) AND (signed_up_by IS NOT NULL)) OR ((num_nonnulls(account_id, name_sealed, signed_up_by) = 0) AND (state <> ALL (ARRAY['waiting'::text, 'offered'::text, 'booked'::text])))))
    ELSE ((num_nonnulls(account_id, name_sealed, signed_up_by, joined_at) = 0) AND (state <> ALL (ARRAY['waiting'::text, 'offered'::text])))
END),
    CONSTRAINT slot_reservations_state CHECK ((state = ANY (ARRAY['waiting'::text, 'offered'::text, 'reserved'::text, 'booked'::text, 'attended'::text, 'missed'::text, 'cancelled'::text, 'expired'::text])))
);


--
-- Name: slots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.slots (
    id uuid DEFAULT uuidv7() NOT NULL,
    kind text DEFAULT 'activity'::text NOT NULL,
    listing_id uuid,
    during tstzrange NOT NULL,
    capacity integer NOT NULL,
    minimum integer DEFAULT 1 NOT NULL,
    free integer NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    cancelled_at timestamp with time zone,
    cancelled_by uuid,
    cancel_reason text,
    village_code text,
    room text,
    held_during daterange GENERATED ALWAYS AS (
CASE
    WHEN ((state <> 'cancelled'::text) AND (village_code IS NOT NULL)) THEN daterange(((lower(during) AT TIME ZONE 'Asia/Shanghai'::text))::date, ((lower(during) AT TIME ZONE 'Asia/Shanghai'::text))::date, '[]'::text)
    ELSE NULL::daterange
END) STORED,
    CONSTRAINT slots_activity CHECK (((kind = 'activity'::text) = (listing_id IS NOT NULL))),
    CONSTRAINT slots_cancelled CHECK ((((state = 'cancelled'::text) = (cancelled_at IS NOT NULL)) AND ((state = 'cancelled'::text) = (cancel_reason IS NOT NULL)) AND ((cancel_reason = ANY (ARRAY['weather'::text, 'host'::text])) = (cancelled_by IS NOT NULL)) AND (cancel_reason = ANY (ARRAY['weather'::text, 'host'::text, 'minimum'::text, 'village'::text])))),
    CONSTRAINT slots_capacity CHECK (((capacity >= 1) AND (capacity <= 5000))),
    CONSTRAINT slots_during CHECK ((((upper(during) - lower(during)) >= '00:15:00'::interval) AND ((upper(during) - lower(during)) <= '24:00:00'::interval))),
    CONSTRAINT slots_free CHECK (((free >= 0) AND (free <= capacity))),
    CONSTRAINT slots_kind CHECK ((kind = ANY (ARRAY['activity'::text, 'course'::text, 'clinic'::text]))),
    CONSTRAINT slots_minimum CHECK (((minimum >= 1) AND (minimum <= capacity))),
    CONSTRAINT slots_room CHECK ((((kind = 'activity'::text) = (village_code IS NULL)) AND ((village_code IS NULL) = (room IS NULL)) AND ((length(room) >= 1) AND (length(room) <= 40)))),
    CONSTRAINT slots_state CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'cancelled'::text])))
);


--
-- Name: stay_cancellations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stay_cancellations (
    suborder_id uuid NOT NULL,
    reason text NOT NULL,
    closed boolean NOT NULL,
    cancelled_by uuid NOT NULL,
    cancelled_at timestamp with time zone NOT NULL,
    CONSTRAINT stay_cancellations_reason CHECK ((reason = ANY (ARRAY['weather'::text, 'repair'::text, 'double'::text, 'host'::text])))
);


--
-- Name: stay_deposits; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stay_deposits (
    listing_id uuid NOT NULL,
    share_bp integer NOT NULL,
    days_before smallint NOT NULL,
    CONSTRAINT stay_deposits_days CHECK (((days_before >= 1) AND (days_before <= 90))),
    CONSTRAINT stay_deposits_share CHECK (((share_bp >= 500) AND (share_bp <= 9000)))
);


--
-- Name: stay_guests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stay_guests (
    id uuid DEFAULT uuidv7() NOT NULL,
    booking_id uuid NOT NULL,
    document text NOT NULL,
    guest_sealed bytea NOT NULL,
    registered_by uuid NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    delete_on date NOT NULL,
    CONSTRAINT stay_guests_document CHECK ((document = ANY (ARRAY['identity'::text, 'permit'::text, 'passport'::text])))
);


--
-- Name: stock_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock_moves (
    lot_id uuid NOT NULL,
    reason text NOT NULL,
    reference text NOT NULL,
    units integer NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT stock_moves_reason CHECK ((reason = ANY (ARRAY['count'::text, 'cancelled'::text, 'expired'::text, 'returned'::text])))
);


--
-- Name: suborder_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.suborder_events (
    id uuid DEFAULT uuidv7() NOT NULL,
    suborder_id uuid NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: suborders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.suborders (
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    "position" smallint NOT NULL,
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    state text DEFAULT 'placed'::text NOT NULL,
    goods_fen bigint NOT NULL,
    freight_fen bigint NOT NULL,
    discount_fen bigint DEFAULT 0 NOT NULL,
    refunded_fen bigint DEFAULT 0 NOT NULL,
    commission_bp integer NOT NULL,
    carrier text,
    tracking text,
    shipped_at timestamp with time zone,
    received_at timestamp with time zone,
    closed_at timestamp with time zone,
    released_at timestamp with time zone,
    payable_fen bigint,
    commission_fen bigint,
    lost_fen bigint DEFAULT 0 NOT NULL,
    CONSTRAINT suborders_commission CHECK (((commission_bp >= 0) AND (commission_bp <= 10000))),
    CONSTRAINT suborders_commission_amount CHECK ((commission_fen >= 0)),
    CONSTRAINT suborders_discount CHECK (((discount_fen >= 0) AND (discount_fen <= goods_fen))),
    CONSTRAINT suborders_freight CHECK ((freight_fen >= 0)),
    CONSTRAINT suborders_goods CHECK ((goods_fen >= 0)),
    CONSTRAINT suborders_kind CHECK ((kind = ANY (ARRAY['goods'::text, 'stay'::text, 'activity'::text]))),
    CONSTRAINT suborders_lost CHECK (((lost_fen >= 0) AND (lost_fen <= (goods_fen + freight_fen)))),
    CONSTRAINT suborders_payable CHECK ((payable_fen >= 0)),
    CONSTRAINT suborders_refund CHECK (((refunded_fen >= 0) AND (refunded_fen <= ((goods_fen + freight_fen) - discount_fen)))),
    CONSTRAINT suborders_release_complete CHECK ((((released_at IS NULL) = (payable_fen IS NULL)) AND ((released_at IS NULL) = (commission_fen IS NULL)))),
    CONSTRAINT suborders_released_after_end CHECK (((released_at IS NULL) OR (state = ANY (ARRAY['received'::text, 'cancelled'::text])))),
    CONSTRAINT suborders_state CHECK ((state = ANY (ARRAY['placed'::text, 'deposited'::text, 'paid'::text, 'shipped'::text, 'received'::text, 'cancelled'::text, 'expired'::text]))),
    CONSTRAINT suborders_tracking_complete CHECK (((carrier IS NULL) = (tracking IS NULL))),
    CONSTRAINT suborders_tracking_length CHECK (((length(tracking) >= 4) AND (length(tracking) <= 40)))
);


--
-- Name: COLUMN suborders.payable_fen; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.suborders.payable_fen IS 'the producer''s share of the goods at the release of escrow, less later refunds';


--
-- Name: subsidy_postings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.subsidy_postings (
    cycle_id uuid NOT NULL,
    line_code text NOT NULL,
    for_month date NOT NULL,
    revision smallint NOT NULL,
    county_code text NOT NULL,
    run_id uuid NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    approved_fen bigint NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    funded_fen bigint GENERATED ALWAYS AS ((conceded_fen + public_fen)) STORED NOT NULL,
    settled_before_fen bigint NOT NULL,
    shares jsonb NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    posted_at timestamp with time zone NOT NULL,
    CONSTRAINT subsidy_postings_month CHECK ((EXTRACT(day FROM for_month) = (1)::numeric)),
    CONSTRAINT subsidy_postings_revision CHECK ((revision >= 1)),
    CONSTRAINT subsidy_postings_total_not_negative CHECK ((((settled_before_fen + conceded_fen) + public_fen) >= 0))
);


--
-- Name: supervision_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.supervision_events (
    id bigint NOT NULL,
    task_id uuid NOT NULL,
    kind text NOT NULL,
    account_id uuid,
    at timestamp with time zone NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    figure integer,
    day date,
    CONSTRAINT supervision_events_kind CHECK ((kind = ANY (ARRAY['issued'::text, 'evidence'::text, 'checked'::text, 'returned'::text, 'withdrawn'::text, 'reminded'::text]))),
    CONSTRAINT supervision_events_reminder CHECK ((((kind = 'reminded'::text) = (day IS NOT NULL)) AND ((kind = 'reminded'::text) = (account_id IS NULL))))
);


--
-- Name: supervision_events_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.supervision_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.supervision_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: supervision_tasks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.supervision_tasks (
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint NOT NULL,
    parent_id uuid,
    parent_due_on date,
    issuer_scope text NOT NULL,
    assignee_scope text NOT NULL,
    assignee_code text GENERATED ALWAYS AS (rpad(assignee_scope, 12, '0'::text)) STORED NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    basis text NOT NULL,
    due_on date NOT NULL,
    measure text,
    target integer,
    state text DEFAULT 'issued'::text NOT NULL,
    issued_by uuid NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    evidence_text text,
    evidence_figure integer,
    sent_by uuid,
    sent_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    CONSTRAINT supervision_tasks_assignee CHECK ((assignee_scope ~ '^[0-9]{4}([0-9]{2})?$'::text)),
    CONSTRAINT supervision_tasks_basis CHECK (((length(basis) >= 2) AND (length(basis) <= 100))),
    CONSTRAINT supervision_tasks_decided CHECK (((num_nulls(decided_by, decided_at) = ANY (ARRAY[0, 2])) AND ((state = ANY (ARRAY['issued'::text, 'evidence'::text])) OR (decided_by IS NOT NULL)) AND ((state <> ALL (ARRAY['returned'::text, 'withdrawn'::text])) OR (reason <> ''::text)))),
    CONSTRAINT supervision_tasks_evidence CHECK (((length(evidence_text) >= 2) AND (length(evidence_text) <= 2000))),
    CONSTRAINT supervision_tasks_figure CHECK ((evidence_figure >= 0)),
    CONSTRAINT supervision_tasks_inside CHECK ((starts_with(assignee_scope, issuer_scope) AND (length(assignee_scope) > length(issuer_scope)))),
    CONSTRAINT supervision_tasks_issuer CHECK ((issuer_scope ~ '^[0-9]{2}([0-9]{2})?$'::text)),
    CONSTRAINT supervision_tasks_measure CHECK ((measure ~ '^[a-z0-9_]{2,40}$'::text)),
    CONSTRAINT supervision_tasks_not_later CHECK ((due_on <= parent_due_on)),
    CONSTRAINT supervision_tasks_not_past CHECK ((due_on >= ((issued_at AT TIME ZONE 'Asia/Shanghai'::text))::date)),
    CONSTRAINT supervision_tasks_of_parent CHECK ((num_nulls(parent_id, parent_due_on) = ANY (ARRAY[0, 2]))),
    CONSTRAINT supervision_tasks_reason CHECK ((length(reason) <= 500)),
    CONSTRAINT supervision_tasks_sent CHECK (((num_nulls(evidence_text, sent_by, sent_at) = ANY (ARRAY[0, 3])) AND ((sent_by IS NOT NULL) OR ((state = ANY (ARRAY['issued'::text, 'withdrawn'::text])) AND (evidence_figure IS NULL))) AND ((sent_by IS NULL) OR ((evidence_figure IS NULL) = (measure IS NULL))))),
    CONSTRAINT supervision_tasks_state CHECK ((state = ANY (ARRAY['issued'::text, 'evidence'::text, 'checked'::text, 'returned'::text, 'withdrawn'::text]))),
    CONSTRAINT supervision_tasks_target CHECK ((target >= 0)),
    CONSTRAINT supervision_tasks_target_of_measure CHECK (((target IS NULL) OR (measure IS NOT NULL))),
    CONSTRAINT supervision_tasks_text CHECK (((length(text) >= 2) AND (length(text) <= 1000))),
    CONSTRAINT supervision_tasks_title CHECK (((length(title) >= 2) AND (length(title) <= 60))),
    CONSTRAINT supervision_tasks_two_people CHECK (((state <> ALL (ARRAY['checked'::text, 'returned'::text])) OR (decided_by <> sent_by)))
);


--
-- Name: COLUMN supervision_tasks.target; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.supervision_tasks.target IS 'The measure should be at most this.';


--
-- Name: supervision_tasks_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.supervision_tasks ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.supervision_tasks_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: terms_approvals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.terms_approvals (
    file_id uuid NOT NULL,
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    person_key bytea NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: tier_prices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tier_prices (
    variant_id uuid NOT NULL,
    from_quantity integer NOT NULL,
    price_fen bigint NOT NULL,
    CONSTRAINT tier_prices_price CHECK (((price_fen >= 1) AND (price_fen <= 100000000))),
    CONSTRAINT tier_prices_quantity CHECK (((from_quantity >= 2) AND (from_quantity <= 9999)))
);


--
-- Name: tracked_parcels; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tracked_parcels (
    suborder_id uuid NOT NULL,
    carrier text NOT NULL,
    tracking text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    claimed_at timestamp with time zone,
    hinted_at timestamp with time zone,
    error text,
    CONSTRAINT tracked_parcels_carrier CHECK ((carrier = ANY (ARRAY['post'::text, 'sf'::text, 'zto'::text, 'yto'::text, 'sto'::text, 'yunda'::text, 'jt'::text, 'jd'::text]))),
    CONSTRAINT tracked_parcels_delivered CHECK (((state = 'delivered'::text) = (delivered_at IS NOT NULL))),
    CONSTRAINT tracked_parcels_state CHECK ((state = ANY (ARRAY['waiting'::text, 'moving'::text, 'delivered'::text, 'unknown'::text, 'mismatched'::text, 'returned'::text, 'given_up'::text]))),
    CONSTRAINT tracked_parcels_tracking CHECK ((tracking ~ '^[A-Z0-9-]{4,40}$'::text))
);


--
-- Name: tracking_facts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tracking_facts (
    suborder_id uuid NOT NULL,
    carrier text NOT NULL,
    tracking text NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    step text NOT NULL,
    detail text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT tracking_facts_detail CHECK ((length(detail) <= 80)),
    CONSTRAINT tracking_facts_step CHECK ((step = ANY (ARRAY['accepted'::text, 'moved'::text, 'out'::text, 'delivered'::text, 'problem'::text, 'returned'::text])))
);


--
-- Name: unit_quotas; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.unit_quotas (
    organisation_id uuid NOT NULL,
    year smallint NOT NULL,
    canteen_fen bigint NOT NULL,
    quota_fen bigint NOT NULL,
    region text NOT NULL,
    ratio_bp integer NOT NULL,
    rule_day daterange GENERATED ALWAYS AS (daterange(make_date((year)::integer, 12, 31), make_date((year)::integer, 12, 31), '[]'::text)) STORED NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamp with time zone NOT NULL,
    CONSTRAINT unit_quotas_canteen CHECK (((canteen_fen >= 0) AND (canteen_fen <= '1000000000000'::bigint))),
    CONSTRAINT unit_quotas_least CHECK (((quota_fen <= canteen_fen) AND (((quota_fen)::numeric * (10000)::numeric) >= ((ratio_bp)::numeric * (canteen_fen)::numeric)))),
    CONSTRAINT unit_quotas_year CHECK (((year >= 2019) AND (year <= 2100)))
);


--
-- Name: usage_days; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_days (
    county_code text NOT NULL,
    operator text NOT NULL,
    used_on date NOT NULL,
    kind text NOT NULL,
    number_id bigint NOT NULL,
    CONSTRAINT usage_days_county CHECK ((county_code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT usage_days_kind CHECK ((kind = ANY (ARRAY['mobile'::text, 'broadband'::text, 'television'::text]))),
    CONSTRAINT usage_days_operator CHECK ((operator = ANY (ARRAY['mobile'::text, 'unicom'::text, 'telecom'::text])))
);


--
-- Name: valid_approvals; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.valid_approvals WITH (security_invoker='true') AS
 SELECT a.county_code,
    a.cycle_id,
    a.run_id,
    a.duty,
    a.scope,
    a.account_id
   FROM (public.cycle_approvals a
     JOIN public.cycles c ON (((c.id = a.cycle_id) AND (c.run_id = a.run_id) AND (a.round =
        CASE a.duty
            WHEN 'village'::text THEN c.village_round
            ELSE c.township_round
        END))));


--
-- Name: variants; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.variants (
    id uuid DEFAULT uuidv7() NOT NULL,
    listing_id uuid NOT NULL,
    "position" smallint DEFAULT 0,
    label text DEFAULT ''::text NOT NULL,
    unit text NOT NULL,
    price_fen bigint NOT NULL,
    public_price_fen bigint,
    net_g integer,
    pieces integer,
    gross_g integer DEFAULT 0 NOT NULL,
    lot_id uuid,
    lot_units_per_item integer DEFAULT 1 NOT NULL,
    ceiling_bp integer,
    CONSTRAINT variants_ceiling CHECK (((ceiling_bp >= 10000) AND (ceiling_bp <= 12000))),
    CONSTRAINT variants_ceiling_weight CHECK (((ceiling_bp IS NULL) OR (net_g IS NOT NULL))),
    CONSTRAINT variants_gross_weight CHECK ((gross_g >= 0)),
    CONSTRAINT variants_lot_units_per_item CHECK (((lot_units_per_item >= 1) AND (lot_units_per_item <= 10000))),
    CONSTRAINT variants_net_weight CHECK ((net_g > 0)),
    CONSTRAINT variants_pieces CHECK ((pieces > 0)),
    CONSTRAINT variants_price CHECK (((price_fen >= 1) AND (price_fen <= 100000000))),
    CONSTRAINT variants_public_price CHECK (((public_price_fen >= 1) AND (public_price_fen <= 100000000)))
);


--
-- Name: COLUMN variants."position"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.variants."position" IS 'among the packs of the listing; null once another pack has replaced it';


--
-- Name: village_periods; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.village_periods (
    code text NOT NULL,
    valid_during daterange NOT NULL,
    successor_code text,
    basis text DEFAULT ''::text NOT NULL,
    CONSTRAINT village_periods_code CHECK (((code ~ '^[0-9]{9}'::text) AND ("right"(code, 3) <> '000'::text))),
    CONSTRAINT village_periods_merged CHECK (((successor_code IS NULL) OR ((NOT upper_inf(valid_during)) AND (successor_code <> code)))),
    CONSTRAINT village_periods_starts CHECK (((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))))
);


--
-- Name: COLUMN village_periods.basis; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.village_periods.basis IS 'The document that began or ended it; empty of those the market began with.';


--
-- Name: vouchers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.vouchers (
    id uuid DEFAULT uuidv7() NOT NULL,
    coupon_id uuid NOT NULL,
    account_id uuid NOT NULL,
    ordinal smallint NOT NULL,
    per_person smallint NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    CONSTRAINT vouchers_per_person CHECK (((ordinal >= 1) AND (ordinal <= per_person)))
);


--
-- Name: failures failures_pkey; Type: CONSTRAINT; Schema: jobs; Owner: -
--

ALTER TABLE ONLY jobs.failures
    ADD CONSTRAINT failures_pkey PRIMARY KEY (job, item);


--
-- Name: schedules schedules_pkey; Type: CONSTRAINT; Schema: jobs; Owner: -
--

ALTER TABLE ONLY jobs.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (name);


--
-- Name: account_kinds account_kinds_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.account_kinds
    ADD CONSTRAINT account_kinds_pkey PRIMARY KEY (kind);


--
-- Name: accounts accounts_code_currency; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.accounts
    ADD CONSTRAINT accounts_code_currency UNIQUE (code, currency);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);


--
-- Name: balances balances_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.balances
    ADD CONSTRAINT balances_pkey PRIMARY KEY (account_id);


--
-- Name: checkpoint_sums checkpoint_sums_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.checkpoint_sums
    ADD CONSTRAINT checkpoint_sums_pkey PRIMARY KEY (account_id);


--
-- Name: checkpoints checkpoints_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (through_id);


--
-- Name: discrepancies discrepancies_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.discrepancies
    ADD CONSTRAINT discrepancies_pkey PRIMARY KEY (id);


--
-- Name: discrepancies discrepancies_unique; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.discrepancies
    ADD CONSTRAINT discrepancies_unique UNIQUE (provider, day, kind, reference);


--
-- Name: disputes disputes_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.disputes
    ADD CONSTRAINT disputes_pkey PRIMARY KEY (id);


--
-- Name: disputes disputes_provider_ref; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.disputes
    ADD CONSTRAINT disputes_provider_ref UNIQUE (provider_ref);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);


--
-- Name: inbox inbox_unique; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.inbox
    ADD CONSTRAINT inbox_unique PRIMARY KEY (provider, event_id);


--
-- Name: operations operations_key; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.operations
    ADD CONSTRAINT operations_key UNIQUE (key);


--
-- Name: operations operations_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (id);


--
-- Name: parts parts_name; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.parts
    ADD CONSTRAINT parts_name UNIQUE (payment_id, name);


--
-- Name: parts parts_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.parts
    ADD CONSTRAINT parts_pkey PRIMARY KEY (payment_id, seq);


--
-- Name: payments payments_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (id);


--
-- Name: payments payments_provider_ref; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.payments
    ADD CONSTRAINT payments_provider_ref UNIQUE (provider_ref);


--
-- Name: payouts payouts_key; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.payouts
    ADD CONSTRAINT payouts_key UNIQUE (key);


--
-- Name: payouts payouts_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.payouts
    ADD CONSTRAINT payouts_pkey PRIMARY KEY (id);


--
-- Name: payouts payouts_provider_ref; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.payouts
    ADD CONSTRAINT payouts_provider_ref UNIQUE (provider_ref);


--
-- Name: postings postings_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.postings
    ADD CONSTRAINT postings_pkey PRIMARY KEY (transaction_id, seq);


--
-- Name: refunds refunds_key; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.refunds
    ADD CONSTRAINT refunds_key UNIQUE (key);


--
-- Name: refunds refunds_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (id);


--
-- Name: refunds refunds_provider_ref; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.refunds
    ADD CONSTRAINT refunds_provider_ref UNIQUE (provider_ref);


--
-- Name: statement_lines statement_lines_unique; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.statement_lines
    ADD CONSTRAINT statement_lines_unique PRIMARY KEY (provider, line_ref);


--
-- Name: transactions transactions_key_unique; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.transactions
    ADD CONSTRAINT transactions_key_unique UNIQUE (key);


--
-- Name: transactions transactions_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.transactions
    ADD CONSTRAINT transactions_pkey PRIMARY KEY (id);


--
-- Name: accounts accounts_handle_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_handle_unique UNIQUE (handle);


--
-- Name: accounts accounts_phone_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_phone_unique UNIQUE (phone_index);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);


--
-- Name: agreement_rates agreement_rates_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreement_rates
    ADD CONSTRAINT agreement_rates_once PRIMARY KEY (agreement_id, programme_code);


--
-- Name: agreements agreements_one_a_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreements
    ADD CONSTRAINT agreements_one_a_day EXCLUDE USING gist (county_code WITH =, operator WITH =, valid_during WITH &&) WHERE ((outcome = 'approved'::text));


--
-- Name: agreements agreements_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreements
    ADD CONSTRAINT agreements_pkey PRIMARY KEY (id);


--
-- Name: agronomists agronomists_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agronomists
    ADD CONSTRAINT agronomists_pkey PRIMARY KEY (id);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: audit_entries audit_entries_sequence_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT audit_entries_sequence_unique PRIMARY KEY (chain, sequence);


--
-- Name: bad_fruit_claims bad_fruit_claims_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bad_fruit_claims
    ADD CONSTRAINT bad_fruit_claims_once UNIQUE (line_id);


--
-- Name: bad_fruit_claims bad_fruit_claims_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bad_fruit_claims
    ADD CONSTRAINT bad_fruit_claims_pkey PRIMARY KEY (case_id);


--
-- Name: operator_bank_accounts bank_accounts_of_operator; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_bank_accounts
    ADD CONSTRAINT bank_accounts_of_operator UNIQUE (id, county_code, operator);


--
-- Name: operator_bank_accounts bank_accounts_one_a_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_bank_accounts
    ADD CONSTRAINT bank_accounts_one_a_day EXCLUDE USING gist (county_code WITH =, operator WITH =, valid_during WITH &&) WHERE ((outcome = 'agreed'::text));


--
-- Name: bank_receipts bank_receipts_fen; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bank_receipts
    ADD CONSTRAINT bank_receipts_fen UNIQUE (order_id, fen);


--
-- Name: bank_receipts bank_receipts_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bank_receipts
    ADD CONSTRAINT bank_receipts_once UNIQUE (reference);


--
-- Name: bank_receipts bank_receipts_one_order; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bank_receipts
    ADD CONSTRAINT bank_receipts_one_order UNIQUE (order_id);


--
-- Name: bank_receipts bank_receipts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bank_receipts
    ADD CONSTRAINT bank_receipts_pkey PRIMARY KEY (id);


--
-- Name: bindings bindings_one_line_per_number_and_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_one_line_per_number_and_day UNIQUE (number_key, valid_during WITHOUT OVERLAPS);


--
-- Name: bindings bindings_one_line_per_sim_and_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_one_line_per_sim_and_day UNIQUE (sim_id, valid_during WITHOUT OVERLAPS);


--
-- Name: bindings bindings_one_per_line_and_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_one_per_line_and_day EXCLUDE USING gist (hashtextextended((county_code || line_code), (0)::bigint) WITH =, valid_during WITH &&);


--
-- Name: bindings bindings_version; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_version PRIMARY KEY (county_code, line_code, valid_during);


--
-- Name: booked_nights booked_nights_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.booked_nights
    ADD CONSTRAINT booked_nights_unique PRIMARY KEY (booking_id, night);


--
-- Name: booking_changes booking_changes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.booking_changes
    ADD CONSTRAINT booking_changes_pkey PRIMARY KEY (id);


--
-- Name: bookings bookings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_pkey PRIMARY KEY (id);


--
-- Name: budgets budgets_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.budgets
    ADD CONSTRAINT budgets_unique PRIMARY KEY (county_code, month);


--
-- Name: calendar_feeds calendar_feeds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT calendar_feeds_pkey PRIMARY KEY (producer_id);


--
-- Name: calendar_feeds calendar_feeds_secret_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT calendar_feeds_secret_unique UNIQUE (secret_hash);


--
-- Name: cancel_tiers cancel_tiers_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cancel_tiers
    ADD CONSTRAINT cancel_tiers_unique PRIMARY KEY (listing_id, holiday, days_before, valid_during WITHOUT OVERLAPS);


--
-- Name: carrier_pushes carrier_pushes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.carrier_pushes
    ADD CONSTRAINT carrier_pushes_pkey PRIMARY KEY (event_id);


--
-- Name: cart_lines cart_lines_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_lines
    ADD CONSTRAINT cart_lines_unique PRIMARY KEY (owner_id, variant_id);


--
-- Name: cart_nights cart_nights_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_nights
    ADD CONSTRAINT cart_nights_unique PRIMARY KEY (owner_id, listing_id);


--
-- Name: case_categories case_categories_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_categories
    ADD CONSTRAINT case_categories_key PRIMARY KEY (code, valid_during WITHOUT OVERLAPS);


--
-- Name: case_events case_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_pkey PRIMARY KEY (id);


--
-- Name: case_snapshots case_snapshots_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_snapshots
    ADD CONSTRAINT case_snapshots_unique PRIMARY KEY (county_code, manifest_sha256);


--
-- Name: cases cases_category; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_category UNIQUE (id, category);


--
-- Name: cases cases_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_number UNIQUE (number);


--
-- Name: cases cases_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (id);


--
-- Name: catch_weights catch_weights_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catch_weights
    ADD CONSTRAINT catch_weights_pkey PRIMARY KEY (line_id);


--
-- Name: categories categories_name; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_name UNIQUE (name);


--
-- Name: categories categories_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (code);


--
-- Name: certificate_notices certificate_notices_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificate_notices
    ADD CONSTRAINT certificate_notices_unique PRIMARY KEY (certificate_id, days);


--
-- Name: certificates certificates_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_pkey PRIMARY KEY (id);


--
-- Name: channel_counties channel_counties_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channel_counties
    ADD CONSTRAINT channel_counties_once PRIMARY KEY (channel, county_code, valid_during WITHOUT OVERLAPS);


--
-- Name: channels channels_name; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channels
    ADD CONSTRAINT channels_name UNIQUE (name);


--
-- Name: channels channels_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channels
    ADD CONSTRAINT channels_pkey PRIMARY KEY (code);


--
-- Name: check_in_scans check_in_scans_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.check_in_scans
    ADD CONSTRAINT check_in_scans_pkey PRIMARY KEY (nonce);


--
-- Name: claim_photos claim_photos_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claim_photos
    ADD CONSTRAINT claim_photos_key PRIMARY KEY (case_id, photo_id);


--
-- Name: claims claims_row_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_row_unique PRIMARY KEY (file_id, row_number);


--
-- Name: clawback_appeals clawback_appeals_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_appeals
    ADD CONSTRAINT clawback_appeals_once UNIQUE (clawback_id);


--
-- Name: clawback_appeals clawback_appeals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_appeals
    ADD CONSTRAINT clawback_appeals_pkey PRIMARY KEY (case_id);


--
-- Name: clawback_entries clawback_entries_once_a_cycle; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_entries
    ADD CONSTRAINT clawback_entries_once_a_cycle UNIQUE (clawback_id, cycle_id, kind);


--
-- Name: clawback_entries clawback_entries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_entries
    ADD CONSTRAINT clawback_entries_pkey PRIMARY KEY (id);


--
-- Name: clawback_items clawback_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_items
    ADD CONSTRAINT clawback_items_pkey PRIMARY KEY (clawback_id, line_code, for_month);


--
-- Name: clawbacks clawbacks_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_number UNIQUE (number);


--
-- Name: clawbacks clawbacks_once_a_settlement; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_once_a_settlement UNIQUE (cycle_id, operator);


--
-- Name: clawbacks clawbacks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_pkey PRIMARY KEY (id);


--
-- Name: clinic_days clinic_days_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clinic_days
    ADD CONSTRAINT clinic_days_pkey PRIMARY KEY (slot_id);


--
-- Name: closures closures_do_not_overlap; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.closures
    ADD CONSTRAINT closures_do_not_overlap UNIQUE (producer_id, closed_during WITHOUT OVERLAPS);


--
-- Name: closures closures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.closures
    ADD CONSTRAINT closures_pkey PRIMARY KEY (id);


--
-- Name: company_accounts company_accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.company_accounts
    ADD CONSTRAINT company_accounts_pkey PRIMARY KEY (account_id, valid_during WITHOUT OVERLAPS);


--
-- Name: complaints complaints_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.complaints
    ADD CONSTRAINT complaints_once UNIQUE (suborder_id, category);


--
-- Name: complaints complaints_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.complaints
    ADD CONSTRAINT complaints_pkey PRIMARY KEY (case_id);


--
-- Name: consents consents_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_once EXCLUDE USING gist (account_id WITH =, purpose WITH =, COALESCE(subject_id, account_id) WITH =, valid_during WITH &&);


--
-- Name: consents consents_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (id);


--
-- Name: contacts contacts_one_per_division; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_one_per_division UNIQUE (division_code);


--
-- Name: contacts contacts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (id);


--
-- Name: conversation_messages conversation_messages_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_messages
    ADD CONSTRAINT conversation_messages_key PRIMARY KEY (suborder_id, "position");


--
-- Name: conversation_photos conversation_photos_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_photos
    ADD CONSTRAINT conversation_photos_key PRIMARY KEY (suborder_id, "position", ordinal);


--
-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (suborder_id);


--
-- Name: counted_months counted_months_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.counted_months
    ADD CONSTRAINT counted_months_unique PRIMARY KEY (county_code, month);


--
-- Name: county_files county_files_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.county_files
    ADD CONSTRAINT county_files_pkey PRIMARY KEY (kind, county_code, sha256);


--
-- Name: county_months county_months_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.county_months
    ADD CONSTRAINT county_months_unique PRIMARY KEY (county_code, month);


--
-- Name: county_settings county_settings_one_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.county_settings
    ADD CONSTRAINT county_settings_one_per_day PRIMARY KEY (county_code, name, valid_during WITHOUT OVERLAPS);


--
-- Name: coupons coupons_code; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_code UNIQUE (code);


--
-- Name: coupons coupons_limit; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_limit UNIQUE (id, per_person);


--
-- Name: coupons coupons_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_number UNIQUE (number);


--
-- Name: coupons coupons_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_pkey PRIMARY KEY (id);


--
-- Name: course_certificates course_certificates_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_certificates
    ADD CONSTRAINT course_certificates_number UNIQUE (number);


--
-- Name: course_certificates course_certificates_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_certificates
    ADD CONSTRAINT course_certificates_pkey PRIMARY KEY (reservation_id);


--
-- Name: course_sessions course_sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_sessions
    ADD CONSTRAINT course_sessions_pkey PRIMARY KEY (slot_id);


--
-- Name: coverage coverage_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage
    ADD CONSTRAINT coverage_pkey PRIMARY KEY (village_code, operator, technology, setting, valid_during WITHOUT OVERLAPS);


--
-- Name: coverage_projects coverage_projects_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage_projects
    ADD CONSTRAINT coverage_projects_pkey PRIMARY KEY (id);


--
-- Name: cycle_approvals cycle_approvals_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_approvals
    ADD CONSTRAINT cycle_approvals_unique PRIMARY KEY (run_id, duty, scope, round);


--
-- Name: cycle_duties cycle_duties_one_per_account; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_duties
    ADD CONSTRAINT cycle_duties_one_per_account PRIMARY KEY (cycle_id, account_id);


--
-- Name: cycle_events cycle_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_events
    ADD CONSTRAINT cycle_events_pkey PRIMARY KEY (id);


--
-- Name: cycles cycles_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycles
    ADD CONSTRAINT cycles_pkey PRIMARY KEY (id);


--
-- Name: cycles cycles_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycles
    ADD CONSTRAINT cycles_unique UNIQUE (county_code, month);


--
-- Name: data_requests data_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.data_requests
    ADD CONSTRAINT data_requests_pkey PRIMARY KEY (case_id);


--
-- Name: deposits deposits_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deposits
    ADD CONSTRAINT deposits_pkey PRIMARY KEY (order_id);


--
-- Name: division_names division_names_official_code_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.division_names
    ADD CONSTRAINT division_names_official_code_unique UNIQUE (official_code, valid_during WITHOUT OVERLAPS);


--
-- Name: division_names division_names_one_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.division_names
    ADD CONSTRAINT division_names_one_per_day PRIMARY KEY (code, valid_during WITHOUT OVERLAPS);


--
-- Name: divisions divisions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.divisions
    ADD CONSTRAINT divisions_pkey PRIMARY KEY (code);


--
-- Name: enrolment_pauses enrolment_pauses_one_a_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolment_pauses
    ADD CONSTRAINT enrolment_pauses_one_a_day UNIQUE (county_code, line_code, paused_during WITHOUT OVERLAPS);


--
-- Name: enrolment_pauses enrolment_pauses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolment_pauses
    ADD CONSTRAINT enrolment_pauses_pkey PRIMARY KEY (id);


--
-- Name: enrolments enrolments_one_per_line; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_one_per_line PRIMARY KEY (county_code, line_code);


--
-- Name: erased_members erased_members_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.erased_members
    ADD CONSTRAINT erased_members_unique PRIMARY KEY (cycle_id, member);


--
-- Name: evidence_packs evidence_packs_head_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence_packs
    ADD CONSTRAINT evidence_packs_head_unique UNIQUE (county_code, head_sha256);


--
-- Name: evidence_packs evidence_packs_number_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence_packs
    ADD CONSTRAINT evidence_packs_number_unique UNIQUE (county_code, number);


--
-- Name: evidence_packs evidence_packs_one_chain; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence_packs
    ADD CONSTRAINT evidence_packs_one_chain UNIQUE NULLS NOT DISTINCT (county_code, previous_sha256);


--
-- Name: evidence_packs evidence_packs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence_packs
    ADD CONSTRAINT evidence_packs_pkey PRIMARY KEY (cycle_id);


--
-- Name: fact_versions fact_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fact_versions
    ADD CONSTRAINT fact_versions_pkey PRIMARY KEY (id);


--
-- Name: favourites favourites_listing_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT favourites_listing_once UNIQUE (account_id, listing_id);


--
-- Name: favourites favourites_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT favourites_pkey PRIMARY KEY (id);


--
-- Name: favourites favourites_position_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT favourites_position_unique UNIQUE (account_id, "position");


--
-- Name: favourites favourites_producer_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT favourites_producer_once UNIQUE (account_id, producer_id);


--
-- Name: file_notes file_notes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.file_notes
    ADD CONSTRAINT file_notes_pkey PRIMARY KEY (file_id, "position");


--
-- Name: file_reminders file_reminders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.file_reminders
    ADD CONSTRAINT file_reminders_pkey PRIMARY KEY (county_code, operator, month, stage);


--
-- Name: finding_decisions finding_decisions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.finding_decisions
    ADD CONSTRAINT finding_decisions_pkey PRIMARY KEY (id);


--
-- Name: finding_lines finding_lines_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.finding_lines
    ADD CONSTRAINT finding_lines_unique PRIMARY KEY (finding_id, line_code);


--
-- Name: findings findings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.findings
    ADD CONSTRAINT findings_pkey PRIMARY KEY (id);


--
-- Name: findings findings_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.findings
    ADD CONSTRAINT findings_unique UNIQUE NULLS NOT DISTINCT (county_code, check_code, subject, month);


--
-- Name: form_numbers form_numbers_one_a_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.form_numbers
    ADD CONSTRAINT form_numbers_one_a_day PRIMARY KEY (county_code, form, valid_during WITHOUT OVERLAPS);


--
-- Name: freight_templates freight_templates_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.freight_templates
    ADD CONSTRAINT freight_templates_pkey PRIMARY KEY (id);


--
-- Name: freight_templates freight_templates_producer_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.freight_templates
    ADD CONSTRAINT freight_templates_producer_unique UNIQUE (producer_id);


--
-- Name: fund_applications fund_applications_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_applications
    ADD CONSTRAINT fund_applications_once UNIQUE (call_id, producer_id);


--
-- Name: fund_applications fund_applications_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_applications
    ADD CONSTRAINT fund_applications_pkey PRIMARY KEY (case_id);


--
-- Name: fund_calls fund_calls_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_calls
    ADD CONSTRAINT fund_calls_number UNIQUE (number);


--
-- Name: fund_calls fund_calls_of_county; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_calls
    ADD CONSTRAINT fund_calls_of_county UNIQUE (id, county_code);


--
-- Name: fund_calls fund_calls_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_calls
    ADD CONSTRAINT fund_calls_once EXCLUDE USING gist (county_code WITH =, name WITH =, valid_during WITH &&);


--
-- Name: fund_calls fund_calls_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_calls
    ADD CONSTRAINT fund_calls_pkey PRIMARY KEY (id);


--
-- Name: goods_return_lines goods_return_lines_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.goods_return_lines
    ADD CONSTRAINT goods_return_lines_key PRIMARY KEY (case_id, line_id);


--
-- Name: goods_returns goods_returns_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.goods_returns
    ADD CONSTRAINT goods_returns_pkey PRIMARY KEY (case_id);


--
-- Name: grants grants_auditor_alone; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_auditor_alone EXCLUDE USING gist (account_id WITH =, (((role = 'auditor'::text))::integer) WITH <>, valid_during WITH &&);


--
-- Name: grants grants_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_unique PRIMARY KEY (account_id, role, scope, valid_during WITHOUT OVERLAPS);


--
-- Name: grievances grievances_code; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_code UNIQUE (code_hash);


--
-- Name: grievances grievances_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_pkey PRIMARY KEY (case_id);


--
-- Name: holidays holidays_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.holidays
    ADD CONSTRAINT holidays_pkey PRIMARY KEY (day);


--
-- Name: household_statuses household_statuses_one_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.household_statuses
    ADD CONSTRAINT household_statuses_one_per_day PRIMARY KEY (county_code, household_code, valid_during WITHOUT OVERLAPS);


--
-- Name: households households_code; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.households
    ADD CONSTRAINT households_code PRIMARY KEY (county_code, code);


--
-- Name: idempotency_keys idempotency_keys_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_unique PRIMARY KEY (actor, key);


--
-- Name: identifiers identifiers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identifiers
    ADD CONSTRAINT identifiers_pkey PRIMARY KEY (id);


--
-- Name: identifiers identifiers_value; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identifiers
    ADD CONSTRAINT identifiers_value UNIQUE (value_index);


--
-- Name: idle_calls idle_calls_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idle_calls
    ADD CONSTRAINT idle_calls_pkey PRIMARY KEY (id);


--
-- Name: idle_notices idle_notices_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idle_notices
    ADD CONSTRAINT idle_notices_once PRIMARY KEY (county_code, line_code, notice_on);


--
-- Name: import_files import_files_of_month; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_files
    ADD CONSTRAINT import_files_of_month UNIQUE (id, county_code, operator, month);


--
-- Name: import_files import_files_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_files
    ADD CONSTRAINT import_files_pkey PRIMARY KEY (id);


--
-- Name: import_files import_files_with_rejected; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_files
    ADD CONSTRAINT import_files_with_rejected UNIQUE (id, rejected);


--
-- Name: import_originals import_originals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_originals
    ADD CONSTRAINT import_originals_pkey PRIMARY KEY (file_id, attached, name);


--
-- Name: invoice_requests invoice_requests_of_producer; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_requests
    ADD CONSTRAINT invoice_requests_of_producer UNIQUE (suborder_id, producer_id);


--
-- Name: invoice_requests invoice_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_requests
    ADD CONSTRAINT invoice_requests_pkey PRIMARY KEY (suborder_id);


--
-- Name: invoice_tasks invoice_tasks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_tasks
    ADD CONSTRAINT invoice_tasks_pkey PRIMARY KEY (case_id);


--
-- Name: invoice_versions invoice_versions_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_versions
    ADD CONSTRAINT invoice_versions_key PRIMARY KEY (invoice_id, version);


--
-- Name: invoices invoices_number_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_number_once UNIQUE (producer_id, number);


--
-- Name: invoices invoices_of_suborder; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_of_suborder UNIQUE (id, suborder_id);


--
-- Name: invoices invoices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (id);


--
-- Name: job_applications job_applications_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_applications
    ADD CONSTRAINT job_applications_pkey PRIMARY KEY (id);


--
-- Name: job_postings job_postings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_postings
    ADD CONSTRAINT job_postings_pkey PRIMARY KEY (id);


--
-- Name: large_payouts large_payouts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.large_payouts
    ADD CONSTRAINT large_payouts_pkey PRIMARY KEY (id);


--
-- Name: lead_consents lead_consents_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_consents
    ADD CONSTRAINT lead_consents_pkey PRIMARY KEY (id);


--
-- Name: lead_moves lead_moves_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_moves
    ADD CONSTRAINT lead_moves_key PRIMARY KEY (step, before, after);


--
-- Name: lead_persons lead_persons_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_persons
    ADD CONSTRAINT lead_persons_key PRIMARY KEY (lead_id, "position");


--
-- Name: lead_persons lead_persons_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_persons
    ADD CONSTRAINT lead_persons_once UNIQUE (lead_id, identity_index);


--
-- Name: lead_steps lead_steps_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_steps
    ADD CONSTRAINT lead_steps_pkey PRIMARY KEY (id);


--
-- Name: leads leads_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_number UNIQUE (number);


--
-- Name: leads leads_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_pkey PRIMARY KEY (id);


--
-- Name: line_changes line_changes_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_changes
    ADD CONSTRAINT line_changes_number UNIQUE (number);


--
-- Name: line_changes line_changes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_changes
    ADD CONSTRAINT line_changes_pkey PRIMARY KEY (id);


--
-- Name: line_holds line_holds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_holds
    ADD CONSTRAINT line_holds_pkey PRIMARY KEY (id);


--
-- Name: line_refunds line_refunds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_refunds
    ADD CONSTRAINT line_refunds_pkey PRIMARY KEY (id);


--
-- Name: line_refunds line_refunds_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_refunds
    ADD CONSTRAINT line_refunds_unique UNIQUE (line_id, key);


--
-- Name: lines lines_code; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lines
    ADD CONSTRAINT lines_code PRIMARY KEY (county_code, code);


--
-- Name: lines lines_code_operator_kind; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lines
    ADD CONSTRAINT lines_code_operator_kind UNIQUE (county_code, code, operator, kind);


--
-- Name: listed_counties listed_counties_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listed_counties
    ADD CONSTRAINT listed_counties_unique PRIMARY KEY (county_code, list, valid_during WITHOUT OVERLAPS);


--
-- Name: listed_facts listed_facts_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listed_facts
    ADD CONSTRAINT listed_facts_once EXCLUDE USING gist (county_code WITH =, list WITH =, COALESCE(identity_index, '\x'::bytea) WITH =, COALESCE(household_code, ''::text) WITH =, value_index WITH =, valid_during WITH &&);


--
-- Name: listed_facts listed_facts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listed_facts
    ADD CONSTRAINT listed_facts_pkey PRIMARY KEY (id);


--
-- Name: listing_files listing_files_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listing_files
    ADD CONSTRAINT listing_files_pkey PRIMARY KEY (producer_id, sha256);


--
-- Name: listing_photos listing_photos_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listing_photos
    ADD CONSTRAINT listing_photos_key PRIMARY KEY (listing_id, "position");


--
-- Name: listing_photos listing_photos_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listing_photos
    ADD CONSTRAINT listing_photos_once UNIQUE (listing_id, photo_id);


--
-- Name: listings listings_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_number UNIQUE (number);


--
-- Name: listings listings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_pkey PRIMARY KEY (id);


--
-- Name: lots lots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lots
    ADD CONSTRAINT lots_pkey PRIMARY KEY (id);


--
-- Name: mediation_lines mediation_lines_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediation_lines
    ADD CONSTRAINT mediation_lines_key PRIMARY KEY (case_id, line_id);


--
-- Name: mediation_proposals mediation_proposals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediation_proposals
    ADD CONSTRAINT mediation_proposals_pkey PRIMARY KEY (case_id);


--
-- Name: mediations mediations_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediations
    ADD CONSTRAINT mediations_once UNIQUE (source_id);


--
-- Name: mediations mediations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediations
    ADD CONSTRAINT mediations_pkey PRIMARY KEY (case_id);


--
-- Name: memberships memberships_one_household_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_one_household_per_day UNIQUE (person_id, valid_during WITHOUT OVERLAPS);


--
-- Name: memberships memberships_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (id);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);


--
-- Name: month_figures month_figures_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.month_figures
    ADD CONSTRAINT month_figures_unique PRIMARY KEY (county_code, month, report, village_code, key);


--
-- Name: night_prices night_prices_night_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.night_prices
    ADD CONSTRAINT night_prices_night_unique PRIMARY KEY (listing_id, valid_during WITHOUT OVERLAPS);


--
-- Name: night_rules night_rules_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.night_rules
    ADD CONSTRAINT night_rules_unique PRIMARY KEY (listing_id, applies, holiday);


--
-- Name: objections objections_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.objections
    ADD CONSTRAINT objections_pkey PRIMARY KEY (case_id);


--
-- Name: objections objections_receipt; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.objections
    ADD CONSTRAINT objections_receipt UNIQUE (receipt_hash);


--
-- Name: open_figures open_figures_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.open_figures
    ADD CONSTRAINT open_figures_unique PRIMARY KEY (quarter, county_code, part);


--
-- Name: openings openings_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.openings
    ADD CONSTRAINT openings_unique PRIMARY KEY (county_code, line_code);


--
-- Name: operator_bank_accounts operator_bank_accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_bank_accounts
    ADD CONSTRAINT operator_bank_accounts_pkey PRIMARY KEY (id);


--
-- Name: operator_grants operator_grants_one_operator; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_grants
    ADD CONSTRAINT operator_grants_one_operator EXCLUDE USING gist (account_id WITH =, operator WITH <>, valid_during WITH &&);


--
-- Name: operator_grants operator_grants_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_grants
    ADD CONSTRAINT operator_grants_unique PRIMARY KEY (account_id, scope, valid_during WITHOUT OVERLAPS);


--
-- Name: operators operators_name; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_name UNIQUE (name);


--
-- Name: operators operators_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_pkey PRIMARY KEY (code);


--
-- Name: operators operators_rank; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_rank UNIQUE (rank);


--
-- Name: order_lines order_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_pkey PRIMARY KEY (id);


--
-- Name: order_lines order_lines_position_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_position_unique UNIQUE (suborder_id, "position");


--
-- Name: orders orders_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_number UNIQUE (number);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: orders orders_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_unique UNIQUE (buyer_id, key);


--
-- Name: organisation_licences organisation_licences_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisation_licences
    ADD CONSTRAINT organisation_licences_pkey PRIMARY KEY (organisation_id, valid_during WITHOUT OVERLAPS);


--
-- Name: organisation_members organisation_members_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisation_members
    ADD CONSTRAINT organisation_members_pkey PRIMARY KEY (organisation_id, account_id);


--
-- Name: organisations organisations_code_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_code_once UNIQUE (credit_code);


--
-- Name: organisations organisations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_pkey PRIMARY KEY (id);


--
-- Name: outages outages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outages
    ADD CONSTRAINT outages_pkey PRIMARY KEY (case_id);


--
-- Name: package_lines package_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_lines
    ADD CONSTRAINT package_lines_pkey PRIMARY KEY (line_id);


--
-- Name: package_orders package_orders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_orders
    ADD CONSTRAINT package_orders_pkey PRIMARY KEY (order_id);


--
-- Name: package_parts package_parts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_parts
    ADD CONSTRAINT package_parts_pkey PRIMARY KEY (package_id, "position");


--
-- Name: package_suppliers package_suppliers_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_suppliers
    ADD CONSTRAINT package_suppliers_once UNIQUE (package_id, listing_id);


--
-- Name: package_suppliers package_suppliers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_suppliers
    ADD CONSTRAINT package_suppliers_pkey PRIMARY KEY (package_id, "position", ordinal);


--
-- Name: packages packages_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.packages
    ADD CONSTRAINT packages_number UNIQUE (number);


--
-- Name: packages packages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.packages
    ADD CONSTRAINT packages_pkey PRIMARY KEY (id);


--
-- Name: pairing_statement_items pairing_statement_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing_statement_items
    ADD CONSTRAINT pairing_statement_items_pkey PRIMARY KEY (id);


--
-- Name: pairing_statement_lines pairing_statement_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing_statement_lines
    ADD CONSTRAINT pairing_statement_lines_pkey PRIMARY KEY (pairing_id, year, kind, counted);


--
-- Name: pairing_statements pairing_statements_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing_statements
    ADD CONSTRAINT pairing_statements_pkey PRIMARY KEY (pairing_id, year);


--
-- Name: pairings pairings_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_number UNIQUE (number);


--
-- Name: pairings pairings_of_term; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_of_term UNIQUE (id, valid_during WITHOUT OVERLAPS);


--
-- Name: pairings pairings_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_once UNIQUE (organisation_id, village_code, valid_during WITHOUT OVERLAPS);


--
-- Name: pairings pairings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_pkey PRIMARY KEY (id);


--
-- Name: parcel_reminders parcel_reminders_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.parcel_reminders
    ADD CONSTRAINT parcel_reminders_unique PRIMARY KEY (suborder_id, late);


--
-- Name: payout_accounts payout_accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payout_accounts
    ADD CONSTRAINT payout_accounts_pkey PRIMARY KEY (id);


--
-- Name: payout_accounts payout_accounts_term; Type: CHECK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE public.payout_accounts
    ADD CONSTRAINT payout_accounts_term CHECK (((state = 'rejected'::text) OR (replaces IS NULL) OR (decided_at <= (entered_at + '30 days'::interval)))) NOT VALID;


--
-- Name: person_keys person_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.person_keys
    ADD CONSTRAINT person_keys_pkey PRIMARY KEY (account_id);


--
-- Name: persons persons_identity_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_identity_unique UNIQUE (county_code, identity_index);


--
-- Name: persons persons_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_pkey PRIMARY KEY (id);


--
-- Name: photos photos_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_pkey PRIMARY KEY (id);


--
-- Name: pickup_points pickup_points_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickup_points
    ADD CONSTRAINT pickup_points_pkey PRIMARY KEY (id);


--
-- Name: pickups pickups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickups
    ADD CONSTRAINT pickups_pkey PRIMARY KEY (suborder_id);


--
-- Name: plans plans_one_charge_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_one_charge_per_day PRIMARY KEY (county_code, code, kind, valid_during WITHOUT OVERLAPS);


--
-- Name: platform_purchases platform_purchases_counted; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.platform_purchases
    ADD CONSTRAINT platform_purchases_counted UNIQUE (order_number, line_number, organisation_id, year, list, counted_fen);


--
-- Name: platform_purchases platform_purchases_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.platform_purchases
    ADD CONSTRAINT platform_purchases_pkey PRIMARY KEY (order_number, line_number);


--
-- Name: pledges pledges_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pledges
    ADD CONSTRAINT pledges_pkey PRIMARY KEY (pairing_id, kind, valid_during WITHOUT OVERLAPS);


--
-- Name: presales presales_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.presales
    ADD CONSTRAINT presales_pkey PRIMARY KEY (listing_id);


--
-- Name: procurement_checks procurement_checks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_checks
    ADD CONSTRAINT procurement_checks_pkey PRIMARY KEY (order_id, item);


--
-- Name: procurement_invoices procurement_invoices_fen; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_invoices
    ADD CONSTRAINT procurement_invoices_fen UNIQUE (order_id, fen);


--
-- Name: procurement_invoices procurement_invoices_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_invoices
    ADD CONSTRAINT procurement_invoices_once UNIQUE (producer_id, number);


--
-- Name: procurement_invoices procurement_invoices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_invoices
    ADD CONSTRAINT procurement_invoices_pkey PRIMARY KEY (order_id);


--
-- Name: procurement_lines procurement_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_lines
    ADD CONSTRAINT procurement_lines_pkey PRIMARY KEY (line_id);


--
-- Name: procurements procurements_accepted_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_accepted_once UNIQUE (order_id, accepted_fen);


--
-- Name: procurements procurements_book; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_book UNIQUE (order_id, organisation_id, year, list);


--
-- Name: procurements procurements_ordered_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_ordered_once UNIQUE (order_id, ordered_fen);


--
-- Name: procurements procurements_payer_code; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_payer_code UNIQUE (payer_code);


--
-- Name: procurements procurements_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_pkey PRIMARY KEY (order_id);


--
-- Name: procurements procurements_refused_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_refused_once UNIQUE (order_id, refused_fen);


--
-- Name: producer_figures producer_figures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_figures
    ADD CONSTRAINT producer_figures_pkey PRIMARY KEY (producer_id);


--
-- Name: producer_members producer_members_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_members
    ADD CONSTRAINT producer_members_unique PRIMARY KEY (producer_id, account_id, valid_during WITHOUT OVERLAPS);


--
-- Name: producer_steps producer_steps_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_steps
    ADD CONSTRAINT producer_steps_pkey PRIMARY KEY (id);


--
-- Name: producers producers_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producers
    ADD CONSTRAINT producers_number UNIQUE (number);


--
-- Name: producers producers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producers
    ADD CONSTRAINT producers_pkey PRIMARY KEY (id);


--
-- Name: programme_checks programme_checks_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_checks
    ADD CONSTRAINT programme_checks_unique PRIMARY KEY (county_code, programme_code, check_code, valid_during WITHOUT OVERLAPS);


--
-- Name: programme_sentences programme_sentences_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_sentences
    ADD CONSTRAINT programme_sentences_unique PRIMARY KEY (county_code, programme_code, "position");


--
-- Name: programme_terms programme_terms_one_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_terms
    ADD CONSTRAINT programme_terms_one_per_day PRIMARY KEY (county_code, programme_code, valid_during WITHOUT OVERLAPS);


--
-- Name: programmes programmes_code; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programmes
    ADD CONSTRAINT programmes_code PRIMARY KEY (county_code, code);


--
-- Name: public_buyers public_buyers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.public_buyers
    ADD CONSTRAINT public_buyers_pkey PRIMARY KEY (account_id);


--
-- Name: public_plans public_plans_one_price_per_day; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.public_plans
    ADD CONSTRAINT public_plans_one_price_per_day PRIMARY KEY (county_code, code, valid_during WITHOUT OVERLAPS);


--
-- Name: quarter_sums quarter_sums_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarter_sums
    ADD CONSTRAINT quarter_sums_unique PRIMARY KEY (county_code, quarter, operator, kind);


--
-- Name: questions questions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_pkey PRIMARY KEY (case_id);


--
-- Name: quota_entries quota_entries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_pkey PRIMARY KEY (id);


--
-- Name: quota_rules quota_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_rules
    ADD CONSTRAINT quota_rules_pkey PRIMARY KEY (region, valid_during WITHOUT OVERLAPS);


--
-- Name: quota_rules quota_rules_with_ratio; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_rules
    ADD CONSTRAINT quota_rules_with_ratio UNIQUE (region, ratio_bp, valid_during WITHOUT OVERLAPS);


--
-- Name: rates rates_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_once PRIMARY KEY (currency, day);


--
-- Name: reconciliations reconciliations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reconciliations
    ADD CONSTRAINT reconciliations_pkey PRIMARY KEY (cycle_id, operator, round);


--
-- Name: redemptions redemptions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.redemptions
    ADD CONSTRAINT redemptions_pkey PRIMARY KEY (order_id);


--
-- Name: refund_requests refund_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_pkey PRIMARY KEY (id);


--
-- Name: refund_requests refund_requests_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_unique UNIQUE (line_id, key);


--
-- Name: register_checks register_checks_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.register_checks
    ADD CONSTRAINT register_checks_unique PRIMARY KEY (county_code, household_code);


--
-- Name: register_erasures register_erasures_person; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.register_erasures
    ADD CONSTRAINT register_erasures_person PRIMARY KEY (person_id);


--
-- Name: rejected_rows rejected_rows_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rejected_rows
    ADD CONSTRAINT rejected_rows_pkey PRIMARY KEY (file_id);


--
-- Name: return_differences return_differences_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_differences
    ADD CONSTRAINT return_differences_pkey PRIMARY KEY (id);


--
-- Name: return_differences return_differences_row_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_differences
    ADD CONSTRAINT return_differences_row_once UNIQUE (file_id, row_number);


--
-- Name: return_differences return_differences_settled_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_differences
    ADD CONSTRAINT return_differences_settled_once UNIQUE (file_id, line_code, for_month);


--
-- Name: return_files return_files_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_files
    ADD CONSTRAINT return_files_pkey PRIMARY KEY (file_id);


--
-- Name: return_files return_files_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_files
    ADD CONSTRAINT return_files_unique UNIQUE (cycle_id, operator, revision);


--
-- Name: return_rows return_rows_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_rows
    ADD CONSTRAINT return_rows_pkey PRIMARY KEY (file_id, row_number);


--
-- Name: review_appeals review_appeals_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_appeals
    ADD CONSTRAINT review_appeals_once UNIQUE (review_id);


--
-- Name: review_appeals review_appeals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_appeals
    ADD CONSTRAINT review_appeals_pkey PRIMARY KEY (case_id);


--
-- Name: review_photos review_photos_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_photos
    ADD CONSTRAINT review_photos_key PRIMARY KEY (review_id, photo_id);


--
-- Name: review_versions review_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_versions
    ADD CONSTRAINT review_versions_pkey PRIMARY KEY (id);


--
-- Name: reviews reviews_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (id);


--
-- Name: reviews reviews_purchase_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_purchase_unique UNIQUE (suborder_id, listing_id);


--
-- Name: rooms rooms_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_pkey PRIMARY KEY (id);


--
-- Name: rooms rooms_position_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_position_unique UNIQUE (listing_id, "position");


--
-- Name: run_explanations run_explanations_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_explanations
    ADD CONSTRAINT run_explanations_unique PRIMARY KEY (run_id, number);


--
-- Name: run_lines run_lines_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_lines
    ADD CONSTRAINT run_lines_unique PRIMARY KEY (run_id, line_code);


--
-- Name: runs runs_n_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_n_unique UNIQUE (cycle_id, n);


--
-- Name: runs runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);


--
-- Name: sample_deposits sample_deposits_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_deposits
    ADD CONSTRAINT sample_deposits_pkey PRIMARY KEY (county_code, month);


--
-- Name: sample_draws sample_draws_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_draws
    ADD CONSTRAINT sample_draws_pkey PRIMARY KEY (cycle_id);


--
-- Name: sample_lines sample_lines_line_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_lines
    ADD CONSTRAINT sample_lines_line_unique UNIQUE (cycle_id, line_code);


--
-- Name: sample_lines sample_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_lines
    ADD CONSTRAINT sample_lines_pkey PRIMARY KEY (cycle_id, "position");


--
-- Name: saved_filters saved_filters_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saved_filters
    ADD CONSTRAINT saved_filters_key PRIMARY KEY (account_id, "position");


--
-- Name: saved_filters saved_filters_named; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saved_filters
    ADD CONSTRAINT saved_filters_named UNIQUE (account_id, county_code, page, name);


--
-- Name: second_factor_uses second_factor_uses_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.second_factor_uses
    ADD CONSTRAINT second_factor_uses_unique PRIMARY KEY (account_id, step);


--
-- Name: sending_windows sending_windows_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sending_windows
    ADD CONSTRAINT sending_windows_pkey PRIMARY KEY (suborder_id);


--
-- Name: sent_bytes sent_bytes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sent_bytes
    ADD CONSTRAINT sent_bytes_pkey PRIMARY KEY (account_id, sent_on);


--
-- Name: sessions sessions_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_id UNIQUE (id);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);


--
-- Name: settlement_files settlement_files_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlement_files
    ADD CONSTRAINT settlement_files_pkey PRIMARY KEY (cycle_id, operator);


--
-- Name: settlements settlements_paid; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlements
    ADD CONSTRAINT settlements_paid UNIQUE (cycle_id, operator, pay_fen);


--
-- Name: settlements settlements_transfer; Type: CHECK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE public.settlements
    ADD CONSTRAINT settlements_transfer CHECK (((pay_fen - set_off_fen) >= 0)) NOT VALID;


--
-- Name: settlements settlements_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlements
    ADD CONSTRAINT settlements_unique PRIMARY KEY (cycle_id, operator);


--
-- Name: sign_in_attempts sign_in_attempts_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in_attempts
    ADD CONSTRAINT sign_in_attempts_unique PRIMARY KEY (code_id, network);


--
-- Name: sign_in_codes sign_in_codes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in_codes
    ADD CONSTRAINT sign_in_codes_pkey PRIMARY KEY (id);


--
-- Name: slot_reservations slot_reservations_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slot_reservations
    ADD CONSTRAINT slot_reservations_once UNIQUE (suborder_id);


--
-- Name: slot_reservations slot_reservations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slot_reservations
    ADD CONSTRAINT slot_reservations_pkey PRIMARY KEY (id);


--
-- Name: slots slots_no_overlap; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT slots_no_overlap EXCLUDE USING gist (listing_id WITH =, during WITH &&) WHERE ((state <> 'cancelled'::text));


--
-- Name: slots slots_of_kind; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT slots_of_kind UNIQUE (id, kind);


--
-- Name: slots slots_one_room; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT slots_one_room EXCLUDE USING gist (village_code WITH =, room WITH =, during WITH &&) WHERE ((state <> 'cancelled'::text));


--
-- Name: slots slots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT slots_pkey PRIMARY KEY (id);


--
-- Name: stay_cancellations stay_cancellations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_cancellations
    ADD CONSTRAINT stay_cancellations_pkey PRIMARY KEY (suborder_id);


--
-- Name: stay_deposits stay_deposits_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_deposits
    ADD CONSTRAINT stay_deposits_pkey PRIMARY KEY (listing_id);


--
-- Name: stay_guests stay_guests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_guests
    ADD CONSTRAINT stay_guests_pkey PRIMARY KEY (id);


--
-- Name: stock_moves stock_moves_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_moves
    ADD CONSTRAINT stock_moves_unique PRIMARY KEY (lot_id, reason, reference);


--
-- Name: suborder_events suborder_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suborder_events
    ADD CONSTRAINT suborder_events_pkey PRIMARY KEY (id);


--
-- Name: suborders suborders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suborders
    ADD CONSTRAINT suborders_pkey PRIMARY KEY (id);


--
-- Name: suborders suborders_position_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suborders
    ADD CONSTRAINT suborders_position_unique UNIQUE (order_id, "position");


--
-- Name: subsidy_postings subsidy_postings_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.subsidy_postings
    ADD CONSTRAINT subsidy_postings_unique PRIMARY KEY (cycle_id, line_code, for_month, revision);


--
-- Name: supervision_events supervision_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_events
    ADD CONSTRAINT supervision_events_pkey PRIMARY KEY (id);


--
-- Name: supervision_tasks supervision_tasks_as_parent; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_as_parent UNIQUE (id, assignee_scope, due_on);


--
-- Name: supervision_tasks supervision_tasks_number; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_number UNIQUE (number);


--
-- Name: supervision_tasks supervision_tasks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_pkey PRIMARY KEY (id);


--
-- Name: taken_nights taken_nights_no_overlap; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.taken_nights
    ADD CONSTRAINT taken_nights_no_overlap PRIMARY KEY (room_id, nights WITHOUT OVERLAPS);


--
-- Name: tasks tasks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);


--
-- Name: terms_approvals terms_approvals_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.terms_approvals
    ADD CONSTRAINT terms_approvals_once PRIMARY KEY (file_id);


--
-- Name: tier_prices tier_prices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tier_prices
    ADD CONSTRAINT tier_prices_pkey PRIMARY KEY (variant_id, from_quantity);


--
-- Name: tracked_parcels tracked_parcels_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tracked_parcels
    ADD CONSTRAINT tracked_parcels_pkey PRIMARY KEY (suborder_id);


--
-- Name: tracking_facts tracking_facts_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tracking_facts
    ADD CONSTRAINT tracking_facts_once PRIMARY KEY (suborder_id, carrier, tracking, happened_at, step, detail);


--
-- Name: unit_quotas unit_quotas_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.unit_quotas
    ADD CONSTRAINT unit_quotas_pkey PRIMARY KEY (organisation_id, year);


--
-- Name: usage_days usage_days_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_days
    ADD CONSTRAINT usage_days_unique PRIMARY KEY (county_code, operator, kind, number_id, used_on);


--
-- Name: variants variants_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.variants
    ADD CONSTRAINT variants_pkey PRIMARY KEY (id);


--
-- Name: variants variants_position_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.variants
    ADD CONSTRAINT variants_position_unique UNIQUE (listing_id, "position");


--
-- Name: village_periods village_periods_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.village_periods
    ADD CONSTRAINT village_periods_pkey PRIMARY KEY (code, valid_during WITHOUT OVERLAPS);


--
-- Name: vouchers vouchers_one; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vouchers
    ADD CONSTRAINT vouchers_one UNIQUE (coupon_id, account_id, ordinal);


--
-- Name: vouchers vouchers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vouchers
    ADD CONSTRAINT vouchers_pkey PRIMARY KEY (id);


--
-- Name: failures_by_due; Type: INDEX; Schema: jobs; Owner: -
--

CREATE INDEX failures_by_due ON jobs.failures USING btree (next_at);


--
-- Name: failures_by_time; Type: INDEX; Schema: jobs; Owner: -
--

CREATE INDEX failures_by_time ON jobs.failures USING btree (job, next_at);


--
-- Name: accounts_unresolved; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX accounts_unresolved ON payments.accounts USING btree (kind) WHERE (kind = ANY (ARRAY['advance'::text, 'suspense'::text]));


--
-- Name: checkpoint_sums_open; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX checkpoint_sums_open ON payments.checkpoint_sums USING btree (account_id) WHERE (amount_minor <> 0);


--
-- Name: discrepancies_open; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX discrepancies_open ON payments.discrepancies USING btree (opened_at, id) WHERE (closed_at IS NULL);


--
-- Name: disputes_open; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX disputes_open ON payments.disputes USING btree (payment_id) WHERE (state = 'open'::text);


--
-- Name: disputes_payment; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX disputes_payment ON payments.disputes USING btree (payment_id);


--
-- Name: events_consumed; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX events_consumed ON payments.events USING btree (consumed_at) WHERE (consumed_at IS NOT NULL);


--
-- Name: events_dead; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX events_dead ON payments.events USING btree (dead_at) WHERE (dead_at IS NOT NULL);


--
-- Name: events_unconsumed; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX events_unconsumed ON payments.events USING btree (id) WHERE ((consumed_at IS NULL) AND (dead_at IS NULL));


--
-- Name: events_unconsumed_of_order; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX events_unconsumed_of_order ON payments.events USING btree (order_ref) WHERE ((consumed_at IS NULL) AND (dead_at IS NULL));


--
-- Name: inbox_dead; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX inbox_dead ON payments.inbox USING btree (received_at) WHERE (state = 'dead'::text);


--
-- Name: inbox_done; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX inbox_done ON payments.inbox USING btree (received_at) WHERE (state = 'done'::text);


--
-- Name: inbox_due; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX inbox_due ON payments.inbox USING btree (next_at) WHERE (state = ANY (ARRAY['new'::text, 'parked'::text]));


--
-- Name: operations_due; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX operations_due ON payments.operations USING btree (next_at) WHERE (state = ANY (ARRAY['pending'::text, 'sent'::text, 'unknown'::text]));


--
-- Name: operations_payment; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX operations_payment ON payments.operations USING btree (payment_id);


--
-- Name: payments_due_poll; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payments_due_poll ON payments.payments USING btree (poll_at) WHERE (poll_at IS NOT NULL);


--
-- Name: payments_expiring; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payments_expiring ON payments.payments USING btree (expires_at) WHERE (state = ANY (ARRAY['created'::text, 'requires_action'::text]));


--
-- Name: payments_one_live_balance; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX payments_one_live_balance ON payments.payments USING btree (order_ref) WHERE ((state <> ALL (ARRAY['failed'::text, 'canceled'::text, 'expired'::text])) AND (purpose = ANY (ARRAY['full'::text, 'balance'::text])));


--
-- Name: payments_one_live_deposit; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX payments_one_live_deposit ON payments.payments USING btree (order_ref) WHERE ((state <> ALL (ARRAY['failed'::text, 'canceled'::text, 'expired'::text])) AND (purpose = ANY (ARRAY['full'::text, 'deposit'::text])));


--
-- Name: payments_order_ref; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payments_order_ref ON payments.payments USING btree (order_ref);


--
-- Name: payouts_due_poll; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payouts_due_poll ON payments.payouts USING btree (poll_at) WHERE (poll_at IS NOT NULL);


--
-- Name: payouts_of_payee; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payouts_of_payee ON payments.payouts USING btree (payee, id);


--
-- Name: payouts_open; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payouts_open ON payments.payouts USING btree (payee) WHERE (state = ANY (ARRAY['created'::text, 'in_transit'::text]));


--
-- Name: postings_account; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX postings_account ON payments.postings USING btree (account_id, transaction_id) INCLUDE (amount_minor);


--
-- Name: refunds_due_retry; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refunds_due_retry ON payments.refunds USING btree (retry_at) WHERE (retry_at IS NOT NULL);


--
-- Name: refunds_failed; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refunds_failed ON payments.refunds USING btree (id) WHERE (state = 'failed'::text);


--
-- Name: refunds_payment; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refunds_payment ON payments.refunds USING btree (payment_id);


--
-- Name: refunds_requested; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refunds_requested ON payments.refunds USING btree (id) WHERE (state = 'requested'::text);


--
-- Name: statement_lines_day; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX statement_lines_day ON payments.statement_lines USING btree (provider, day);


--
-- Name: statement_lines_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX statement_lines_key ON payments.statement_lines USING btree (provider, COALESCE(ledger_key, line_ref));


--
-- Name: transactions_at; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX transactions_at ON payments.transactions USING btree (at, id);


--
-- Name: transactions_order; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX transactions_order ON payments.transactions USING btree (order_ref, id) WHERE (order_ref IS NOT NULL);


--
-- Name: accounts_by_identity; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX accounts_by_identity ON public.accounts USING btree (identity_index) WHERE (identity_index IS NOT NULL);


--
-- Name: accounts_by_official_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX accounts_by_official_name ON public.accounts USING btree (public.fold_official_name(name)) WHERE ((handle IS NOT NULL) AND (closed_at IS NULL));


--
-- Name: agreement_rates_by_programme; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX agreement_rates_by_programme ON public.agreement_rates USING btree (county_code, programme_code);


--
-- Name: agronomists_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX agronomists_by_account ON public.agronomists USING btree (account_id);


--
-- Name: agronomists_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX agronomists_by_county ON public.agronomists USING btree (county_code);


--
-- Name: agronomists_by_namer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX agronomists_by_namer ON public.agronomists USING btree (named_by);


--
-- Name: agronomists_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX agronomists_once ON public.agronomists USING btree (account_id) WHERE (ended_at IS NULL);


--
-- Name: audit_entries_by_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_entries_by_object ON public.audit_entries USING btree (object, at);


--
-- Name: bank_receipts_by_code; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bank_receipts_by_code ON public.bank_receipts USING btree (payer_code) WHERE (order_id IS NULL);


--
-- Name: bank_receipts_by_recorder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bank_receipts_by_recorder ON public.bank_receipts USING btree (recorded_by);


--
-- Name: bank_receipts_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bank_receipts_by_time ON public.bank_receipts USING btree (recorded_at DESC);


--
-- Name: bindings_by_identity; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bindings_by_identity ON public.bindings USING btree (county_code, identity_index);


--
-- Name: bindings_by_number; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bindings_by_number ON public.bindings USING btree (number_id);


--
-- Name: bindings_by_operator_number; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bindings_by_operator_number ON public.bindings USING btree (county_code, operator, number_id);


--
-- Name: booking_changes_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX booking_changes_by_suborder ON public.booking_changes USING btree (suborder_id);


--
-- Name: booking_changes_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX booking_changes_due ON public.booking_changes USING btree (expires_at) WHERE (state = 'proposed'::text);


--
-- Name: booking_changes_one_open; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX booking_changes_one_open ON public.booking_changes USING btree (suborder_id) WHERE (state = 'proposed'::text);


--
-- Name: bookings_by_listing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bookings_by_listing ON public.bookings USING btree (listing_id, nights);


--
-- Name: bookings_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX bookings_by_suborder ON public.bookings USING btree (suborder_id);


--
-- Name: bookings_code_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX bookings_code_unique ON public.bookings USING btree (code_hash) WHERE (state = 'booked'::text);


--
-- Name: cancel_tiers_by_listing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cancel_tiers_by_listing ON public.cancel_tiers USING btree (listing_id);


--
-- Name: carrier_pushes_dead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX carrier_pushes_dead ON public.carrier_pushes USING btree (received_at) WHERE (state = 'dead'::text);


--
-- Name: carrier_pushes_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX carrier_pushes_due ON public.carrier_pushes USING btree (next_at) WHERE (state = 'new'::text);


--
-- Name: carrier_pushes_received; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX carrier_pushes_received ON public.carrier_pushes USING btree (received_at);


--
-- Name: case_events_by_case; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX case_events_by_case ON public.case_events USING btree (case_id, id);


--
-- Name: cases_by_asker; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_by_asker ON public.cases USING btree (asker_id);


--
-- Name: cases_by_division; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_by_division ON public.cases USING btree (division_code);


--
-- Name: cases_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_by_producer ON public.cases USING btree (against_producer_id);


--
-- Name: cases_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_due ON public.cases USING btree (due_at) WHERE (state = 'assigned'::text);


--
-- Name: cases_for_producer_index; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_for_producer_index ON public.cases USING btree (for_producer_id) WHERE (for_producer_id IS NOT NULL);


--
-- Name: cases_open_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_open_by_county ON public.cases USING btree (county_code, due_at) WHERE (state = ANY (ARRAY['received'::text, 'assigned'::text, 'answered'::text]));


--
-- Name: certificates_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX certificates_by_end ON public.certificates USING btree (expires_on) WHERE (verified_at IS NOT NULL);


--
-- Name: certificates_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX certificates_by_producer ON public.certificates USING btree (producer_id);


--
-- Name: check_in_scans_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX check_in_scans_by_producer ON public.check_in_scans USING btree (producer_id, uploaded_at);


--
-- Name: check_in_scans_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX check_in_scans_by_time ON public.check_in_scans USING brin (uploaded_at);


--
-- Name: check_in_scans_by_visit; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX check_in_scans_by_visit ON public.check_in_scans USING btree (visit_id);


--
-- Name: claim_photos_by_photo; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX claim_photos_by_photo ON public.claim_photos USING btree (photo_id);


--
-- Name: claims_by_corrected_month; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX claims_by_corrected_month ON public.claims USING btree (county_code, corrects_month) WHERE (corrects_month IS NOT NULL);


--
-- Name: claims_by_month; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX claims_by_month ON public.claims USING btree (county_code, month);


--
-- Name: claims_one_per_service_and_month; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX claims_one_per_service_and_month ON public.claims USING btree (county_code, operator, kind, number_id, month) WHERE (corrects_month IS NULL);


--
-- Name: clawback_entries_by_clawback; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX clawback_entries_by_clawback ON public.clawback_entries USING btree (clawback_id);


--
-- Name: clawback_items_by_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX clawback_items_by_line ON public.clawback_items USING btree (county_code, line_code, for_month);


--
-- Name: clawbacks_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX clawbacks_by_county ON public.clawbacks USING btree (county_code, state);


--
-- Name: clawbacks_by_finding; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX clawbacks_by_finding ON public.clawbacks USING btree (finding_id) WHERE (finding_id IS NOT NULL);


--
-- Name: clawbacks_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX clawbacks_by_person ON public.clawbacks USING btree (person_id) WHERE (person_id IS NOT NULL);


--
-- Name: clinic_days_by_adder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX clinic_days_by_adder ON public.clinic_days USING btree (added_by);


--
-- Name: clinic_days_by_organisation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX clinic_days_by_organisation ON public.clinic_days USING btree (organisation_id);


--
-- Name: closures_by_creator; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX closures_by_creator ON public.closures USING btree (created_by);


--
-- Name: company_accounts_by_member; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX company_accounts_by_member ON public.company_accounts USING btree (organisation_id, account_id);


--
-- Name: consents_by_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX consents_by_subject ON public.consents USING btree (subject_id) WHERE (subject_id IS NOT NULL);


--
-- Name: contacts_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX contacts_by_county ON public.contacts USING btree (county_code);


--
-- Name: conversation_messages_by_writer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversation_messages_by_writer ON public.conversation_messages USING btree (account_id);


--
-- Name: conversation_photos_by_photo; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversation_photos_by_photo ON public.conversation_photos USING btree (photo_id);


--
-- Name: conversations_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_by_age ON public.conversations USING btree (last_at, suborder_id);


--
-- Name: conversations_by_buyer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_by_buyer ON public.conversations USING btree (buyer_id, last_at DESC, suborder_id DESC);


--
-- Name: conversations_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_by_producer ON public.conversations USING btree (producer_id, last_at DESC, suborder_id DESC);


--
-- Name: conversations_new_to_buyer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_new_to_buyer ON public.conversations USING btree (buyer_id) WHERE (seller_wrote > buyer_read);


--
-- Name: conversations_new_to_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_new_to_producer ON public.conversations USING btree (producer_id) WHERE (buyer_wrote > seller_read);


--
-- Name: county_files_by_importer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX county_files_by_importer ON public.county_files USING btree (imported_by);


--
-- Name: coupons_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coupons_by_producer ON public.coupons USING btree (producer_id, id);


--
-- Name: coupons_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coupons_open ON public.coupons USING btree (id) WHERE (state = 'open'::text);


--
-- Name: course_certificates_by_issuer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX course_certificates_by_issuer ON public.course_certificates USING btree (issued_by);


--
-- Name: course_sessions_by_adder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX course_sessions_by_adder ON public.course_sessions USING btree (added_by);


--
-- Name: course_sessions_by_organisation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX course_sessions_by_organisation ON public.course_sessions USING btree (organisation_id) WHERE (organisation_id IS NOT NULL);


--
-- Name: coverage_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_by_county ON public.coverage USING btree (county_code);


--
-- Name: coverage_by_operator; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_by_operator ON public.coverage USING btree (operator);


--
-- Name: coverage_projects_by_accepter; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_projects_by_accepter ON public.coverage_projects USING btree (accepted_by) WHERE (accepted_by IS NOT NULL);


--
-- Name: coverage_projects_by_adder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_projects_by_adder ON public.coverage_projects USING btree (added_by);


--
-- Name: coverage_projects_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_projects_by_county ON public.coverage_projects USING btree (county_code);


--
-- Name: coverage_projects_by_doer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_projects_by_doer ON public.coverage_projects USING btree (done_by) WHERE (done_by IS NOT NULL);


--
-- Name: coverage_projects_by_funder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_projects_by_funder ON public.coverage_projects USING btree (funded_by) WHERE (funded_by IS NOT NULL);


--
-- Name: coverage_projects_by_operator; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_projects_by_operator ON public.coverage_projects USING btree (operator);


--
-- Name: coverage_projects_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coverage_projects_by_village ON public.coverage_projects USING btree (village_code);


--
-- Name: cycle_duties_one_per_person; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX cycle_duties_one_per_person ON public.cycle_duties USING btree (cycle_id, person_key);


--
-- Name: cycle_events_by_cycle; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cycle_events_by_cycle ON public.cycle_events USING btree (cycle_id, at);


--
-- Name: divisions_by_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX divisions_by_parent ON public.divisions USING btree (parent_code, code);


--
-- Name: enrolments_by_identity; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX enrolments_by_identity ON public.enrolments USING btree (county_code, identity_index);


--
-- Name: enrolments_by_identity_of_all; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX enrolments_by_identity_of_all ON public.enrolments USING btree (identity_index);


--
-- Name: fact_versions_by_enrolled; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX fact_versions_by_enrolled ON public.fact_versions USING btree (county_code, enrolled_index) WHERE (enrolled_index IS NOT NULL);


--
-- Name: fact_versions_by_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX fact_versions_by_subject ON public.fact_versions USING btree (county_code, fact, subject, replaced_at);


--
-- Name: favourites_by_listing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX favourites_by_listing ON public.favourites USING btree (listing_id) WHERE (listing_id IS NOT NULL);


--
-- Name: favourites_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX favourites_by_producer ON public.favourites USING btree (producer_id) WHERE (producer_id IS NOT NULL);


--
-- Name: file_notes_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX file_notes_by_account ON public.file_notes USING btree (account_id);


--
-- Name: finding_decisions_by_finding; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX finding_decisions_by_finding ON public.finding_decisions USING btree (finding_id, decided_at);


--
-- Name: finding_lines_by_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX finding_lines_by_line ON public.finding_lines USING btree (county_code, line_code);


--
-- Name: findings_by_cycle; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX findings_by_cycle ON public.findings USING btree (cycle_id, state);


--
-- Name: fund_applications_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX fund_applications_by_producer ON public.fund_applications USING btree (producer_id);


--
-- Name: fund_calls_by_adder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX fund_calls_by_adder ON public.fund_calls USING btree (added_by);


--
-- Name: goods_return_lines_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX goods_return_lines_once ON public.goods_return_lines USING btree (line_id) WHERE (state <> 'withdrawn'::text);


--
-- Name: goods_returns_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX goods_returns_by_suborder ON public.goods_returns USING btree (suborder_id);


--
-- Name: grants_by_deputy_for; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grants_by_deputy_for ON public.grants USING btree (deputy_for) WHERE (deputy_for IS NOT NULL);


--
-- Name: grievances_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_by_county ON public.grievances USING btree (county_code);


--
-- Name: grievances_by_finding; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_by_finding ON public.grievances USING btree (finding_id) WHERE (finding_id IS NOT NULL);


--
-- Name: grievances_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_by_lead ON public.grievances USING btree (lead_id) WHERE (lead_id IS NOT NULL);


--
-- Name: grievances_by_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_by_line ON public.grievances USING btree (county_code, line_code) WHERE (line_code IS NOT NULL);


--
-- Name: grievances_by_officer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_by_officer ON public.grievances USING btree (officer_id) WHERE (officer_id IS NOT NULL);


--
-- Name: grievances_by_receiver; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_by_receiver ON public.grievances USING btree (received_by) WHERE (received_by IS NOT NULL);


--
-- Name: grievances_by_triager; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_by_triager ON public.grievances USING btree (triaged_by) WHERE (triaged_by IS NOT NULL);


--
-- Name: grievances_untriaged; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX grievances_untriaged ON public.grievances USING btree (county_code) WHERE (anonymous AND (source = 'web'::text) AND (triaged_at IS NULL));


--
-- Name: household_statuses_by_household; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX household_statuses_by_household ON public.household_statuses USING btree (county_code, household_code);


--
-- Name: idempotency_keys_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (created_at);


--
-- Name: idle_calls_by_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idle_calls_by_line ON public.idle_calls USING btree (county_code, line_code, notice_on);


--
-- Name: import_files_billing_content_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX import_files_billing_content_unique ON public.import_files USING btree (county_code, sha256) WHERE (kind = 'billing'::text);


--
-- Name: import_files_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX import_files_by_name ON public.import_files USING btree (county_code, kind, name, imported_at DESC);


--
-- Name: import_files_name_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX import_files_name_unique ON public.import_files USING btree (county_code, kind, name) WHERE (kind = ANY (ARRAY['billing'::text, 'usage'::text, 'enrolments'::text, 'bindings'::text, 'opening'::text, 'lists'::text, 'return'::text]));


--
-- Name: import_files_replaced_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX import_files_replaced_once ON public.import_files USING btree (replaces);


--
-- Name: invoice_requests_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoice_requests_by_age ON public.invoice_requests USING btree (touched_at) WHERE (title_sealed IS NOT NULL);


--
-- Name: invoice_requests_by_buyer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoice_requests_by_buyer ON public.invoice_requests USING btree (buyer_id);


--
-- Name: invoice_requests_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoice_requests_by_producer ON public.invoice_requests USING btree (producer_id);


--
-- Name: invoice_requests_changed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoice_requests_changed ON public.invoice_requests USING btree (suborder_id) WHERE changed;


--
-- Name: invoice_tasks_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoice_tasks_by_suborder ON public.invoice_tasks USING btree (suborder_id);


--
-- Name: invoice_tasks_one_open; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX invoice_tasks_one_open ON public.invoice_tasks USING btree (suborder_id) WHERE (NOT closed);


--
-- Name: invoices_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoices_by_producer ON public.invoices USING btree (producer_id, id DESC);


--
-- Name: invoices_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invoices_by_suborder ON public.invoices USING btree (suborder_id);


--
-- Name: job_applications_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_applications_by_account ON public.job_applications USING btree (account_id);


--
-- Name: job_applications_by_hirer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_applications_by_hirer ON public.job_applications USING btree (hired_by) WHERE (hired_by IS NOT NULL);


--
-- Name: job_applications_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX job_applications_once ON public.job_applications USING btree (posting_id, account_id) WHERE (state <> 'withdrawn'::text);


--
-- Name: job_postings_by_adder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_postings_by_adder ON public.job_postings USING btree (added_by);


--
-- Name: job_postings_by_checker; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_postings_by_checker ON public.job_postings USING btree (checked_by) WHERE (checked_by IS NOT NULL);


--
-- Name: job_postings_by_organisation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_postings_by_organisation ON public.job_postings USING btree (organisation_id);


--
-- Name: job_postings_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_postings_by_village ON public.job_postings USING btree (village_code);


--
-- Name: large_payouts_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX large_payouts_by_producer ON public.large_payouts USING btree (producer_id, id);


--
-- Name: large_payouts_one; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX large_payouts_one ON public.large_payouts USING btree (producer_id) WHERE (state = 'waiting'::text);


--
-- Name: lead_consents_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX lead_consents_by_lead ON public.lead_consents USING btree (lead_id, id);


--
-- Name: lead_steps_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX lead_steps_by_lead ON public.lead_steps USING btree (lead_id, id);


--
-- Name: leads_by_applicant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX leads_by_applicant ON public.leads USING btree (applicant_id) WHERE (applicant_id IS NOT NULL);


--
-- Name: leads_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX leads_by_village ON public.leads USING btree (village_code) WHERE (notice IS NOT NULL);


--
-- Name: leads_one_open; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX leads_one_open ON public.leads USING btree (county_code, household_code, kind, COALESCE(line_code, ''::text)) WHERE (state <> ALL (ARRAY['decided'::text, 'rejected'::text, 'withdrawn'::text]));


--
-- Name: leads_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX leads_open ON public.leads USING btree (county_code, id) WHERE (state <> ALL (ARRAY['decided'::text, 'rejected'::text, 'withdrawn'::text]));


--
-- Name: line_changes_by_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX line_changes_by_line ON public.line_changes USING btree (county_code, line_code, id);


--
-- Name: line_changes_one_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX line_changes_one_waiting ON public.line_changes USING btree (county_code, line_code) WHERE (outcome IS NULL);


--
-- Name: line_holds_by_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX line_holds_by_line ON public.line_holds USING btree (county_code, line_code);


--
-- Name: line_refunds_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX line_refunds_by_account ON public.line_refunds USING btree (requested_by, at);


--
-- Name: listed_facts_by_list; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listed_facts_by_list ON public.listed_facts USING btree (county_code, list);


--
-- Name: listing_files_by_importer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listing_files_by_importer ON public.listing_files USING btree (imported_by);


--
-- Name: listing_photos_by_photo; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listing_photos_by_photo ON public.listing_photos USING btree (photo_id);


--
-- Name: listings_by_category; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_category ON public.listings USING btree (category_code, score DESC, id) WHERE (state = 'live'::text);


--
-- Name: listings_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_county ON public.listings USING btree (county_code, score DESC, id) WHERE (state = 'live'::text);


--
-- Name: listings_by_kind; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_kind ON public.listings USING btree (kind, score DESC, id) WHERE (state = 'live'::text);


--
-- Name: listings_by_number_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_number_county ON public.listings USING btree (county_code, number) WHERE (state = 'live'::text);


--
-- Name: listings_by_photo; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_photo ON public.listings USING btree (photo_id) WHERE (photo_id IS NOT NULL);


--
-- Name: listings_by_price; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_price ON public.listings USING btree (listed_price_fen, id) WHERE (state = 'live'::text);


--
-- Name: listings_by_price_category; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_price_category ON public.listings USING btree (category_code, listed_price_fen, id) WHERE (state = 'live'::text);


--
-- Name: listings_by_price_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_price_county ON public.listings USING btree (county_code, listed_price_fen, id) WHERE (state = 'live'::text);


--
-- Name: listings_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_producer ON public.listings USING btree (producer_id, id);


--
-- Name: listings_by_sales; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_sales ON public.listings USING btree (((- ranked_sold_count)), id) WHERE (state = 'live'::text);


--
-- Name: listings_by_sales_category; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_sales_category ON public.listings USING btree (category_code, ((- ranked_sold_count)), id) WHERE (state = 'live'::text);


--
-- Name: listings_by_sales_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_sales_county ON public.listings USING btree (county_code, ((- ranked_sold_count)), id) WHERE (state = 'live'::text);


--
-- Name: listings_by_score; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_score ON public.listings USING btree (score DESC, id) WHERE (state = 'live'::text);


--
-- Name: listings_by_search_pinyin; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_search_pinyin ON public.listings USING gin (search_pinyin public.gin_trgm_ops);


--
-- Name: listings_by_search_words; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_search_words ON public.listings USING gin (search_words);


--
-- Name: listings_in_season_1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_1 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(1)::smallint]));


--
-- Name: listings_in_season_10; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_10 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(10)::smallint]));


--
-- Name: listings_in_season_11; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_11 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(11)::smallint]));


--
-- Name: listings_in_season_12; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_12 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(12)::smallint]));


--
-- Name: listings_in_season_2; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_2 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(2)::smallint]));


--
-- Name: listings_in_season_3; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_3 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(3)::smallint]));


--
-- Name: listings_in_season_4; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_4 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(4)::smallint]));


--
-- Name: listings_in_season_5; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_5 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(5)::smallint]));


--
-- Name: listings_in_season_6; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_6 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(6)::smallint]));


--
-- Name: listings_in_season_7; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_7 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(7)::smallint]));


--
-- Name: listings_in_season_8; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_8 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(8)::smallint]));


--
-- Name: listings_in_season_9; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_in_season_9 ON public.listings USING btree (score DESC, id) WHERE ((state = 'live'::text) AND (harvest_months @> ARRAY[(9)::smallint]));


--
-- Name: listings_on_sale; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_on_sale ON public.listings USING btree (county_code, category_code, certified_until) WHERE (state = 'live'::text);


--
-- Name: lots_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX lots_by_producer ON public.lots USING btree (producer_id);


--
-- Name: mediation_lines_open; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX mediation_lines_open ON public.mediation_lines USING btree (line_id) WHERE (granted_fen IS NULL);


--
-- Name: mediations_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mediations_by_suborder ON public.mediations USING btree (suborder_id);


--
-- Name: memberships_by_household; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX memberships_by_household ON public.memberships USING btree (county_code, household_code);


--
-- Name: messages_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_age ON public.messages USING btree (queued_at);


--
-- Name: messages_by_phone; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_phone ON public.messages USING btree (phone_index);


--
-- Name: messages_by_provider_ref; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_provider_ref ON public.messages USING btree (provider_ref) WHERE (provider_ref IS NOT NULL);


--
-- Name: messages_dead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_dead ON public.messages USING btree (dead_at) WHERE (dead_at IS NOT NULL);


--
-- Name: messages_due_codes; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_due_codes ON public.messages USING btree (next_at) WHERE ((template = 'code'::text) AND (sent_at IS NULL) AND (dead_at IS NULL));


--
-- Name: messages_due_notices; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_due_notices ON public.messages USING btree (next_at) WHERE ((template <> 'code'::text) AND (sent_at IS NULL) AND (dead_at IS NULL));


--
-- Name: objections_by_lead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX objections_by_lead ON public.objections USING btree (lead_id, case_id);


--
-- Name: operator_grants_by_operator; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX operator_grants_by_operator ON public.operator_grants USING btree (operator, scope);


--
-- Name: order_lines_by_listing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX order_lines_by_listing ON public.order_lines USING btree (listing_id);


--
-- Name: orders_by_buyer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_buyer ON public.orders USING btree (buyer_id, number DESC);


--
-- Name: orders_deposited; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_deposited ON public.orders USING btree (id) WHERE (state = 'deposited'::text);


--
-- Name: orders_lapsed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_lapsed ON public.orders USING btree (buyer_id, closed_at) WHERE ((state = ANY (ARRAY['expired'::text, 'cancelled'::text])) AND (paid_at IS NULL));


--
-- Name: orders_paid; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_paid ON public.orders USING btree (id) WHERE (state = 'paid'::text);


--
-- Name: orders_to_expire; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_to_expire ON public.orders USING btree (pay_until) WHERE ((state = 'placed'::text) AND (paid_at IS NULL));


--
-- Name: orders_unpaid; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_unpaid ON public.orders USING btree (buyer_id) WHERE (state = 'placed'::text);


--
-- Name: organisation_members_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisation_members_by_account ON public.organisation_members USING btree (account_id);


--
-- Name: organisations_by_applicant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_by_applicant ON public.organisations USING btree (applied_by);


--
-- Name: organisations_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_by_county ON public.organisations USING btree (county_code, name);


--
-- Name: organisations_by_verifier; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_by_verifier ON public.organisations USING btree (verified_by) WHERE (verified_by IS NOT NULL);


--
-- Name: outages_by_operator; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outages_by_operator ON public.outages USING btree (operator);


--
-- Name: outages_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outages_by_village ON public.outages USING btree (village_code);


--
-- Name: package_lines_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_lines_by_order ON public.package_lines USING btree (order_id);


--
-- Name: package_lines_by_part; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_lines_by_part ON public.package_lines USING btree (package_id, "position");


--
-- Name: package_orders_by_package; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_orders_by_package ON public.package_orders USING btree (package_id);


--
-- Name: package_suppliers_by_decider; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_suppliers_by_decider ON public.package_suppliers USING btree (decided_by);


--
-- Name: package_suppliers_by_listing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_suppliers_by_listing ON public.package_suppliers USING btree (listing_id);


--
-- Name: package_suppliers_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_suppliers_by_producer ON public.package_suppliers USING btree (producer_id, package_id);


--
-- Name: package_suppliers_by_variant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_suppliers_by_variant ON public.package_suppliers USING btree (variant_id);


--
-- Name: packages_by_creator; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX packages_by_creator ON public.packages USING btree (created_by);


--
-- Name: packages_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX packages_by_producer ON public.packages USING btree (producer_id, number DESC);


--
-- Name: packages_live; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX packages_live ON public.packages USING btree (number DESC) WHERE (state = 'live'::text);


--
-- Name: pairing_statement_items_by_statement; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairing_statement_items_by_statement ON public.pairing_statement_items USING btree (pairing_id, year);


--
-- Name: pairing_statements_by_author; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairing_statements_by_author ON public.pairing_statements USING btree (stated_by);


--
-- Name: pairings_by_agreer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairings_by_agreer ON public.pairings USING btree (agreed_by) WHERE (agreed_by IS NOT NULL);


--
-- Name: pairings_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairings_by_county ON public.pairings USING btree (county_code);


--
-- Name: pairings_by_proposer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairings_by_proposer ON public.pairings USING btree (proposed_by);


--
-- Name: pairings_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairings_by_village ON public.pairings USING btree (village_code);


--
-- Name: payout_accounts_active; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX payout_accounts_active ON public.payout_accounts USING btree (producer_id) WHERE (state = 'active'::text);


--
-- Name: payout_accounts_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payout_accounts_by_producer ON public.payout_accounts USING btree (producer_id, id);


--
-- Name: payout_accounts_pending; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX payout_accounts_pending ON public.payout_accounts USING btree (producer_id) WHERE (state = ANY (ARRAY['checking'::text, 'waiting'::text]));


--
-- Name: photos_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX photos_by_name ON public.photos USING btree (name);


--
-- Name: photos_by_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX photos_by_owner ON public.photos USING btree (owner_id, created_at);


--
-- Name: pickup_points_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pickup_points_by_county ON public.pickup_points USING btree (county_code, id);


--
-- Name: pickup_points_by_keeper; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pickup_points_by_keeper ON public.pickup_points USING btree (keeper_id);


--
-- Name: pickup_points_one_name; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pickup_points_one_name ON public.pickup_points USING btree (county_code, name) WHERE open;


--
-- Name: pickups_one_code; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pickups_one_code ON public.pickups USING btree (code_hash);


--
-- Name: pickups_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pickups_open ON public.pickups USING btree (point_id, suborder_id) WHERE (state = ANY (ARRAY['expected'::text, 'arrived'::text]));


--
-- Name: pickups_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pickups_waiting ON public.pickups USING btree (arrived_at) WHERE (state = 'arrived'::text);


--
-- Name: platform_purchases_by_unit; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX platform_purchases_by_unit ON public.platform_purchases USING btree (organisation_id, year);


--
-- Name: procurement_invoices_by_recorder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurement_invoices_by_recorder ON public.procurement_invoices USING btree (recorded_by);


--
-- Name: procurement_lines_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurement_lines_by_order ON public.procurement_lines USING btree (order_id);


--
-- Name: procurements_by_acceptor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_acceptor ON public.procurements USING btree (accepted_by) WHERE (accepted_by IS NOT NULL);


--
-- Name: procurements_by_approver; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_approver ON public.procurements USING btree (approved_by) WHERE (approved_by IS NOT NULL);


--
-- Name: procurements_by_deliverer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_deliverer ON public.procurements USING btree (delivered_by) WHERE (delivered_by IS NOT NULL);


--
-- Name: procurements_by_ender; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_ender ON public.procurements USING btree (ended_by) WHERE (ended_by IS NOT NULL);


--
-- Name: procurements_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_producer ON public.procurements USING btree (producer_id, requested_at DESC);


--
-- Name: procurements_by_requester; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_requester ON public.procurements USING btree (requested_by);


--
-- Name: procurements_by_signer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_signer ON public.procurements USING btree (signed_by) WHERE (signed_by IS NOT NULL);


--
-- Name: procurements_by_unit; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procurements_by_unit ON public.procurements USING btree (organisation_id, year, requested_at DESC);


--
-- Name: producer_members_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX producer_members_by_account ON public.producer_members USING btree (account_id);


--
-- Name: producer_steps_one_per_account; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX producer_steps_one_per_account ON public.producer_steps USING btree (producer_id, account_id) WHERE (step = ANY (ARRAY['apply'::text, 'confirm'::text, 'recommend'::text, 'approve'::text]));


--
-- Name: producer_steps_one_per_person; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX producer_steps_one_per_person ON public.producer_steps USING btree (producer_id, person_key) WHERE (step = ANY (ARRAY['apply'::text, 'confirm'::text, 'recommend'::text, 'approve'::text]));


--
-- Name: producer_steps_step_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX producer_steps_step_unique ON public.producer_steps USING btree (producer_id, step) WHERE (step = ANY (ARRAY['apply'::text, 'confirm'::text, 'recommend'::text, 'approve'::text, 'refuse'::text]));


--
-- Name: producers_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX producers_by_county ON public.producers USING btree (county_code, state, id);


--
-- Name: producers_one_pending_application; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX producers_one_pending_application ON public.producers USING btree (applied_by) WHERE (state = ANY (ARRAY['applied'::text, 'confirmed'::text, 'recommended'::text]));


--
-- Name: public_buyers_by_organisation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX public_buyers_by_organisation ON public.public_buyers USING btree (organisation_id);


--
-- Name: public_buyers_by_verification; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX public_buyers_by_verification ON public.public_buyers USING btree (verified_at DESC, account_id);


--
-- Name: public_buyers_by_verifier; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX public_buyers_by_verifier ON public.public_buyers USING btree (verified_by);


--
-- Name: quarter_sums_by_quarter; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX quarter_sums_by_quarter ON public.quarter_sums USING btree (quarter, county_code);


--
-- Name: questions_by_photo; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX questions_by_photo ON public.questions USING btree (photo_id) WHERE (photo_id IS NOT NULL);


--
-- Name: questions_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX questions_by_village ON public.questions USING btree (village_code);


--
-- Name: questions_shown; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX questions_shown ON public.questions USING btree ("left"(village_code, 9), shared_at) WHERE (shared_at IS NOT NULL);


--
-- Name: quota_entries_by_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX quota_entries_by_order ON public.quota_entries USING btree (order_id) WHERE (order_id IS NOT NULL);


--
-- Name: quota_entries_by_unit; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX quota_entries_by_unit ON public.quota_entries USING btree (organisation_id, year);


--
-- Name: quota_entries_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX quota_entries_once ON public.quota_entries USING btree (order_id, kind) WHERE ((order_id IS NOT NULL) AND (kind <> 'returned'::text));


--
-- Name: quota_entries_purchase_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX quota_entries_purchase_once ON public.quota_entries USING btree (order_number, line_number) WHERE (order_number IS NOT NULL);


--
-- Name: redemptions_one_use; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX redemptions_one_use ON public.redemptions USING btree (voucher_id) WHERE (freed_at IS NULL);


--
-- Name: refund_requests_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refund_requests_by_suborder ON public.refund_requests USING btree (suborder_id, id);


--
-- Name: refund_requests_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refund_requests_waiting ON public.refund_requests USING btree (suborder_id) WHERE (state = 'waiting'::text);


--
-- Name: register_erasures_by_county; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX register_erasures_by_county ON public.register_erasures USING btree (county_code, erased_at);


--
-- Name: review_photos_by_photo; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX review_photos_by_photo ON public.review_photos USING btree (photo_id);


--
-- Name: review_versions_by_review; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX review_versions_by_review ON public.review_versions USING btree (review_id, id);


--
-- Name: reviews_by_listing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reviews_by_listing ON public.reviews USING btree (listing_id, id DESC);


--
-- Name: reviews_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reviews_by_producer ON public.reviews USING btree (producer_id, id DESC);


--
-- Name: reviews_unanswered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reviews_unanswered ON public.reviews USING btree (producer_id, id) WHERE (answer IS NULL);


--
-- Name: run_lines_by_household; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX run_lines_by_household ON public.run_lines USING btree (run_id, household_code);


--
-- Name: run_lines_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX run_lines_by_village ON public.run_lines USING btree (run_id, village_code);


--
-- Name: saved_filters_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX saved_filters_by_age ON public.saved_filters USING btree (saved_at);


--
-- Name: sent_bytes_by_day; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sent_bytes_by_day ON public.sent_bytes USING btree (sent_on);


--
-- Name: sessions_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_by_account ON public.sessions USING btree (account_id);


--
-- Name: sessions_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_by_age ON public.sessions USING btree (created_at);


--
-- Name: sign_in_codes_by_network; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sign_in_codes_by_network ON public.sign_in_codes USING btree (network, sent_at DESC);


--
-- Name: sign_in_codes_by_phone; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sign_in_codes_by_phone ON public.sign_in_codes USING btree (phone_index, sent_at DESC);


--
-- Name: sign_in_codes_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sign_in_codes_by_time ON public.sign_in_codes USING btree (sent_at DESC);


--
-- Name: sign_in_codes_by_wide_network; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sign_in_codes_by_wide_network ON public.sign_in_codes USING btree (wide_network, sent_at);


--
-- Name: slot_reservations_booked; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slot_reservations_booked ON public.slot_reservations USING btree (slot_id) WHERE (state = 'booked'::text);


--
-- Name: slot_reservations_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slot_reservations_by_account ON public.slot_reservations USING btree (account_id) WHERE (account_id IS NOT NULL);


--
-- Name: slot_reservations_by_signer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slot_reservations_by_signer ON public.slot_reservations USING btree (signed_up_by) WHERE (signed_up_by IS NOT NULL);


--
-- Name: slot_reservations_by_slot; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slot_reservations_by_slot ON public.slot_reservations USING btree (slot_id);


--
-- Name: slot_reservations_code_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX slot_reservations_code_unique ON public.slot_reservations USING btree (code_hash) WHERE (state = 'booked'::text);


--
-- Name: slot_reservations_lapsing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slot_reservations_lapsing ON public.slot_reservations USING btree (offered_until) WHERE (state = 'offered'::text);


--
-- Name: slot_reservations_one_account; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX slot_reservations_one_account ON public.slot_reservations USING btree (slot_id, account_id) WHERE ((account_id IS NOT NULL) AND (state <> ALL (ARRAY['cancelled'::text, 'expired'::text])));


--
-- Name: slot_reservations_one_name; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX slot_reservations_one_name ON public.slot_reservations USING btree (slot_id, name_index) WHERE ((name_index IS NOT NULL) AND (state <> ALL (ARRAY['cancelled'::text, 'expired'::text])));


--
-- Name: slots_by_village; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slots_by_village ON public.slots USING btree (village_code, lower(during)) WHERE (village_code IS NOT NULL);


--
-- Name: stay_guests_by_booking; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stay_guests_by_booking ON public.stay_guests USING btree (booking_id);


--
-- Name: stay_guests_by_day; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stay_guests_by_day ON public.stay_guests USING btree (delete_on);


--
-- Name: suborder_events_by_suborder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX suborder_events_by_suborder ON public.suborder_events USING btree (suborder_id, id);


--
-- Name: suborders_by_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX suborders_by_producer ON public.suborders USING btree (producer_id, state, id);


--
-- Name: suborders_in_transit; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX suborders_in_transit ON public.suborders USING btree (shipped_at) WHERE (state = 'shipped'::text);


--
-- Name: suborders_of_producer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX suborders_of_producer ON public.suborders USING btree (producer_id, id);


--
-- Name: suborders_to_send; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX suborders_to_send ON public.suborders USING btree (order_id) WHERE ((state = 'paid'::text) AND (kind = 'goods'::text));


--
-- Name: subsidy_postings_by_month; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX subsidy_postings_by_month ON public.subsidy_postings USING btree (county_code, for_month);


--
-- Name: subsidy_postings_by_run; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX subsidy_postings_by_run ON public.subsidy_postings USING btree (run_id);


--
-- Name: supervision_events_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_events_by_account ON public.supervision_events USING btree (account_id) WHERE (account_id IS NOT NULL);


--
-- Name: supervision_events_by_task; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_events_by_task ON public.supervision_events USING btree (task_id, id);


--
-- Name: supervision_events_one_reminder; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX supervision_events_one_reminder ON public.supervision_events USING btree (task_id, day) WHERE (kind = 'reminded'::text);


--
-- Name: supervision_tasks_by_assignee; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_by_assignee ON public.supervision_tasks USING btree (assignee_scope, due_on);


--
-- Name: supervision_tasks_by_decider; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_by_decider ON public.supervision_tasks USING btree (decided_by) WHERE (decided_by IS NOT NULL);


--
-- Name: supervision_tasks_by_division; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_by_division ON public.supervision_tasks USING btree (assignee_code);


--
-- Name: supervision_tasks_by_issuer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_by_issuer ON public.supervision_tasks USING btree (issuer_scope, due_on);


--
-- Name: supervision_tasks_by_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_by_parent ON public.supervision_tasks USING btree (parent_id) WHERE (parent_id IS NOT NULL);


--
-- Name: supervision_tasks_by_sender; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_by_sender ON public.supervision_tasks USING btree (sent_by) WHERE (sent_by IS NOT NULL);


--
-- Name: supervision_tasks_by_writer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_by_writer ON public.supervision_tasks USING btree (issued_by);


--
-- Name: supervision_tasks_to_do; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX supervision_tasks_to_do ON public.supervision_tasks USING btree (due_on) WHERE (state = ANY (ARRAY['issued'::text, 'returned'::text]));


--
-- Name: taken_nights_by_booking; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX taken_nights_by_booking ON public.taken_nights USING btree (booking_id);


--
-- Name: tasks_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tasks_by_account ON public.tasks USING btree (account_id, id);


--
-- Name: tasks_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tasks_by_end ON public.tasks USING btree (finished_at);


--
-- Name: tasks_failed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tasks_failed ON public.tasks USING btree (finished_at) WHERE (state = 'failed'::text);


--
-- Name: tasks_one_running_per_county; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tasks_one_running_per_county ON public.tasks USING btree (county_code) WHERE (state = 'running'::text);


--
-- Name: tasks_unfinished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tasks_unfinished ON public.tasks USING btree (id) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));


--
-- Name: tracked_parcels_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tracked_parcels_due ON public.tracked_parcels USING btree (next_at) WHERE (state = ANY (ARRAY['waiting'::text, 'moving'::text, 'unknown'::text]));


--
-- Name: tracked_parcels_number; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tracked_parcels_number ON public.tracked_parcels USING btree (carrier, tracking);


--
-- Name: tracked_parcels_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tracked_parcels_open ON public.tracked_parcels USING btree (moved_at) WHERE (state <> 'delivered'::text);


--
-- Name: tracked_parcels_registered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tracked_parcels_registered ON public.tracked_parcels USING btree (registered_at) WHERE (state = ANY (ARRAY['moving'::text, 'unknown'::text]));


--
-- Name: tracking_facts_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tracking_facts_by_time ON public.tracking_facts USING brin (recorded_at);


--
-- Name: unit_quotas_by_setter; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX unit_quotas_by_setter ON public.unit_quotas USING btree (set_by);


--
-- Name: variants_by_lot; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX variants_by_lot ON public.variants USING btree (lot_id);


--
-- Name: village_periods_by_successor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX village_periods_by_successor ON public.village_periods USING btree (successor_code) WHERE (successor_code IS NOT NULL);


--
-- Name: village_periods_ended; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX village_periods_ended ON public.village_periods USING btree (code) WHERE (NOT upper_inf(valid_during));


--
-- Name: vouchers_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX vouchers_by_account ON public.vouchers USING btree (account_id, id);


--
-- Name: checkpoints checkpoints_append_only; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER checkpoints_append_only BEFORE DELETE OR UPDATE ON payments.checkpoints FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();


--
-- Name: payments payments_sums; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE CONSTRAINT TRIGGER payments_sums AFTER UPDATE OF captured_minor, refunded_minor, disputed_minor ON payments.payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_payment_sums();


--
-- Name: postings postings_append_only; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER postings_append_only BEFORE DELETE OR UPDATE ON payments.postings FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();


--
-- Name: postings postings_balanced; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON payments.postings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_balanced();


--
-- Name: postings postings_no_truncate; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON payments.postings FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();


--
-- Name: postings postings_same_transaction; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER postings_same_transaction BEFORE INSERT ON payments.postings FOR EACH ROW EXECUTE FUNCTION payments.refuse_closed_transaction();


--
-- Name: transactions transactions_append_only; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER transactions_append_only BEFORE DELETE OR UPDATE ON payments.transactions FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();


--
-- Name: transactions transactions_balanced; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE CONSTRAINT TRIGGER transactions_balanced AFTER INSERT ON payments.transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_balanced();


--
-- Name: transactions transactions_no_truncate; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON payments.transactions FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();


--
-- Name: transactions transactions_stamp; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER transactions_stamp BEFORE INSERT ON payments.transactions FOR EACH ROW EXECUTE FUNCTION payments.stamp_transaction();


--
-- Name: agreement_rates agreement_rates_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER agreement_rates_append_only BEFORE DELETE OR UPDATE ON public.agreement_rates FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: agreement_rates agreement_rates_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER agreement_rates_no_truncate BEFORE TRUNCATE ON public.agreement_rates FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: agreement_rates agreement_rates_undecided; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER agreement_rates_undecided BEFORE INSERT ON public.agreement_rates FOR EACH ROW EXECUTE FUNCTION public.check_agreement_rates();


--
-- Name: agreements agreements_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER agreements_append_only BEFORE DELETE OR UPDATE OF id, county_code, operator, name, document_name, document_sha256, proposed_by, proposed_at ON public.agreements FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: agreements agreements_have_rates; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER agreements_have_rates AFTER INSERT ON public.agreements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_agreement_rates();


--
-- Name: agreements agreements_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER agreements_no_truncate BEFORE TRUNCATE ON public.agreements FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: agreements agreements_people; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER agreements_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at, valid_during, replaced_by ON public.agreements FOR EACH ROW EXECUTE FUNCTION public.check_agreement();


--
-- Name: audit_entries audit_entries_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_entries_append_only BEFORE DELETE OR UPDATE ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: audit_entries audit_entries_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: operator_bank_accounts bank_accounts_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER bank_accounts_append_only BEFORE DELETE OR UPDATE OF id, county_code, operator, holder, bank, number_tail, entered_by, entered_at ON public.operator_bank_accounts FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: operator_bank_accounts bank_accounts_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER bank_accounts_no_truncate BEFORE TRUNCATE ON public.operator_bank_accounts FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: operator_bank_accounts bank_accounts_people; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER bank_accounts_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at, valid_during, replaced_by ON public.operator_bank_accounts FOR EACH ROW EXECUTE FUNCTION public.check_bank_account();


--
-- Name: bindings bindings_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER bindings_keep_changed AFTER UPDATE ON public.bindings FOR EACH ROW WHEN (((old.* IS DISTINCT FROM new.*) AND (public.is_erasing() IS NOT TRUE))) EXECUTE FUNCTION public.keep_fact_version('line_code');


--
-- Name: bindings bindings_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER bindings_keep_removed AFTER DELETE ON public.bindings FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('line_code');


--
-- Name: budgets budgets_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER budgets_keep_changed AFTER UPDATE ON public.budgets FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('month');


--
-- Name: budgets budgets_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER budgets_keep_removed AFTER DELETE ON public.budgets FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('month');


--
-- Name: case_snapshots case_snapshots_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER case_snapshots_append_only BEFORE DELETE OR UPDATE OF county_code, manifest_sha256 ON public.case_snapshots FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: case_snapshots case_snapshots_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER case_snapshots_no_truncate BEFORE TRUNCATE ON public.case_snapshots FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: cases cases_answerer; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cases_answerer BEFORE UPDATE ON public.cases FOR EACH ROW WHEN (((new.answered_by IS NOT NULL) AND (new.answered_by IS DISTINCT FROM old.answered_by))) EXECUTE FUNCTION public.check_case_answerer();


--
-- Name: cases cases_closed_mediation; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER cases_closed_mediation AFTER UPDATE ON public.cases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.category = 'mediation'::text) AND (new.state = 'closed'::text))) EXECUTE FUNCTION public.check_closed_mediation();


--
-- Name: cases cases_grievance_answerer; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cases_grievance_answerer BEFORE UPDATE ON public.cases FOR EACH ROW WHEN (((new.category = 'grievance'::text) AND (new.answered_by IS NOT NULL) AND (new.answered_by IS DISTINCT FROM old.answered_by))) EXECUTE FUNCTION public.check_grievance_answerer();


--
-- Name: cases cases_withdrawn_mediation; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cases_withdrawn_mediation AFTER UPDATE ON public.cases FOR EACH ROW WHEN (((new.category = 'mediation'::text) AND (new.outcome = 'withdrawn'::text))) EXECUTE FUNCTION public.end_mediation_lines();


--
-- Name: catch_weights catch_weights_once; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER catch_weights_once BEFORE UPDATE ON public.catch_weights FOR EACH ROW WHEN ((old.weighed_at IS NOT NULL)) EXECUTE FUNCTION public.refuse_second_weight();


--
-- Name: claims claims_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER claims_append_only BEFORE UPDATE ON public.claims FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: claims claims_kept; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER claims_kept AFTER DELETE ON public.claims FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('number_id');


--
-- Name: claims claims_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER claims_no_truncate BEFORE TRUNCATE ON public.claims FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: claims claims_only_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER claims_only_replaced BEFORE DELETE ON public.claims FOR EACH ROW EXECUTE FUNCTION public.refuse_claim_deletion();


--
-- Name: clawback_appeals clawback_appeals_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_appeals_append_only BEFORE DELETE OR UPDATE ON public.clawback_appeals FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: clawback_appeals clawback_appeals_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_appeals_no_truncate BEFORE TRUNCATE ON public.clawback_appeals FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: clawback_appeals clawback_appeals_term; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_appeals_term BEFORE INSERT ON public.clawback_appeals FOR EACH ROW EXECUTE FUNCTION public.check_clawback_appeal();


--
-- Name: clawback_entries clawback_entries_add_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER clawback_entries_add_up AFTER INSERT OR UPDATE ON public.clawback_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_clawback_sums();


--
-- Name: clawback_entries clawback_entries_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_entries_append_only BEFORE DELETE OR UPDATE OF id, clawback_id, county_code, kind, fen, cycle_id, paid_on, recorded_by, recorded_at ON public.clawback_entries FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: clawback_entries clawback_entries_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_entries_no_truncate BEFORE TRUNCATE ON public.clawback_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: clawback_entries clawback_entries_people; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_entries_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at ON public.clawback_entries FOR EACH ROW EXECUTE FUNCTION public.check_clawback_entry();


--
-- Name: clawback_items clawback_items_add_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER clawback_items_add_up AFTER INSERT ON public.clawback_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_clawback_sums();


--
-- Name: clawback_items clawback_items_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_items_append_only BEFORE DELETE OR UPDATE ON public.clawback_items FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: clawback_items clawback_items_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_items_no_truncate BEFORE TRUNCATE ON public.clawback_items FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: clawback_items clawback_items_settled; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawback_items_settled BEFORE INSERT ON public.clawback_items FOR EACH ROW EXECUTE FUNCTION public.check_clawback_item();


--
-- Name: clawbacks clawbacks_add_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER clawbacks_add_up AFTER INSERT OR UPDATE ON public.clawbacks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_clawback_sums();


--
-- Name: clawbacks clawbacks_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawbacks_append_only BEFORE DELETE ON public.clawbacks FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: clawbacks clawbacks_moves; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawbacks_moves BEFORE INSERT OR UPDATE ON public.clawbacks FOR EACH ROW EXECUTE FUNCTION public.check_clawback();


--
-- Name: clawbacks clawbacks_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER clawbacks_no_truncate BEFORE TRUNCATE ON public.clawbacks FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: consents consents_end_once; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER consents_end_once BEFORE INSERT OR UPDATE ON public.consents FOR EACH ROW EXECUTE FUNCTION public.check_consent();


--
-- Name: conversations conversations_marks; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER conversations_marks BEFORE UPDATE ON public.conversations FOR EACH ROW EXECUTE FUNCTION public.refuse_lower_marks();


--
-- Name: cycle_approvals cycle_approvals_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycle_approvals_append_only BEFORE DELETE OR UPDATE ON public.cycle_approvals FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: cycle_approvals cycle_approvals_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycle_approvals_no_truncate BEFORE TRUNCATE ON public.cycle_approvals FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: cycle_duties cycle_duties_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycle_duties_append_only BEFORE DELETE OR UPDATE OF county_code, cycle_id, duty, account_id, taken_at ON public.cycle_duties FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: cycle_duties cycle_duties_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycle_duties_no_truncate BEFORE TRUNCATE ON public.cycle_duties FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: cycle_duties cycle_duties_person; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycle_duties_person BEFORE INSERT ON public.cycle_duties FOR EACH ROW EXECUTE FUNCTION public.set_person_key();


--
-- Name: cycle_events cycle_events_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycle_events_append_only BEFORE DELETE OR UPDATE ON public.cycle_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: cycle_events cycle_events_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycle_events_no_truncate BEFORE TRUNCATE ON public.cycle_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: cycles cycles_county_months; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycles_county_months AFTER INSERT OR UPDATE OF state, run_id ON public.cycles FOR EACH ROW EXECUTE FUNCTION public.note_county_month();


--
-- Name: cycles cycles_reconciled; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER cycles_reconciled AFTER UPDATE OF state ON public.cycles FOR EACH ROW WHEN (((new.state = 'reconciled'::text) AND (old.state <> 'reconciled'::text))) EXECUTE FUNCTION public.check_reconciled();


--
-- Name: deposits deposits_sum_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER deposits_sum_up AFTER INSERT ON public.deposits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_deposit();


--
-- Name: enrolment_pauses enrolment_pauses_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER enrolment_pauses_append_only BEFORE DELETE OR UPDATE OF id, county_code, line_code, reason, paused_by, paused_at ON public.enrolment_pauses FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: enrolment_pauses enrolment_pauses_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER enrolment_pauses_no_truncate BEFORE TRUNCATE ON public.enrolment_pauses FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: enrolment_pauses enrolment_pauses_people; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER enrolment_pauses_people BEFORE INSERT OR UPDATE OF paused_during, ended_by, ended_at ON public.enrolment_pauses FOR EACH ROW EXECUTE FUNCTION public.check_enrolment_pause();


--
-- Name: enrolments enrolments_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER enrolments_keep_changed AFTER UPDATE ON public.enrolments FOR EACH ROW WHEN (((old.* IS DISTINCT FROM new.*) AND (public.is_erasing() IS NOT TRUE))) EXECUTE FUNCTION public.keep_fact_version('line_code');


--
-- Name: enrolments enrolments_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER enrolments_keep_removed AFTER DELETE ON public.enrolments FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('line_code');


--
-- Name: erased_members erased_members_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER erased_members_append_only BEFORE DELETE OR UPDATE ON public.erased_members FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: erased_members erased_members_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER erased_members_no_truncate BEFORE TRUNCATE ON public.erased_members FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: evidence_packs evidence_packs_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER evidence_packs_append_only BEFORE DELETE OR UPDATE OF cycle_id, county_code, number, previous_sha256, head_sha256, public_key, signature, run_id, sealed_at ON public.evidence_packs FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: evidence_packs evidence_packs_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER evidence_packs_no_truncate BEFORE TRUNCATE ON public.evidence_packs FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: fact_versions fact_versions_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER fact_versions_append_only BEFORE DELETE OR UPDATE OF id, county_code, fact, subject, facts, file_id, replaced_by, replaced_at ON public.fact_versions FOR EACH ROW WHEN ((public.is_erasing() IS NOT TRUE)) EXECUTE FUNCTION public.refuse_change();


--
-- Name: fact_versions fact_versions_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER fact_versions_no_truncate BEFORE TRUNCATE ON public.fact_versions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: file_notes file_notes_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER file_notes_append_only BEFORE DELETE OR UPDATE OF file_id, "position", county_code, account_id, by_operator, at ON public.file_notes FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: file_notes file_notes_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER file_notes_no_truncate BEFORE TRUNCATE ON public.file_notes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: finding_decisions finding_decisions_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER finding_decisions_append_only BEFORE DELETE OR UPDATE ON public.finding_decisions FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: finding_decisions finding_decisions_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER finding_decisions_no_truncate BEFORE TRUNCATE ON public.finding_decisions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: fund_applications fund_applications_fit; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER fund_applications_fit BEFORE INSERT OR UPDATE ON public.fund_applications FOR EACH ROW EXECUTE FUNCTION public.check_fund_application();


--
-- Name: grants grants_no_operator; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER grants_no_operator BEFORE INSERT ON public.grants FOR EACH ROW EXECUTE FUNCTION public.refuse_operator_in_office();


--
-- Name: household_statuses household_statuses_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER household_statuses_keep_changed AFTER UPDATE ON public.household_statuses FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('household_code');


--
-- Name: household_statuses household_statuses_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER household_statuses_keep_removed AFTER DELETE ON public.household_statuses FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('household_code');


--
-- Name: households households_merge; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER households_merge BEFORE UPDATE OF merged_into, merged_on ON public.households FOR EACH ROW EXECUTE FUNCTION public.check_household_merge();


--
-- Name: idle_calls idle_calls_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idle_calls_append_only BEFORE DELETE OR UPDATE OF id, county_code, line_code, notice_on, outcome, account_id, at ON public.idle_calls FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: idle_calls idle_calls_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idle_calls_no_truncate BEFORE TRUNCATE ON public.idle_calls FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: idle_notices idle_notices_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idle_notices_append_only BEFORE DELETE OR UPDATE ON public.idle_notices FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: idle_notices idle_notices_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idle_notices_no_truncate BEFORE TRUNCATE ON public.idle_notices FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: import_files import_files_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER import_files_append_only BEFORE DELETE OR UPDATE ON public.import_files FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: import_files import_files_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER import_files_no_truncate BEFORE TRUNCATE ON public.import_files FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: import_files import_files_replaced_whole; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER import_files_replaced_whole AFTER INSERT ON public.import_files DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.replaces IS NOT NULL)) EXECUTE FUNCTION public.check_replaced_bill();


--
-- Name: import_originals import_originals_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER import_originals_append_only BEFORE DELETE OR UPDATE OF file_id, name, attached, county_code, sha256, bytes ON public.import_originals FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: import_originals import_originals_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER import_originals_no_truncate BEFORE TRUNCATE ON public.import_originals FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: invoices invoices_sums; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER invoices_sums AFTER INSERT ON public.invoices FOR EACH ROW EXECUTE FUNCTION public.check_invoice_sums();


--
-- Name: invoices invoices_versions; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER invoices_versions BEFORE UPDATE ON public.invoices FOR EACH ROW EXECUTE FUNCTION public.keep_invoice_version();


--
-- Name: large_payouts large_payouts_decision; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER large_payouts_decision BEFORE UPDATE ON public.large_payouts FOR EACH ROW EXECUTE FUNCTION public.check_large_payout();


--
-- Name: lead_consents lead_consents_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER lead_consents_append_only BEFORE DELETE OR UPDATE OF id, lead_id, form, text_version, given_on, recorded_by, recorded_at ON public.lead_consents FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: lead_consents lead_consents_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER lead_consents_no_truncate BEFORE TRUNCATE ON public.lead_consents FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: lead_consents lead_consents_of_own; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER lead_consents_of_own BEFORE INSERT ON public.lead_consents FOR EACH ROW EXECUTE FUNCTION public.check_lead_consent();


--
-- Name: lead_steps lead_steps_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER lead_steps_append_only BEFORE DELETE OR UPDATE OF lead_id, step, before, after, account_id, attended, agreed, notice, effective_on, at ON public.lead_steps FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: lead_steps lead_steps_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER lead_steps_no_truncate BEFORE TRUNCATE ON public.lead_steps FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: lead_steps lead_steps_take; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER lead_steps_take BEFORE INSERT ON public.lead_steps FOR EACH ROW EXECUTE FUNCTION public.take_lead_step();


--
-- Name: line_changes line_changes_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER line_changes_append_only BEFORE DELETE OR UPDATE OF id, number, county_code, line_code, verb, effective_on, reported_by, reported_at ON public.line_changes FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: line_changes line_changes_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER line_changes_no_truncate BEFORE TRUNCATE ON public.line_changes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: line_changes line_changes_people; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER line_changes_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at, file_id ON public.line_changes FOR EACH ROW EXECUTE FUNCTION public.check_line_change();


--
-- Name: line_holds line_holds_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER line_holds_append_only BEFORE DELETE OR UPDATE ON public.line_holds FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: line_holds line_holds_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER line_holds_no_truncate BEFORE TRUNCATE ON public.line_holds FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: mediations mediations_agreed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER mediations_agreed AFTER UPDATE ON public.mediations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.agreed IS NOT NULL)) EXECUTE FUNCTION public.check_mediation();


--
-- Name: memberships memberships_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER memberships_keep_changed AFTER UPDATE ON public.memberships FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('person_id');


--
-- Name: memberships memberships_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER memberships_keep_removed AFTER DELETE ON public.memberships FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('person_id');


--
-- Name: memberships memberships_of_merged; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER memberships_of_merged BEFORE INSERT OR UPDATE OF valid_during, household_code ON public.memberships FOR EACH ROW EXECUTE FUNCTION public.refuse_merged_household();


--
-- Name: objections objections_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER objections_append_only BEFORE DELETE OR UPDATE ON public.objections FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: objections objections_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER objections_no_truncate BEFORE TRUNCATE ON public.objections FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: objections objections_to_notice; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER objections_to_notice BEFORE INSERT ON public.objections FOR EACH ROW EXECUTE FUNCTION public.check_objection();


--
-- Name: operator_grants operator_grants_no_office; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER operator_grants_no_office BEFORE INSERT ON public.operator_grants FOR EACH ROW EXECUTE FUNCTION public.refuse_operator_in_office();


--
-- Name: order_lines order_lines_of_a_new_order; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER order_lines_of_a_new_order AFTER INSERT ON public.order_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_placed_order();


--
-- Name: orders orders_invoiced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER orders_invoiced AFTER UPDATE OF paid_at ON public.orders FOR EACH ROW WHEN (((old.paid_at IS NULL) AND (new.paid_at IS NOT NULL))) EXECUTE FUNCTION public.mark_order_invoices();


--
-- Name: orders orders_sum_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER orders_sum_up AFTER INSERT ON public.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_order_sums();


--
-- Name: package_lines package_lines_sum_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER package_lines_sum_up AFTER INSERT ON public.package_lines DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_package_order();


--
-- Name: package_orders package_orders_sum_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER package_orders_sum_up AFTER INSERT ON public.package_orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_package_order();


--
-- Name: package_parts package_parts_complete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER package_parts_complete AFTER INSERT ON public.package_parts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_package();


--
-- Name: package_suppliers package_suppliers_complete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER package_suppliers_complete AFTER INSERT OR UPDATE ON public.package_suppliers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_package();


--
-- Name: packages packages_complete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER packages_complete AFTER INSERT OR UPDATE ON public.packages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_package();


--
-- Name: pairing_statement_items pairing_statement_items_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pairing_statement_items_append_only BEFORE DELETE OR UPDATE ON public.pairing_statement_items FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: pairing_statement_items pairing_statement_items_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pairing_statement_items_no_truncate BEFORE TRUNCATE ON public.pairing_statement_items FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: pairing_statement_lines pairing_statement_lines_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pairing_statement_lines_append_only BEFORE DELETE OR UPDATE ON public.pairing_statement_lines FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: pairing_statement_lines pairing_statement_lines_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pairing_statement_lines_no_truncate BEFORE TRUNCATE ON public.pairing_statement_lines FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: pairing_statements pairing_statements_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pairing_statements_append_only BEFORE DELETE OR UPDATE ON public.pairing_statements FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: pairing_statements pairing_statements_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pairing_statements_no_truncate BEFORE TRUNCATE ON public.pairing_statements FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: pairing_statements pairing_statements_sum_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER pairing_statements_sum_up AFTER INSERT ON public.pairing_statements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_pairing_statement();


--
-- Name: pairings pairings_fit; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pairings_fit BEFORE INSERT OR UPDATE ON public.pairings FOR EACH ROW EXECUTE FUNCTION public.check_pairing();


--
-- Name: payout_accounts payout_accounts_checked_once; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER payout_accounts_checked_once BEFORE UPDATE ON public.payout_accounts FOR EACH ROW EXECUTE FUNCTION public.check_payout_account();


--
-- Name: persons persons_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER persons_keep_changed AFTER UPDATE ON public.persons FOR EACH ROW WHEN (((old.* IS DISTINCT FROM new.*) AND (public.is_erasing() IS NOT TRUE))) EXECUTE FUNCTION public.keep_fact_version('id');


--
-- Name: persons persons_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER persons_keep_removed AFTER DELETE ON public.persons FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('id');


--
-- Name: plans plans_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER plans_keep_changed AFTER UPDATE ON public.plans FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('code');


--
-- Name: plans plans_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER plans_keep_removed AFTER DELETE ON public.plans FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('code');


--
-- Name: pledges pledges_stay; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER pledges_stay BEFORE INSERT OR DELETE OR UPDATE ON public.pledges FOR EACH ROW EXECUTE FUNCTION public.check_pledge();


--
-- Name: procurements procurements_sum_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER procurements_sum_up AFTER INSERT OR UPDATE ON public.procurements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_procurement_sums();


--
-- Name: producer_steps producer_steps_person; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER producer_steps_person BEFORE INSERT ON public.producer_steps FOR EACH ROW EXECUTE FUNCTION public.set_person_key();


--
-- Name: programme_checks programme_checks_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programme_checks_keep_changed AFTER UPDATE ON public.programme_checks FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('programme_code');


--
-- Name: programme_checks programme_checks_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programme_checks_keep_removed AFTER DELETE ON public.programme_checks FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('programme_code');


--
-- Name: programme_sentences programme_sentences_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programme_sentences_keep_changed AFTER UPDATE ON public.programme_sentences FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('programme_code');


--
-- Name: programme_sentences programme_sentences_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programme_sentences_keep_removed AFTER DELETE ON public.programme_sentences FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('programme_code');


--
-- Name: programme_terms programme_terms_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programme_terms_keep_changed AFTER UPDATE ON public.programme_terms FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('programme_code');


--
-- Name: programme_terms programme_terms_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programme_terms_keep_removed AFTER DELETE ON public.programme_terms FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('programme_code');


--
-- Name: programmes programmes_keep_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programmes_keep_changed AFTER UPDATE ON public.programmes FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.keep_fact_version('code');


--
-- Name: programmes programmes_keep_removed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER programmes_keep_removed AFTER DELETE ON public.programmes FOR EACH ROW EXECUTE FUNCTION public.keep_fact_version('code');


--
-- Name: quota_entries quota_entries_kept; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER quota_entries_kept BEFORE DELETE OR UPDATE ON public.quota_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_entry_change();


--
-- Name: reconciliations reconciliations_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reconciliations_append_only BEFORE DELETE OR UPDATE ON public.reconciliations FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: reconciliations reconciliations_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reconciliations_no_truncate BEFORE TRUNCATE ON public.reconciliations FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: refund_requests refund_requests_decision; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refund_requests_decision BEFORE UPDATE ON public.refund_requests FOR EACH ROW EXECUTE FUNCTION public.check_refund_decision();


--
-- Name: register_erasures register_erasures_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER register_erasures_append_only BEFORE DELETE OR UPDATE ON public.register_erasures FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: register_erasures register_erasures_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER register_erasures_no_truncate BEFORE TRUNCATE ON public.register_erasures FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: rejected_rows rejected_rows_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER rejected_rows_append_only BEFORE DELETE OR UPDATE OF file_id, county_code, rows ON public.rejected_rows FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: rejected_rows rejected_rows_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER rejected_rows_no_truncate BEFORE TRUNCATE ON public.rejected_rows FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: return_differences return_differences_answered_once; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_differences_answered_once BEFORE UPDATE ON public.return_differences FOR EACH ROW WHEN ((old.outcome IS NOT NULL)) EXECUTE FUNCTION public.refuse_change();


--
-- Name: return_differences return_differences_no_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_differences_no_delete BEFORE DELETE ON public.return_differences FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: return_differences return_differences_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_differences_no_truncate BEFORE TRUNCATE ON public.return_differences FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: return_files return_files_add_up; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER return_files_add_up AFTER INSERT ON public.return_files DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_return_file();


--
-- Name: return_files return_files_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_files_append_only BEFORE DELETE OR UPDATE ON public.return_files FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: return_files return_files_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_files_no_truncate BEFORE TRUNCATE ON public.return_files FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: return_rows return_rows_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_rows_append_only BEFORE DELETE OR UPDATE ON public.return_rows FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: return_rows return_rows_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER return_rows_no_truncate BEFORE TRUNCATE ON public.return_rows FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: reviews reviews_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reviews_append_only BEFORE DELETE OR UPDATE ON public.reviews FOR EACH ROW EXECUTE FUNCTION public.refuse_review_change();


--
-- Name: reviews reviews_count; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reviews_count AFTER INSERT ON public.reviews REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_reviews();


--
-- Name: reviews reviews_hidden_by_decision; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reviews_hidden_by_decision AFTER INSERT OR UPDATE OF hidden_for ON public.reviews FOR EACH ROW WHEN ((new.hidden_for IS NOT NULL)) EXECUTE FUNCTION public.check_hidden_review();


--
-- Name: reviews reviews_producer; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reviews_producer BEFORE INSERT ON public.reviews FOR EACH ROW EXECUTE FUNCTION public.set_review_producer();


--
-- Name: reviews reviews_recount; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reviews_recount AFTER UPDATE OF rating ON public.reviews FOR EACH ROW WHEN ((new.rating <> old.rating)) EXECUTE FUNCTION public.recount_review();


--
-- Name: run_explanations run_explanations_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER run_explanations_append_only BEFORE UPDATE ON public.run_explanations FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: run_explanations run_explanations_kept; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER run_explanations_kept AFTER DELETE ON public.run_explanations REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_used_lines_deletion();


--
-- Name: run_explanations run_explanations_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER run_explanations_no_truncate BEFORE TRUNCATE ON public.run_explanations FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: run_lines run_lines_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER run_lines_append_only BEFORE UPDATE ON public.run_lines FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: run_lines run_lines_explanation; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER run_lines_explanation AFTER INSERT ON public.run_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.require_line_explanations();


--
-- Name: run_lines run_lines_kept; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER run_lines_kept AFTER DELETE ON public.run_lines REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_used_lines_deletion();


--
-- Name: run_lines run_lines_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER run_lines_no_truncate BEFORE TRUNCATE ON public.run_lines FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: runs runs_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER runs_append_only BEFORE DELETE OR UPDATE ON public.runs FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: runs runs_county_months; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER runs_county_months AFTER INSERT ON public.runs FOR EACH ROW EXECUTE FUNCTION public.note_county_month_of_run();


--
-- Name: runs runs_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER runs_no_truncate BEFORE TRUNCATE ON public.runs FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: sample_deposits sample_deposits_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER sample_deposits_append_only BEFORE DELETE OR UPDATE ON public.sample_deposits FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: sample_deposits sample_deposits_before_opening; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER sample_deposits_before_opening BEFORE INSERT ON public.sample_deposits FOR EACH ROW EXECUTE FUNCTION public.refuse_late_deposit();


--
-- Name: sample_deposits sample_deposits_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER sample_deposits_no_truncate BEFORE TRUNCATE ON public.sample_deposits FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: sample_draws sample_draws_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER sample_draws_append_only BEFORE DELETE OR UPDATE ON public.sample_draws FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: sample_draws sample_draws_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER sample_draws_no_truncate BEFORE TRUNCATE ON public.sample_draws FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: sample_lines sample_lines_drawn_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER sample_lines_drawn_only BEFORE DELETE OR UPDATE OF cycle_id, "position", county_code, line_code ON public.sample_lines FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: sample_lines sample_lines_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER sample_lines_no_truncate BEFORE TRUNCATE ON public.sample_lines FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: settlement_files settlement_files_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER settlement_files_append_only BEFORE DELETE OR UPDATE OF cycle_id, operator, county_code, rows, sum_fen, sha256 ON public.settlement_files FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: settlement_files settlement_files_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER settlement_files_no_truncate BEFORE TRUNCATE ON public.settlement_files FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: settlements settlements_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER settlements_append_only BEFORE DELETE OR UPDATE ON public.settlements FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: settlements settlements_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER settlements_no_truncate BEFORE TRUNCATE ON public.settlements FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: slot_reservations slot_reservations_of_activity; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER slot_reservations_of_activity AFTER INSERT ON public.slot_reservations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_activity_slot();


--
-- Name: slot_reservations slot_reservations_places; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER slot_reservations_places AFTER INSERT OR UPDATE ON public.slot_reservations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_slot_places();


--
-- Name: slots slots_places; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER slots_places AFTER INSERT OR UPDATE ON public.slots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_slot_places();


--
-- Name: stay_cancellations stay_cancellations_whole; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER stay_cancellations_whole AFTER INSERT ON public.stay_cancellations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_stay_cancellation();


--
-- Name: suborder_events suborder_events_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER suborder_events_append_only BEFORE DELETE OR UPDATE ON public.suborder_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: suborders suborders_invoiced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER suborders_invoiced AFTER UPDATE OF refunded_fen ON public.suborders FOR EACH ROW WHEN ((new.refunded_fen <> old.refunded_fen)) EXECUTE FUNCTION public.mark_invoice_changed();


--
-- Name: suborders suborders_lost_invoiced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER suborders_lost_invoiced AFTER UPDATE OF lost_fen ON public.suborders FOR EACH ROW WHEN ((new.lost_fen <> old.lost_fen)) EXECUTE FUNCTION public.mark_invoice_changed();


--
-- Name: suborders suborders_of_a_new_order; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER suborders_of_a_new_order AFTER INSERT ON public.suborders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_placed_order();


--
-- Name: suborders suborders_quota; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER suborders_quota AFTER UPDATE OF refunded_fen ON public.suborders FOR EACH ROW WHEN ((new.refunded_fen <> old.refunded_fen)) EXECUTE FUNCTION public.restore_quota();


--
-- Name: suborders suborders_weighed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER suborders_weighed BEFORE UPDATE OF state ON public.suborders FOR EACH ROW WHEN (((new.state = ANY (ARRAY['shipped'::text, 'received'::text])) AND (old.state = 'paid'::text))) EXECUTE FUNCTION public.require_weights();


--
-- Name: suborders suborders_with_slot; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER suborders_with_slot AFTER INSERT ON public.suborders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.kind = 'activity'::text)) EXECUTE FUNCTION public.check_activity_slot();


--
-- Name: subsidy_postings subsidy_postings_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER subsidy_postings_append_only BEFORE DELETE OR UPDATE ON public.subsidy_postings FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: subsidy_postings subsidy_postings_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER subsidy_postings_no_truncate BEFORE TRUNCATE ON public.subsidy_postings FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: supervision_events supervision_events_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER supervision_events_append_only BEFORE DELETE OR UPDATE ON public.supervision_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: supervision_events supervision_events_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER supervision_events_no_truncate BEFORE TRUNCATE ON public.supervision_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: supervision_tasks supervision_tasks_moves; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER supervision_tasks_moves BEFORE INSERT OR UPDATE ON public.supervision_tasks FOR EACH ROW EXECUTE FUNCTION public.check_supervision_task();


--
-- Name: supervision_tasks supervision_tasks_recorded; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER supervision_tasks_recorded AFTER INSERT OR UPDATE ON public.supervision_tasks FOR EACH ROW EXECUTE FUNCTION public.record_supervision_move();


--
-- Name: terms_approvals terms_approvals_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER terms_approvals_append_only BEFORE DELETE OR UPDATE OF file_id, county_code, account_id, at ON public.terms_approvals FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: terms_approvals terms_approvals_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER terms_approvals_no_truncate BEFORE TRUNCATE ON public.terms_approvals FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: terms_approvals terms_approvals_people; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER terms_approvals_people BEFORE INSERT ON public.terms_approvals FOR EACH ROW EXECUTE FUNCTION public.check_terms_approval();


--
-- Name: tracking_facts tracking_facts_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tracking_facts_append_only BEFORE DELETE OR UPDATE ON public.tracking_facts FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: tracking_facts tracking_facts_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tracking_facts_no_truncate BEFORE TRUNCATE ON public.tracking_facts FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: variants variants_child_price; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER variants_child_price AFTER INSERT OR UPDATE ON public.variants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_child_price();


--
-- Name: variants variants_price; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER variants_price AFTER INSERT OR UPDATE OF price_fen, "position" ON public.variants FOR EACH ROW WHEN ((new."position" = 0)) EXECUTE FUNCTION public.copy_listing_price();


--
-- Name: vouchers vouchers_counted; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER vouchers_counted AFTER INSERT ON public.vouchers FOR EACH ROW EXECUTE FUNCTION public.count_voucher();


--
-- Name: accounts accounts_kind_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.accounts
    ADD CONSTRAINT accounts_kind_fkey FOREIGN KEY (kind) REFERENCES payments.account_kinds(kind);


--
-- Name: balances balances_account_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.balances
    ADD CONSTRAINT balances_account_id_fkey FOREIGN KEY (account_id) REFERENCES payments.accounts(id);


--
-- Name: checkpoint_sums checkpoint_sums_account_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.checkpoint_sums
    ADD CONSTRAINT checkpoint_sums_account_id_fkey FOREIGN KEY (account_id) REFERENCES payments.accounts(id);


--
-- Name: discrepancies discrepancies_closed_by_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.discrepancies
    ADD CONSTRAINT discrepancies_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES payments.transactions(key);


--
-- Name: disputes disputes_payment_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.disputes
    ADD CONSTRAINT disputes_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments.payments(id);


--
-- Name: operations operations_payment_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.operations
    ADD CONSTRAINT operations_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments.payments(id);


--
-- Name: operations operations_payout_of; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.operations
    ADD CONSTRAINT operations_payout_of FOREIGN KEY (payout_id) REFERENCES payments.payouts(id);


--
-- Name: operations operations_refund_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.operations
    ADD CONSTRAINT operations_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES payments.refunds(id);


--
-- Name: parts parts_payment_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.parts
    ADD CONSTRAINT parts_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments.payments(id);


--
-- Name: postings postings_account_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.postings
    ADD CONSTRAINT postings_account_id_fkey FOREIGN KEY (account_id) REFERENCES payments.accounts(id);


--
-- Name: postings postings_transaction_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.postings
    ADD CONSTRAINT postings_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES payments.transactions(id);


--
-- Name: refunds refunds_payment_id_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.refunds
    ADD CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments.payments(id);


--
-- Name: accounts accounts_name_corrected_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_name_corrected_by FOREIGN KEY (name_corrected_by) REFERENCES public.accounts(id);


--
-- Name: agreement_rates agreement_rates_agreement; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreement_rates
    ADD CONSTRAINT agreement_rates_agreement FOREIGN KEY (agreement_id) REFERENCES public.agreements(id);


--
-- Name: agreement_rates agreement_rates_programme; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreement_rates
    ADD CONSTRAINT agreement_rates_programme FOREIGN KEY (county_code, programme_code) REFERENCES public.programmes(county_code, code);


--
-- Name: agreements agreements_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreements
    ADD CONSTRAINT agreements_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: agreements agreements_proposer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreements
    ADD CONSTRAINT agreements_proposer FOREIGN KEY (proposed_by) REFERENCES public.accounts(id);


--
-- Name: agreements agreements_replacement; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agreements
    ADD CONSTRAINT agreements_replacement FOREIGN KEY (replaced_by) REFERENCES public.agreements(id);


--
-- Name: agronomists agronomists_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agronomists
    ADD CONSTRAINT agronomists_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: agronomists agronomists_namer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agronomists
    ADD CONSTRAINT agronomists_namer FOREIGN KEY (named_by) REFERENCES public.accounts(id);


--
-- Name: bad_fruit_claims bad_fruit_claims_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bad_fruit_claims
    ADD CONSTRAINT bad_fruit_claims_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: bad_fruit_claims bad_fruit_claims_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bad_fruit_claims
    ADD CONSTRAINT bad_fruit_claims_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: operator_bank_accounts bank_accounts_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_bank_accounts
    ADD CONSTRAINT bank_accounts_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: operator_bank_accounts bank_accounts_enterer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_bank_accounts
    ADD CONSTRAINT bank_accounts_enterer FOREIGN KEY (entered_by) REFERENCES public.accounts(id);


--
-- Name: operator_bank_accounts bank_accounts_operator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_bank_accounts
    ADD CONSTRAINT bank_accounts_operator FOREIGN KEY (operator) REFERENCES public.operators(code);


--
-- Name: operator_bank_accounts bank_accounts_replacement; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_bank_accounts
    ADD CONSTRAINT bank_accounts_replacement FOREIGN KEY (replaced_by) REFERENCES public.operator_bank_accounts(id);


--
-- Name: bank_receipts bank_receipts_invoiced; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bank_receipts
    ADD CONSTRAINT bank_receipts_invoiced FOREIGN KEY (order_id, fen) REFERENCES public.procurement_invoices(order_id, fen);


--
-- Name: bank_receipts bank_receipts_recorder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bank_receipts
    ADD CONSTRAINT bank_receipts_recorder FOREIGN KEY (recorded_by) REFERENCES public.accounts(id);


--
-- Name: bindings bindings_device; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_device FOREIGN KEY (device_id) REFERENCES public.identifiers(id);


--
-- Name: bindings bindings_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: bindings bindings_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_line FOREIGN KEY (county_code, line_code, operator, kind) REFERENCES public.lines(county_code, code, operator, kind);


--
-- Name: bindings bindings_number; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_number FOREIGN KEY (number_id) REFERENCES public.identifiers(id);


--
-- Name: bindings bindings_sim; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT bindings_sim FOREIGN KEY (sim_id) REFERENCES public.identifiers(id);


--
-- Name: booked_nights booked_nights_booking; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.booked_nights
    ADD CONSTRAINT booked_nights_booking FOREIGN KEY (booking_id) REFERENCES public.bookings(id);


--
-- Name: booking_changes booking_changes_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.booking_changes
    ADD CONSTRAINT booking_changes_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: bookings bookings_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: bookings bookings_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: bookings bookings_room; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_room FOREIGN KEY (room_id) REFERENCES public.rooms(id);


--
-- Name: bookings bookings_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: budgets budgets_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.budgets
    ADD CONSTRAINT budgets_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: calendar_feeds calendar_feeds_created_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT calendar_feeds_created_by FOREIGN KEY (created_by) REFERENCES public.accounts(id);


--
-- Name: calendar_feeds calendar_feeds_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT calendar_feeds_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: cancel_tiers cancel_tiers_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cancel_tiers
    ADD CONSTRAINT cancel_tiers_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: cart_lines cart_lines_slot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_lines
    ADD CONSTRAINT cart_lines_slot FOREIGN KEY (slot_id) REFERENCES public.slots(id);


--
-- Name: cart_lines cart_lines_variant; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_lines
    ADD CONSTRAINT cart_lines_variant FOREIGN KEY (variant_id) REFERENCES public.variants(id);


--
-- Name: cart_nights cart_nights_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cart_nights
    ADD CONSTRAINT cart_nights_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: case_events case_events_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: case_events case_events_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_case FOREIGN KEY (case_id) REFERENCES public.cases(id);


--
-- Name: cases cases_against_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_against_account FOREIGN KEY (against_account_id) REFERENCES public.accounts(id);


--
-- Name: cases cases_against_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_against_producer FOREIGN KEY (against_producer_id) REFERENCES public.producers(id);


--
-- Name: cases cases_answerer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_answerer FOREIGN KEY (answered_by) REFERENCES public.accounts(id);


--
-- Name: cases cases_asker; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_asker FOREIGN KEY (asker_id) REFERENCES public.accounts(id);


--
-- Name: cases cases_category_on_the_day; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_category_on_the_day FOREIGN KEY (category, PERIOD received_during) REFERENCES public.case_categories(code, PERIOD valid_during);


--
-- Name: cases cases_for_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_for_producer FOREIGN KEY (for_producer_id) REFERENCES public.producers(id);


--
-- Name: catch_weights catch_weights_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catch_weights
    ADD CONSTRAINT catch_weights_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: catch_weights catch_weights_weigher; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catch_weights
    ADD CONSTRAINT catch_weights_weigher FOREIGN KEY (weighed_by) REFERENCES public.accounts(id);


--
-- Name: certificate_notices certificate_notices_certificate; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificate_notices
    ADD CONSTRAINT certificate_notices_certificate FOREIGN KEY (certificate_id) REFERENCES public.certificates(id);


--
-- Name: certificates certificates_photo; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_photo FOREIGN KEY (photo_id) REFERENCES public.photos(id);


--
-- Name: certificates certificates_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: certificates certificates_rejecter; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_rejecter FOREIGN KEY (rejected_by) REFERENCES public.accounts(id);


--
-- Name: certificates certificates_submitter; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_submitter FOREIGN KEY (submitted_by) REFERENCES public.accounts(id);


--
-- Name: certificates certificates_verifier; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_verifier FOREIGN KEY (verified_by) REFERENCES public.accounts(id);


--
-- Name: channel_counties channel_counties_channel; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channel_counties
    ADD CONSTRAINT channel_counties_channel FOREIGN KEY (channel) REFERENCES public.channels(code);


--
-- Name: check_in_scans check_in_scans_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.check_in_scans
    ADD CONSTRAINT check_in_scans_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: check_in_scans check_in_scans_uploaded_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.check_in_scans
    ADD CONSTRAINT check_in_scans_uploaded_by FOREIGN KEY (uploaded_by) REFERENCES public.accounts(id);


--
-- Name: claim_photos claim_photos_claim; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claim_photos
    ADD CONSTRAINT claim_photos_claim FOREIGN KEY (case_id) REFERENCES public.bad_fruit_claims(case_id);


--
-- Name: claim_photos claim_photos_photo; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claim_photos
    ADD CONSTRAINT claim_photos_photo FOREIGN KEY (photo_id) REFERENCES public.photos(id);


--
-- Name: claims claims_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: claims claims_number; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_number FOREIGN KEY (number_id) REFERENCES public.identifiers(id);


--
-- Name: claims claims_programme; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_programme FOREIGN KEY (county_code, programme_code) REFERENCES public.programmes(county_code, code);


--
-- Name: clawback_appeals clawback_appeals_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_appeals
    ADD CONSTRAINT clawback_appeals_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: clawback_appeals clawback_appeals_clawback; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_appeals
    ADD CONSTRAINT clawback_appeals_clawback FOREIGN KEY (clawback_id) REFERENCES public.clawbacks(id);


--
-- Name: clawback_entries clawback_entries_clawback; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_entries
    ADD CONSTRAINT clawback_entries_clawback FOREIGN KEY (clawback_id) REFERENCES public.clawbacks(id);


--
-- Name: clawback_entries clawback_entries_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_entries
    ADD CONSTRAINT clawback_entries_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: clawback_entries clawback_entries_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_entries
    ADD CONSTRAINT clawback_entries_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: clawback_entries clawback_entries_recorder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_entries
    ADD CONSTRAINT clawback_entries_recorder FOREIGN KEY (recorded_by) REFERENCES public.accounts(id);


--
-- Name: clawback_items clawback_items_clawback; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawback_items
    ADD CONSTRAINT clawback_items_clawback FOREIGN KEY (clawback_id) REFERENCES public.clawbacks(id);


--
-- Name: clawbacks clawbacks_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: clawbacks clawbacks_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: clawbacks clawbacks_finding; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_finding FOREIGN KEY (finding_id) REFERENCES public.findings(id);


--
-- Name: clawbacks clawbacks_household; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_household FOREIGN KEY (county_code, household_code) REFERENCES public.households(county_code, code);


--
-- Name: clawbacks clawbacks_operator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_operator FOREIGN KEY (operator) REFERENCES public.operators(code);


--
-- Name: clawbacks clawbacks_person; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_person FOREIGN KEY (person_id) REFERENCES public.persons(id);


--
-- Name: clawbacks clawbacks_proposer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_proposer FOREIGN KEY (proposed_by) REFERENCES public.accounts(id);


--
-- Name: clawbacks clawbacks_server; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clawbacks
    ADD CONSTRAINT clawbacks_server FOREIGN KEY (served_by) REFERENCES public.accounts(id);


--
-- Name: clinic_days clinic_days_adder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clinic_days
    ADD CONSTRAINT clinic_days_adder FOREIGN KEY (added_by) REFERENCES public.accounts(id);


--
-- Name: clinic_days clinic_days_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clinic_days
    ADD CONSTRAINT clinic_days_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: clinic_days clinic_days_slot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.clinic_days
    ADD CONSTRAINT clinic_days_slot FOREIGN KEY (slot_id, kind) REFERENCES public.slots(id, kind);


--
-- Name: closures closures_created_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.closures
    ADD CONSTRAINT closures_created_by FOREIGN KEY (created_by) REFERENCES public.accounts(id);


--
-- Name: closures closures_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.closures
    ADD CONSTRAINT closures_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: company_accounts company_accounts_member; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.company_accounts
    ADD CONSTRAINT company_accounts_member FOREIGN KEY (organisation_id, account_id) REFERENCES public.organisation_members(organisation_id, account_id);


--
-- Name: complaints complaints_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.complaints
    ADD CONSTRAINT complaints_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: complaints complaints_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.complaints
    ADD CONSTRAINT complaints_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: consents consents_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: contacts contacts_division; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_division FOREIGN KEY (division_code) REFERENCES public.divisions(code);


--
-- Name: conversation_messages conversation_messages_conversation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_messages
    ADD CONSTRAINT conversation_messages_conversation FOREIGN KEY (suborder_id) REFERENCES public.conversations(suborder_id) ON DELETE CASCADE;


--
-- Name: conversation_messages conversation_messages_writer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_messages
    ADD CONSTRAINT conversation_messages_writer FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: conversation_photos conversation_photos_message; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_photos
    ADD CONSTRAINT conversation_photos_message FOREIGN KEY (suborder_id, "position") REFERENCES public.conversation_messages(suborder_id, "position") ON DELETE CASCADE;


--
-- Name: conversation_photos conversation_photos_photo; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_photos
    ADD CONSTRAINT conversation_photos_photo FOREIGN KEY (photo_id) REFERENCES public.photos(id);


--
-- Name: conversations conversations_buyer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_buyer FOREIGN KEY (buyer_id) REFERENCES public.accounts(id);


--
-- Name: conversations conversations_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: conversations conversations_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: county_files county_files_importer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.county_files
    ADD CONSTRAINT county_files_importer FOREIGN KEY (imported_by) REFERENCES public.accounts(id);


--
-- Name: coupons coupons_category; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_category FOREIGN KEY (category_code) REFERENCES public.categories(code);


--
-- Name: coupons coupons_created_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_created_by FOREIGN KEY (created_by) REFERENCES public.accounts(id);


--
-- Name: coupons coupons_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: course_certificates course_certificates_issuer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_certificates
    ADD CONSTRAINT course_certificates_issuer FOREIGN KEY (issued_by) REFERENCES public.accounts(id);


--
-- Name: course_certificates course_certificates_seat; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_certificates
    ADD CONSTRAINT course_certificates_seat FOREIGN KEY (reservation_id) REFERENCES public.slot_reservations(id);


--
-- Name: course_sessions course_sessions_adder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_sessions
    ADD CONSTRAINT course_sessions_adder FOREIGN KEY (added_by) REFERENCES public.accounts(id);


--
-- Name: course_sessions course_sessions_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_sessions
    ADD CONSTRAINT course_sessions_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: course_sessions course_sessions_slot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.course_sessions
    ADD CONSTRAINT course_sessions_slot FOREIGN KEY (slot_id, kind) REFERENCES public.slots(id, kind);


--
-- Name: coverage coverage_operator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage
    ADD CONSTRAINT coverage_operator FOREIGN KEY (operator) REFERENCES public.operators(code);


--
-- Name: coverage_projects coverage_projects_accepter; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage_projects
    ADD CONSTRAINT coverage_projects_accepter FOREIGN KEY (accepted_by) REFERENCES public.accounts(id);


--
-- Name: coverage_projects coverage_projects_adder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage_projects
    ADD CONSTRAINT coverage_projects_adder FOREIGN KEY (added_by) REFERENCES public.accounts(id);


--
-- Name: coverage_projects coverage_projects_doer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage_projects
    ADD CONSTRAINT coverage_projects_doer FOREIGN KEY (done_by) REFERENCES public.accounts(id);


--
-- Name: coverage_projects coverage_projects_funder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage_projects
    ADD CONSTRAINT coverage_projects_funder FOREIGN KEY (funded_by) REFERENCES public.organisations(id);


--
-- Name: coverage_projects coverage_projects_operator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage_projects
    ADD CONSTRAINT coverage_projects_operator FOREIGN KEY (operator) REFERENCES public.operators(code);


--
-- Name: coverage_projects coverage_projects_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage_projects
    ADD CONSTRAINT coverage_projects_village FOREIGN KEY (village_code) REFERENCES public.divisions(code);


--
-- Name: coverage coverage_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coverage
    ADD CONSTRAINT coverage_village FOREIGN KEY (village_code, PERIOD valid_during) REFERENCES public.village_periods(code, PERIOD valid_during);


--
-- Name: cycle_approvals cycle_approvals_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_approvals
    ADD CONSTRAINT cycle_approvals_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: cycle_approvals cycle_approvals_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_approvals
    ADD CONSTRAINT cycle_approvals_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: cycle_approvals cycle_approvals_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_approvals
    ADD CONSTRAINT cycle_approvals_run FOREIGN KEY (run_id) REFERENCES public.runs(id);


--
-- Name: cycle_duties cycle_duties_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_duties
    ADD CONSTRAINT cycle_duties_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: cycle_duties cycle_duties_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_duties
    ADD CONSTRAINT cycle_duties_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: cycle_events cycle_events_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_events
    ADD CONSTRAINT cycle_events_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: cycle_events cycle_events_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycle_events
    ADD CONSTRAINT cycle_events_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: cycles cycles_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cycles
    ADD CONSTRAINT cycles_run FOREIGN KEY (run_id) REFERENCES public.runs(id);


--
-- Name: data_requests data_requests_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.data_requests
    ADD CONSTRAINT data_requests_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: deposits deposits_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deposits
    ADD CONSTRAINT deposits_order FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: division_names division_names_division; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.division_names
    ADD CONSTRAINT division_names_division FOREIGN KEY (code) REFERENCES public.divisions(code);


--
-- Name: divisions divisions_parent; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.divisions
    ADD CONSTRAINT divisions_parent FOREIGN KEY (parent_code) REFERENCES public.divisions(code);


--
-- Name: enrolment_pauses enrolment_pauses_ender; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolment_pauses
    ADD CONSTRAINT enrolment_pauses_ender FOREIGN KEY (ended_by) REFERENCES public.accounts(id);


--
-- Name: enrolment_pauses enrolment_pauses_enrolment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolment_pauses
    ADD CONSTRAINT enrolment_pauses_enrolment FOREIGN KEY (county_code, line_code) REFERENCES public.enrolments(county_code, line_code);


--
-- Name: enrolment_pauses enrolment_pauses_pauser; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolment_pauses
    ADD CONSTRAINT enrolment_pauses_pauser FOREIGN KEY (paused_by) REFERENCES public.accounts(id);


--
-- Name: enrolments enrolments_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: enrolments enrolments_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: enrolments enrolments_programme; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_programme FOREIGN KEY (county_code, programme_code) REFERENCES public.programmes(county_code, code);


--
-- Name: erased_members erased_members_pack; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.erased_members
    ADD CONSTRAINT erased_members_pack FOREIGN KEY (cycle_id) REFERENCES public.evidence_packs(cycle_id);


--
-- Name: evidence_packs evidence_packs_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence_packs
    ADD CONSTRAINT evidence_packs_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: evidence_packs evidence_packs_previous; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence_packs
    ADD CONSTRAINT evidence_packs_previous FOREIGN KEY (county_code, previous_sha256) REFERENCES public.evidence_packs(county_code, head_sha256);


--
-- Name: evidence_packs evidence_packs_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence_packs
    ADD CONSTRAINT evidence_packs_run FOREIGN KEY (run_id) REFERENCES public.runs(id);


--
-- Name: fact_versions fact_versions_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fact_versions
    ADD CONSTRAINT fact_versions_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: fact_versions fact_versions_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fact_versions
    ADD CONSTRAINT fact_versions_lead FOREIGN KEY (replaced_by_lead) REFERENCES public.leads(id);


--
-- Name: fact_versions fact_versions_replaced_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fact_versions
    ADD CONSTRAINT fact_versions_replaced_by FOREIGN KEY (replaced_by) REFERENCES public.import_files(id);


--
-- Name: favourites favourites_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT favourites_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: favourites favourites_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT favourites_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: favourites favourites_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT favourites_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: file_notes file_notes_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.file_notes
    ADD CONSTRAINT file_notes_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: file_notes file_notes_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.file_notes
    ADD CONSTRAINT file_notes_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: finding_decisions finding_decisions_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.finding_decisions
    ADD CONSTRAINT finding_decisions_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: finding_decisions finding_decisions_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.finding_decisions
    ADD CONSTRAINT finding_decisions_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: finding_decisions finding_decisions_finding; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.finding_decisions
    ADD CONSTRAINT finding_decisions_finding FOREIGN KEY (finding_id) REFERENCES public.findings(id);


--
-- Name: finding_lines finding_lines_finding; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.finding_lines
    ADD CONSTRAINT finding_lines_finding FOREIGN KEY (finding_id) REFERENCES public.findings(id);


--
-- Name: findings findings_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.findings
    ADD CONSTRAINT findings_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: freight_templates freight_templates_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.freight_templates
    ADD CONSTRAINT freight_templates_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: fund_applications fund_applications_call; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_applications
    ADD CONSTRAINT fund_applications_call FOREIGN KEY (call_id) REFERENCES public.fund_calls(id);


--
-- Name: fund_applications fund_applications_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_applications
    ADD CONSTRAINT fund_applications_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: fund_applications fund_applications_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_applications
    ADD CONSTRAINT fund_applications_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: fund_calls fund_calls_adder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fund_calls
    ADD CONSTRAINT fund_calls_adder FOREIGN KEY (added_by) REFERENCES public.accounts(id);


--
-- Name: goods_return_lines goods_return_lines_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.goods_return_lines
    ADD CONSTRAINT goods_return_lines_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: goods_return_lines goods_return_lines_return; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.goods_return_lines
    ADD CONSTRAINT goods_return_lines_return FOREIGN KEY (case_id) REFERENCES public.goods_returns(case_id);


--
-- Name: goods_returns goods_returns_accepter; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.goods_returns
    ADD CONSTRAINT goods_returns_accepter FOREIGN KEY (accepted_by) REFERENCES public.accounts(id);


--
-- Name: goods_returns goods_returns_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.goods_returns
    ADD CONSTRAINT goods_returns_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: goods_returns goods_returns_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.goods_returns
    ADD CONSTRAINT goods_returns_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: grants grants_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: grants grants_deputy_for; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_deputy_for FOREIGN KEY (deputy_for) REFERENCES public.accounts(id);


--
-- Name: grievances grievances_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: grievances grievances_finding; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_finding FOREIGN KEY (finding_id) REFERENCES public.findings(id);


--
-- Name: grievances grievances_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: grievances grievances_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_line FOREIGN KEY (county_code, line_code) REFERENCES public.lines(county_code, code);


--
-- Name: grievances grievances_officer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_officer FOREIGN KEY (officer_id) REFERENCES public.accounts(id);


--
-- Name: grievances grievances_receiver; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_receiver FOREIGN KEY (received_by) REFERENCES public.accounts(id);


--
-- Name: grievances grievances_triager; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grievances
    ADD CONSTRAINT grievances_triager FOREIGN KEY (triaged_by) REFERENCES public.accounts(id);


--
-- Name: household_statuses household_statuses_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.household_statuses
    ADD CONSTRAINT household_statuses_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: household_statuses household_statuses_household; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.household_statuses
    ADD CONSTRAINT household_statuses_household FOREIGN KEY (county_code, household_code) REFERENCES public.households(county_code, code);


--
-- Name: household_statuses household_statuses_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.household_statuses
    ADD CONSTRAINT household_statuses_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: household_statuses household_statuses_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.household_statuses
    ADD CONSTRAINT household_statuses_village FOREIGN KEY (village_code) REFERENCES public.divisions(code);


--
-- Name: households households_merged_into; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.households
    ADD CONSTRAINT households_merged_into FOREIGN KEY (county_code, merged_into) REFERENCES public.households(county_code, code);


--
-- Name: households households_split_from; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.households
    ADD CONSTRAINT households_split_from FOREIGN KEY (county_code, split_from) REFERENCES public.households(county_code, code);


--
-- Name: idle_calls idle_calls_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idle_calls
    ADD CONSTRAINT idle_calls_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: idle_calls idle_calls_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idle_calls
    ADD CONSTRAINT idle_calls_line FOREIGN KEY (county_code, line_code) REFERENCES public.lines(county_code, code);


--
-- Name: idle_notices idle_notices_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idle_notices
    ADD CONSTRAINT idle_notices_line FOREIGN KEY (county_code, line_code) REFERENCES public.lines(county_code, code);


--
-- Name: import_files import_files_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_files
    ADD CONSTRAINT import_files_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: import_files import_files_replaces; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_files
    ADD CONSTRAINT import_files_replaces FOREIGN KEY (replaces, county_code, operator, month) REFERENCES public.import_files(id, county_code, operator, month);


--
-- Name: import_originals import_originals_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_originals
    ADD CONSTRAINT import_originals_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: invoice_requests invoice_requests_buyer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_requests
    ADD CONSTRAINT invoice_requests_buyer FOREIGN KEY (buyer_id) REFERENCES public.accounts(id);


--
-- Name: invoice_requests invoice_requests_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_requests
    ADD CONSTRAINT invoice_requests_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: invoice_requests invoice_requests_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_requests
    ADD CONSTRAINT invoice_requests_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: invoice_tasks invoice_tasks_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_tasks
    ADD CONSTRAINT invoice_tasks_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: invoice_tasks invoice_tasks_request; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_tasks
    ADD CONSTRAINT invoice_tasks_request FOREIGN KEY (suborder_id) REFERENCES public.invoice_requests(suborder_id);


--
-- Name: invoice_versions invoice_versions_invoice; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_versions
    ADD CONSTRAINT invoice_versions_invoice FOREIGN KEY (invoice_id) REFERENCES public.invoices(id);


--
-- Name: invoice_versions invoice_versions_recorder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoice_versions
    ADD CONSTRAINT invoice_versions_recorder FOREIGN KEY (recorded_by) REFERENCES public.accounts(id);


--
-- Name: invoices invoices_corrected; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_corrected FOREIGN KEY (corrects_id, suborder_id) REFERENCES public.invoices(id, suborder_id);


--
-- Name: invoices invoices_recorder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_recorder FOREIGN KEY (recorded_by) REFERENCES public.accounts(id);


--
-- Name: invoices invoices_request; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_request FOREIGN KEY (suborder_id, producer_id) REFERENCES public.invoice_requests(suborder_id, producer_id);


--
-- Name: job_applications job_applications_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_applications
    ADD CONSTRAINT job_applications_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: job_applications job_applications_hirer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_applications
    ADD CONSTRAINT job_applications_hirer FOREIGN KEY (hired_by) REFERENCES public.accounts(id);


--
-- Name: job_applications job_applications_posting; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_applications
    ADD CONSTRAINT job_applications_posting FOREIGN KEY (posting_id) REFERENCES public.job_postings(id);


--
-- Name: job_postings job_postings_adder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_postings
    ADD CONSTRAINT job_postings_adder FOREIGN KEY (added_by) REFERENCES public.accounts(id);


--
-- Name: job_postings job_postings_checker; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_postings
    ADD CONSTRAINT job_postings_checker FOREIGN KEY (checked_by) REFERENCES public.accounts(id);


--
-- Name: job_postings job_postings_licence; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_postings
    ADD CONSTRAINT job_postings_licence FOREIGN KEY (organisation_id, PERIOD licensed_during) REFERENCES public.organisation_licences(organisation_id, PERIOD valid_during);


--
-- Name: job_postings job_postings_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_postings
    ADD CONSTRAINT job_postings_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: job_postings job_postings_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_postings
    ADD CONSTRAINT job_postings_village FOREIGN KEY (village_code, PERIOD licensed_during) REFERENCES public.village_periods(code, PERIOD valid_during);


--
-- Name: large_payouts large_payouts_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.large_payouts
    ADD CONSTRAINT large_payouts_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: large_payouts large_payouts_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.large_payouts
    ADD CONSTRAINT large_payouts_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: large_payouts large_payouts_requester; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.large_payouts
    ADD CONSTRAINT large_payouts_requester FOREIGN KEY (requested_by) REFERENCES public.accounts(id);


--
-- Name: lead_consents lead_consents_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_consents
    ADD CONSTRAINT lead_consents_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: lead_consents lead_consents_recorder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_consents
    ADD CONSTRAINT lead_consents_recorder FOREIGN KEY (recorded_by) REFERENCES public.accounts(id);


--
-- Name: lead_persons lead_persons_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_persons
    ADD CONSTRAINT lead_persons_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: lead_steps lead_steps_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_steps
    ADD CONSTRAINT lead_steps_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: lead_steps lead_steps_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_steps
    ADD CONSTRAINT lead_steps_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: lead_steps lead_steps_move; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lead_steps
    ADD CONSTRAINT lead_steps_move FOREIGN KEY (step, before, after) REFERENCES public.lead_moves(step, before, after);


--
-- Name: leads leads_applicant; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_applicant FOREIGN KEY (applicant_id) REFERENCES public.accounts(id);


--
-- Name: leads leads_household; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_household FOREIGN KEY (county_code, household_code) REFERENCES public.households(county_code, code);


--
-- Name: leads leads_into; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_into FOREIGN KEY (county_code, into_code) REFERENCES public.households(county_code, code);


--
-- Name: leads leads_programme; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_programme FOREIGN KEY (county_code, programme_code) REFERENCES public.programmes(county_code, code);


--
-- Name: leads leads_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_village FOREIGN KEY (village_code) REFERENCES public.divisions(code);


--
-- Name: line_changes line_changes_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_changes
    ADD CONSTRAINT line_changes_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: line_changes line_changes_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_changes
    ADD CONSTRAINT line_changes_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: line_changes line_changes_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_changes
    ADD CONSTRAINT line_changes_line FOREIGN KEY (county_code, line_code) REFERENCES public.lines(county_code, code);


--
-- Name: line_changes line_changes_reporter; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_changes
    ADD CONSTRAINT line_changes_reporter FOREIGN KEY (reported_by) REFERENCES public.accounts(id);


--
-- Name: line_holds line_holds_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_holds
    ADD CONSTRAINT line_holds_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: line_holds line_holds_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_holds
    ADD CONSTRAINT line_holds_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: line_refunds line_refunds_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_refunds
    ADD CONSTRAINT line_refunds_account FOREIGN KEY (requested_by) REFERENCES public.accounts(id);


--
-- Name: line_refunds line_refunds_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_refunds
    ADD CONSTRAINT line_refunds_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: listed_facts listed_facts_ended_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listed_facts
    ADD CONSTRAINT listed_facts_ended_by FOREIGN KEY (ended_by) REFERENCES public.import_files(id);


--
-- Name: listed_facts listed_facts_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listed_facts
    ADD CONSTRAINT listed_facts_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: listed_facts listed_facts_household; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listed_facts
    ADD CONSTRAINT listed_facts_household FOREIGN KEY (county_code, household_code) REFERENCES public.households(county_code, code);


--
-- Name: listing_files listing_files_imported_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listing_files
    ADD CONSTRAINT listing_files_imported_by FOREIGN KEY (imported_by) REFERENCES public.accounts(id);


--
-- Name: listing_files listing_files_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listing_files
    ADD CONSTRAINT listing_files_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: listing_photos listing_photos_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listing_photos
    ADD CONSTRAINT listing_photos_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: listing_photos listing_photos_photo; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listing_photos
    ADD CONSTRAINT listing_photos_photo FOREIGN KEY (photo_id) REFERENCES public.photos(id);


--
-- Name: listings listings_category; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_category FOREIGN KEY (category_code) REFERENCES public.categories(code);


--
-- Name: listings listings_origin; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_origin FOREIGN KEY (origin_code) REFERENCES public.divisions(code);


--
-- Name: listings listings_photo; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_photo FOREIGN KEY (photo_id) REFERENCES public.photos(id);


--
-- Name: listings listings_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: lots lots_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lots
    ADD CONSTRAINT lots_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: mediation_lines mediation_lines_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediation_lines
    ADD CONSTRAINT mediation_lines_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: mediation_lines mediation_lines_mediation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediation_lines
    ADD CONSTRAINT mediation_lines_mediation FOREIGN KEY (case_id) REFERENCES public.mediations(case_id);


--
-- Name: mediation_proposals mediation_proposals_mediation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediation_proposals
    ADD CONSTRAINT mediation_proposals_mediation FOREIGN KEY (case_id) REFERENCES public.mediations(case_id);


--
-- Name: mediation_proposals mediation_proposals_mediator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediation_proposals
    ADD CONSTRAINT mediation_proposals_mediator FOREIGN KEY (proposed_by) REFERENCES public.accounts(id);


--
-- Name: mediation_proposals mediation_proposals_seller; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediation_proposals
    ADD CONSTRAINT mediation_proposals_seller FOREIGN KEY (seller_agreed_by) REFERENCES public.accounts(id);


--
-- Name: mediations mediations_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediations
    ADD CONSTRAINT mediations_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: mediations mediations_refuser; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediations
    ADD CONSTRAINT mediations_refuser FOREIGN KEY (refused_by) REFERENCES public.accounts(id);


--
-- Name: mediations mediations_source; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediations
    ADD CONSTRAINT mediations_source FOREIGN KEY (source_id) REFERENCES public.cases(id);


--
-- Name: mediations mediations_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mediations
    ADD CONSTRAINT mediations_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: memberships memberships_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: memberships memberships_household; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_household FOREIGN KEY (county_code, household_code) REFERENCES public.households(county_code, code);


--
-- Name: memberships memberships_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: memberships memberships_person; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_person FOREIGN KEY (person_id) REFERENCES public.persons(id);


--
-- Name: month_figures month_figures_month; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.month_figures
    ADD CONSTRAINT month_figures_month FOREIGN KEY (county_code, month) REFERENCES public.counted_months(county_code, month) ON DELETE CASCADE;


--
-- Name: night_prices night_prices_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.night_prices
    ADD CONSTRAINT night_prices_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: night_rules night_rules_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.night_rules
    ADD CONSTRAINT night_rules_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: objections objections_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.objections
    ADD CONSTRAINT objections_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: objections objections_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.objections
    ADD CONSTRAINT objections_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: objections objections_recorder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.objections
    ADD CONSTRAINT objections_recorder FOREIGN KEY (recorded_by) REFERENCES public.accounts(id);


--
-- Name: operator_grants operator_grants_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_grants
    ADD CONSTRAINT operator_grants_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: operator_grants operator_grants_operator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_grants
    ADD CONSTRAINT operator_grants_operator FOREIGN KEY (operator) REFERENCES public.operators(code);


--
-- Name: order_lines order_lines_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: order_lines order_lines_lot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);


--
-- Name: order_lines order_lines_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: order_lines order_lines_variant; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_variant FOREIGN KEY (variant_id) REFERENCES public.variants(id);


--
-- Name: orders orders_buyer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_buyer FOREIGN KEY (buyer_id) REFERENCES public.accounts(id);


--
-- Name: organisation_licences organisation_licences_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisation_licences
    ADD CONSTRAINT organisation_licences_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: organisation_members organisation_members_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisation_members
    ADD CONSTRAINT organisation_members_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: organisation_members organisation_members_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisation_members
    ADD CONSTRAINT organisation_members_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: organisations organisations_applicant; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_applicant FOREIGN KEY (applied_by) REFERENCES public.accounts(id);


--
-- Name: organisations organisations_verifier; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_verifier FOREIGN KEY (verified_by) REFERENCES public.accounts(id);


--
-- Name: outages outages_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outages
    ADD CONSTRAINT outages_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: outages outages_operator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outages
    ADD CONSTRAINT outages_operator FOREIGN KEY (operator) REFERENCES public.operators(code);


--
-- Name: outages outages_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outages
    ADD CONSTRAINT outages_village FOREIGN KEY (village_code) REFERENCES public.divisions(code);


--
-- Name: package_lines package_lines_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_lines
    ADD CONSTRAINT package_lines_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: package_lines package_lines_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_lines
    ADD CONSTRAINT package_lines_order FOREIGN KEY (order_id) REFERENCES public.package_orders(order_id);


--
-- Name: package_lines package_lines_part; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_lines
    ADD CONSTRAINT package_lines_part FOREIGN KEY (package_id, "position") REFERENCES public.package_parts(package_id, "position");


--
-- Name: package_orders package_orders_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_orders
    ADD CONSTRAINT package_orders_order FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: package_orders package_orders_package; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_orders
    ADD CONSTRAINT package_orders_package FOREIGN KEY (package_id) REFERENCES public.packages(id);


--
-- Name: package_parts package_parts_package; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_parts
    ADD CONSTRAINT package_parts_package FOREIGN KEY (package_id) REFERENCES public.packages(id);


--
-- Name: package_suppliers package_suppliers_decided_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_suppliers
    ADD CONSTRAINT package_suppliers_decided_by FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: package_suppliers package_suppliers_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_suppliers
    ADD CONSTRAINT package_suppliers_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: package_suppliers package_suppliers_part; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_suppliers
    ADD CONSTRAINT package_suppliers_part FOREIGN KEY (package_id, "position") REFERENCES public.package_parts(package_id, "position");


--
-- Name: package_suppliers package_suppliers_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_suppliers
    ADD CONSTRAINT package_suppliers_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: package_suppliers package_suppliers_variant; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_suppliers
    ADD CONSTRAINT package_suppliers_variant FOREIGN KEY (variant_id) REFERENCES public.variants(id);


--
-- Name: packages packages_created_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.packages
    ADD CONSTRAINT packages_created_by FOREIGN KEY (created_by) REFERENCES public.accounts(id);


--
-- Name: packages packages_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.packages
    ADD CONSTRAINT packages_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: pairing_statement_items pairing_statement_items_statement; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing_statement_items
    ADD CONSTRAINT pairing_statement_items_statement FOREIGN KEY (pairing_id, year) REFERENCES public.pairing_statements(pairing_id, year);


--
-- Name: pairing_statement_lines pairing_statement_lines_statement; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing_statement_lines
    ADD CONSTRAINT pairing_statement_lines_statement FOREIGN KEY (pairing_id, year) REFERENCES public.pairing_statements(pairing_id, year);


--
-- Name: pairing_statements pairing_statements_author; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing_statements
    ADD CONSTRAINT pairing_statements_author FOREIGN KEY (stated_by) REFERENCES public.accounts(id);


--
-- Name: pairing_statements pairing_statements_pairing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing_statements
    ADD CONSTRAINT pairing_statements_pairing FOREIGN KEY (pairing_id) REFERENCES public.pairings(id);


--
-- Name: pairings pairings_agreer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_agreer FOREIGN KEY (agreed_by) REFERENCES public.accounts(id);


--
-- Name: pairings pairings_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: pairings pairings_proposer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_proposer FOREIGN KEY (proposed_by) REFERENCES public.accounts(id);


--
-- Name: pairings pairings_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairings
    ADD CONSTRAINT pairings_village FOREIGN KEY (village_code, PERIOD valid_during) REFERENCES public.village_periods(code, PERIOD valid_during);


--
-- Name: parcel_reminders parcel_reminders_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.parcel_reminders
    ADD CONSTRAINT parcel_reminders_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: payout_accounts payout_accounts_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payout_accounts
    ADD CONSTRAINT payout_accounts_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: payout_accounts payout_accounts_entered_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payout_accounts
    ADD CONSTRAINT payout_accounts_entered_by FOREIGN KEY (entered_by) REFERENCES public.accounts(id);


--
-- Name: payout_accounts payout_accounts_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payout_accounts
    ADD CONSTRAINT payout_accounts_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: payout_accounts payout_accounts_replaced; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payout_accounts
    ADD CONSTRAINT payout_accounts_replaced FOREIGN KEY (replaces) REFERENCES public.payout_accounts(id);


--
-- Name: person_keys person_keys_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.person_keys
    ADD CONSTRAINT person_keys_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: persons persons_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: persons persons_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: photos photos_owner; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_owner FOREIGN KEY (owner_id) REFERENCES public.accounts(id);


--
-- Name: pickup_points pickup_points_division; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickup_points
    ADD CONSTRAINT pickup_points_division FOREIGN KEY (division_code) REFERENCES public.divisions(code);


--
-- Name: pickup_points pickup_points_keeper; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickup_points
    ADD CONSTRAINT pickup_points_keeper FOREIGN KEY (keeper_id) REFERENCES public.accounts(id);


--
-- Name: pickups pickups_point; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickups
    ADD CONSTRAINT pickups_point FOREIGN KEY (point_id) REFERENCES public.pickup_points(id);


--
-- Name: pickups pickups_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickups
    ADD CONSTRAINT pickups_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: plans plans_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: platform_purchases platform_purchases_listed; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.platform_purchases
    ADD CONSTRAINT platform_purchases_listed FOREIGN KEY (origin_county, list, PERIOD accepted_during) REFERENCES public.listed_counties(county_code, list, PERIOD valid_during);


--
-- Name: platform_purchases platform_purchases_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.platform_purchases
    ADD CONSTRAINT platform_purchases_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: pledges pledges_of_pairing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pledges
    ADD CONSTRAINT pledges_of_pairing FOREIGN KEY (pairing_id, PERIOD valid_during) REFERENCES public.pairings(id, PERIOD valid_during);


--
-- Name: presales presales_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.presales
    ADD CONSTRAINT presales_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: procurement_checks procurement_checks_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_checks
    ADD CONSTRAINT procurement_checks_order FOREIGN KEY (order_id) REFERENCES public.procurements(order_id);


--
-- Name: procurement_invoices procurement_invoices_accepted; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_invoices
    ADD CONSTRAINT procurement_invoices_accepted FOREIGN KEY (order_id, fen) REFERENCES public.procurements(order_id, accepted_fen);


--
-- Name: procurement_invoices procurement_invoices_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_invoices
    ADD CONSTRAINT procurement_invoices_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: procurement_invoices procurement_invoices_recorder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_invoices
    ADD CONSTRAINT procurement_invoices_recorder FOREIGN KEY (recorded_by) REFERENCES public.accounts(id);


--
-- Name: procurement_lines procurement_lines_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_lines
    ADD CONSTRAINT procurement_lines_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: procurement_lines procurement_lines_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurement_lines
    ADD CONSTRAINT procurement_lines_order FOREIGN KEY (order_id) REFERENCES public.procurements(order_id);


--
-- Name: procurements procurements_acceptor; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_acceptor FOREIGN KEY (accepted_by) REFERENCES public.accounts(id);


--
-- Name: procurements procurements_approver; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_approver FOREIGN KEY (approved_by) REFERENCES public.accounts(id);


--
-- Name: procurements procurements_deliverer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_deliverer FOREIGN KEY (delivered_by) REFERENCES public.accounts(id);


--
-- Name: procurements procurements_ender; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_ender FOREIGN KEY (ended_by) REFERENCES public.accounts(id);


--
-- Name: procurements procurements_listed; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_listed FOREIGN KEY (producer_county, list, PERIOD ordered_during) REFERENCES public.listed_counties(county_code, list, PERIOD valid_during);


--
-- Name: procurements procurements_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_order FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: procurements procurements_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: procurements procurements_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: procurements procurements_requester; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_requester FOREIGN KEY (requested_by) REFERENCES public.accounts(id);


--
-- Name: procurements procurements_signer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procurements
    ADD CONSTRAINT procurements_signer FOREIGN KEY (signed_by) REFERENCES public.accounts(id);


--
-- Name: producer_figures producer_figures_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_figures
    ADD CONSTRAINT producer_figures_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: producer_members producer_members_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_members
    ADD CONSTRAINT producer_members_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: producer_members producer_members_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_members
    ADD CONSTRAINT producer_members_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: producer_steps producer_steps_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_steps
    ADD CONSTRAINT producer_steps_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: producer_steps producer_steps_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producer_steps
    ADD CONSTRAINT producer_steps_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: producers producers_applicant; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producers
    ADD CONSTRAINT producers_applicant FOREIGN KEY (applied_by) REFERENCES public.accounts(id);


--
-- Name: producers producers_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.producers
    ADD CONSTRAINT producers_village FOREIGN KEY (village_code) REFERENCES public.divisions(code);


--
-- Name: programme_checks programme_checks_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_checks
    ADD CONSTRAINT programme_checks_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: programme_checks programme_checks_programme; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_checks
    ADD CONSTRAINT programme_checks_programme FOREIGN KEY (county_code, programme_code) REFERENCES public.programmes(county_code, code);


--
-- Name: programme_sentences programme_sentences_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_sentences
    ADD CONSTRAINT programme_sentences_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: programme_sentences programme_sentences_programme; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_sentences
    ADD CONSTRAINT programme_sentences_programme FOREIGN KEY (county_code, programme_code) REFERENCES public.programmes(county_code, code);


--
-- Name: programme_sentences programme_sentences_reader; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_sentences
    ADD CONSTRAINT programme_sentences_reader FOREIGN KEY (read_by) REFERENCES public.accounts(id);


--
-- Name: programme_terms programme_terms_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_terms
    ADD CONSTRAINT programme_terms_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: programme_terms programme_terms_programme; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programme_terms
    ADD CONSTRAINT programme_terms_programme FOREIGN KEY (county_code, programme_code) REFERENCES public.programmes(county_code, code);


--
-- Name: programmes programmes_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.programmes
    ADD CONSTRAINT programmes_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: public_buyers public_buyers_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.public_buyers
    ADD CONSTRAINT public_buyers_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: public_buyers public_buyers_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.public_buyers
    ADD CONSTRAINT public_buyers_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: public_buyers public_buyers_verified_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.public_buyers
    ADD CONSTRAINT public_buyers_verified_by FOREIGN KEY (verified_by) REFERENCES public.accounts(id);


--
-- Name: public_plans public_plans_operator; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.public_plans
    ADD CONSTRAINT public_plans_operator FOREIGN KEY (operator) REFERENCES public.operators(code);


--
-- Name: questions questions_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: questions questions_photo; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_photo FOREIGN KEY (photo_id) REFERENCES public.photos(id);


--
-- Name: questions questions_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.questions
    ADD CONSTRAINT questions_village FOREIGN KEY (village_code) REFERENCES public.divisions(code);


--
-- Name: quota_entries quota_entries_accepted; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_accepted FOREIGN KEY (order_id, accepted_fen) REFERENCES public.procurements(order_id, accepted_fen);


--
-- Name: quota_entries quota_entries_committed; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_committed FOREIGN KEY (order_id, committed_fen) REFERENCES public.procurements(order_id, ordered_fen);


--
-- Name: quota_entries quota_entries_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_order FOREIGN KEY (order_id, organisation_id, year, list) REFERENCES public.procurements(order_id, organisation_id, year, list);


--
-- Name: quota_entries quota_entries_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: quota_entries quota_entries_purchase; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_purchase FOREIGN KEY (order_number, line_number, organisation_id, year, list, counted_fen) REFERENCES public.platform_purchases(order_number, line_number, organisation_id, year, list, counted_fen);


--
-- Name: quota_entries quota_entries_restored; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_restored FOREIGN KEY (order_id, restored_fen) REFERENCES public.procurements(order_id, refused_fen);


--
-- Name: quota_entries quota_entries_spent; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_entries
    ADD CONSTRAINT quota_entries_spent FOREIGN KEY (order_id, spent_fen) REFERENCES public.bank_receipts(order_id, fen);


--
-- Name: reconciliations reconciliations_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reconciliations
    ADD CONSTRAINT reconciliations_file FOREIGN KEY (file_id) REFERENCES public.return_files(file_id);


--
-- Name: reconciliations reconciliations_settlement; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reconciliations
    ADD CONSTRAINT reconciliations_settlement FOREIGN KEY (cycle_id, operator, settled_fen) REFERENCES public.settlements(cycle_id, operator, pay_fen);


--
-- Name: redemptions redemptions_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.redemptions
    ADD CONSTRAINT redemptions_order FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: redemptions redemptions_voucher; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.redemptions
    ADD CONSTRAINT redemptions_voucher FOREIGN KEY (voucher_id) REFERENCES public.vouchers(id);


--
-- Name: refund_requests refund_requests_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: refund_requests refund_requests_line; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_line FOREIGN KEY (line_id) REFERENCES public.order_lines(id);


--
-- Name: refund_requests refund_requests_requester; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_requester FOREIGN KEY (requested_by) REFERENCES public.accounts(id);


--
-- Name: refund_requests refund_requests_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund_requests
    ADD CONSTRAINT refund_requests_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: register_checks register_checks_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.register_checks
    ADD CONSTRAINT register_checks_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: register_checks register_checks_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.register_checks
    ADD CONSTRAINT register_checks_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: register_checks register_checks_household; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.register_checks
    ADD CONSTRAINT register_checks_household FOREIGN KEY (county_code, household_code) REFERENCES public.households(county_code, code);


--
-- Name: register_checks register_checks_lead; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.register_checks
    ADD CONSTRAINT register_checks_lead FOREIGN KEY (lead_id) REFERENCES public.leads(id);


--
-- Name: register_erasures register_erasures_of_register; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.register_erasures
    ADD CONSTRAINT register_erasures_of_register FOREIGN KEY (person_id) REFERENCES public.persons(id);


--
-- Name: rejected_rows rejected_rows_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rejected_rows
    ADD CONSTRAINT rejected_rows_file FOREIGN KEY (file_id, rows) REFERENCES public.import_files(id, rejected);


--
-- Name: return_differences return_differences_answered_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_differences
    ADD CONSTRAINT return_differences_answered_by FOREIGN KEY (answered_by) REFERENCES public.accounts(id);


--
-- Name: return_differences return_differences_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_differences
    ADD CONSTRAINT return_differences_file FOREIGN KEY (file_id) REFERENCES public.return_files(file_id);


--
-- Name: return_differences return_differences_row; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_differences
    ADD CONSTRAINT return_differences_row FOREIGN KEY (file_id, row_number) REFERENCES public.return_rows(file_id, row_number);


--
-- Name: return_files return_files_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_files
    ADD CONSTRAINT return_files_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: return_files return_files_settlement; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_files
    ADD CONSTRAINT return_files_settlement FOREIGN KEY (cycle_id, operator, settled_fen) REFERENCES public.settlements(cycle_id, operator, pay_fen);


--
-- Name: return_rows return_rows_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_rows
    ADD CONSTRAINT return_rows_file FOREIGN KEY (file_id) REFERENCES public.return_files(file_id);


--
-- Name: return_rows return_rows_number; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.return_rows
    ADD CONSTRAINT return_rows_number FOREIGN KEY (number_id) REFERENCES public.identifiers(id);


--
-- Name: review_appeals review_appeals_case; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_appeals
    ADD CONSTRAINT review_appeals_case FOREIGN KEY (case_id, category) REFERENCES public.cases(id, category);


--
-- Name: review_appeals review_appeals_review; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_appeals
    ADD CONSTRAINT review_appeals_review FOREIGN KEY (review_id) REFERENCES public.reviews(id);


--
-- Name: review_photos review_photos_photo; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_photos
    ADD CONSTRAINT review_photos_photo FOREIGN KEY (photo_id) REFERENCES public.photos(id);


--
-- Name: review_photos review_photos_review; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_photos
    ADD CONSTRAINT review_photos_review FOREIGN KEY (review_id) REFERENCES public.reviews(id);


--
-- Name: review_versions review_versions_review; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_versions
    ADD CONSTRAINT review_versions_review FOREIGN KEY (review_id) REFERENCES public.reviews(id);


--
-- Name: reviews reviews_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: reviews reviews_answerer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_answerer FOREIGN KEY (answered_by) REFERENCES public.accounts(id);


--
-- Name: reviews reviews_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: reviews reviews_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: reviews reviews_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: rooms rooms_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: run_explanations run_explanations_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_explanations
    ADD CONSTRAINT run_explanations_run FOREIGN KEY (run_id) REFERENCES public.runs(id);


--
-- Name: runs runs_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: runs runs_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: runs runs_snapshot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_snapshot FOREIGN KEY (county_code, manifest_sha256) REFERENCES public.case_snapshots(county_code, manifest_sha256);


--
-- Name: sample_deposits sample_deposits_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_deposits
    ADD CONSTRAINT sample_deposits_account FOREIGN KEY (deposited_by) REFERENCES public.accounts(id);


--
-- Name: sample_draws sample_draws_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_draws
    ADD CONSTRAINT sample_draws_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: sample_draws sample_draws_deposit; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_draws
    ADD CONSTRAINT sample_draws_deposit FOREIGN KEY (county_code, month) REFERENCES public.sample_deposits(county_code, month);


--
-- Name: sample_lines sample_lines_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_lines
    ADD CONSTRAINT sample_lines_account FOREIGN KEY (checked_by) REFERENCES public.accounts(id);


--
-- Name: sample_lines sample_lines_draw; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sample_lines
    ADD CONSTRAINT sample_lines_draw FOREIGN KEY (cycle_id) REFERENCES public.sample_draws(cycle_id);


--
-- Name: saved_filters saved_filters_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saved_filters
    ADD CONSTRAINT saved_filters_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: second_factor_uses second_factor_uses_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.second_factor_uses
    ADD CONSTRAINT second_factor_uses_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: sending_windows sending_windows_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sending_windows
    ADD CONSTRAINT sending_windows_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: sent_bytes sent_bytes_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sent_bytes
    ADD CONSTRAINT sent_bytes_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: sessions sessions_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: settlement_files settlement_files_paid; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlement_files
    ADD CONSTRAINT settlement_files_paid FOREIGN KEY (cycle_id, operator, sum_fen) REFERENCES public.settlements(cycle_id, operator, pay_fen);


--
-- Name: settlements settlements_bank_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlements
    ADD CONSTRAINT settlements_bank_account FOREIGN KEY (bank_account_id, county_code, operator) REFERENCES public.operator_bank_accounts(id, county_code, operator);


--
-- Name: settlements settlements_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settlements
    ADD CONSTRAINT settlements_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: sign_in_attempts sign_in_attempts_code; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in_attempts
    ADD CONSTRAINT sign_in_attempts_code FOREIGN KEY (code_id) REFERENCES public.sign_in_codes(id) ON DELETE CASCADE;


--
-- Name: slot_reservations slot_reservations_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slot_reservations
    ADD CONSTRAINT slot_reservations_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: slot_reservations slot_reservations_signer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slot_reservations
    ADD CONSTRAINT slot_reservations_signer FOREIGN KEY (signed_up_by) REFERENCES public.accounts(id);


--
-- Name: slot_reservations slot_reservations_slot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slot_reservations
    ADD CONSTRAINT slot_reservations_slot FOREIGN KEY (slot_id) REFERENCES public.slots(id);


--
-- Name: slot_reservations slot_reservations_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slot_reservations
    ADD CONSTRAINT slot_reservations_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: slots slots_cancelled_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT slots_cancelled_by FOREIGN KEY (cancelled_by) REFERENCES public.accounts(id);


--
-- Name: slots slots_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT slots_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: slots slots_village; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT slots_village FOREIGN KEY (village_code, PERIOD held_during) REFERENCES public.village_periods(code, PERIOD valid_during);


--
-- Name: stay_cancellations stay_cancellations_host; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_cancellations
    ADD CONSTRAINT stay_cancellations_host FOREIGN KEY (cancelled_by) REFERENCES public.accounts(id);


--
-- Name: stay_cancellations stay_cancellations_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_cancellations
    ADD CONSTRAINT stay_cancellations_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: stay_deposits stay_deposits_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_deposits
    ADD CONSTRAINT stay_deposits_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: stay_guests stay_guests_booking; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_guests
    ADD CONSTRAINT stay_guests_booking FOREIGN KEY (booking_id) REFERENCES public.bookings(id);


--
-- Name: stay_guests stay_guests_registered_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stay_guests
    ADD CONSTRAINT stay_guests_registered_by FOREIGN KEY (registered_by) REFERENCES public.accounts(id);


--
-- Name: stock_moves stock_moves_lot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock_moves
    ADD CONSTRAINT stock_moves_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);


--
-- Name: suborder_events suborder_events_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suborder_events
    ADD CONSTRAINT suborder_events_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: suborders suborders_order; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suborders
    ADD CONSTRAINT suborders_order FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: suborders suborders_producer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suborders
    ADD CONSTRAINT suborders_producer FOREIGN KEY (producer_id) REFERENCES public.producers(id);


--
-- Name: subsidy_postings subsidy_postings_cycle; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.subsidy_postings
    ADD CONSTRAINT subsidy_postings_cycle FOREIGN KEY (cycle_id) REFERENCES public.cycles(id);


--
-- Name: subsidy_postings subsidy_postings_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.subsidy_postings
    ADD CONSTRAINT subsidy_postings_run FOREIGN KEY (run_id) REFERENCES public.runs(id);


--
-- Name: supervision_events supervision_events_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_events
    ADD CONSTRAINT supervision_events_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: supervision_events supervision_events_task; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_events
    ADD CONSTRAINT supervision_events_task FOREIGN KEY (task_id) REFERENCES public.supervision_tasks(id);


--
-- Name: supervision_tasks supervision_tasks_decider; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_decider FOREIGN KEY (decided_by) REFERENCES public.accounts(id);


--
-- Name: supervision_tasks supervision_tasks_division; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_division FOREIGN KEY (assignee_code) REFERENCES public.divisions(code);


--
-- Name: supervision_tasks supervision_tasks_parent; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_parent FOREIGN KEY (parent_id, issuer_scope, parent_due_on) REFERENCES public.supervision_tasks(id, assignee_scope, due_on);


--
-- Name: supervision_tasks supervision_tasks_sender; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_sender FOREIGN KEY (sent_by) REFERENCES public.accounts(id);


--
-- Name: supervision_tasks supervision_tasks_writer; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.supervision_tasks
    ADD CONSTRAINT supervision_tasks_writer FOREIGN KEY (issued_by) REFERENCES public.accounts(id);


--
-- Name: taken_nights taken_nights_booking; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.taken_nights
    ADD CONSTRAINT taken_nights_booking FOREIGN KEY (booking_id) REFERENCES public.bookings(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: taken_nights taken_nights_room; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.taken_nights
    ADD CONSTRAINT taken_nights_room FOREIGN KEY (room_id) REFERENCES public.rooms(id);


--
-- Name: tasks tasks_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: terms_approvals terms_approvals_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.terms_approvals
    ADD CONSTRAINT terms_approvals_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: terms_approvals terms_approvals_file; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.terms_approvals
    ADD CONSTRAINT terms_approvals_file FOREIGN KEY (file_id) REFERENCES public.import_files(id);


--
-- Name: tier_prices tier_prices_variant; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tier_prices
    ADD CONSTRAINT tier_prices_variant FOREIGN KEY (variant_id) REFERENCES public.variants(id);


--
-- Name: tracked_parcels tracked_parcels_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tracked_parcels
    ADD CONSTRAINT tracked_parcels_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: tracking_facts tracking_facts_suborder; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tracking_facts
    ADD CONSTRAINT tracking_facts_suborder FOREIGN KEY (suborder_id) REFERENCES public.suborders(id);


--
-- Name: unit_quotas unit_quotas_organisation; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.unit_quotas
    ADD CONSTRAINT unit_quotas_organisation FOREIGN KEY (organisation_id) REFERENCES public.organisations(id);


--
-- Name: unit_quotas unit_quotas_rule; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.unit_quotas
    ADD CONSTRAINT unit_quotas_rule FOREIGN KEY (region, ratio_bp, PERIOD rule_day) REFERENCES public.quota_rules(region, ratio_bp, PERIOD valid_during);


--
-- Name: unit_quotas unit_quotas_setter; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.unit_quotas
    ADD CONSTRAINT unit_quotas_setter FOREIGN KEY (set_by) REFERENCES public.accounts(id);


--
-- Name: usage_days usage_days_number; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_days
    ADD CONSTRAINT usage_days_number FOREIGN KEY (number_id) REFERENCES public.identifiers(id);


--
-- Name: variants variants_listing; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.variants
    ADD CONSTRAINT variants_listing FOREIGN KEY (listing_id) REFERENCES public.listings(id);


--
-- Name: variants variants_lot; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.variants
    ADD CONSTRAINT variants_lot FOREIGN KEY (lot_id) REFERENCES public.lots(id);


--
-- Name: village_periods village_periods_division; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.village_periods
    ADD CONSTRAINT village_periods_division FOREIGN KEY (code) REFERENCES public.divisions(code);


--
-- Name: village_periods village_periods_successor; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.village_periods
    ADD CONSTRAINT village_periods_successor FOREIGN KEY (successor_code) REFERENCES public.divisions(code);


--
-- Name: vouchers vouchers_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vouchers
    ADD CONSTRAINT vouchers_account FOREIGN KEY (account_id) REFERENCES public.accounts(id);


--
-- Name: vouchers vouchers_coupon; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vouchers
    ADD CONSTRAINT vouchers_coupon FOREIGN KEY (coupon_id, per_person) REFERENCES public.coupons(id, per_person);


--
-- Name: agreement_rates; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.agreement_rates ENABLE ROW LEVEL SECURITY;

--
-- Name: agreement_rates agreement_rates_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY agreement_rates_visible_county ON public.agreement_rates TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: agreements; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.agreements ENABLE ROW LEVEL SECURITY;

--
-- Name: agreements agreements_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY agreements_visible_county ON public.agreements TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: bad_fruit_claims; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.bad_fruit_claims ENABLE ROW LEVEL SECURITY;

--
-- Name: bad_fruit_claims bad_fruit_claims_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY bad_fruit_claims_visible ON public.bad_fruit_claims TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = bad_fruit_claims.case_id))));


--
-- Name: bindings; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.bindings ENABLE ROW LEVEL SECURITY;

--
-- Name: bindings bindings_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY bindings_visible_county ON public.bindings TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: budgets; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.budgets ENABLE ROW LEVEL SECURITY;

--
-- Name: budgets budgets_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY budgets_visible_county ON public.budgets TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: case_events; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.case_events ENABLE ROW LEVEL SECURITY;

--
-- Name: case_events case_events_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY case_events_visible ON public.case_events TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = case_events.case_id))));


--
-- Name: case_snapshots; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.case_snapshots ENABLE ROW LEVEL SECURITY;

--
-- Name: case_snapshots case_snapshots_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY case_snapshots_visible_county ON public.case_snapshots TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: cases; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.cases ENABLE ROW LEVEL SECURITY;

--
-- Name: cases cases_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY cases_visible ON public.cases TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    WHEN (asker_id = ( SELECT public.get_visible_person() AS get_visible_person)) THEN true
    WHEN (against_producer_id IN ( SELECT producer_members.producer_id
       FROM public.producer_members
      WHERE (producer_members.account_id = ( SELECT public.get_visible_person() AS get_visible_person)))) THEN true
    WHEN (for_producer_id IN ( SELECT producer_members.producer_id
       FROM public.producer_members
      WHERE (producer_members.account_id = ( SELECT public.get_visible_person() AS get_visible_person)))) THEN true
    WHEN (EXISTS ( SELECT
       FROM public.grants
      WHERE ((grants.account_id = ( SELECT public.get_visible_person() AS get_visible_person)) AND (grants.role = ANY (cases.path)) AND starts_with(cases.division_code, grants.scope)))) THEN true
    ELSE false
END);


--
-- Name: claims; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.claims ENABLE ROW LEVEL SECURITY;

--
-- Name: claims claims_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY claims_visible_county ON public.claims TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: clawback_appeals; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.clawback_appeals ENABLE ROW LEVEL SECURITY;

--
-- Name: clawback_appeals clawback_appeals_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY clawback_appeals_visible ON public.clawback_appeals TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = clawback_appeals.case_id))));


--
-- Name: clawback_entries; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.clawback_entries ENABLE ROW LEVEL SECURITY;

--
-- Name: clawback_entries clawback_entries_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY clawback_entries_visible_county ON public.clawback_entries TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: clawback_items; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.clawback_items ENABLE ROW LEVEL SECURITY;

--
-- Name: clawback_items clawback_items_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY clawback_items_visible_county ON public.clawback_items TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: clawbacks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.clawbacks ENABLE ROW LEVEL SECURITY;

--
-- Name: clawbacks clawbacks_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY clawbacks_visible ON public.clawbacks TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    WHEN (id IN ( SELECT clawback_appeals.clawback_id
       FROM public.clawback_appeals)) THEN true
    ELSE false
END);


--
-- Name: complaints; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.complaints ENABLE ROW LEVEL SECURITY;

--
-- Name: complaints complaints_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY complaints_visible ON public.complaints TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = complaints.case_id))));


--
-- Name: consents; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.consents ENABLE ROW LEVEL SECURITY;

--
-- Name: consents consents_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY consents_visible ON public.consents TO market_app USING ((account_id = ( SELECT public.get_visible_person() AS get_visible_person)));


--
-- Name: conversation_messages; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.conversation_messages ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_messages conversation_messages_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY conversation_messages_visible ON public.conversation_messages TO market_app USING ((EXISTS ( SELECT
   FROM public.conversations c
  WHERE (c.suborder_id = conversation_messages.suborder_id))));


--
-- Name: conversations; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.conversations ENABLE ROW LEVEL SECURITY;

--
-- Name: conversations conversations_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY conversations_visible ON public.conversations TO market_app USING (((buyer_id = ( SELECT public.get_visible_person() AS get_visible_person)) OR (producer_id IN ( SELECT producer_members.producer_id
   FROM public.producer_members
  WHERE (producer_members.account_id = ( SELECT public.get_visible_person() AS get_visible_person))))));


--
-- Name: counted_months; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.counted_months ENABLE ROW LEVEL SECURITY;

--
-- Name: counted_months counted_months_visible_region; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY counted_months_visible_region ON public.counted_months TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_region() AS get_visible_region)) THEN true
    ELSE false
END);


--
-- Name: county_files; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.county_files ENABLE ROW LEVEL SECURITY;

--
-- Name: county_files county_files_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY county_files_visible_county ON public.county_files TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: county_months; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.county_months ENABLE ROW LEVEL SECURITY;

--
-- Name: county_months county_months_visible_region; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY county_months_visible_region ON public.county_months TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_region() AS get_visible_region)) THEN true
    ELSE false
END);


--
-- Name: cycle_approvals; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.cycle_approvals ENABLE ROW LEVEL SECURITY;

--
-- Name: cycle_approvals cycle_approvals_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY cycle_approvals_visible_county ON public.cycle_approvals TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: cycle_duties; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.cycle_duties ENABLE ROW LEVEL SECURITY;

--
-- Name: cycle_duties cycle_duties_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY cycle_duties_visible_county ON public.cycle_duties TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: cycle_events; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.cycle_events ENABLE ROW LEVEL SECURITY;

--
-- Name: cycle_events cycle_events_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY cycle_events_visible_county ON public.cycle_events TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: cycles; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.cycles ENABLE ROW LEVEL SECURITY;

--
-- Name: cycles cycles_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY cycles_visible_county ON public.cycles TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: data_requests; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.data_requests ENABLE ROW LEVEL SECURITY;

--
-- Name: data_requests data_requests_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY data_requests_visible ON public.data_requests TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = data_requests.case_id))));


--
-- Name: enrolment_pauses; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.enrolment_pauses ENABLE ROW LEVEL SECURITY;

--
-- Name: enrolment_pauses enrolment_pauses_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY enrolment_pauses_visible_county ON public.enrolment_pauses TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: enrolments; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.enrolments ENABLE ROW LEVEL SECURITY;

--
-- Name: enrolments enrolments_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY enrolments_visible_county ON public.enrolments TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: erased_members; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.erased_members ENABLE ROW LEVEL SECURITY;

--
-- Name: erased_members erased_members_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY erased_members_visible_county ON public.erased_members TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: evidence_packs; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.evidence_packs ENABLE ROW LEVEL SECURITY;

--
-- Name: evidence_packs evidence_packs_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY evidence_packs_visible_county ON public.evidence_packs TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: fact_versions; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.fact_versions ENABLE ROW LEVEL SECURITY;

--
-- Name: fact_versions fact_versions_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY fact_versions_visible_county ON public.fact_versions TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: file_notes; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.file_notes ENABLE ROW LEVEL SECURITY;

--
-- Name: file_notes file_notes_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY file_notes_visible_county ON public.file_notes TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: file_reminders; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.file_reminders ENABLE ROW LEVEL SECURITY;

--
-- Name: file_reminders file_reminders_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY file_reminders_visible_county ON public.file_reminders TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: finding_decisions; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.finding_decisions ENABLE ROW LEVEL SECURITY;

--
-- Name: finding_decisions finding_decisions_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY finding_decisions_visible_county ON public.finding_decisions TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: finding_lines; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.finding_lines ENABLE ROW LEVEL SECURITY;

--
-- Name: finding_lines finding_lines_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY finding_lines_visible_county ON public.finding_lines TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: findings; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.findings ENABLE ROW LEVEL SECURITY;

--
-- Name: findings findings_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY findings_visible_county ON public.findings TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: form_numbers; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.form_numbers ENABLE ROW LEVEL SECURITY;

--
-- Name: form_numbers form_numbers_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY form_numbers_visible ON public.form_numbers TO market_app USING (starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)));


--
-- Name: fund_applications; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.fund_applications ENABLE ROW LEVEL SECURITY;

--
-- Name: fund_applications fund_applications_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY fund_applications_visible ON public.fund_applications TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = fund_applications.case_id))));


--
-- Name: goods_returns; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.goods_returns ENABLE ROW LEVEL SECURITY;

--
-- Name: goods_returns goods_returns_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY goods_returns_visible ON public.goods_returns TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = goods_returns.case_id))));


--
-- Name: grievances; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.grievances ENABLE ROW LEVEL SECURITY;

--
-- Name: grievances grievances_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY grievances_visible ON public.grievances TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = grievances.case_id))));


--
-- Name: household_statuses; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.household_statuses ENABLE ROW LEVEL SECURITY;

--
-- Name: household_statuses household_statuses_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY household_statuses_visible_county ON public.household_statuses TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: households; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.households ENABLE ROW LEVEL SECURITY;

--
-- Name: households households_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY households_visible_county ON public.households TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: idle_calls; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.idle_calls ENABLE ROW LEVEL SECURITY;

--
-- Name: idle_calls idle_calls_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY idle_calls_visible_county ON public.idle_calls TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: idle_notices; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.idle_notices ENABLE ROW LEVEL SECURITY;

--
-- Name: idle_notices idle_notices_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY idle_notices_visible_county ON public.idle_notices TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: import_files; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.import_files ENABLE ROW LEVEL SECURITY;

--
-- Name: import_files import_files_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY import_files_visible_county ON public.import_files TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: import_originals; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.import_originals ENABLE ROW LEVEL SECURITY;

--
-- Name: import_originals import_originals_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY import_originals_visible_county ON public.import_originals TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: invoice_requests; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.invoice_requests ENABLE ROW LEVEL SECURITY;

--
-- Name: invoice_requests invoice_requests_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY invoice_requests_visible ON public.invoice_requests TO market_app USING (
CASE
    WHEN (buyer_id = ( SELECT public.get_visible_person() AS get_visible_person)) THEN true
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    WHEN (producer_id IN ( SELECT producer_members.producer_id
       FROM public.producer_members
      WHERE (producer_members.account_id = ( SELECT public.get_visible_person() AS get_visible_person)))) THEN true
    ELSE (EXISTS ( SELECT
       FROM public.invoice_tasks t
      WHERE (t.suborder_id = invoice_requests.suborder_id)))
END);


--
-- Name: invoice_tasks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.invoice_tasks ENABLE ROW LEVEL SECURITY;

--
-- Name: invoice_tasks invoice_tasks_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY invoice_tasks_visible ON public.invoice_tasks TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = invoice_tasks.case_id))));


--
-- Name: invoice_versions; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.invoice_versions ENABLE ROW LEVEL SECURITY;

--
-- Name: invoice_versions invoice_versions_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY invoice_versions_visible ON public.invoice_versions TO market_app USING ((EXISTS ( SELECT
   FROM public.invoices
  WHERE (invoices.id = invoice_versions.invoice_id))));


--
-- Name: invoices; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;

--
-- Name: invoices invoices_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY invoices_visible ON public.invoices TO market_app USING ((EXISTS ( SELECT
   FROM public.invoice_requests r
  WHERE (r.suborder_id = invoices.suborder_id))));


--
-- Name: lead_consents; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.lead_consents ENABLE ROW LEVEL SECURITY;

--
-- Name: lead_consents lead_consents_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY lead_consents_visible ON public.lead_consents TO market_app USING ((EXISTS ( SELECT
   FROM public.leads
  WHERE (leads.id = lead_consents.lead_id))));


--
-- Name: lead_persons; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.lead_persons ENABLE ROW LEVEL SECURITY;

--
-- Name: lead_persons lead_persons_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY lead_persons_visible ON public.lead_persons TO market_app USING ((EXISTS ( SELECT
   FROM public.leads
  WHERE ((leads.id = lead_persons.lead_id) AND starts_with(leads.county_code, public.get_visible_county())))));


--
-- Name: lead_steps; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.lead_steps ENABLE ROW LEVEL SECURITY;

--
-- Name: lead_steps lead_steps_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY lead_steps_visible ON public.lead_steps TO market_app USING ((EXISTS ( SELECT
   FROM public.leads
  WHERE (leads.id = lead_steps.lead_id))));


--
-- Name: leads; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.leads ENABLE ROW LEVEL SECURITY;

--
-- Name: leads leads_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY leads_visible ON public.leads TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE COALESCE((applicant_id = ( SELECT public.get_visible_person() AS get_visible_person)), false)
END);


--
-- Name: line_changes; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.line_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: line_changes line_changes_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY line_changes_visible_county ON public.line_changes TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: line_holds; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.line_holds ENABLE ROW LEVEL SECURITY;

--
-- Name: line_holds line_holds_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY line_holds_visible_county ON public.line_holds TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: lines; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.lines ENABLE ROW LEVEL SECURITY;

--
-- Name: lines lines_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY lines_visible_county ON public.lines TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: listed_facts; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.listed_facts ENABLE ROW LEVEL SECURITY;

--
-- Name: listed_facts listed_facts_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY listed_facts_visible_county ON public.listed_facts TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: mediation_proposals; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.mediation_proposals ENABLE ROW LEVEL SECURITY;

--
-- Name: mediation_proposals mediation_proposals_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY mediation_proposals_visible ON public.mediation_proposals TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = mediation_proposals.case_id))));


--
-- Name: mediations; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.mediations ENABLE ROW LEVEL SECURITY;

--
-- Name: mediations mediations_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY mediations_visible ON public.mediations TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = mediations.case_id))));


--
-- Name: memberships; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.memberships ENABLE ROW LEVEL SECURITY;

--
-- Name: memberships memberships_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY memberships_visible_county ON public.memberships TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: month_figures; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.month_figures ENABLE ROW LEVEL SECURITY;

--
-- Name: month_figures month_figures_visible_region; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY month_figures_visible_region ON public.month_figures TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_region() AS get_visible_region)) THEN true
    ELSE false
END);


--
-- Name: objections; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.objections ENABLE ROW LEVEL SECURITY;

--
-- Name: objections objections_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY objections_visible ON public.objections TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = objections.case_id))));


--
-- Name: open_figures; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.open_figures ENABLE ROW LEVEL SECURITY;

--
-- Name: open_figures open_figures_of_region; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY open_figures_of_region ON public.open_figures TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_region() AS get_visible_region)) THEN true
    ELSE false
END);


--
-- Name: open_figures open_figures_public; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY open_figures_public ON public.open_figures FOR SELECT TO market_app USING (true);


--
-- Name: openings; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.openings ENABLE ROW LEVEL SECURITY;

--
-- Name: openings openings_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY openings_visible_county ON public.openings TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: operator_bank_accounts; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.operator_bank_accounts ENABLE ROW LEVEL SECURITY;

--
-- Name: operator_bank_accounts operator_bank_accounts_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY operator_bank_accounts_visible_county ON public.operator_bank_accounts TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: outages; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.outages ENABLE ROW LEVEL SECURITY;

--
-- Name: outages outages_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY outages_visible ON public.outages TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = outages.case_id))));


--
-- Name: pairing_statement_items; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.pairing_statement_items ENABLE ROW LEVEL SECURITY;

--
-- Name: pairing_statement_items pairing_statement_items_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY pairing_statement_items_visible ON public.pairing_statement_items TO market_app USING (public.sees_pairing(pairing_id));


--
-- Name: pairing_statement_lines; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.pairing_statement_lines ENABLE ROW LEVEL SECURITY;

--
-- Name: pairing_statement_lines pairing_statement_lines_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY pairing_statement_lines_visible ON public.pairing_statement_lines TO market_app USING (public.sees_pairing(pairing_id));


--
-- Name: pairing_statements; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.pairing_statements ENABLE ROW LEVEL SECURITY;

--
-- Name: pairing_statements pairing_statements_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY pairing_statements_visible ON public.pairing_statements TO market_app USING ((EXISTS ( SELECT
   FROM public.pairings
  WHERE (pairings.id = pairing_statements.pairing_id))));


--
-- Name: pairings; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.pairings ENABLE ROW LEVEL SECURITY;

--
-- Name: pairings pairings_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY pairings_visible ON public.pairings TO market_app USING (
CASE
    WHEN (agreed_at IS NOT NULL) THEN true
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    WHEN (organisation_id IN ( SELECT organisation_members.organisation_id
       FROM public.organisation_members
      WHERE (organisation_members.account_id = ( SELECT public.get_visible_person() AS get_visible_person)))) THEN true
    ELSE false
END);


--
-- Name: person_keys; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.person_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: person_keys person_keys_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY person_keys_visible ON public.person_keys TO market_app USING (
CASE
    WHEN (account_id = ( SELECT public.get_visible_person() AS get_visible_person)) THEN true
    ELSE (EXISTS ( SELECT
       FROM public.cases
      WHERE (cases.asker_id = person_keys.account_id)))
END);


--
-- Name: persons; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.persons ENABLE ROW LEVEL SECURITY;

--
-- Name: persons persons_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY persons_visible_county ON public.persons TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: plans; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.plans ENABLE ROW LEVEL SECURITY;

--
-- Name: plans plans_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY plans_visible_county ON public.plans TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: platform_purchases; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.platform_purchases ENABLE ROW LEVEL SECURITY;

--
-- Name: platform_purchases platform_purchases_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY platform_purchases_visible ON public.platform_purchases TO market_app USING (public.sees_unit(organisation_id));


--
-- Name: pledges; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.pledges ENABLE ROW LEVEL SECURITY;

--
-- Name: pledges pledges_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY pledges_visible ON public.pledges TO market_app USING ((EXISTS ( SELECT
   FROM public.pairings
  WHERE (pairings.id = pledges.pairing_id))));


--
-- Name: procurement_checks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.procurement_checks ENABLE ROW LEVEL SECURITY;

--
-- Name: procurement_checks procurement_checks_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY procurement_checks_visible ON public.procurement_checks TO market_app USING ((EXISTS ( SELECT
   FROM public.procurements p
  WHERE (p.order_id = procurement_checks.order_id))));


--
-- Name: procurement_invoices; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.procurement_invoices ENABLE ROW LEVEL SECURITY;

--
-- Name: procurement_invoices procurement_invoices_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY procurement_invoices_visible ON public.procurement_invoices TO market_app USING ((EXISTS ( SELECT
   FROM public.procurements p
  WHERE (p.order_id = procurement_invoices.order_id))));


--
-- Name: procurement_lines; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.procurement_lines ENABLE ROW LEVEL SECURITY;

--
-- Name: procurement_lines procurement_lines_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY procurement_lines_visible ON public.procurement_lines TO market_app USING ((EXISTS ( SELECT
   FROM public.procurements p
  WHERE (p.order_id = procurement_lines.order_id))));


--
-- Name: procurements; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.procurements ENABLE ROW LEVEL SECURITY;

--
-- Name: procurements procurements_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY procurements_visible ON public.procurements TO market_app USING ((public.sees_unit(organisation_id) OR (producer_id IN ( SELECT producer_members.producer_id
   FROM public.producer_members
  WHERE (producer_members.account_id = ( SELECT public.get_visible_person() AS get_visible_person))))));


--
-- Name: programme_checks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.programme_checks ENABLE ROW LEVEL SECURITY;

--
-- Name: programme_checks programme_checks_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY programme_checks_visible_county ON public.programme_checks TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: programme_sentences; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.programme_sentences ENABLE ROW LEVEL SECURITY;

--
-- Name: programme_sentences programme_sentences_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY programme_sentences_visible_county ON public.programme_sentences TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: programme_terms; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.programme_terms ENABLE ROW LEVEL SECURITY;

--
-- Name: programme_terms programme_terms_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY programme_terms_visible_county ON public.programme_terms TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: programmes; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.programmes ENABLE ROW LEVEL SECURITY;

--
-- Name: programmes programmes_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY programmes_visible_county ON public.programmes TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: quarter_sums; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.quarter_sums ENABLE ROW LEVEL SECURITY;

--
-- Name: quarter_sums quarter_sums_visible_region; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY quarter_sums_visible_region ON public.quarter_sums TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_region() AS get_visible_region)) THEN true
    ELSE false
END);


--
-- Name: questions; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.questions ENABLE ROW LEVEL SECURITY;

--
-- Name: questions questions_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY questions_visible ON public.questions TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = questions.case_id))));


--
-- Name: quota_entries; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.quota_entries ENABLE ROW LEVEL SECURITY;

--
-- Name: quota_entries quota_entries_posted; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY quota_entries_posted ON public.quota_entries FOR INSERT TO market_app WITH CHECK (
CASE
    WHEN (order_id IS NULL) THEN public.sees_unit(organisation_id)
    ELSE (EXISTS ( SELECT
       FROM public.procurements p
      WHERE (p.order_id = quota_entries.order_id)))
END);


--
-- Name: quota_entries quota_entries_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY quota_entries_visible ON public.quota_entries FOR SELECT TO market_app USING (public.sees_unit(organisation_id));


--
-- Name: reconciliations; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.reconciliations ENABLE ROW LEVEL SECURITY;

--
-- Name: reconciliations reconciliations_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY reconciliations_visible_county ON public.reconciliations TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: register_checks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.register_checks ENABLE ROW LEVEL SECURITY;

--
-- Name: register_checks register_checks_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY register_checks_visible_county ON public.register_checks TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: register_erasures; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.register_erasures ENABLE ROW LEVEL SECURITY;

--
-- Name: register_erasures register_erasures_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY register_erasures_visible_county ON public.register_erasures TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: rejected_rows; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.rejected_rows ENABLE ROW LEVEL SECURITY;

--
-- Name: rejected_rows rejected_rows_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY rejected_rows_visible_county ON public.rejected_rows TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: return_differences; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.return_differences ENABLE ROW LEVEL SECURITY;

--
-- Name: return_differences return_differences_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY return_differences_visible_county ON public.return_differences TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: return_files; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.return_files ENABLE ROW LEVEL SECURITY;

--
-- Name: return_files return_files_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY return_files_visible_county ON public.return_files TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: return_rows; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.return_rows ENABLE ROW LEVEL SECURITY;

--
-- Name: return_rows return_rows_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY return_rows_visible_county ON public.return_rows TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: review_appeals; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.review_appeals ENABLE ROW LEVEL SECURITY;

--
-- Name: review_appeals review_appeals_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY review_appeals_visible ON public.review_appeals TO market_app USING ((EXISTS ( SELECT
   FROM public.cases
  WHERE (cases.id = review_appeals.case_id))));


--
-- Name: run_explanations; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.run_explanations ENABLE ROW LEVEL SECURITY;

--
-- Name: run_explanations run_explanations_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY run_explanations_visible_county ON public.run_explanations TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: run_lines; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.run_lines ENABLE ROW LEVEL SECURITY;

--
-- Name: run_lines run_lines_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY run_lines_visible_county ON public.run_lines TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: runs; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.runs ENABLE ROW LEVEL SECURITY;

--
-- Name: runs runs_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY runs_visible_county ON public.runs TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: sample_deposits; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.sample_deposits ENABLE ROW LEVEL SECURITY;

--
-- Name: sample_deposits sample_deposits_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY sample_deposits_visible_county ON public.sample_deposits TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: sample_draws; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.sample_draws ENABLE ROW LEVEL SECURITY;

--
-- Name: sample_draws sample_draws_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY sample_draws_visible_county ON public.sample_draws TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: sample_lines; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.sample_lines ENABLE ROW LEVEL SECURITY;

--
-- Name: sample_lines sample_lines_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY sample_lines_visible_county ON public.sample_lines TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: saved_filters; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.saved_filters ENABLE ROW LEVEL SECURITY;

--
-- Name: saved_filters saved_filters_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY saved_filters_visible ON public.saved_filters TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    WHEN (account_id = ( SELECT public.get_visible_person() AS get_visible_person)) THEN true
    ELSE false
END);


--
-- Name: settlement_files; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.settlement_files ENABLE ROW LEVEL SECURITY;

--
-- Name: settlement_files settlement_files_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY settlement_files_visible_county ON public.settlement_files TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: settlements; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.settlements ENABLE ROW LEVEL SECURITY;

--
-- Name: settlements settlements_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY settlements_visible_county ON public.settlements TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: subsidy_postings; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.subsidy_postings ENABLE ROW LEVEL SECURITY;

--
-- Name: subsidy_postings subsidy_postings_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY subsidy_postings_visible_county ON public.subsidy_postings TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: supervision_events; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.supervision_events ENABLE ROW LEVEL SECURITY;

--
-- Name: supervision_events supervision_events_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY supervision_events_visible ON public.supervision_events TO market_app USING ((EXISTS ( SELECT
   FROM public.supervision_tasks
  WHERE (supervision_tasks.id = supervision_events.task_id))));


--
-- Name: supervision_tasks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.supervision_tasks ENABLE ROW LEVEL SECURITY;

--
-- Name: supervision_tasks supervision_tasks_visible_region; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY supervision_tasks_visible_region ON public.supervision_tasks TO market_app USING (
CASE
    WHEN starts_with(assignee_scope, ( SELECT public.get_visible_region() AS get_visible_region)) THEN true
    ELSE false
END);


--
-- Name: tasks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;

--
-- Name: tasks tasks_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY tasks_visible_county ON public.tasks TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: terms_approvals; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.terms_approvals ENABLE ROW LEVEL SECURITY;

--
-- Name: terms_approvals terms_approvals_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY terms_approvals_visible_county ON public.terms_approvals TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: unit_quotas; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.unit_quotas ENABLE ROW LEVEL SECURITY;

--
-- Name: unit_quotas unit_quotas_visible; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY unit_quotas_visible ON public.unit_quotas TO market_app USING (public.sees_unit(organisation_id));


--
-- Name: usage_days; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.usage_days ENABLE ROW LEVEL SECURITY;

--
-- Name: usage_days usage_days_visible_county; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY usage_days_visible_county ON public.usage_days TO market_app USING (
CASE
    WHEN starts_with(county_code, ( SELECT public.get_visible_county() AS get_visible_county)) THEN true
    ELSE false
END);


--
-- Name: SCHEMA jobs; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA jobs TO market_app;


--
-- Name: SCHEMA payments; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA payments TO market_app;


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA public TO market_app;


--
-- Name: FUNCTION add_checkpoint(); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.add_checkpoint() FROM PUBLIC;


--
-- Name: FUNCTION post(p_key text, p_kind text, p_order text, p_at timestamp with time zone, p_currency text, p_codes text[], p_amounts bigint[]); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.post(p_key text, p_kind text, p_order text, p_at timestamp with time zone, p_currency text, p_codes text[], p_amounts bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION payments.post(p_key text, p_kind text, p_order text, p_at timestamp with time zone, p_currency text, p_codes text[], p_amounts bigint[]) TO market_app;


--
-- Name: FUNCTION add_audit_entry(p_at timestamp with time zone, p_actor text, p_action text, p_object text, p_detail jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.add_audit_entry(p_at timestamp with time zone, p_actor text, p_action text, p_object text, p_detail jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_audit_entry(p_at timestamp with time zone, p_actor text, p_action text, p_object text, p_detail jsonb) TO market_app;


--
-- Name: TABLE closures; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.closures TO market_app;


--
-- Name: COLUMN closures.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.closures TO market_app;


--
-- Name: COLUMN closures.closed_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(closed_during),UPDATE(closed_during) ON TABLE public.closures TO market_app;


--
-- Name: COLUMN closures.reason; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reason) ON TABLE public.closures TO market_app;


--
-- Name: COLUMN closures.created_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_by) ON TABLE public.closures TO market_app;


--
-- Name: COLUMN closures.created_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_at) ON TABLE public.closures TO market_app;


--
-- Name: FUNCTION add_village(p_code text, p_name text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.add_village(p_code text, p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_village(p_code text, p_name text) TO market_app;


--
-- Name: TABLE holidays; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.holidays TO market_app;


--
-- Name: FUNCTION check_agreement(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_agreement() FROM PUBLIC;


--
-- Name: FUNCTION check_agreement_rates(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_agreement_rates() FROM PUBLIC;


--
-- Name: FUNCTION check_bank_account(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_bank_account() FROM PUBLIC;


--
-- Name: FUNCTION check_clawback(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_clawback() FROM PUBLIC;


--
-- Name: FUNCTION check_clawback_appeal(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_clawback_appeal() FROM PUBLIC;


--
-- Name: FUNCTION check_clawback_entry(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_clawback_entry() FROM PUBLIC;


--
-- Name: FUNCTION check_clawback_item(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_clawback_item() FROM PUBLIC;


--
-- Name: FUNCTION check_clawback_sums(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_clawback_sums() FROM PUBLIC;


--
-- Name: FUNCTION check_enrolment_pause(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_enrolment_pause() FROM PUBLIC;


--
-- Name: FUNCTION check_hidden_review(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_hidden_review() FROM PUBLIC;


--
-- Name: FUNCTION check_invoice_sums(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_invoice_sums() FROM PUBLIC;


--
-- Name: FUNCTION check_lead_consent(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_lead_consent() FROM PUBLIC;


--
-- Name: FUNCTION check_line_change(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_line_change() FROM PUBLIC;


--
-- Name: FUNCTION check_objection(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_objection() FROM PUBLIC;


--
-- Name: FUNCTION check_procurement_sums(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_procurement_sums() FROM PUBLIC;


--
-- Name: FUNCTION check_supervision_task(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_supervision_task() FROM PUBLIC;


--
-- Name: FUNCTION check_terms_approval(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.check_terms_approval() FROM PUBLIC;


--
-- Name: TABLE tasks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.tasks TO market_app;


--
-- Name: COLUMN tasks.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.tasks TO market_app;


--
-- Name: COLUMN tasks.stage; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(stage) ON TABLE public.tasks TO market_app;


--
-- Name: COLUMN tasks.outcome_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(outcome_sealed) ON TABLE public.tasks TO market_app;


--
-- Name: COLUMN tasks.error; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(error) ON TABLE public.tasks TO market_app;


--
-- Name: COLUMN tasks.next_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(next_at) ON TABLE public.tasks TO market_app;


--
-- Name: COLUMN tasks.finished_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(finished_at) ON TABLE public.tasks TO market_app;


--
-- Name: FUNCTION claim_task(p_lease interval); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.claim_task(p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_task(p_lease interval) TO market_app;


--
-- Name: FUNCTION copy_listing_price(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.copy_listing_price() FROM PUBLIC;


--
-- Name: FUNCTION count_open_cases(p_scope text, p_categories text[], p_late_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.count_open_cases(p_scope text, p_categories text[], p_late_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.count_open_cases(p_scope text, p_categories text[], p_late_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION count_voucher(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.count_voucher() FROM PUBLIC;


--
-- Name: FUNCTION delete_claim_photos(p_before timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_claim_photos(p_before timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_claim_photos(p_before timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION delete_conversations(p_before timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_conversations(p_before timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_conversations(p_before timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION delete_replaced_lines(p_before timestamp with time zone, p_piece integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_replaced_lines(p_before timestamp with time zone, p_piece integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_replaced_lines(p_before timestamp with time zone, p_piece integer) TO market_app;


--
-- Name: FUNCTION delete_saved_filters(p_before timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_saved_filters(p_before timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_saved_filters(p_before timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION delete_tasks(p_before timestamp with time zone, p_piece integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_tasks(p_before timestamp with time zone, p_piece integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_tasks(p_before timestamp with time zone, p_piece integer) TO market_app;


--
-- Name: FUNCTION drop_question_photos(p_before timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.drop_question_photos(p_before timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_question_photos(p_before timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION end_operator(p_account uuid, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.end_operator(p_account uuid, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_operator(p_account uuid, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION erase_account(p_account uuid, p_name text, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_account(p_account uuid, p_name text, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_account(p_account uuid, p_name text, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION erase_case_texts(p_categories text[], p_before timestamp with time zone, p_text bytea, p_reason bytea, p_at timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_case_texts(p_categories text[], p_before timestamp with time zone, p_text bytea, p_reason bytea, p_at timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_case_texts(p_categories text[], p_before timestamp with time zone, p_text bytea, p_reason bytea, p_at timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION erase_invoice_details(p_account uuid, p_before timestamp with time zone, p_unpaid_before timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_invoice_details(p_account uuid, p_before timestamp with time zone, p_unpaid_before timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_invoice_details(p_account uuid, p_before timestamp with time zone, p_unpaid_before timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION erase_messages(p_account uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_messages(p_account uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_messages(p_account uuid) TO market_app;


--
-- Name: TABLE payout_accounts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.holder; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(holder) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.number_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(number_sealed) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.number_tail; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(number_tail) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.destination; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(destination) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reason) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.entered_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(entered_by) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.entered_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(entered_at) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.checked_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(checked_at) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.replaces; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(replaces) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.usable_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(usable_at) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.payout_accounts TO market_app;


--
-- Name: COLUMN payout_accounts.activated_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(activated_at) ON TABLE public.payout_accounts TO market_app;


--
-- Name: TABLE producers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.producers TO market_app;


--
-- Name: COLUMN producers.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.producers TO market_app;


--
-- Name: COLUMN producers.opened_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(opened_at) ON TABLE public.producers TO market_app;


--
-- Name: FUNCTION erase_payout_accounts(p_account uuid, p_name text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_payout_accounts(p_account uuid, p_name text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_payout_accounts(p_account uuid, p_name text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION erase_register_person(p_person uuid, p_index bytea, p_sealed jsonb, p_numbers jsonb, p_reason text, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_register_person(p_person uuid, p_index bytea, p_sealed jsonb, p_numbers jsonb, p_reason text, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_register_person(p_person uuid, p_index bytea, p_sealed jsonb, p_numbers jsonb, p_reason text, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: TABLE rooms; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.rooms TO market_app;


--
-- Name: COLUMN rooms.open; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(open) ON TABLE public.rooms TO market_app;


--
-- Name: TABLE taken_nights; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.taken_nights TO market_app;


--
-- Name: FUNCTION find_bound_elsewhere(p_county text, p_spans jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_bound_elsewhere(p_county text, p_spans jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_bound_elsewhere(p_county text, p_spans jsonb) TO market_app;


--
-- Name: TABLE bindings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.bindings TO market_app;


--
-- Name: TABLE claims; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.claims TO market_app;


--
-- Name: TABLE enrolments; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.programme_code; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(programme_code) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.identity_index; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(identity_index) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.household_code; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(household_code) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.applied_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(applied_on) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.notice; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(notice) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.decided_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_on) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.entitled_from; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(entitled_from) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.status; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(status) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.agent; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(agent) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.assessor; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(assessor) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.identity_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(identity_sealed) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lead_id) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.agent_identity_index; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(agent_identity_index) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.agent_identity_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(agent_identity_sealed) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.assessor_identity_index; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(assessor_identity_index) ON TABLE public.enrolments TO market_app;


--
-- Name: COLUMN enrolments.assessor_identity_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(assessor_identity_sealed) ON TABLE public.enrolments TO market_app;


--
-- Name: TABLE household_statuses; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(village_code) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.village_name; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(village_name) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.registered; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(registered) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.monitoring; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(monitoring) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.risk_removed_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(risk_removed_on) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.tier; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(tier) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.household_statuses TO market_app;


--
-- Name: COLUMN household_statuses.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lead_id) ON TABLE public.household_statuses TO market_app;


--
-- Name: TABLE memberships; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.memberships TO market_app;


--
-- Name: COLUMN memberships.member_number; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(member_number) ON TABLE public.memberships TO market_app;


--
-- Name: COLUMN memberships.relation; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(relation) ON TABLE public.memberships TO market_app;


--
-- Name: COLUMN memberships.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.memberships TO market_app;


--
-- Name: COLUMN memberships.leave_reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(leave_reason) ON TABLE public.memberships TO market_app;


--
-- Name: COLUMN memberships.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.memberships TO market_app;


--
-- Name: COLUMN memberships.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lead_id) ON TABLE public.memberships TO market_app;


--
-- Name: TABLE persons; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.persons TO market_app;


--
-- Name: COLUMN persons.name_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(name_sealed) ON TABLE public.persons TO market_app;


--
-- Name: COLUMN persons.born_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(born_on) ON TABLE public.persons TO market_app;


--
-- Name: COLUMN persons.sex; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(sex) ON TABLE public.persons TO market_app;


--
-- Name: COLUMN persons.died_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(died_on) ON TABLE public.persons TO market_app;


--
-- Name: COLUMN persons.death_known_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(death_known_at) ON TABLE public.persons TO market_app;


--
-- Name: COLUMN persons.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.persons TO market_app;


--
-- Name: COLUMN persons.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lead_id) ON TABLE public.persons TO market_app;


--
-- Name: TABLE plans; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.plans TO market_app;


--
-- Name: TABLE programme_terms; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.programme_terms TO market_app;


--
-- Name: TABLE programmes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.name; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(name) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.kinds; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(kinds) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.max_lines; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(max_lines) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.proration; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(proration) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.idle_days; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(idle_days) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.cure_days; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(cure_days) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.document_number; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(document_number) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.document_name; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(document_name) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.document_sha256; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(document_sha256) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.document_text; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(document_text) ON TABLE public.programmes TO market_app;


--
-- Name: COLUMN programmes.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.programmes TO market_app;


--
-- Name: FUNCTION find_enrolled_elsewhere(p_county text, p_from date, p_until date); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_enrolled_elsewhere(p_county text, p_from date, p_until date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_enrolled_elsewhere(p_county text, p_from date, p_until date) TO market_app;


--
-- Name: FUNCTION find_grievance(p_number bigint, p_code_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_grievance(p_number bigint, p_code_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_grievance(p_number bigint, p_code_hash bytea) TO market_app;


--
-- Name: FUNCTION find_objection(p_receipt_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_objection(p_receipt_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_objection(p_receipt_hash bytea) TO market_app;


--
-- Name: FUNCTION find_own_clawbacks(p_account uuid, p_day date); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_own_clawbacks(p_account uuid, p_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_own_clawbacks(p_account uuid, p_day date) TO market_app;


--
-- Name: TABLE cancel_tiers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.cancel_tiers TO market_app;


--
-- Name: COLUMN cancel_tiers.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.cancel_tiers TO market_app;


--
-- Name: TABLE county_settings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.county_settings TO market_app;


--
-- Name: COLUMN county_settings.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.county_settings TO market_app;


--
-- Name: TABLE accounts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.accounts TO market_app;


--
-- Name: COLUMN accounts.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE public.accounts TO market_app;


--
-- Name: COLUMN accounts.phone_index; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(phone_index) ON TABLE public.accounts TO market_app;


--
-- Name: COLUMN accounts.phone_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(phone_sealed) ON TABLE public.accounts TO market_app;


--
-- Name: COLUMN accounts.elder; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(elder) ON TABLE public.accounts TO market_app;


--
-- Name: COLUMN accounts.sample; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(sample) ON TABLE public.accounts TO market_app;


--
-- Name: COLUMN accounts.created_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_at) ON TABLE public.accounts TO market_app;


--
-- Name: COLUMN accounts.name_corrected_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(name_corrected_by) ON TABLE public.accounts TO market_app;


--
-- Name: FUNCTION is_consent_missing(p_county text, p_line text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_consent_missing(p_county text, p_line text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_consent_missing(p_county text, p_line text) TO market_app;


--
-- Name: FUNCTION is_run_used(p_run uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_run_used(p_run uuid) FROM PUBLIC;


--
-- Name: FUNCTION keep_fact_version(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.keep_fact_version() FROM PUBLIC;


--
-- Name: FUNCTION keep_invoice_version(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.keep_invoice_version() FROM PUBLIC;


--
-- Name: TABLE import_files; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.import_files TO market_app;


--
-- Name: TABLE fact_versions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.fact_versions TO market_app;


--
-- Name: TABLE leads; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.source; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(source) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.reason; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reason) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.household_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(household_code),UPDATE(household_code) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.into_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(into_code) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.line_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_code),UPDATE(line_code) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.programme_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(programme_code),UPDATE(programme_code) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.applicant_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(applicant_id) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.reported_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reported_at) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.new_code; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(new_code) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.registered; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(registered) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.monitoring; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(monitoring) ON TABLE public.leads TO market_app;


--
-- Name: COLUMN leads.tier; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(tier) ON TABLE public.leads TO market_app;


--
-- Name: FUNCTION list_bills(p_number_index bytea, p_closed text, p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_bills(p_number_index bytea, p_closed text, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_bills(p_number_index bytea, p_closed text, p_limit integer) TO market_app;


--
-- Name: FUNCTION list_changed_invoices(p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_changed_invoices(p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_changed_invoices(p_most integer) TO market_app;


--
-- Name: FUNCTION list_changed_quarters(p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_changed_quarters(p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_changed_quarters(p_most integer) TO market_app;


--
-- Name: FUNCTION list_due_clawbacks(p_day date, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_due_clawbacks(p_day date, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_due_clawbacks(p_day date, p_most integer) TO market_app;


--
-- Name: FUNCTION list_due_erasures(p_day date, p_years integer, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_due_erasures(p_day date, p_years integer, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_due_erasures(p_day date, p_years integer, p_most integer) TO market_app;


--
-- Name: FUNCTION list_due_goods_returns(p_sent_before timestamp with time zone, p_accepted_before timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_due_goods_returns(p_sent_before timestamp with time zone, p_accepted_before timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_due_goods_returns(p_sent_before timestamp with time zone, p_accepted_before timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION list_due_supervision(p_today date, p_before integer, p_after integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_due_supervision(p_today date, p_before integer, p_after integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_due_supervision(p_today date, p_before integer, p_after integer) TO market_app;


--
-- Name: FUNCTION list_erasure_obstacles(p_person uuid, p_day date); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_erasure_obstacles(p_person uuid, p_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_erasure_obstacles(p_person uuid, p_day date) TO market_app;


--
-- Name: TABLE cycles; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.cycles TO market_app;


--
-- Name: COLUMN cycles.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.cycles TO market_app;


--
-- Name: COLUMN cycles.run_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(run_id) ON TABLE public.cycles TO market_app;


--
-- Name: COLUMN cycles.village_round; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(village_round) ON TABLE public.cycles TO market_app;


--
-- Name: COLUMN cycles.township_round; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(township_round) ON TABLE public.cycles TO market_app;


--
-- Name: COLUMN cycles.calculated_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(calculated_at) ON TABLE public.cycles TO market_app;


--
-- Name: FUNCTION list_file_states(p_scopes text[], p_operators text[], p_today date, p_months integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_file_states(p_scopes text[], p_operators text[], p_today date, p_months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_file_states(p_scopes text[], p_operators text[], p_today date, p_months integer) TO market_app;


--
-- Name: FUNCTION list_idle_counties(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_idle_counties() FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_idle_counties() TO market_app;


--
-- Name: FUNCTION list_late_cases(p_now timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_late_cases(p_now timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_late_cases(p_now timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION list_overdue_cases(p_now timestamp with time zone, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_overdue_cases(p_now timestamp with time zone, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_overdue_cases(p_now timestamp with time zone, p_most integer) TO market_app;


--
-- Name: FUNCTION list_own_months(p_number_index bytea, p_closed text, p_day date, p_months integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_own_months(p_number_index bytea, p_closed text, p_day date, p_months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_own_months(p_number_index bytea, p_closed text, p_day date, p_months integer) TO market_app;


--
-- Name: FUNCTION list_pairing_items(p_pairings uuid[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_pairing_items(p_pairings uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_pairing_items(p_pairings uuid[]) TO market_app;


--
-- Name: FUNCTION list_uncounted_months(p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_uncounted_months(p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_uncounted_months(p_most integer) TO market_app;


--
-- Name: FUNCTION list_unsealed_months(p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_unsealed_months(p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_unsealed_months(p_most integer) TO market_app;


--
-- Name: FUNCTION list_waiting_tasks(p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_waiting_tasks(p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_waiting_tasks(p_most integer) TO market_app;


--
-- Name: FUNCTION list_working_day_cases(p_after uuid, p_most integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.list_working_day_cases(p_after uuid, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_working_day_cases(p_after uuid, p_most integer) TO market_app;


--
-- Name: FUNCTION make_official(p_account uuid, p_roles text[], p_scope text, p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.make_official(p_account uuid, p_roles text[], p_scope text, p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.make_official(p_account uuid, p_roles text[], p_scope text, p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION make_operator(p_account uuid, p_operator text, p_scopes text[], p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.make_operator(p_account uuid, p_operator text, p_scopes text[], p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.make_operator(p_account uuid, p_operator text, p_scopes text[], p_identity_index bytea, p_identity_sealed bytea, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION mark_invoice_changed(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.mark_invoice_changed() FROM PUBLIC;


--
-- Name: FUNCTION mark_order_invoices(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.mark_order_invoices() FROM PUBLIC;


--
-- Name: FUNCTION match_bank_receipt(p_receipt uuid, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.match_bank_receipt(p_receipt uuid, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.match_bank_receipt(p_receipt uuid, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION move_booking(p_booking uuid, p_room uuid, p_first date, p_prices bigint[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.move_booking(p_booking uuid, p_room uuid, p_first date, p_prices bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.move_booking(p_booking uuid, p_room uuid, p_first date, p_prices bigint[]) TO market_app;


--
-- Name: FUNCTION note_county_month(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.note_county_month() FROM PUBLIC;


--
-- Name: FUNCTION note_county_month_of_run(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.note_county_month_of_run() FROM PUBLIC;


--
-- Name: FUNCTION record_refund(p_suborder uuid, p_lines uuid[], p_amounts bigint[], p_buyer_fen bigint, p_payable_fen bigint, p_commission_fen bigint, p_key text, p_reason text, p_by uuid, p_note text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_refund(p_suborder uuid, p_lines uuid[], p_amounts bigint[], p_buyer_fen bigint, p_payable_fen bigint, p_commission_fen bigint, p_key text, p_reason text, p_by uuid, p_note text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_refund(p_suborder uuid, p_lines uuid[], p_amounts bigint[], p_buyer_fen bigint, p_payable_fen bigint, p_commission_fen bigint, p_key text, p_reason text, p_by uuid, p_note text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION record_release(p_suborder uuid, p_payable_fen bigint, p_commission_fen bigint, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_release(p_suborder uuid, p_payable_fen bigint, p_commission_fen bigint, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_release(p_suborder uuid, p_payable_fen bigint, p_commission_fen bigint, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION record_supervision_move(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_supervision_move() FROM PUBLIC;


--
-- Name: FUNCTION redact_original(p_file uuid, p_attached boolean, p_name text, p_content_sealed bytea, p_sha256 text, p_bytes integer, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.redact_original(p_file uuid, p_attached boolean, p_name text, p_content_sealed bytea, p_sha256 text, p_bytes integer, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.redact_original(p_file uuid, p_attached boolean, p_name text, p_content_sealed bytea, p_sha256 text, p_bytes integer, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION refuse_goods(p_order uuid, p_lines uuid[], p_amounts bigint[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_goods(p_order uuid, p_lines uuid[], p_amounts bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.refuse_goods(p_order uuid, p_lines uuid[], p_amounts bigint[]) TO market_app;


--
-- Name: FUNCTION refuse_late_deposit(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_late_deposit() FROM PUBLIC;


--
-- Name: FUNCTION refuse_lower_marks(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_lower_marks() FROM PUBLIC;


--
-- Name: FUNCTION refuse_review_change(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_review_change() FROM PUBLIC;


--
-- Name: FUNCTION refuse_used_lines_deletion(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_used_lines_deletion() FROM PUBLIC;


--
-- Name: FUNCTION replace_roles(p_account uuid, p_roles text[], p_scope text, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.replace_roles(p_account uuid, p_roles text[], p_scope text, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.replace_roles(p_account uuid, p_roles text[], p_scope text, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION require_line_explanations(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.require_line_explanations() FROM PUBLIC;


--
-- Name: FUNCTION restore_quota(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.restore_quota() FROM PUBLIC;


--
-- Name: FUNCTION save_official(p_handle text, p_name text, p_phone_index bytea, p_phone_sealed bytea, p_totp_sealed bytea, p_sample boolean, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.save_official(p_handle text, p_name text, p_phone_index bytea, p_phone_sealed bytea, p_totp_sealed bytea, p_sample boolean, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.save_official(p_handle text, p_name text, p_phone_index bytea, p_phone_sealed bytea, p_totp_sealed bytea, p_sample boolean, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: TABLE organisation_members; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.organisation_members TO market_app;


--
-- Name: TABLE pairings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.pairings TO market_app;


--
-- Name: COLUMN pairings.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.pairings TO market_app;


--
-- Name: COLUMN pairings.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.pairings TO market_app;


--
-- Name: COLUMN pairings.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during),UPDATE(valid_during) ON TABLE public.pairings TO market_app;


--
-- Name: COLUMN pairings.proposed_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_by) ON TABLE public.pairings TO market_app;


--
-- Name: COLUMN pairings.proposed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_at) ON TABLE public.pairings TO market_app;


--
-- Name: COLUMN pairings.agreed_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(agreed_by) ON TABLE public.pairings TO market_app;


--
-- Name: COLUMN pairings.agreed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(agreed_at) ON TABLE public.pairings TO market_app;


--
-- Name: TABLE organisations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.credit_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(credit_code) ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.applied_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(applied_by),UPDATE(applied_by) ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.applied_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(applied_at),UPDATE(applied_at) ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.verified_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(verified_by),UPDATE(verified_by) ON TABLE public.organisations TO market_app;


--
-- Name: COLUMN organisations.verified_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(verified_at),UPDATE(verified_at) ON TABLE public.organisations TO market_app;


--
-- Name: TABLE public_buyers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.public_buyers TO market_app;


--
-- Name: COLUMN public_buyers.ends_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ends_on) ON TABLE public.public_buyers TO market_app;


--
-- Name: COLUMN public_buyers.verified_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(verified_by) ON TABLE public.public_buyers TO market_app;


--
-- Name: COLUMN public_buyers.verified_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(verified_at) ON TABLE public.public_buyers TO market_app;


--
-- Name: COLUMN public_buyers.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(organisation_id) ON TABLE public.public_buyers TO market_app;


--
-- Name: COLUMN public_buyers.duty; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(duty) ON TABLE public.public_buyers TO market_app;


--
-- Name: FUNCTION set_auditor_end(p_account uuid, p_last date, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.set_auditor_end(p_account uuid, p_last date, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_auditor_end(p_account uuid, p_last date, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION set_deputy(p_account uuid, p_deputy uuid, p_county text, p_during daterange, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.set_deputy(p_account uuid, p_deputy uuid, p_county text, p_during daterange, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_deputy(p_account uuid, p_deputy uuid, p_county text, p_during daterange, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION set_order_terms(p_order uuid, p_terms text, p_until timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.set_order_terms(p_order uuid, p_terms text, p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_order_terms(p_order uuid, p_terms text, p_until timestamp with time zone) TO market_app;


--
-- Name: FUNCTION set_second_factor(p_handle text, p_totp_sealed bytea, p_by text, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.set_second_factor(p_handle text, p_totp_sealed bytea, p_by text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_second_factor(p_handle text, p_totp_sealed bytea, p_by text, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION start_session(p_token_hash bytea, p_account uuid, p_expires_at timestamp with time zone, p_second_factor boolean, p_device text, p_device_key bytea, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.start_session(p_token_hash bytea, p_account uuid, p_expires_at timestamp with time zone, p_second_factor boolean, p_device text, p_device_key bytea, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.start_session(p_token_hash bytea, p_account uuid, p_expires_at timestamp with time zone, p_second_factor boolean, p_device text, p_device_key bytea, p_at timestamp with time zone) TO market_app;


--
-- Name: FUNCTION sum_budget_lines(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sum_budget_lines() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sum_budget_lines() TO market_app;


--
-- Name: FUNCTION sum_kept_back(p_producer uuid, p_claims_since timestamp with time zone, p_returns_since timestamp with time zone, p_now timestamp with time zone, p_mediation_days integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sum_kept_back(p_producer uuid, p_claims_since timestamp with time zone, p_returns_since timestamp with time zone, p_now timestamp with time zone, p_mediation_days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sum_kept_back(p_producer uuid, p_claims_since timestamp with time zone, p_returns_since timestamp with time zone, p_now timestamp with time zone, p_mediation_days integer) TO market_app;


--
-- Name: FUNCTION sum_receivables(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sum_receivables() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sum_receivables() TO market_app;


--
-- Name: FUNCTION sum_up_notices(p_village text, p_day date); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sum_up_notices(p_village text, p_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sum_up_notices(p_village text, p_day date) TO market_app;


--
-- Name: FUNCTION sum_up_objections(p_village text, p_since date); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sum_up_objections(p_village text, p_since date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sum_up_objections(p_village text, p_since date) TO market_app;


--
-- Name: FUNCTION take_lead_step(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.take_lead_step() FROM PUBLIC;


--
-- Name: FUNCTION withdraw_consent(p_lead uuid, p_account uuid, p_day date, p_note bytea, p_end_note bytea, p_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.withdraw_consent(p_lead uuid, p_account uuid, p_day date, p_note bytea, p_end_note bytea, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.withdraw_consent(p_lead uuid, p_account uuid, p_day date, p_note bytea, p_end_note bytea, p_at timestamp with time zone) TO market_app;


--
-- Name: TABLE failures; Type: ACL; Schema: jobs; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE jobs.failures TO market_app;


--
-- Name: COLUMN failures.attempts; Type: ACL; Schema: jobs; Owner: -
--

GRANT UPDATE(attempts) ON TABLE jobs.failures TO market_app;


--
-- Name: COLUMN failures.next_at; Type: ACL; Schema: jobs; Owner: -
--

GRANT UPDATE(next_at) ON TABLE jobs.failures TO market_app;


--
-- Name: COLUMN failures.error; Type: ACL; Schema: jobs; Owner: -
--

GRANT UPDATE(error) ON TABLE jobs.failures TO market_app;


--
-- Name: TABLE schedules; Type: ACL; Schema: jobs; Owner: -
--

GRANT SELECT,INSERT ON TABLE jobs.schedules TO market_app;


--
-- Name: COLUMN schedules.next_at; Type: ACL; Schema: jobs; Owner: -
--

GRANT UPDATE(next_at) ON TABLE jobs.schedules TO market_app;


--
-- Name: COLUMN schedules.attempts; Type: ACL; Schema: jobs; Owner: -
--

GRANT UPDATE(attempts) ON TABLE jobs.schedules TO market_app;


--
-- Name: COLUMN schedules.error; Type: ACL; Schema: jobs; Owner: -
--

GRANT UPDATE(error) ON TABLE jobs.schedules TO market_app;


--
-- Name: COLUMN schedules.finished_at; Type: ACL; Schema: jobs; Owner: -
--

GRANT UPDATE(finished_at) ON TABLE jobs.schedules TO market_app;


--
-- Name: TABLE account_kinds; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.account_kinds TO market_app;


--
-- Name: TABLE accounts; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.accounts TO market_app;


--
-- Name: TABLE balances; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.balances TO market_app;


--
-- Name: TABLE checkpoint_sums; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.checkpoint_sums TO market_app;


--
-- Name: TABLE checkpoints; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.checkpoints TO market_app;


--
-- Name: TABLE discrepancies; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT,INSERT ON TABLE payments.discrepancies TO market_app;


--
-- Name: COLUMN discrepancies.closed_by; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(closed_by) ON TABLE payments.discrepancies TO market_app;


--
-- Name: COLUMN discrepancies.closed_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(closed_at) ON TABLE payments.discrepancies TO market_app;


--
-- Name: COLUMN discrepancies.note; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(note) ON TABLE payments.discrepancies TO market_app;


--
-- Name: TABLE disputes; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT,INSERT ON TABLE payments.disputes TO market_app;


--
-- Name: COLUMN disputes.state; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(state) ON TABLE payments.disputes TO market_app;


--
-- Name: COLUMN disputes.reason; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(reason) ON TABLE payments.disputes TO market_app;


--
-- Name: COLUMN disputes.due_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(due_at) ON TABLE payments.disputes TO market_app;


--
-- Name: COLUMN disputes.closed_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(closed_at) ON TABLE payments.disputes TO market_app;


--
-- Name: TABLE events; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE payments.events TO market_app;


--
-- Name: COLUMN events.consumed_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(consumed_at) ON TABLE payments.events TO market_app;


--
-- Name: COLUMN events.attempts; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(attempts) ON TABLE payments.events TO market_app;


--
-- Name: COLUMN events.next_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(next_at) ON TABLE payments.events TO market_app;


--
-- Name: COLUMN events.error; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(error) ON TABLE payments.events TO market_app;


--
-- Name: COLUMN events.dead_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(dead_at) ON TABLE payments.events TO market_app;


--
-- Name: TABLE inbox; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE payments.inbox TO market_app;


--
-- Name: COLUMN inbox.state; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(state) ON TABLE payments.inbox TO market_app;


--
-- Name: COLUMN inbox.attempts; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(attempts) ON TABLE payments.inbox TO market_app;


--
-- Name: COLUMN inbox.next_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(next_at) ON TABLE payments.inbox TO market_app;


--
-- Name: COLUMN inbox.error; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(error) ON TABLE payments.inbox TO market_app;


--
-- Name: TABLE operations; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.payment_id; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(payment_id) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.refund_id; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(refund_id) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.kind; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(kind) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.key; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(key) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.state; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(state),UPDATE(state) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.attempts; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(attempts),UPDATE(attempts) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.error; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(error) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.first_sent_at; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(first_sent_at),UPDATE(first_sent_at) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.next_at; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(next_at),UPDATE(next_at) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.completed_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(completed_at) ON TABLE payments.operations TO market_app;


--
-- Name: COLUMN operations.payout_id; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(payout_id) ON TABLE payments.operations TO market_app;


--
-- Name: TABLE parts; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT,INSERT ON TABLE payments.parts TO market_app;


--
-- Name: TABLE payments; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.order_ref; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(order_ref) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.purpose; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(purpose) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.method; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(method) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.provider_ref; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(provider_ref) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.currency; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(currency) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.amount_minor; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(amount_minor) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.captured_minor; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(captured_minor) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.refunded_minor; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(refunded_minor) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.disputed_minor; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(disputed_minor) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.state; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(state) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.return_url; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(return_url) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.action; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(action) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.reason; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(reason) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.opened_at; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(opened_at) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.expires_at; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(expires_at) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.captured_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(captured_at) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.closed_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(closed_at) ON TABLE payments.payments TO market_app;


--
-- Name: COLUMN payments.poll_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(poll_at) ON TABLE payments.payments TO market_app;


--
-- Name: TABLE payouts; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.payee; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(payee) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.key; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(key) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.provider; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(provider) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.destination; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(destination) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.currency; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(currency) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.amount_minor; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(amount_minor) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.state; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(state) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.provider_ref; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(provider_ref) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.reason; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(reason) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.created_at; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(created_at) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.paid_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(paid_at) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.failed_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(failed_at) ON TABLE payments.payouts TO market_app;


--
-- Name: COLUMN payouts.poll_at; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(poll_at),UPDATE(poll_at) ON TABLE payments.payouts TO market_app;


--
-- Name: TABLE postings; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.postings TO market_app;


--
-- Name: TABLE refunds; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.payment_id; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(payment_id) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.key; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(key) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.kind; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(kind) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.amount_minor; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(amount_minor) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.state; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(state) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.provider_ref; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(provider_ref) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.reason; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(reason),UPDATE(reason) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.attempt; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(attempt) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.requested_at; Type: ACL; Schema: payments; Owner: -
--

GRANT INSERT(requested_at) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.succeeded_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(succeeded_at) ON TABLE payments.refunds TO market_app;


--
-- Name: COLUMN refunds.retry_at; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(retry_at) ON TABLE payments.refunds TO market_app;


--
-- Name: TABLE statement_lines; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT,INSERT ON TABLE payments.statement_lines TO market_app;


--
-- Name: COLUMN statement_lines.ledger_key; Type: ACL; Schema: payments; Owner: -
--

GRANT UPDATE(ledger_key) ON TABLE payments.statement_lines TO market_app;


--
-- Name: TABLE transactions; Type: ACL; Schema: payments; Owner: -
--

GRANT SELECT ON TABLE payments.transactions TO market_app;


--
-- Name: TABLE agreement_rates; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.agreement_rates TO market_app;


--
-- Name: TABLE agreements; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.operator; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(operator) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during),UPDATE(valid_during) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.document_name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(document_name) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.document_sha256; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(document_sha256) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.document_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(document_sealed) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.proposed_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_by) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.proposed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_at) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(outcome) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.agreements TO market_app;


--
-- Name: COLUMN agreements.replaced_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(replaced_by) ON TABLE public.agreements TO market_app;


--
-- Name: TABLE agronomists; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.agronomists TO market_app;


--
-- Name: COLUMN agronomists.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.agronomists TO market_app;


--
-- Name: COLUMN agronomists.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.agronomists TO market_app;


--
-- Name: COLUMN agronomists.subject; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(subject) ON TABLE public.agronomists TO market_app;


--
-- Name: COLUMN agronomists.named_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(named_by) ON TABLE public.agronomists TO market_app;


--
-- Name: COLUMN agronomists.named_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(named_at) ON TABLE public.agronomists TO market_app;


--
-- Name: COLUMN agronomists.ended_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ended_at) ON TABLE public.agronomists TO market_app;


--
-- Name: TABLE audit_entries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.audit_entries TO market_app;


--
-- Name: TABLE bad_fruit_claims; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.bad_fruit_claims TO market_app;


--
-- Name: COLUMN bad_fruit_claims.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.bad_fruit_claims TO market_app;


--
-- Name: COLUMN bad_fruit_claims.line_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_id) ON TABLE public.bad_fruit_claims TO market_app;


--
-- Name: COLUMN bad_fruit_claims.bad; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(bad) ON TABLE public.bad_fruit_claims TO market_app;


--
-- Name: COLUMN bad_fruit_claims.total; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(total) ON TABLE public.bad_fruit_claims TO market_app;


--
-- Name: COLUMN bad_fruit_claims.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.bad_fruit_claims TO market_app;


--
-- Name: COLUMN bad_fruit_claims.granted_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(granted_fen) ON TABLE public.bad_fruit_claims TO market_app;


--
-- Name: TABLE bank_receipts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.bank_receipts TO market_app;


--
-- Name: COLUMN bank_receipts.reference; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reference) ON TABLE public.bank_receipts TO market_app;


--
-- Name: COLUMN bank_receipts.payer_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(payer_code) ON TABLE public.bank_receipts TO market_app;


--
-- Name: COLUMN bank_receipts.payer_name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(payer_name) ON TABLE public.bank_receipts TO market_app;


--
-- Name: COLUMN bank_receipts.fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(fen) ON TABLE public.bank_receipts TO market_app;


--
-- Name: COLUMN bank_receipts.received_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(received_on) ON TABLE public.bank_receipts TO market_app;


--
-- Name: COLUMN bank_receipts.recorded_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_by) ON TABLE public.bank_receipts TO market_app;


--
-- Name: COLUMN bank_receipts.recorded_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_at) ON TABLE public.bank_receipts TO market_app;


--
-- Name: TABLE booked_nights; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.booked_nights TO market_app;


--
-- Name: TABLE booking_changes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.proposed_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_by) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.nights; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(nights) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.old_nights; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(old_nights) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.paid_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(paid_fen) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.price_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(price_fen) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.proposed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_at) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.expires_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(expires_at) ON TABLE public.booking_changes TO market_app;


--
-- Name: COLUMN booking_changes.ended_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ended_at) ON TABLE public.booking_changes TO market_app;


--
-- Name: TABLE bookings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.bookings TO market_app;


--
-- Name: COLUMN bookings.room_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(room_id) ON TABLE public.bookings TO market_app;


--
-- Name: COLUMN bookings.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.bookings TO market_app;


--
-- Name: COLUMN bookings.code_hash; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(code_hash) ON TABLE public.bookings TO market_app;


--
-- Name: COLUMN bookings.code_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(code_sealed) ON TABLE public.bookings TO market_app;


--
-- Name: COLUMN bookings.arrived_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(arrived_at) ON TABLE public.bookings TO market_app;


--
-- Name: TABLE budgets; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.budgets TO market_app;


--
-- Name: COLUMN budgets.public_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(public_fen) ON TABLE public.budgets TO market_app;


--
-- Name: COLUMN budgets.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.budgets TO market_app;


--
-- Name: TABLE calendar_feeds; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.calendar_feeds TO market_app;


--
-- Name: COLUMN calendar_feeds.secret_hash; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(secret_hash) ON TABLE public.calendar_feeds TO market_app;


--
-- Name: COLUMN calendar_feeds.created_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(created_by) ON TABLE public.calendar_feeds TO market_app;


--
-- Name: COLUMN calendar_feeds.created_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(created_at) ON TABLE public.calendar_feeds TO market_app;


--
-- Name: TABLE carrier_pushes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.carrier_pushes TO market_app;


--
-- Name: COLUMN carrier_pushes.event_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(event_id) ON TABLE public.carrier_pushes TO market_app;


--
-- Name: COLUMN carrier_pushes.carrier; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(carrier) ON TABLE public.carrier_pushes TO market_app;


--
-- Name: COLUMN carrier_pushes.tracking; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(tracking) ON TABLE public.carrier_pushes TO market_app;


--
-- Name: COLUMN carrier_pushes.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.carrier_pushes TO market_app;


--
-- Name: COLUMN carrier_pushes.attempts; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(attempts) ON TABLE public.carrier_pushes TO market_app;


--
-- Name: COLUMN carrier_pushes.next_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(next_at) ON TABLE public.carrier_pushes TO market_app;


--
-- Name: TABLE cart_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.cart_lines TO market_app;


--
-- Name: COLUMN cart_lines.quantity; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(quantity) ON TABLE public.cart_lines TO market_app;


--
-- Name: COLUMN cart_lines.slot_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(slot_id) ON TABLE public.cart_lines TO market_app;


--
-- Name: TABLE cart_nights; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.cart_nights TO market_app;


--
-- Name: COLUMN cart_nights.nights; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(nights) ON TABLE public.cart_nights TO market_app;


--
-- Name: COLUMN cart_nights.rooms; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(rooms) ON TABLE public.cart_nights TO market_app;


--
-- Name: TABLE case_categories; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.case_categories TO market_app;


--
-- Name: TABLE case_events; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.case_events TO market_app;


--
-- Name: TABLE case_snapshots; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.case_snapshots TO market_app;


--
-- Name: TABLE cases; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.category; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(category) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.division_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(division_code) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.asker_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(asker_id) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.against_producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(against_producer_id) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.against_account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(against_account_id) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.text_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(text_sealed) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.path; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(path) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.level; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(level) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.received_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(received_at) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.due_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(due_at),UPDATE(due_at) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.stopped_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(stopped_at) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.reopened_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reopened_at) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(outcome) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.answered_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answered_by) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.closed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(closed_at) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.extended_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(extended_at) ON TABLE public.cases TO market_app;


--
-- Name: COLUMN cases.for_producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(for_producer_id) ON TABLE public.cases TO market_app;


--
-- Name: TABLE catch_weights; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.catch_weights TO market_app;


--
-- Name: COLUMN catch_weights.line_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_id) ON TABLE public.catch_weights TO market_app;


--
-- Name: COLUMN catch_weights.unit_g; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(unit_g) ON TABLE public.catch_weights TO market_app;


--
-- Name: COLUMN catch_weights.ceiling_g; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ceiling_g) ON TABLE public.catch_weights TO market_app;


--
-- Name: COLUMN catch_weights.weighed_g; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(weighed_g) ON TABLE public.catch_weights TO market_app;


--
-- Name: COLUMN catch_weights.final_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(final_fen) ON TABLE public.catch_weights TO market_app;


--
-- Name: COLUMN catch_weights.weighed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(weighed_at) ON TABLE public.catch_weights TO market_app;


--
-- Name: COLUMN catch_weights.weighed_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(weighed_by) ON TABLE public.catch_weights TO market_app;


--
-- Name: TABLE categories; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.categories TO market_app;


--
-- Name: TABLE certificate_notices; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.certificate_notices TO market_app;


--
-- Name: TABLE certificates; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.certificates TO market_app;


--
-- Name: COLUMN certificates.verified_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(verified_at) ON TABLE public.certificates TO market_app;


--
-- Name: COLUMN certificates.verified_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(verified_by) ON TABLE public.certificates TO market_app;


--
-- Name: COLUMN certificates.area; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(area) ON TABLE public.certificates TO market_app;


--
-- Name: COLUMN certificates.rejected_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(rejected_at) ON TABLE public.certificates TO market_app;


--
-- Name: COLUMN certificates.rejected_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(rejected_by) ON TABLE public.certificates TO market_app;


--
-- Name: COLUMN certificates.reject_reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reject_reason) ON TABLE public.certificates TO market_app;


--
-- Name: TABLE channel_counties; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.channel_counties TO market_app;


--
-- Name: COLUMN channel_counties.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.channel_counties TO market_app;


--
-- Name: COLUMN channel_counties.basis; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(basis) ON TABLE public.channel_counties TO market_app;


--
-- Name: TABLE channels; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.channels TO market_app;


--
-- Name: COLUMN channels.code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(code) ON TABLE public.channels TO market_app;


--
-- Name: COLUMN channels.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.channels TO market_app;


--
-- Name: COLUMN channels.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name) ON TABLE public.channels TO market_app;


--
-- Name: TABLE check_in_scans; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.check_in_scans TO market_app;


--
-- Name: TABLE claim_photos; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.claim_photos TO market_app;


--
-- Name: TABLE clawback_appeals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.clawback_appeals TO market_app;


--
-- Name: COLUMN clawback_appeals.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.clawback_appeals TO market_app;


--
-- Name: COLUMN clawback_appeals.clawback_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(clawback_id) ON TABLE public.clawback_appeals TO market_app;


--
-- Name: TABLE clawback_entries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.clawback_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(clawback_id) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(fen) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.cycle_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(cycle_id) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.paid_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(paid_on) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.note_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(note_sealed) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.recorded_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_by) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.recorded_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_at) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(outcome),UPDATE(outcome) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.clawback_entries TO market_app;


--
-- Name: COLUMN clawback_entries.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.clawback_entries TO market_app;


--
-- Name: TABLE clawback_items; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.clawback_items TO market_app;


--
-- Name: TABLE clawbacks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.debtor; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(debtor) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.operator; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(operator) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.person_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(person_id) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.household_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(household_code) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.ground; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ground) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.cycle_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(cycle_id) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.finding_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(finding_id) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.reason_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reason_sealed) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.statement_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(statement_sealed) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.state; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(state),UPDATE(state) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.proposed_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_by) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.proposed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_at) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.opinion_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(opinion_sealed) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.served_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(served_on) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.service; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(service) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.served_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(served_by) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.appeal_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(appeal_until) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.posted_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(posted_at),UPDATE(posted_at) ON TABLE public.clawbacks TO market_app;


--
-- Name: COLUMN clawbacks.due_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(due_on),UPDATE(due_on) ON TABLE public.clawbacks TO market_app;


--
-- Name: TABLE clinic_days; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.clinic_days TO market_app;


--
-- Name: COLUMN clinic_days.slot_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(slot_id) ON TABLE public.clinic_days TO market_app;


--
-- Name: COLUMN clinic_days.remote; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(remote) ON TABLE public.clinic_days TO market_app;


--
-- Name: COLUMN clinic_days.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.clinic_days TO market_app;


--
-- Name: COLUMN clinic_days.added_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_by) ON TABLE public.clinic_days TO market_app;


--
-- Name: TABLE company_accounts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.company_accounts TO market_app;


--
-- Name: COLUMN company_accounts.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.company_accounts TO market_app;


--
-- Name: TABLE complaints; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.complaints TO market_app;


--
-- Name: COLUMN complaints.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.complaints TO market_app;


--
-- Name: COLUMN complaints.category; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(category) ON TABLE public.complaints TO market_app;


--
-- Name: COLUMN complaints.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.complaints TO market_app;


--
-- Name: TABLE consents; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.consents TO market_app;


--
-- Name: COLUMN consents.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.consents TO market_app;


--
-- Name: COLUMN consents.purpose; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(purpose) ON TABLE public.consents TO market_app;


--
-- Name: COLUMN consents.subject_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(subject_id) ON TABLE public.consents TO market_app;


--
-- Name: COLUMN consents.text_version; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(text_version) ON TABLE public.consents TO market_app;


--
-- Name: COLUMN consents.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during),UPDATE(valid_during) ON TABLE public.consents TO market_app;


--
-- Name: TABLE contacts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.contacts TO market_app;


--
-- Name: COLUMN contacts.name; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(name) ON TABLE public.contacts TO market_app;


--
-- Name: COLUMN contacts.phone; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(phone) ON TABLE public.contacts TO market_app;


--
-- Name: COLUMN contacts.hours; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(hours) ON TABLE public.contacts TO market_app;


--
-- Name: COLUMN contacts.away_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(away_during) ON TABLE public.contacts TO market_app;


--
-- Name: TABLE conversation_messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.conversation_messages TO market_app;


--
-- Name: COLUMN conversation_messages.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.conversation_messages TO market_app;


--
-- Name: COLUMN conversation_messages."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.conversation_messages TO market_app;


--
-- Name: COLUMN conversation_messages.from_buyer; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(from_buyer) ON TABLE public.conversation_messages TO market_app;


--
-- Name: COLUMN conversation_messages.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.conversation_messages TO market_app;


--
-- Name: COLUMN conversation_messages.text_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(text_sealed) ON TABLE public.conversation_messages TO market_app;


--
-- Name: COLUMN conversation_messages.at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(at) ON TABLE public.conversation_messages TO market_app;


--
-- Name: TABLE conversation_photos; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.conversation_photos TO market_app;


--
-- Name: COLUMN conversation_photos.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.conversation_photos TO market_app;


--
-- Name: COLUMN conversation_photos."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.conversation_photos TO market_app;


--
-- Name: COLUMN conversation_photos.ordinal; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ordinal) ON TABLE public.conversation_photos TO market_app;


--
-- Name: COLUMN conversation_photos.photo_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(photo_id) ON TABLE public.conversation_photos TO market_app;


--
-- Name: TABLE conversations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.buyer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(buyer_id) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.messages; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(messages) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.buyer_wrote; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(buyer_wrote) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.seller_wrote; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seller_wrote) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.buyer_read; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(buyer_read) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.seller_read; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seller_read) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.buyer_told_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(buyer_told_at) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.seller_told_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seller_told_at) ON TABLE public.conversations TO market_app;


--
-- Name: COLUMN conversations.last_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(last_at),UPDATE(last_at) ON TABLE public.conversations TO market_app;


--
-- Name: TABLE counted_months; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.counted_months TO market_app;


--
-- Name: TABLE county_files; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.county_files TO market_app;


--
-- Name: TABLE county_months; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.county_months TO market_app;


--
-- Name: TABLE coupons; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(code) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.bearer; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(bearer) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.category_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(category_code) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.min_goods_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(min_goods_fen) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.quota; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(quota) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.per_person; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(per_person) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.created_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_by) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.created_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_at) ON TABLE public.coupons TO market_app;


--
-- Name: COLUMN coupons.closed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(closed_at) ON TABLE public.coupons TO market_app;


--
-- Name: TABLE course_certificates; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.course_certificates TO market_app;


--
-- Name: COLUMN course_certificates.reservation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reservation_id) ON TABLE public.course_certificates TO market_app;


--
-- Name: COLUMN course_certificates.issued_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(issued_by) ON TABLE public.course_certificates TO market_app;


--
-- Name: COLUMN course_certificates.issued_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(issued_at) ON TABLE public.course_certificates TO market_app;


--
-- Name: TABLE course_sessions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.course_sessions TO market_app;


--
-- Name: COLUMN course_sessions.slot_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(slot_id) ON TABLE public.course_sessions TO market_app;


--
-- Name: COLUMN course_sessions.title; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(title) ON TABLE public.course_sessions TO market_app;


--
-- Name: COLUMN course_sessions.organiser; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organiser) ON TABLE public.course_sessions TO market_app;


--
-- Name: COLUMN course_sessions.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.course_sessions TO market_app;


--
-- Name: COLUMN course_sessions.added_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_by) ON TABLE public.course_sessions TO market_app;


--
-- Name: TABLE coverage; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.operator; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(operator) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.technology; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(technology) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.setting; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(setting) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.share_bp; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(share_bp),UPDATE(share_bp) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.down_mbps; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(down_mbps),UPDATE(down_mbps) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.source; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(source),UPDATE(source) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.observed_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(observed_on) ON TABLE public.coverage TO market_app;


--
-- Name: COLUMN coverage.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during),UPDATE(valid_during) ON TABLE public.coverage TO market_app;


--
-- Name: TABLE coverage_projects; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.operator; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(operator) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.planned_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(planned_fen) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.spent_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(spent_fen) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.overrun_reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(overrun_reason) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.added_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_by) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.added_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_at) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.done_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(done_on) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.done_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(done_by) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.accepted_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_on) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.accepted_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_by) ON TABLE public.coverage_projects TO market_app;


--
-- Name: COLUMN coverage_projects.funded_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(funded_by) ON TABLE public.coverage_projects TO market_app;


--
-- Name: TABLE cycle_approvals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.cycle_approvals TO market_app;


--
-- Name: TABLE cycle_duties; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.cycle_duties TO market_app;


--
-- Name: TABLE cycle_events; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.cycle_events TO market_app;


--
-- Name: TABLE finding_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.finding_lines TO market_app;


--
-- Name: COLUMN finding_lines.verdict; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(verdict) ON TABLE public.finding_lines TO market_app;


--
-- Name: COLUMN finding_lines.changed_after; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(changed_after) ON TABLE public.finding_lines TO market_app;


--
-- Name: COLUMN finding_lines.facts_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(facts_at) ON TABLE public.finding_lines TO market_app;


--
-- Name: TABLE findings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.cycle_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(cycle_id) ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.at_risk_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(at_risk_fen) ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.evidence; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(evidence) ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.opened_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(opened_at) ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.seen_in; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seen_in) ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.seen_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seen_at) ON TABLE public.findings TO market_app;


--
-- Name: COLUMN findings.facts_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(facts_at) ON TABLE public.findings TO market_app;


--
-- Name: TABLE run_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.run_lines TO market_app;


--
-- Name: TABLE settlements; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.settlements TO market_app;


--
-- Name: TABLE cycle_findings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.cycle_findings TO market_app;


--
-- Name: TABLE data_requests; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.data_requests TO market_app;


--
-- Name: COLUMN data_requests.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.data_requests TO market_app;


--
-- Name: COLUMN data_requests.category; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(category) ON TABLE public.data_requests TO market_app;


--
-- Name: COLUMN data_requests.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.data_requests TO market_app;


--
-- Name: COLUMN data_requests.field; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(field) ON TABLE public.data_requests TO market_app;


--
-- Name: COLUMN data_requests.detail_by_key; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(detail_by_key) ON TABLE public.data_requests TO market_app;


--
-- Name: TABLE deposits; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.deposits TO market_app;


--
-- Name: COLUMN deposits.order_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(order_id) ON TABLE public.deposits TO market_app;


--
-- Name: COLUMN deposits.deposit_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(deposit_fen) ON TABLE public.deposits TO market_app;


--
-- Name: COLUMN deposits.balance_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(balance_fen) ON TABLE public.deposits TO market_app;


--
-- Name: COLUMN deposits.balance_from; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(balance_from) ON TABLE public.deposits TO market_app;


--
-- Name: COLUMN deposits.balance_until; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(balance_until) ON TABLE public.deposits TO market_app;


--
-- Name: COLUMN deposits.deposited_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(deposited_at) ON TABLE public.deposits TO market_app;


--
-- Name: COLUMN deposits.reminders; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reminders) ON TABLE public.deposits TO market_app;


--
-- Name: TABLE division_names; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.division_names TO market_app;


--
-- Name: TABLE divisions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.divisions TO market_app;


--
-- Name: TABLE enrolment_pauses; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.line_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_code) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.paused_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(paused_during),UPDATE(paused_during) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.reason; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reason) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.note_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(note_sealed) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.paused_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(paused_by) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.paused_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(paused_at) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.ended_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ended_by) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.ended_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ended_at) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: COLUMN enrolment_pauses.end_note_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(end_note_sealed) ON TABLE public.enrolment_pauses TO market_app;


--
-- Name: TABLE erased_members; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.erased_members TO market_app;


--
-- Name: TABLE evidence_packs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.evidence_packs TO market_app;


--
-- Name: TABLE favourites; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.favourites TO market_app;


--
-- Name: COLUMN favourites.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.favourites TO market_app;


--
-- Name: COLUMN favourites."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.favourites TO market_app;


--
-- Name: COLUMN favourites.listing_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(listing_id) ON TABLE public.favourites TO market_app;


--
-- Name: COLUMN favourites.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.favourites TO market_app;


--
-- Name: COLUMN favourites.added_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_at) ON TABLE public.favourites TO market_app;


--
-- Name: TABLE file_notes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.file_notes TO market_app;


--
-- Name: COLUMN file_notes.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(file_id) ON TABLE public.file_notes TO market_app;


--
-- Name: COLUMN file_notes."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.file_notes TO market_app;


--
-- Name: COLUMN file_notes.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.file_notes TO market_app;


--
-- Name: COLUMN file_notes.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.file_notes TO market_app;


--
-- Name: COLUMN file_notes.by_operator; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(by_operator) ON TABLE public.file_notes TO market_app;


--
-- Name: COLUMN file_notes.at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(at) ON TABLE public.file_notes TO market_app;


--
-- Name: COLUMN file_notes.text_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(text_sealed) ON TABLE public.file_notes TO market_app;


--
-- Name: TABLE file_reminders; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.file_reminders TO market_app;


--
-- Name: TABLE finding_decisions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.finding_decisions TO market_app;


--
-- Name: TABLE form_numbers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.form_numbers TO market_app;


--
-- Name: COLUMN form_numbers.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.form_numbers TO market_app;


--
-- Name: TABLE freight_templates; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.first_g; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(first_g) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.first_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(first_fen) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.next_g; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(next_g) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.next_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(next_fen) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.free_above_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(free_above_fen) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.no_ship; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(no_ship) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.cold_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(cold_fen) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.no_cold; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(no_cold) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.remote_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(remote_fen) ON TABLE public.freight_templates TO market_app;


--
-- Name: COLUMN freight_templates.remote; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(remote) ON TABLE public.freight_templates TO market_app;


--
-- Name: TABLE fund_applications; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.fund_applications TO market_app;


--
-- Name: COLUMN fund_applications.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.fund_applications TO market_app;


--
-- Name: COLUMN fund_applications.call_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(call_id) ON TABLE public.fund_applications TO market_app;


--
-- Name: COLUMN fund_applications.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.fund_applications TO market_app;


--
-- Name: COLUMN fund_applications.snapshot; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(snapshot) ON TABLE public.fund_applications TO market_app;


--
-- Name: COLUMN fund_applications.wanted_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(wanted_fen) ON TABLE public.fund_applications TO market_app;


--
-- Name: COLUMN fund_applications.granted_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(granted_fen) ON TABLE public.fund_applications TO market_app;


--
-- Name: TABLE fund_calls; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.department; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(department),UPDATE(department) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen),UPDATE(amount_fen) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during),UPDATE(valid_during) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.basis; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(basis),UPDATE(basis) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.added_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_by) ON TABLE public.fund_calls TO market_app;


--
-- Name: COLUMN fund_calls.added_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_at) ON TABLE public.fund_calls TO market_app;


--
-- Name: TABLE goods_return_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.goods_return_lines TO market_app;


--
-- Name: COLUMN goods_return_lines.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.goods_return_lines TO market_app;


--
-- Name: COLUMN goods_return_lines.line_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_id) ON TABLE public.goods_return_lines TO market_app;


--
-- Name: COLUMN goods_return_lines.quantity; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(quantity) ON TABLE public.goods_return_lines TO market_app;


--
-- Name: COLUMN goods_return_lines.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.goods_return_lines TO market_app;


--
-- Name: COLUMN goods_return_lines.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.goods_return_lines TO market_app;


--
-- Name: TABLE goods_returns; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.address_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(address_sealed) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.accepted_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_by) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.accepted_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_at) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.carrier; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(carrier) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.tracking; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(tracking) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.sent_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(sent_at) ON TABLE public.goods_returns TO market_app;


--
-- Name: COLUMN goods_returns.arrived_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(arrived_at) ON TABLE public.goods_returns TO market_app;


--
-- Name: TABLE grants; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.grants TO market_app;


--
-- Name: TABLE grievances; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.category; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(category) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.source; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(source) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.anonymous; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(anonymous) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.received_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(received_by) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.code_hash; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(code_hash) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.topic; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(topic) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.triage_due_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(triage_due_at) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.triaged_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(triaged_at) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.triaged_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(triaged_by) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.line_code; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(line_code) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.finding_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(finding_id) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lead_id) ON TABLE public.grievances TO market_app;


--
-- Name: COLUMN grievances.officer_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(officer_id) ON TABLE public.grievances TO market_app;


--
-- Name: TABLE held_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.held_lines TO market_app;


--
-- Name: TABLE households; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.households TO market_app;


--
-- Name: COLUMN households.merged_into; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(merged_into) ON TABLE public.households TO market_app;


--
-- Name: COLUMN households.merged_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(merged_on) ON TABLE public.households TO market_app;


--
-- Name: TABLE idempotency_keys; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.idempotency_keys TO market_app;


--
-- Name: COLUMN idempotency_keys.status; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(status) ON TABLE public.idempotency_keys TO market_app;


--
-- Name: COLUMN idempotency_keys.response; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(response) ON TABLE public.idempotency_keys TO market_app;


--
-- Name: COLUMN idempotency_keys.replays; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(replays) ON TABLE public.idempotency_keys TO market_app;


--
-- Name: TABLE identifiers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.identifiers TO market_app;


--
-- Name: TABLE idle_calls; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.idle_calls TO market_app;


--
-- Name: COLUMN idle_calls.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.idle_calls TO market_app;


--
-- Name: COLUMN idle_calls.line_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_code) ON TABLE public.idle_calls TO market_app;


--
-- Name: COLUMN idle_calls.notice_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(notice_on) ON TABLE public.idle_calls TO market_app;


--
-- Name: COLUMN idle_calls.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(outcome) ON TABLE public.idle_calls TO market_app;


--
-- Name: COLUMN idle_calls.note_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(note_sealed) ON TABLE public.idle_calls TO market_app;


--
-- Name: COLUMN idle_calls.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.idle_calls TO market_app;


--
-- Name: COLUMN idle_calls.at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(at) ON TABLE public.idle_calls TO market_app;


--
-- Name: TABLE idle_notices; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.idle_notices TO market_app;


--
-- Name: TABLE import_originals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.import_originals TO market_app;


--
-- Name: TABLE invoice_requests; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.buyer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(buyer_id) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.title_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(title_sealed),UPDATE(title_sealed) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.tax_number_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(tax_number_sealed),UPDATE(tax_number_sealed) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.email_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(email_sealed),UPDATE(email_sealed) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.wanted; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(wanted) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.correcting; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(correcting) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.changes; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(changes) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.changed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(changed) ON TABLE public.invoice_requests TO market_app;


--
-- Name: COLUMN invoice_requests.touched_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(touched_at),UPDATE(touched_at) ON TABLE public.invoice_requests TO market_app;


--
-- Name: TABLE invoice_tasks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.invoice_tasks TO market_app;


--
-- Name: COLUMN invoice_tasks.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.invoice_tasks TO market_app;


--
-- Name: COLUMN invoice_tasks.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.invoice_tasks TO market_app;


--
-- Name: COLUMN invoice_tasks.closed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(closed) ON TABLE public.invoice_tasks TO market_app;


--
-- Name: TABLE invoice_versions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.invoice_versions TO market_app;


--
-- Name: TABLE invoices; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.corrects_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(corrects_id) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.number; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(number),UPDATE(number) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.issued_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(issued_on) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.self_grown; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(self_grown) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.recorded_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_by),UPDATE(recorded_by) ON TABLE public.invoices TO market_app;


--
-- Name: COLUMN invoices.recorded_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_at),UPDATE(recorded_at) ON TABLE public.invoices TO market_app;


--
-- Name: TABLE job_applications; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.job_applications TO market_app;


--
-- Name: COLUMN job_applications.posting_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(posting_id) ON TABLE public.job_applications TO market_app;


--
-- Name: COLUMN job_applications.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.job_applications TO market_app;


--
-- Name: COLUMN job_applications.consented_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(consented_at) ON TABLE public.job_applications TO market_app;


--
-- Name: COLUMN job_applications.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.job_applications TO market_app;


--
-- Name: COLUMN job_applications.hired_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(hired_on) ON TABLE public.job_applications TO market_app;


--
-- Name: COLUMN job_applications.hired_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(hired_by) ON TABLE public.job_applications TO market_app;


--
-- Name: COLUMN job_applications.answered_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answered_at) ON TABLE public.job_applications TO market_app;


--
-- Name: TABLE job_postings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.title; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(title) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.note; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(note) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.positions; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(positions) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.wage_min_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(wage_min_fen) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.wage_max_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(wage_max_fen) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.per; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(per) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during),UPDATE(valid_during) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reason) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.added_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_by) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.added_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(added_at) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.checked_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(checked_by) ON TABLE public.job_postings TO market_app;


--
-- Name: COLUMN job_postings.checked_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(checked_at) ON TABLE public.job_postings TO market_app;


--
-- Name: TABLE large_payouts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.requested_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(requested_by) ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.requested_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(requested_at) ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.large_payouts TO market_app;


--
-- Name: COLUMN large_payouts.note; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(note) ON TABLE public.large_payouts TO market_app;


--
-- Name: TABLE lead_consents; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_consents TO market_app;


--
-- Name: COLUMN lead_consents.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(lead_id) ON TABLE public.lead_consents TO market_app;


--
-- Name: COLUMN lead_consents.form; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(form) ON TABLE public.lead_consents TO market_app;


--
-- Name: COLUMN lead_consents.text_version; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(text_version) ON TABLE public.lead_consents TO market_app;


--
-- Name: COLUMN lead_consents.given_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(given_on) ON TABLE public.lead_consents TO market_app;


--
-- Name: COLUMN lead_consents.recorded_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_by) ON TABLE public.lead_consents TO market_app;


--
-- Name: COLUMN lead_consents.recorded_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_at) ON TABLE public.lead_consents TO market_app;


--
-- Name: COLUMN lead_consents.photo_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(photo_sealed) ON TABLE public.lead_consents TO market_app;


--
-- Name: TABLE lead_moves; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_moves TO market_app;


--
-- Name: TABLE lead_persons; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.lead_persons TO market_app;


--
-- Name: TABLE lead_steps; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(lead_id) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.step; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(step) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.before; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(before) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.after; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(after) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.opinion_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(opinion_sealed) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.attended; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(attended) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.agreed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(agreed) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.notice; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(notice) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.effective_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(effective_on) ON TABLE public.lead_steps TO market_app;


--
-- Name: COLUMN lead_steps.at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(at) ON TABLE public.lead_steps TO market_app;


--
-- Name: TABLE line_changes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.line_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_code) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.verb; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(verb) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.effective_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(effective_on) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.details_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(details_sealed) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.note_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(note_sealed) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.reported_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reported_by) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.reported_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reported_at) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(outcome) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.reason_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reason_sealed) ON TABLE public.line_changes TO market_app;


--
-- Name: COLUMN line_changes.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.line_changes TO market_app;


--
-- Name: TABLE line_holds; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.line_holds TO market_app;


--
-- Name: TABLE line_refunds; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.line_refunds TO market_app;


--
-- Name: TABLE lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.lines TO market_app;


--
-- Name: TABLE listed_counties; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.listed_counties TO market_app;


--
-- Name: TABLE listed_facts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.listed_facts TO market_app;


--
-- Name: COLUMN listed_facts.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.listed_facts TO market_app;


--
-- Name: COLUMN listed_facts.ended_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ended_by) ON TABLE public.listed_facts TO market_app;


--
-- Name: TABLE listing_files; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.listing_files TO market_app;


--
-- Name: TABLE listing_photos; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.listing_photos TO market_app;


--
-- Name: COLUMN listing_photos.listing_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(listing_id) ON TABLE public.listing_photos TO market_app;


--
-- Name: COLUMN listing_photos."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.listing_photos TO market_app;


--
-- Name: COLUMN listing_photos.photo_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(photo_id) ON TABLE public.listing_photos TO market_app;


--
-- Name: TABLE listings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.category_code; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(category_code) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.title; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(title) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.story; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(story) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.perishable; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(perishable) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.photo_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(photo_id) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.gi; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(gi) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.rating_sum; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(rating_sum) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.rating_count; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(rating_count) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.sold_count; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(sold_count) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.score; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(score) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.search_text; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(search_text) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.search_words; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(search_words) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.search_pinyin; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(search_pinyin) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.version; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(version) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.ranked_sold_count; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ranked_sold_count) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.certified_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(certified_until) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.storage; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(storage) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.shelf_days; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(shelf_days) ON TABLE public.listings TO market_app;


--
-- Name: COLUMN listings.no_ship; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(no_ship) ON TABLE public.listings TO market_app;


--
-- Name: TABLE lots; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.lots TO market_app;


--
-- Name: COLUMN lots.available_units; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(available_units) ON TABLE public.lots TO market_app;


--
-- Name: COLUMN lots.reserved_units; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reserved_units) ON TABLE public.lots TO market_app;


--
-- Name: COLUMN lots.sold_units; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(sold_units) ON TABLE public.lots TO market_app;


--
-- Name: TABLE mediation_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.mediation_lines TO market_app;


--
-- Name: COLUMN mediation_lines.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.mediation_lines TO market_app;


--
-- Name: COLUMN mediation_lines.line_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_id) ON TABLE public.mediation_lines TO market_app;


--
-- Name: COLUMN mediation_lines.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.mediation_lines TO market_app;


--
-- Name: COLUMN mediation_lines.granted_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(granted_fen) ON TABLE public.mediation_lines TO market_app;


--
-- Name: TABLE mediation_proposals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.mediation_proposals TO market_app;


--
-- Name: COLUMN mediation_proposals.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.mediation_proposals TO market_app;


--
-- Name: COLUMN mediation_proposals.share_bp; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(share_bp) ON TABLE public.mediation_proposals TO market_app;


--
-- Name: COLUMN mediation_proposals.proposed_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_by) ON TABLE public.mediation_proposals TO market_app;


--
-- Name: COLUMN mediation_proposals.proposed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(proposed_at) ON TABLE public.mediation_proposals TO market_app;


--
-- Name: COLUMN mediation_proposals.buyer_agreed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(buyer_agreed_at) ON TABLE public.mediation_proposals TO market_app;


--
-- Name: COLUMN mediation_proposals.seller_agreed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seller_agreed_at) ON TABLE public.mediation_proposals TO market_app;


--
-- Name: COLUMN mediation_proposals.seller_agreed_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seller_agreed_by) ON TABLE public.mediation_proposals TO market_app;


--
-- Name: TABLE mediations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.source_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(source_id) ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.source; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(source) ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.refused_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(refused_by) ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.refused_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(refused_sealed) ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.share_bp; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(share_bp) ON TABLE public.mediations TO market_app;


--
-- Name: COLUMN mediations.agreed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(agreed) ON TABLE public.mediations TO market_app;


--
-- Name: TABLE messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.facts_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(facts_sealed) ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.sent_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(sent_at) ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.attempts; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(attempts) ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.next_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(next_at) ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.error; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(error) ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.dead_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(dead_at) ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.provider_ref; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(provider_ref) ON TABLE public.messages TO market_app;


--
-- Name: COLUMN messages.delivered_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(delivered_at) ON TABLE public.messages TO market_app;


--
-- Name: TABLE month_figures; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.month_figures TO market_app;


--
-- Name: TABLE night_prices; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.night_prices TO market_app;


--
-- Name: TABLE night_rules; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.night_rules TO market_app;


--
-- Name: TABLE objections; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.objections TO market_app;


--
-- Name: COLUMN objections.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.objections TO market_app;


--
-- Name: COLUMN objections.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(lead_id) ON TABLE public.objections TO market_app;


--
-- Name: COLUMN objections.reason; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reason) ON TABLE public.objections TO market_app;


--
-- Name: COLUMN objections.receipt_hash; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(receipt_hash) ON TABLE public.objections TO market_app;


--
-- Name: COLUMN objections.recorded_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(recorded_by) ON TABLE public.objections TO market_app;


--
-- Name: TABLE open_figures; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.open_figures TO market_app;


--
-- Name: TABLE openings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.openings TO market_app;


--
-- Name: TABLE operator_bank_accounts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.operator; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(operator) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.holder; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(holder) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.bank; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(bank) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.number_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(number_sealed) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.number_tail; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(number_tail) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during),UPDATE(valid_during) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.entered_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(entered_by) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.entered_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(entered_at) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(outcome) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: COLUMN operator_bank_accounts.replaced_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(replaced_by) ON TABLE public.operator_bank_accounts TO market_app;


--
-- Name: TABLE operator_grants; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.operator_grants TO market_app;


--
-- Name: TABLE operators; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.operators TO market_app;


--
-- Name: TABLE order_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.order_lines TO market_app;


--
-- Name: TABLE orders; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(id) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.buyer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(buyer_id) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.key; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(key),UPDATE(key) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.fingerprint; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(fingerprint) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.region_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(region_code) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.address_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(address_sealed),UPDATE(address_sealed) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.goods_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(goods_fen) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.freight_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(freight_fen) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.discount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(discount_fen) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.total_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(total_fen) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.method; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(method) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.placed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(placed_at) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.pay_until; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(pay_until) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.paid_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(paid_at) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.closed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(closed_at) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.items; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(items) ON TABLE public.orders TO market_app;


--
-- Name: COLUMN orders.lot_units; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(lot_units) ON TABLE public.orders TO market_app;


--
-- Name: TABLE organisation_licences; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.organisation_licences TO market_app;


--
-- Name: COLUMN organisation_licences.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.organisation_licences TO market_app;


--
-- Name: TABLE outages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.outages TO market_app;


--
-- Name: TABLE package_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.package_lines TO market_app;


--
-- Name: TABLE package_orders; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.package_orders TO market_app;


--
-- Name: TABLE package_parts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.package_parts TO market_app;


--
-- Name: COLUMN package_parts.package_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(package_id) ON TABLE public.package_parts TO market_app;


--
-- Name: COLUMN package_parts."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.package_parts TO market_app;


--
-- Name: COLUMN package_parts.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.package_parts TO market_app;


--
-- Name: COLUMN package_parts.quantity; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(quantity) ON TABLE public.package_parts TO market_app;


--
-- Name: COLUMN package_parts.share_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(share_fen) ON TABLE public.package_parts TO market_app;


--
-- Name: TABLE package_suppliers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.package_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(package_id) ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.ordinal; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ordinal) ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.listing_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(listing_id) ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.variant_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(variant_id) ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.state; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(state),UPDATE(state) ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(decided_by),UPDATE(decided_by) ON TABLE public.package_suppliers TO market_app;


--
-- Name: COLUMN package_suppliers.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(decided_at),UPDATE(decided_at) ON TABLE public.package_suppliers TO market_app;


--
-- Name: TABLE packages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.title; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(title) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.story; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(story) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.persons; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(persons) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.nights; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(nights) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.price_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(price_fen) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(valid_during) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.on_holidays; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(on_holidays) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.created_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_by) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.created_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_at) ON TABLE public.packages TO market_app;


--
-- Name: COLUMN packages.published_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(published_at) ON TABLE public.packages TO market_app;


--
-- Name: TABLE pairing_statement_items; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.pairing_statement_items TO market_app;


--
-- Name: COLUMN pairing_statement_items.pairing_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(pairing_id) ON TABLE public.pairing_statement_items TO market_app;


--
-- Name: COLUMN pairing_statement_items.year; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(year) ON TABLE public.pairing_statement_items TO market_app;


--
-- Name: COLUMN pairing_statement_items.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.pairing_statement_items TO market_app;


--
-- Name: COLUMN pairing_statement_items.on_day; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(on_day) ON TABLE public.pairing_statement_items TO market_app;


--
-- Name: COLUMN pairing_statement_items.what; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(what) ON TABLE public.pairing_statement_items TO market_app;


--
-- Name: COLUMN pairing_statement_items.amount; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount) ON TABLE public.pairing_statement_items TO market_app;


--
-- Name: TABLE pairing_statement_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.pairing_statement_lines TO market_app;


--
-- Name: TABLE pairing_statements; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.pairing_statements TO market_app;


--
-- Name: TABLE parcel_reminders; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.parcel_reminders TO market_app;


--
-- Name: TABLE person_keys; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.person_keys TO market_app;


--
-- Name: COLUMN person_keys.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.person_keys TO market_app;


--
-- Name: COLUMN person_keys.key_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(key_sealed) ON TABLE public.person_keys TO market_app;


--
-- Name: COLUMN person_keys.made_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(made_at) ON TABLE public.person_keys TO market_app;


--
-- Name: TABLE photos; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.photos TO market_app;


--
-- Name: TABLE pickup_points; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.division_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(division_code) ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name) ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.address; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(address) ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.phone; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(phone) ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.hours; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(hours) ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.keeper_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(keeper_id),UPDATE(keeper_id) ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.open; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(open) ON TABLE public.pickup_points TO market_app;


--
-- Name: COLUMN pickup_points.created_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(created_at) ON TABLE public.pickup_points TO market_app;


--
-- Name: TABLE pickups; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.point_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(point_id) ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.arrived_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(arrived_at) ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.code_hash; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(code_hash) ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.code_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(code_sealed) ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.collected_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(collected_at) ON TABLE public.pickups TO market_app;


--
-- Name: COLUMN pickups.reminded_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reminded_at) ON TABLE public.pickups TO market_app;


--
-- Name: TABLE platform_purchases; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.order_number; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(order_number) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.line_number; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_number) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.supplier; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(supplier),UPDATE(supplier) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.origin_county; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(origin_county),UPDATE(origin_county) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.product; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(product),UPDATE(product) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.quantity; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(quantity),UPDATE(quantity) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(fen),UPDATE(fen) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.accepted_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(accepted_on),UPDATE(accepted_on) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.paid_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(paid_on),UPDATE(paid_on) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.year; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(year),UPDATE(year) ON TABLE public.platform_purchases TO market_app;


--
-- Name: COLUMN platform_purchases.list; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(list),UPDATE(list) ON TABLE public.platform_purchases TO market_app;


--
-- Name: TABLE pledges; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.pledges TO market_app;


--
-- Name: COLUMN pledges.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.pledges TO market_app;


--
-- Name: TABLE presales; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.presales TO market_app;


--
-- Name: COLUMN presales.deposit_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(deposit_fen) ON TABLE public.presales TO market_app;


--
-- Name: COLUMN presales.balance_from; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(balance_from) ON TABLE public.presales TO market_app;


--
-- Name: COLUMN presales.balance_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(balance_until) ON TABLE public.presales TO market_app;


--
-- Name: COLUMN presales.send_from; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(send_from) ON TABLE public.presales TO market_app;


--
-- Name: COLUMN presales.send_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(send_until) ON TABLE public.presales TO market_app;


--
-- Name: TABLE procurement_checks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.procurement_checks TO market_app;


--
-- Name: TABLE procurement_invoices; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.procurement_invoices TO market_app;


--
-- Name: TABLE procurement_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.procurement_lines TO market_app;


--
-- Name: COLUMN procurement_lines.line_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_id) ON TABLE public.procurement_lines TO market_app;


--
-- Name: COLUMN procurement_lines.order_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(order_id) ON TABLE public.procurement_lines TO market_app;


--
-- Name: COLUMN procurement_lines.price_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(price_fen) ON TABLE public.procurement_lines TO market_app;


--
-- Name: COLUMN procurement_lines.ordered; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ordered) ON TABLE public.procurement_lines TO market_app;


--
-- Name: COLUMN procurement_lines.delivered; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(delivered) ON TABLE public.procurement_lines TO market_app;


--
-- Name: COLUMN procurement_lines.accepted; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted) ON TABLE public.procurement_lines TO market_app;


--
-- Name: TABLE procurements; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.order_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(order_id) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.producer_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_id) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.producer_county; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(producer_county) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.year; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(year) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.ordered_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ordered_on) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.list; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(list) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.payment_days; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(payment_days) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.payer_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(payer_code) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.freight_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(freight_fen) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.ordered_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ordered_fen) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.accepted_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_fen) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.requested_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(requested_by) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.requested_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(requested_at) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.approved_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(approved_by) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.approved_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(approved_at) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.signed_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(signed_by) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.signed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(signed_at) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.delivered_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(delivered_by) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.delivered_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(delivered_at) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.accepted_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_by) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.accepted_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_at) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.accepted_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(accepted_on) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.invoiced_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(invoiced_at) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.ended_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ended_at) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.ended_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(ended_by) ON TABLE public.procurements TO market_app;


--
-- Name: COLUMN procurements.reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reason) ON TABLE public.procurements TO market_app;


--
-- Name: TABLE producer_figures; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.since; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(since) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.counted_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(counted_on) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.parcels; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(parcels) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.in_time; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(in_time) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.reviews; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reviews) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.stars; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(stars) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.answered; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answered) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.stays; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(stays) ON TABLE public.producer_figures TO market_app;


--
-- Name: COLUMN producer_figures.kept_stays; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(kept_stays) ON TABLE public.producer_figures TO market_app;


--
-- Name: TABLE producer_members; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.producer_members TO market_app;


--
-- Name: COLUMN producer_members.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.producer_members TO market_app;


--
-- Name: TABLE producer_steps; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.producer_steps TO market_app;


--
-- Name: TABLE programme_checks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.programme_checks TO market_app;


--
-- Name: TABLE programme_sentences; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.programme_sentences TO market_app;


--
-- Name: TABLE public_plans; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.public_plans TO market_app;


--
-- Name: TABLE quarter_sums; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.quarter_sums TO market_app;


--
-- Name: TABLE questions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.questions TO market_app;


--
-- Name: COLUMN questions.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.questions TO market_app;


--
-- Name: COLUMN questions.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.questions TO market_app;


--
-- Name: COLUMN questions.photo_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(photo_id),UPDATE(photo_id) ON TABLE public.questions TO market_app;


--
-- Name: COLUMN questions.public_text; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(public_text) ON TABLE public.questions TO market_app;


--
-- Name: COLUMN questions.public_answer; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(public_answer) ON TABLE public.questions TO market_app;


--
-- Name: COLUMN questions.previewed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(previewed_at) ON TABLE public.questions TO market_app;


--
-- Name: COLUMN questions.shared_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(shared_at) ON TABLE public.questions TO market_app;


--
-- Name: TABLE quota_entries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.year; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(year) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.list; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(list) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(fen) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.order_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(order_id) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.order_number; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(order_number) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.line_number; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_number) ON TABLE public.quota_entries TO market_app;


--
-- Name: COLUMN quota_entries.at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(at) ON TABLE public.quota_entries TO market_app;


--
-- Name: TABLE quota_rules; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.quota_rules TO market_app;


--
-- Name: TABLE rates; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.rates TO market_app;


--
-- Name: COLUMN rates.fen_per_10000; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(fen_per_10000) ON TABLE public.rates TO market_app;


--
-- Name: COLUMN rates.source; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(source) ON TABLE public.rates TO market_app;


--
-- Name: TABLE reconciliations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.reconciliations TO market_app;


--
-- Name: TABLE redemptions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.redemptions TO market_app;


--
-- Name: COLUMN redemptions.order_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(order_id) ON TABLE public.redemptions TO market_app;


--
-- Name: COLUMN redemptions.voucher_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(voucher_id) ON TABLE public.redemptions TO market_app;


--
-- Name: COLUMN redemptions.discount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(discount_fen) ON TABLE public.redemptions TO market_app;


--
-- Name: COLUMN redemptions.redeemed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(redeemed_at) ON TABLE public.redemptions TO market_app;


--
-- Name: COLUMN redemptions.freed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(freed_at) ON TABLE public.redemptions TO market_app;


--
-- Name: TABLE refund_requests; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.line_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_id) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.key; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(key) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.amount_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(amount_fen) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.reason; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reason) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.note; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(note) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.requested_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(requested_by) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.requested_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(requested_at) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.decision_note; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decision_note) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.lapse_reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lapse_reason) ON TABLE public.refund_requests TO market_app;


--
-- Name: COLUMN refund_requests.escalated_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(escalated_at) ON TABLE public.refund_requests TO market_app;


--
-- Name: TABLE register_checks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.register_checks TO market_app;


--
-- Name: COLUMN register_checks.checked_on; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(checked_on) ON TABLE public.register_checks TO market_app;


--
-- Name: COLUMN register_checks.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(file_id) ON TABLE public.register_checks TO market_app;


--
-- Name: COLUMN register_checks.lead_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lead_id) ON TABLE public.register_checks TO market_app;


--
-- Name: COLUMN register_checks.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(account_id) ON TABLE public.register_checks TO market_app;


--
-- Name: TABLE register_erasures; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.register_erasures TO market_app;


--
-- Name: TABLE rejected_rows; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.rejected_rows TO market_app;


--
-- Name: TABLE return_differences; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(file_id) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.line_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_code) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.for_month; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(for_month) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.settled_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(settled_fen) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.row_number; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(row_number) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.credited_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(credited_fen) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.since; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(since) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(outcome) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.why; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(why) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.answered_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answered_by) ON TABLE public.return_differences TO market_app;


--
-- Name: COLUMN return_differences.answered_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answered_at) ON TABLE public.return_differences TO market_app;


--
-- Name: TABLE return_files; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.return_files TO market_app;


--
-- Name: TABLE return_rows; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.return_rows TO market_app;


--
-- Name: TABLE review_appeals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.review_appeals TO market_app;


--
-- Name: COLUMN review_appeals.case_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(case_id) ON TABLE public.review_appeals TO market_app;


--
-- Name: COLUMN review_appeals.review_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(review_id) ON TABLE public.review_appeals TO market_app;


--
-- Name: COLUMN review_appeals.claimed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(claimed) ON TABLE public.review_appeals TO market_app;


--
-- Name: TABLE review_photos; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.review_photos TO market_app;


--
-- Name: COLUMN review_photos.review_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(review_id) ON TABLE public.review_photos TO market_app;


--
-- Name: COLUMN review_photos.photo_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(photo_id) ON TABLE public.review_photos TO market_app;


--
-- Name: COLUMN review_photos.removed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(removed_at) ON TABLE public.review_photos TO market_app;


--
-- Name: TABLE review_versions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.review_versions TO market_app;


--
-- Name: TABLE reviews; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.rating; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(rating) ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.text; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(text) ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.answer; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answer) ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.edited_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(edited_at) ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.answered_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answered_at) ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.answered_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(answered_by) ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.hidden_for; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(hidden_for) ON TABLE public.reviews TO market_app;


--
-- Name: COLUMN reviews.hidden_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(hidden_at) ON TABLE public.reviews TO market_app;


--
-- Name: TABLE run_explanations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.run_explanations TO market_app;


--
-- Name: TABLE runs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.runs TO market_app;


--
-- Name: TABLE sample_deposits; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.sample_deposits TO market_app;


--
-- Name: TABLE sample_draws; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.sample_draws TO market_app;


--
-- Name: TABLE sample_lines; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.sample_lines TO market_app;


--
-- Name: COLUMN sample_lines.cycle_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(cycle_id) ON TABLE public.sample_lines TO market_app;


--
-- Name: COLUMN sample_lines."position"; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT("position") ON TABLE public.sample_lines TO market_app;


--
-- Name: COLUMN sample_lines.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.sample_lines TO market_app;


--
-- Name: COLUMN sample_lines.line_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(line_code) ON TABLE public.sample_lines TO market_app;


--
-- Name: COLUMN sample_lines.outcome; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(outcome) ON TABLE public.sample_lines TO market_app;


--
-- Name: COLUMN sample_lines.checked_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(checked_by) ON TABLE public.sample_lines TO market_app;


--
-- Name: COLUMN sample_lines.checked_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(checked_at) ON TABLE public.sample_lines TO market_app;


--
-- Name: TABLE saved_filters; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.saved_filters TO market_app;


--
-- Name: COLUMN saved_filters.query; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(query) ON TABLE public.saved_filters TO market_app;


--
-- Name: COLUMN saved_filters.saved_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(saved_at) ON TABLE public.saved_filters TO market_app;


--
-- Name: TABLE second_factor_uses; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.second_factor_uses TO market_app;


--
-- Name: TABLE sending_windows; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.sending_windows TO market_app;


--
-- Name: TABLE sent_bytes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.sent_bytes TO market_app;


--
-- Name: COLUMN sent_bytes.bytes; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(bytes) ON TABLE public.sent_bytes TO market_app;


--
-- Name: TABLE sessions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.sessions TO market_app;


--
-- Name: COLUMN sessions.seen_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(seen_at) ON TABLE public.sessions TO market_app;


--
-- Name: COLUMN sessions.factor_attempts; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(factor_attempts) ON TABLE public.sessions TO market_app;


--
-- Name: COLUMN sessions.revoked_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(revoked_at) ON TABLE public.sessions TO market_app;


--
-- Name: TABLE settlement_files; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.settlement_files TO market_app;


--
-- Name: TABLE sign_in_attempts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.sign_in_attempts TO market_app;


--
-- Name: COLUMN sign_in_attempts.attempts; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(attempts) ON TABLE public.sign_in_attempts TO market_app;


--
-- Name: TABLE sign_in_codes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.sign_in_codes TO market_app;


--
-- Name: COLUMN sign_in_codes.attempts; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(attempts) ON TABLE public.sign_in_codes TO market_app;


--
-- Name: COLUMN sign_in_codes.used_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(used_at) ON TABLE public.sign_in_codes TO market_app;


--
-- Name: TABLE slot_reservations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.slot_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(slot_id) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.party; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(party) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.state; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(state),UPDATE(state) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.code_hash; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(code_hash) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.code_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(code_sealed) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.attended_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(attended_at) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id),UPDATE(account_id) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.signed_up_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(signed_up_by),UPDATE(signed_up_by) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.name_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name_sealed),UPDATE(name_sealed) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.name_index; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(name_index),UPDATE(name_index) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.joined_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(joined_at) ON TABLE public.slot_reservations TO market_app;


--
-- Name: COLUMN slot_reservations.offered_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(offered_until) ON TABLE public.slot_reservations TO market_app;


--
-- Name: TABLE slots; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.listing_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(listing_id) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(during) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.capacity; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(capacity) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.minimum; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(minimum) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.free; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(free),UPDATE(free) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.cancelled_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(cancelled_at) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.cancelled_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(cancelled_by) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.cancel_reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(cancel_reason) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.village_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(village_code) ON TABLE public.slots TO market_app;


--
-- Name: COLUMN slots.room; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(room) ON TABLE public.slots TO market_app;


--
-- Name: TABLE stay_cancellations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.stay_cancellations TO market_app;


--
-- Name: TABLE stay_deposits; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.stay_deposits TO market_app;


--
-- Name: COLUMN stay_deposits.share_bp; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(share_bp) ON TABLE public.stay_deposits TO market_app;


--
-- Name: COLUMN stay_deposits.days_before; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(days_before) ON TABLE public.stay_deposits TO market_app;


--
-- Name: TABLE stay_guests; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.stay_guests TO market_app;


--
-- Name: COLUMN stay_guests.booking_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(booking_id) ON TABLE public.stay_guests TO market_app;


--
-- Name: COLUMN stay_guests.document; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(document) ON TABLE public.stay_guests TO market_app;


--
-- Name: COLUMN stay_guests.guest_sealed; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(guest_sealed) ON TABLE public.stay_guests TO market_app;


--
-- Name: COLUMN stay_guests.registered_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(registered_by) ON TABLE public.stay_guests TO market_app;


--
-- Name: COLUMN stay_guests.registered_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(registered_at) ON TABLE public.stay_guests TO market_app;


--
-- Name: COLUMN stay_guests.delete_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(delete_on) ON TABLE public.stay_guests TO market_app;


--
-- Name: TABLE stock_moves; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.stock_moves TO market_app;


--
-- Name: TABLE suborder_events; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.suborder_events TO market_app;


--
-- Name: TABLE suborders; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.suborders TO market_app;


--
-- Name: COLUMN suborders.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.suborders TO market_app;


--
-- Name: COLUMN suborders.carrier; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(carrier) ON TABLE public.suborders TO market_app;


--
-- Name: COLUMN suborders.tracking; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(tracking) ON TABLE public.suborders TO market_app;


--
-- Name: COLUMN suborders.shipped_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(shipped_at) ON TABLE public.suborders TO market_app;


--
-- Name: COLUMN suborders.received_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(received_at) ON TABLE public.suborders TO market_app;


--
-- Name: COLUMN suborders.closed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(closed_at) ON TABLE public.suborders TO market_app;


--
-- Name: COLUMN suborders.lost_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(lost_fen) ON TABLE public.suborders TO market_app;


--
-- Name: TABLE subsidy_postings; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.subsidy_postings TO market_app;


--
-- Name: TABLE supervision_events; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.supervision_events TO market_app;


--
-- Name: COLUMN supervision_events.task_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(task_id) ON TABLE public.supervision_events TO market_app;


--
-- Name: COLUMN supervision_events.kind; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(kind) ON TABLE public.supervision_events TO market_app;


--
-- Name: COLUMN supervision_events.at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(at) ON TABLE public.supervision_events TO market_app;


--
-- Name: COLUMN supervision_events.day; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(day) ON TABLE public.supervision_events TO market_app;


--
-- Name: TABLE supervision_tasks; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.parent_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(parent_id) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.parent_due_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(parent_due_on) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.issuer_scope; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(issuer_scope) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.assignee_scope; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(assignee_scope) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.title; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(title) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.text; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(text) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.basis; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(basis) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.due_on; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(due_on) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.measure; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(measure) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.target; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(target) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.issued_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(issued_by) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.issued_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(issued_at) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.evidence_text; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(evidence_text) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.evidence_figure; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(evidence_figure) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.sent_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(sent_by) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.sent_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(sent_at) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reason) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.decided_by; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_by) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: COLUMN supervision_tasks.decided_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(decided_at) ON TABLE public.supervision_tasks TO market_app;


--
-- Name: TABLE terms_approvals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.terms_approvals TO market_app;


--
-- Name: COLUMN terms_approvals.file_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(file_id) ON TABLE public.terms_approvals TO market_app;


--
-- Name: COLUMN terms_approvals.county_code; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(county_code) ON TABLE public.terms_approvals TO market_app;


--
-- Name: COLUMN terms_approvals.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.terms_approvals TO market_app;


--
-- Name: COLUMN terms_approvals.at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(at) ON TABLE public.terms_approvals TO market_app;


--
-- Name: TABLE tier_prices; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.tier_prices TO market_app;


--
-- Name: TABLE tracked_parcels; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.suborder_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(suborder_id) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.carrier; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(carrier),UPDATE(carrier) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.tracking; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(tracking),UPDATE(tracking) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.state; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(state) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.registered_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(registered_at),UPDATE(registered_at) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.moved_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(moved_at),UPDATE(moved_at) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.delivered_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(delivered_at) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.attempts; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(attempts) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.next_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(next_at) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.claimed_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(claimed_at) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.hinted_at; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(hinted_at) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: COLUMN tracked_parcels.error; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(error) ON TABLE public.tracked_parcels TO market_app;


--
-- Name: TABLE tracking_facts; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE public.tracking_facts TO market_app;


--
-- Name: TABLE unit_quotas; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.organisation_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(organisation_id) ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.year; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(year) ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.canteen_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(canteen_fen),UPDATE(canteen_fen) ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.quota_fen; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(quota_fen),UPDATE(quota_fen) ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.region; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(region),UPDATE(region) ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.ratio_bp; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ratio_bp),UPDATE(ratio_bp) ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.set_by; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(set_by),UPDATE(set_by) ON TABLE public.unit_quotas TO market_app;


--
-- Name: COLUMN unit_quotas.set_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(set_at),UPDATE(set_at) ON TABLE public.unit_quotas TO market_app;


--
-- Name: TABLE usage_days; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.usage_days TO market_app;


--
-- Name: TABLE valid_approvals; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.valid_approvals TO market_app;


--
-- Name: TABLE variants; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.variants TO market_app;


--
-- Name: COLUMN variants."position"; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE("position") ON TABLE public.variants TO market_app;


--
-- Name: COLUMN variants.price_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(price_fen) ON TABLE public.variants TO market_app;


--
-- Name: COLUMN variants.public_price_fen; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(public_price_fen) ON TABLE public.variants TO market_app;


--
-- Name: TABLE village_periods; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.village_periods TO market_app;


--
-- Name: COLUMN village_periods.valid_during; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(valid_during) ON TABLE public.village_periods TO market_app;


--
-- Name: COLUMN village_periods.successor_code; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(successor_code) ON TABLE public.village_periods TO market_app;


--
-- Name: COLUMN village_periods.basis; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(basis) ON TABLE public.village_periods TO market_app;


--
-- Name: TABLE vouchers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.vouchers TO market_app;


--
-- Name: COLUMN vouchers.coupon_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(coupon_id) ON TABLE public.vouchers TO market_app;


--
-- Name: COLUMN vouchers.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.vouchers TO market_app;


--
-- Name: COLUMN vouchers.ordinal; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(ordinal) ON TABLE public.vouchers TO market_app;


--
-- Name: COLUMN vouchers.per_person; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(per_person) ON TABLE public.vouchers TO market_app;


--
-- Name: COLUMN vouchers.claimed_at; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(claimed_at) ON TABLE public.vouchers TO market_app;


--
-- PostgreSQL database dump complete
--

\unrestrict xiangji

