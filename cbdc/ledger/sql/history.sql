-- The history of an account, newest first.

CREATE TYPE ledger_line AS (
    id uuid, reference uuid, code smallint, incoming boolean, amount bigint,
    balance_after bigint, counterparty bigint, status text, occurred_at timestamptz,
    recorded_at timestamptz);

-- Whether a transfer is a line of the account's history. A payer's line is the reservation (and,
-- when it is voided, its return), a payee's is the posting: each amount shows once on each side.
CREATE FUNCTION ledger_shown(is_debit boolean, flags smallint) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN is_debit THEN flags & 4 = 0 ELSE flags & 10 = 0 END
$$;

-- How transfers read in the history of an account, with the balances after them, in their order.
CREATE FUNCTION ledger_lines_for(
    of_account bigint, transfers ledger_transfer[], balances bigint[])
RETURNS SETOF ledger_line LANGUAGE sql STABLE AS $$
    SELECT t.id, t.reference, t.code, t.debit_account <> of_account OR t.flags & 8 <> 0, t.amount,
        balances[ordinality],
        CASE of_account WHEN t.debit_account THEN t.credit_account ELSE t.debit_account END,
        CASE p.state WHEN 1 THEN 'pending' WHEN 3 THEN 'voided' ELSE 'posted' END,
        t.occurred_at, t.recorded_at
    FROM unnest(transfers) WITH ORDINALITY t
    LEFT JOIN ledger_pending p ON p.id = t.id AND t.flags & 2 <> 0
    ORDER BY ordinality
$$;

-- The chain: from the newest transfer, or from the one before `before`, backwards. A line that
-- was recorded before `since` happened before it, and so did all the older ones.
CREATE FUNCTION ledger_chained_history(
    of_account bigint, before uuid, most integer, codes smallint[], since timestamptz,
    until timestamptz)
RETURNS SETOF ledger_line LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    t ledger_transfer;
    next uuid;
    is_debit boolean;
    transfers ledger_transfer[] := '{}';
    balances bigint[] := '{}';
BEGIN
    IF before IS NULL THEN
        SELECT last_transfer INTO next FROM ledger_account WHERE id = of_account;
    ELSE
        SELECT CASE of_account WHEN debit_account THEN debit_previous ELSE credit_previous END
        INTO next FROM ledger_transfer WHERE id = before;
    END IF;
    WHILE cardinality(transfers) < most LOOP
        SELECT * INTO t FROM ledger_transfer WHERE id = next;
        EXIT WHEN NOT FOUND OR t.recorded_at < since;
        is_debit := t.debit_account = of_account;
        IF ledger_shown(is_debit, t.flags) AND (codes IS NULL OR t.code = ANY (codes))
           AND (t.occurred_at >= since) IS NOT FALSE AND (t.occurred_at < until) IS NOT FALSE THEN
            transfers := transfers || t;
            balances := balances
                || CASE WHEN is_debit THEN t.debit_balance_after ELSE t.credit_balance_after END;
        END IF;
        next := CASE WHEN is_debit THEN t.debit_previous ELSE t.credit_previous END;
    END LOOP;
    RETURN QUERY SELECT * FROM ledger_lines_for(of_account, transfers, balances);
END $$;

-- A hot account's transfers after `before`, newest first: by index, in portions. Balances come
-- from the nearest anchor above, less what happened between.
CREATE FUNCTION ledger_hot_history(
    of_account bigint, before uuid, most integer, codes smallint[], since timestamptz,
    until timestamptz)
RETURNS SETOF ledger_line LANGUAGE plpgsql STABLE AS $$
DECLARE
    newest bigint := 9223372036854775807;
    upto bigint := coalesce((SELECT sequence - 1 FROM ledger_transfer WHERE id = before), newest);
    anchor ledger_anchor;
    of_side smallint;
    balance bigint;  -- after the transfer that comes next
    step record;
    t ledger_transfer;
    seen integer := 1;
    transfers ledger_transfer[] := '{}';
    balances bigint[] := '{}';
BEGIN
    SELECT side INTO of_side FROM ledger_account WHERE id = of_account;
    SELECT * INTO anchor FROM ledger_anchor
    WHERE account = of_account AND sequence >= upto ORDER BY sequence LIMIT 1;
    SELECT coalesce(anchor.available, ledger_available(b)) - coalesce((
        SELECT sum(ledger_change(e, of_side)) FROM ledger_hot_entry e
        WHERE e.account = of_account AND e.sequence > upto
            AND e.sequence <= coalesce(anchor.sequence, newest)), 0)
    INTO balance FROM ledger_balance b WHERE b.id = of_account;
    <<pages>> WHILE seen > 0 AND cardinality(transfers) < most LOOP
        seen := 0;
        FOR step IN
            SELECT e.sequence, ledger_change(e, of_side) AS change, e.is_debit, x AS transfer
            FROM (
                SELECT * FROM ledger_hot_entry WHERE account = of_account AND sequence <= upto
                ORDER BY sequence DESC LIMIT least(most, 200)) e
            LEFT JOIN ledger_transfer x ON x.id = e.transfer ORDER BY e.sequence DESC
        LOOP
            t := step.transfer;
            seen := seen + 1;
            upto := step.sequence - 1;
            -- Of a closed month: the history reaches back to here.
            EXIT pages WHEN t.id IS NULL OR t.recorded_at < since;
            IF ledger_shown(step.is_debit, t.flags) AND (codes IS NULL OR t.code = ANY (codes))
               AND (t.occurred_at >= since) IS NOT FALSE
               AND (t.occurred_at < until) IS NOT FALSE THEN
                transfers := transfers || t;
                balances := balances || balance;
                EXIT WHEN cardinality(transfers) = most;
            END IF;
            balance := balance - step.change;
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT * FROM ledger_lines_for(of_account, transfers, balances);
END $$;

-- An account's lines, newest first, from the one after `before` (a transfer of the account).
CREATE FUNCTION ledger_history(
    of_account bigint, before uuid, most integer, codes smallint[], since timestamptz,
    until timestamptz)
RETURNS SETOF ledger_line LANGUAGE plpgsql STABLE AS $$
DECLARE
    shown integer := 0;
    -- Transfers of a hot account's time are not chained; those before it are.
    chained boolean := (SELECT CASE of_account WHEN debit_account THEN debit_previous
        ELSE credit_previous END IS NOT NULL FROM ledger_transfer WHERE id = before);
BEGIN
    IF before IS NOT NULL AND chained IS NULL THEN RETURN; END IF;  -- of a closed month
    IF chained IS NOT TRUE AND EXISTS (SELECT FROM ledger_hot WHERE account = of_account) THEN
        RETURN QUERY SELECT * FROM ledger_hot_history(
            of_account, before, most, codes, since, until);
        GET DIAGNOSTICS shown = ROW_COUNT;
        before := NULL;
    END IF;
    IF shown < most THEN
        RETURN QUERY SELECT * FROM ledger_chained_history(
            of_account, before, most - shown, codes, since, until);
    END IF;
END $$;

-- All transfers of an account that are attached, newest first, hidden ones too: for tests and
-- for looking into a chain.
CREATE FUNCTION ledger_every_line(of_account bigint)
RETURNS TABLE (id uuid, balance_after bigint) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
        SELECT e.transfer, (ledger_available(b) - coalesce(sum(ledger_change(e, b.side)) OVER (
            ORDER BY e.sequence DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))::bigint
        FROM ledger_hot_entry e JOIN ledger_balance b ON b.id = e.account
        WHERE e.account = of_account ORDER BY e.sequence DESC;
    RETURN QUERY
        WITH RECURSIVE chain AS (
            SELECT 1 AS number, t.* FROM ledger_account a
            JOIN ledger_transfer t ON t.id = a.last_transfer WHERE a.id = of_account
            UNION ALL
            SELECT c.number + 1, t.* FROM chain c JOIN ledger_transfer t
                ON t.id = CASE of_account WHEN c.debit_account THEN c.debit_previous
                    ELSE c.credit_previous END
        )
        SELECT c.id, CASE of_account WHEN c.debit_account THEN c.debit_balance_after
            ELSE c.credit_balance_after END
        FROM chain c ORDER BY c.number;
END $$;
