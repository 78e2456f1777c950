-- The rules that the engine decides by, as small functions that change nothing.

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

-- What holds during a call: its moment, and the ceilings of each category ([1] to [4]) then.
CREATE TYPE ledger_terms AS (
    moment          timestamptz,
    today           date,
    year_start      date,
    first_open_id   uuid,
    balance_max     bigint[],
    payment_max     bigint[],
    daily_max       bigint[],
    annual_max      bigint[]
);
CREATE FUNCTION ledger_terms_at(moment timestamptz) RETURNS ledger_terms
LANGUAGE plpgsql STABLE AS $$
DECLARE
    terms ledger_terms;
BEGIN
    SELECT moment, ledger_day(moment), date_trunc('year', ledger_day(moment))::date,
        (SELECT first_open_id FROM ledger_closed_month ORDER BY month DESC LIMIT 1),
        balance_max, payment_max, daily_max, annual_max
    INTO terms FROM ledger_ceilings
    WHERE effective_from <= moment ORDER BY effective_from DESC LIMIT 1;
    RETURN terms;
END $$;

-- The tighter of an account's own limits and those of its category at that moment.
CREATE FUNCTION ledger_limits(account ledger_account, moment timestamptz)
RETURNS TABLE (balance_max bigint, payment_max bigint, daily_max bigint, annual_max bigint)
LANGUAGE sql STABLE AS $$
    SELECT least(account.balance_max, t.balance_max[account.category]),
        least(account.payment_max, t.payment_max[account.category]),
        least(account.daily_max, t.daily_max[account.category]),
        least(account.annual_max, t.annual_max[account.category])
    FROM ledger_terms_at(moment) t
$$;

-- The counters of the day and of the year after `amount` more is paid on `today`. One of an
-- earlier day or year starts again at zero; a clock that went back counts for the later day.
CREATE FUNCTION ledger_counted_day(counted_on date, counted bigint, amount bigint, today date)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN counted_on >= today THEN counted ELSE 0 END + amount
$$;
CREATE FUNCTION ledger_counted_year(
    counted_on date, counted bigint, amount bigint, year_start date)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN counted_on >= year_start THEN counted ELSE 0 END + amount
$$;

-- Whether these sums of a batch cannot break a rule of an account, in whatever order they come:
-- all debits before all credits for its balance, all credits alone for its cap. `limited` is the
-- part of the debits that counts against limits, `limited_most` the largest of them. The ceilings
-- are those of its category. Accounts with a parent or a payee of their own are never that simple.
CREATE FUNCTION ledger_safe(
    a ledger_account, of_ledger smallint, debits bigint, credits bigint, limited bigint,
    limited_most bigint, balance_ceiling bigint, payment_ceiling bigint, daily_ceiling bigint,
    annual_ceiling bigint, today date, year_start date)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT a.status = 1 AND a.ledger = of_ledger AND a.payee IS NULL
        AND (a.overdraft OR CASE a.side
            WHEN 2 THEN a.credits_posted - a.debits_posted - a.debits_pending >= debits
            ELSE a.debits_posted - a.credits_posted - a.credits_pending >= credits END)
        AND (credits > 0 AND a.credits_posted + a.credits_pending - a.debits_posted + credits
            > least(a.balance_max, balance_ceiling)) IS NOT TRUE
        AND (limited = 0 OR (a.parent IS NULL
            AND (limited_most > least(a.payment_max, payment_ceiling)
                OR ledger_counted_day(a.counted_on, a.counted_day, limited, today)
                    > least(a.daily_max, daily_ceiling)
                OR ledger_counted_year(a.counted_on, a.counted_year, limited, year_start)
                    > least(a.annual_max, annual_ceiling)) IS NOT TRUE))
$$;

-- Count a payment at an account.
CREATE FUNCTION ledger_count(account ledger_account, amount bigint, terms ledger_terms)
RETURNS ledger_account LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    account.counted_day := ledger_counted_day(
        account.counted_on, account.counted_day, amount, terms.today);
    account.counted_year := ledger_counted_year(
        account.counted_on, account.counted_year, amount, terms.year_start);
    account.counted_on := greatest(account.counted_on, terms.today);
    RETURN account;
END $$;

-- Give an amount back to the day and the year that counted it, if they are not over.
CREATE FUNCTION ledger_give_back(account ledger_account, amount bigint, day date)
RETURNS ledger_account LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF account.counted_on = day THEN
        account.counted_day := account.counted_day - amount;
    END IF;
    IF extract(year FROM account.counted_on) = extract(year FROM day) THEN
        account.counted_year := account.counted_year - amount;
    END IF;
    RETURN account;
END $$;

-- What a payment of `amount` would break of the limits of `account`, which already counts it.
CREATE FUNCTION ledger_breach(
    account ledger_account, amount bigint, strict_category smallint, terms ledger_terms)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF amount > least(account.payment_max, terms.payment_max[account.category],
                      terms.payment_max[strict_category]) THEN
        RETURN 'payment_limit_exceeded';
    ELSIF account.counted_day > least(account.daily_max, terms.daily_max[account.category],
                                      terms.daily_max[strict_category]) THEN
        RETURN 'daily_limit_exceeded';
    ELSIF account.counted_year > least(account.annual_max, terms.annual_max[account.category],
                                       terms.annual_max[strict_category]) THEN
        RETURN 'annual_limit_exceeded';
    END IF;
    RETURN NULL;
END $$;

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
