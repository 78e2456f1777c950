-- The engine: the one function through which money moves. Decides strictly in order.

-- A balance on the normal side, less what is reserved to leave.
CREATE FUNCTION ledger_available(account ledger_account) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE account.side
        WHEN 2 THEN account.credits_posted - account.debits_posted - account.debits_pending
        ELSE account.debits_posted - account.credits_posted - account.credits_pending END
$$;

-- Days and years begin at midnight, China Standard Time.
CREATE FUNCTION ledger_day(moment timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE AS $$ SELECT (moment AT TIME ZONE INTERVAL '8 hours')::date $$;

-- The tighter of an account's own limits and those of its category at that moment.
CREATE FUNCTION ledger_limits(account ledger_account, moment timestamptz)
RETURNS TABLE (balance_max bigint, payment_max bigint, daily_max bigint, annual_max bigint)
LANGUAGE sql STABLE AS $$
    SELECT least(account.balance_max, l.balance_max), least(account.payment_max, l.payment_max),
        least(account.daily_max, l.daily_max), least(account.annual_max, l.annual_max)
    FROM (SELECT) one_row LEFT JOIN (
        SELECT * FROM ledger_limit
        WHERE category = account.category AND effective_from <= moment
        ORDER BY effective_from DESC LIMIT 1) l ON true
$$;

-- Count `amount` on `day`. A counter of an earlier day or year starts again at zero. A negative
-- amount is given back to the day and the year in which it was counted, if they are not over.
CREATE FUNCTION ledger_count(account ledger_account, amount bigint, day date)
RETURNS ledger_account LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    same_day boolean := account.counted_on = day;
    same_year boolean := isfinite(account.counted_on)
        AND extract(year FROM account.counted_on) = extract(year FROM day);
BEGIN
    IF amount >= 0 AND account.counted_on < day THEN
        account.counted_on := day;
        account.counted_day := amount;
        account.counted_year := amount + CASE WHEN same_year THEN account.counted_year ELSE 0 END;
    ELSE  -- a clock that went back counts for the later day
        IF same_day OR amount >= 0 THEN
            account.counted_day := account.counted_day + amount;
        END IF;
        IF same_year OR amount >= 0 THEN
            account.counted_year := account.counted_year + amount;
        END IF;
    END IF;
    RETURN account;
END $$;

-- What a payment of `amount` would break of the limits of `account`, which already counts it.
CREATE FUNCTION ledger_breach(
    account ledger_account, amount bigint, strict_category smallint, moment timestamptz)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN amount > least(own.payment_max, strict.payment_max) THEN 'payment_limit_exceeded'
        WHEN account.counted_day > least(own.daily_max, strict.daily_max)
            THEN 'daily_limit_exceeded'
        WHEN account.counted_year > least(own.annual_max, strict.annual_max)
            THEN 'annual_limit_exceeded' END
    FROM ledger_limits(account, moment) own LEFT JOIN (
        SELECT * FROM ledger_limit
        WHERE category = strict_category AND effective_from <= moment
        ORDER BY effective_from DESC LIMIT 1) strict ON true
$$;

-- The one that comes first in the order of precedence.
CREATE FUNCTION ledger_first_breach(one text, other text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT reason FROM unnest(
        ARRAY['payment_limit_exceeded', 'daily_limit_exceeded', 'annual_limit_exceeded']
    ) reason WHERE reason IN (one, other) LIMIT 1
$$;

-- `exists` for the same content, else the first field that differs.
CREATE FUNCTION ledger_compare(old ledger_transfer, new ledger_transfer) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN old.flags <> new.flags THEN 'exists_with_different_flags'
        WHEN old.pending_id IS DISTINCT FROM new.pending_id
            THEN 'exists_with_different_pending_id'
        WHEN old.debit_account <> new.debit_account THEN 'exists_with_different_debit_account'
        WHEN old.credit_account <> new.credit_account THEN 'exists_with_different_credit_account'
        WHEN old.amount <> new.amount THEN 'exists_with_different_amount'
        WHEN old.ledger <> new.ledger THEN 'exists_with_different_ledger'
        WHEN old.code <> new.code THEN 'exists_with_different_code'
        WHEN old.reference <> new.reference THEN 'exists_with_different_reference'
        WHEN old.expires_at IS DISTINCT FROM new.expires_at
            THEN 'exists_with_different_expires_at'
        ELSE 'exists' END
$$;

-- Decide and apply one transfer whose accounts are locked. `given` may leave out (0) what a
-- post or void takes from its reservation.
CREATE FUNCTION ledger_apply(given ledger_transfer, strict_category smallint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    new ledger_transfer := given;
    old ledger_transfer;
    reserved ledger_pending;
    payer ledger_account;
    payee ledger_account;
    parent ledger_account;
    moment timestamptz := clock_timestamp();
    breach text;
    given_back bigint;     -- to the counters
    resolves boolean := given.flags & 12 <> 0;
    released bigint := 0;  -- leaves the reservation
    moved bigint;          -- changes the posted balances
    held bigint;           -- enters the reservation
BEGIN
    new.flags := given.flags & ~1;
    IF given.flags & 14 NOT IN (0, 2, 4, 8) OR given.flags NOT BETWEEN 0 AND 63
       OR resolves <> (given.pending_id IS NOT NULL) OR (resolves AND given.flags & 48 <> 0)
       OR (given.expires_at IS NOT NULL AND given.flags & 2 = 0)
       OR strict_category NOT BETWEEN 1 AND 4 THEN
        RETURN 'flags_invalid';
    END IF;
    IF resolves THEN
        SELECT * INTO reserved FROM ledger_pending WHERE id = given.pending_id FOR UPDATE;
        IF NOT FOUND THEN RETURN 'pending_not_found'; END IF;
        new.debit_account := coalesce(nullif(given.debit_account, 0), reserved.debit_account);
        new.credit_account := coalesce(nullif(given.credit_account, 0), reserved.credit_account);
        new.amount := coalesce(nullif(given.amount, 0), reserved.amount);
        new.ledger := coalesce(nullif(given.ledger, 0), reserved.ledger);
        new.code := coalesce(nullif(given.code, 0), reserved.code);
    END IF;
    SELECT * INTO old FROM ledger_transfer WHERE id = given.id;
    IF FOUND THEN RETURN ledger_compare(old, new); END IF;
    IF new.amount NOT BETWEEN 1 AND 1000000000000000 THEN RETURN 'amount_invalid'; END IF;
    IF resolves THEN
        IF new.debit_account <> reserved.debit_account
           OR new.credit_account <> reserved.credit_account
           OR new.ledger <> reserved.ledger OR new.code <> reserved.code THEN
            RETURN 'pending_accounts_different';
        END IF;
        IF reserved.state = 2 THEN RETURN 'pending_already_posted'; END IF;
        IF reserved.state = 3 THEN RETURN 'pending_already_voided'; END IF;
        IF new.flags = 4 AND reserved.expires_at <= moment THEN
            RETURN 'pending_expired';
        END IF;
        IF new.amount > reserved.amount OR (new.flags = 8 AND new.amount <> reserved.amount) THEN
            RETURN 'pending_amount_exceeded';
        END IF;
    END IF;
    IF new.debit_account = new.credit_account THEN RETURN 'accounts_must_be_different'; END IF;
    SELECT * INTO payer FROM ledger_account WHERE id = new.debit_account;
    SELECT * INTO payee FROM ledger_account WHERE id = new.credit_account;
    IF payer.id IS NULL OR payee.id IS NULL THEN RETURN 'account_not_found'; END IF;
    IF payer.ledger <> new.ledger OR payee.ledger <> new.ledger THEN
        RETURN 'ledger_mismatch';
    END IF;
    -- What was reserved while the account was open may still be resolved.
    IF NOT resolves THEN
        IF payer.status = 2 OR payee.status = 2 THEN RETURN 'account_frozen'; END IF;
        IF payer.status = 3 OR payee.status = 3 THEN RETURN 'account_closed'; END IF;
        IF payer.payee <> payee.id THEN RETURN 'payee_restricted'; END IF;
    END IF;
    IF new.flags & 16 <> 0 THEN
        payer := ledger_count(payer, new.amount, ledger_day(moment));
        breach := ledger_breach(payer, new.amount, strict_category, moment);
        IF payer.parent IS NOT NULL THEN
            SELECT * INTO parent FROM ledger_account WHERE id = payer.parent;
            parent := ledger_count(parent, new.amount, ledger_day(moment));
            breach := ledger_first_breach(breach, ledger_breach(parent, new.amount, NULL, moment));
        END IF;
        IF breach IS NOT NULL THEN RETURN breach; END IF;
    ELSIF resolves AND reserved.counted_on IS NOT NULL THEN
        given_back := reserved.amount - CASE new.flags WHEN 4 THEN new.amount ELSE 0 END;
        payer := ledger_count(payer, -given_back, reserved.counted_on);
        IF payer.parent IS NOT NULL THEN
            SELECT * INTO parent FROM ledger_account WHERE id = payer.parent;
            parent := ledger_count(parent, -given_back, reserved.counted_on);
        END IF;
    END IF;
    released := CASE WHEN resolves THEN reserved.amount ELSE 0 END;
    moved := CASE WHEN new.flags & 10 = 0 THEN new.amount ELSE 0 END;
    held := CASE WHEN new.flags & 2 <> 0 THEN new.amount ELSE 0 END;
    payer.debits_posted := payer.debits_posted + moved;
    payer.debits_pending := payer.debits_pending + held - released;
    payee.credits_posted := payee.credits_posted + moved;
    payee.credits_pending := payee.credits_pending + held - released;
    -- What is reserved to leave may come back, what is reserved to come may come: both count.
    IF NOT resolves AND new.flags & 32 = 0
       AND payee.credits_posted + payee.credits_pending - payee.debits_posted
           > (SELECT balance_max FROM ledger_limits(payee, moment)) THEN
        RETURN 'balance_limit_exceeded';
    END IF;
    IF (payer.side = 2 AND NOT payer.overdraft AND ledger_available(payer) < 0)
       OR (payee.side = 1 AND NOT payee.overdraft AND ledger_available(payee) < 0) THEN
        RETURN 'insufficient_funds';
    END IF;
    new.sequence := nextval('ledger_order');  -- under the locks: it grows along each account
    new.debit_balance_after := ledger_available(payer);
    new.credit_balance_after := ledger_available(payee);
    new.recorded_at := moment;
    INSERT INTO ledger_transfer SELECT new.* ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN  -- another transaction used the id on other accounts just now
        SELECT * INTO old FROM ledger_transfer WHERE id = new.id;
        RETURN ledger_compare(old, new);
    END IF;
    UPDATE ledger_account SET debits_posted = payer.debits_posted,
        debits_pending = payer.debits_pending, counted_on = payer.counted_on,
        counted_day = payer.counted_day, counted_year = payer.counted_year
    WHERE id = payer.id;
    UPDATE ledger_account SET credits_posted = payee.credits_posted,
        credits_pending = payee.credits_pending WHERE id = payee.id;
    IF parent.id IS NOT NULL THEN
        UPDATE ledger_account SET counted_on = parent.counted_on,
            counted_day = parent.counted_day, counted_year = parent.counted_year
        WHERE id = parent.id;
    END IF;
    IF resolves THEN
        UPDATE ledger_pending SET state = CASE new.flags WHEN 4 THEN 2 ELSE 3 END
        WHERE id = reserved.id;
    ELSIF new.flags & 2 <> 0 THEN
        INSERT INTO ledger_pending VALUES (new.id, new.debit_account, new.credit_account,
            new.amount, new.ledger, new.code, 1, new.recorded_at, new.expires_at,
            CASE WHEN new.flags & 16 <> 0 THEN payer.counted_on END);
    END IF;
    RETURN 'ok';
END $$;

-- One result per transfer, in order. A chain is a run of LINKED (1) transfers and the one after.
CREATE FUNCTION ledger_create_transfers(batch ledger_transfer[], strict_categories smallint[])
RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    results text[] := '{}';
    total integer := cardinality(batch);
    first integer := 1;  -- of the chain
    last integer;
    failed integer;      -- position in the chain of the transfer that broke it
    reason text;
BEGIN
    -- In the order of their ids, so that two calls never wait for one another. The accounts of a
    -- reservation that this very batch makes are in the batch.
    WITH touched AS (
        SELECT unnest(ARRAY[t.debit_account, t.credit_account]) AS id FROM unnest(batch) t
        UNION SELECT unnest(ARRAY[p.debit_account, p.credit_account])
            FROM ledger_pending p JOIN unnest(batch) t ON t.pending_id = p.id
    )
    SELECT count(*) INTO failed FROM (
        SELECT FROM ledger_account WHERE id IN (
            SELECT id FROM touched
            UNION SELECT parent FROM ledger_account JOIN touched USING (id)
        ) ORDER BY id FOR NO KEY UPDATE) locked;
    WHILE first <= total LOOP
        last := first;
        WHILE last < total AND batch[last].flags & 1 = 1 LOOP last := last + 1; END LOOP;
        IF batch[last].flags & 1 = 1 THEN
            FOR i IN first .. last LOOP results[i] := 'linked_chain_open'; END LOOP;
        ELSIF first = last THEN
            results[first] := ledger_apply(batch[first], strict_categories[first]);
        ELSE
            BEGIN  -- a subtransaction: all of the chain, or nothing of it
                failed := NULL;
                FOR i IN first .. last LOOP
                    results[i] := ledger_apply(batch[i], strict_categories[i]);
                    IF results[i] NOT IN ('ok', 'exists') THEN
                        failed := i;
                        reason := results[i];
                        RAISE EXCEPTION USING ERRCODE = 'LK001';
                    END IF;
                END LOOP;
            EXCEPTION WHEN SQLSTATE 'LK001' THEN
                FOR i IN first .. last LOOP results[i] := 'linked_transfer_failed'; END LOOP;
                results[failed] := reason;
            END;
        END IF;
        first := last + 1;
    END LOOP;
    RETURN results;
END $$;
