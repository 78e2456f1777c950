-- Hot accounts: credits that cannot break a rule do not wait for one another.
--
-- Such a credit is only recorded, as a transfer without `previous` and an entry; nobody touches
-- the row of the account. Who appends holds a shared advisory lock on the account until it commits. Who
-- folds, or must know the balance to decide, holds it alone: then every transfer up to now is
-- committed and visible, and every later one gets a higher sequence. So what is folded is exactly
-- what stands up to one sequence. The same goes for debits of an account with overdraft.

CREATE FUNCTION ledger_hot_lock(account bigint, alone boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(1279611980, hashint8(account));  -- 'LEDL'
    ELSE
        PERFORM pg_advisory_xact_lock_shared(1279611980, hashint8(account));
    END IF;
END $$;

CREATE TYPE ledger_sums AS (
    debits_posted bigint, credits_posted bigint, debits_pending bigint, credits_pending bigint);

-- What the transfers of one side change, reserved money and resolutions included.
CREATE FUNCTION ledger_moved(flags smallint, amount bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN flags & 10 = 0 THEN amount ELSE 0 END $$;
CREATE FUNCTION ledger_held(flags smallint, amount bigint, reserved bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN flags & 2 <> 0 THEN amount WHEN flags & 12 <> 0 THEN -reserved ELSE 0 END
$$;

-- The sums of a hot account's transfers that its row does not have yet.
CREATE FUNCTION ledger_unfolded(hot ledger_hot) RETURNS ledger_sums
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(moved) FILTER (WHERE is_debit), 0)::bigint,
        coalesce(sum(moved) FILTER (WHERE NOT is_debit), 0)::bigint,
        coalesce(sum(held) FILTER (WHERE is_debit), 0)::bigint,
        coalesce(sum(held) FILTER (WHERE NOT is_debit), 0)::bigint
    FROM ledger_hot_entry WHERE account = hot.account AND sequence > hot.folded_upto
$$;

-- Every account with its exact sums: what reads must use instead of ledger_account's.
CREATE VIEW ledger_balance AS
    SELECT a.id, a.ledger, a.code, a.side, a.status, a.overdraft,
        a.debits_posted + coalesce(u.debits_posted, 0) AS debits_posted,
        a.credits_posted + coalesce(u.credits_posted, 0) AS credits_posted,
        a.debits_pending + coalesce(u.debits_pending, 0) AS debits_pending,
        a.credits_pending + coalesce(u.credits_pending, 0) AS credits_pending
    FROM ledger_account a LEFT JOIN LATERAL (
        SELECT sums.* FROM ledger_hot h, ledger_unfolded(h) sums WHERE h.account = a.id
    ) u ON true;

CREATE FUNCTION ledger_available(balance ledger_balance) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE balance.side
        WHEN 2 THEN balance.credits_posted - balance.debits_posted - balance.debits_pending
        ELSE balance.debits_posted - balance.credits_posted - balance.credits_pending END
$$;

-- The credit balances of a ledger's credit-normal accounts, added up.
CREATE FUNCTION ledger_credit_total(of_ledger smallint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT (coalesce((SELECT sum(credits_posted - debits_posted) FROM ledger_account
            WHERE ledger = of_ledger AND side = 2), 0)
        + coalesce((SELECT sum(u.credits_posted - u.debits_posted)
            FROM ledger_hot h JOIN ledger_account a ON a.id = h.account, ledger_unfolded(h) u
            WHERE a.ledger = of_ledger AND a.side = 2), 0))::bigint
$$;

-- What an entry changes of what is available to an account of that normal side.
CREATE FUNCTION ledger_change(e ledger_hot_entry, side smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN e.is_debit = (side = 1) THEN e.moved ELSE -e.moved - e.held END
$$;

-- Bring a hot account's row up to date; returns how many transfers it was behind. An anchor is
-- left for each thousand of them, so that a page of history never adds up more than that.
CREATE FUNCTION ledger_fold(of_account bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    hot ledger_hot;
    of_row ledger_account;
    sums ledger_sums;
    steps bigint;
    newest bigint;
BEGIN
    PERFORM ledger_hot_lock(of_account, true);
    SELECT * INTO of_row FROM ledger_account WHERE id = of_account FOR NO KEY UPDATE;
    SELECT * INTO hot FROM ledger_hot WHERE ledger_hot.account = of_account FOR UPDATE;
    WITH step AS (
        SELECT e.sequence, ledger_available(of_row)
                + sum(ledger_change(e, of_row.side)) OVER along AS available,
            row_number() OVER along AS number, count(*) OVER () AS total
        FROM ledger_hot_entry e
        WHERE e.account = of_account AND e.sequence > hot.folded_upto
        WINDOW along AS (ORDER BY e.sequence)
    ), anchor AS (
        INSERT INTO ledger_anchor
        SELECT of_account, sequence, available FROM step WHERE number % 1000 = 0 OR number = total
        RETURNING sequence
    )
    SELECT (SELECT count(*) FROM step), (SELECT max(sequence) FROM anchor) INTO steps, newest;
    IF steps = 0 THEN RETURN 0; END IF;
    sums := ledger_unfolded(hot);
    UPDATE ledger_account SET debits_posted = debits_posted + sums.debits_posted,
        credits_posted = credits_posted + sums.credits_posted,
        debits_pending = debits_pending + sums.debits_pending,
        credits_pending = credits_pending + sums.credits_pending
    WHERE id = of_account;
    UPDATE ledger_hot SET folded_upto = newest WHERE ledger_hot.account = of_account;
    RETURN steps;
END $$;

-- Make an account hot, for ever. Its history up to now stays chained.
CREATE FUNCTION ledger_make_hot(of_account bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_hot_lock(of_account, true);
    PERFORM FROM ledger_account WHERE id = of_account FOR NO KEY UPDATE;
    IF FOUND THEN
        INSERT INTO ledger_hot VALUES (of_account, nextval('ledger_order')) ON CONFLICT DO NOTHING;
    END IF;
END $$;
