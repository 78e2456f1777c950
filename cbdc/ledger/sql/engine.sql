-- The engine: the one function through which money moves. Decides strictly in order.
--
-- A call has up to three stages:
--   1. Set stage (ledger_apply_safe): one UPDATE locks, checks and changes every account that
--      could not break a rule even if all its debits of the batch came before all its credits.
--      Whatever touches only such accounts is decided: it happens.
--   2. Exact stage (ledger_decide): the other accounts are locked and loaded, and the transfers
--      that touch them are decided one after the other, in memory.
--   3. Recording (ledger_record): one INSERT for all that happened.
-- Small batches skip the first stage. Both ways give the same results: tests/ledger/test_model.py.

-- A batch: parallel arrays, an element per transfer. The last three may be NULL as a whole.
CREATE TYPE ledger_batch AS (
    ids uuid[], debit_accounts bigint[], credit_accounts bigint[], amounts bigint[],
    reference_ids uuid[], occurred_at timestamptz[], ledgers smallint[], codes smallint[],
    flags smallint[], pending_ids uuid[], expires_at timestamptz[], strict_categories smallint[]
);
CREATE FUNCTION ledger_rows(batch ledger_batch) RETURNS TABLE (
    id uuid, debit_account bigint, credit_account bigint, amount bigint, reference uuid,
    occurred_at timestamptz, ledger smallint, code smallint, flags smallint, pending_id uuid,
    expires_at timestamptz, strict_category smallint, "position" bigint)
LANGUAGE sql IMMUTABLE AS $$
    SELECT * FROM unnest((batch).ids, (batch).debit_accounts, (batch).credit_accounts,
        (batch).amounts, (batch).reference_ids, (batch).occurred_at, (batch).ledgers,
        (batch).codes, (batch).flags, (batch).pending_ids, (batch).expires_at,
        (batch).strict_categories) WITH ORDINALITY
$$;

-- Whether a UUID is a UUIDv7.
CREATE FUNCTION ledger_id_valid(id uuid) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT get_byte(uuid_send(id), 6) >> 4 = 7 $$;

-- A transfer that only its accounts can stop: no reservation, nothing malformed.
CREATE FUNCTION ledger_plain(
    id uuid, debit_account bigint, credit_account bigint, amount bigint, flags smallint,
    pending_id uuid, expires_at timestamptz, strict_category smallint, first_open_id uuid)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT flags & ~49 = 0 AND amount BETWEEN 1 AND 1000000000000000
        AND debit_account <> credit_account AND ledger_id_valid(id)
        AND (id < first_open_id) IS NOT TRUE
        AND num_nonnulls(pending_id, expires_at, strict_category) = 0
$$;

-- sum() of bigint is numeric, which is slow and never needed: 8192 times 10^15 fits.
CREATE AGGREGATE ledger_sum(bigint) (
    SFUNC = int8pl, STYPE = bigint, INITCOND = '0', PARALLEL = SAFE);

-- Where an element stands in an ascending array; NULL if it does not.
CREATE FUNCTION ledger_found_at(element bigint, ascending bigint[]) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN ascending[nullif(width_bucket(element, ascending), 0)] = element
        THEN width_bucket(element, ascending) END
$$;
CREATE FUNCTION ledger_found(element bigint, ascending bigint[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(ascending[nullif(width_bucket(element, ascending), 0)] = element, false)
$$;

-- A batch, account by account: ascending accounts, and per account what the batch would move.
-- By position: where an entry's account stands in `accounts` (NULL: it is not followed),
-- the sum of the account's changes up to it (credits less debits), and the transfer before it.
CREATE TYPE ledger_lines AS (
    accounts bigint[], debits bigint[], credits bigint[], limited bigint[],
    limited_most bigint[], ledgers smallint[], plain boolean[], newest uuid[],
    debit_at integer[], debit_sum bigint[], debit_previous uuid[],
    credit_at integer[], credit_sum bigint[], credit_previous uuid[]);

-- Lay a batch out by account. Accounts `outside` (ascending) are not followed; the entries of
-- `refused` positions count nothing; those of `exact` positions are not plain.
CREATE FUNCTION ledger_lines_of(
    batch ledger_batch, outside bigint[], refused integer[], exact integer[], first_open_id uuid)
RETURNS ledger_lines LANGUAGE plpgsql STABLE
SET enable_nestloop = off SET enable_hashagg = off AS $$
DECLARE
    lines ledger_lines;
    ids uuid[] := batch.ids;  -- arrays of their own: a field of `batch` is slow to reach
    debit_accounts bigint[] := batch.debit_accounts;
    credit_accounts bigint[] := batch.credit_accounts;
    amounts bigint[] := batch.amounts;
    ledgers smallint[] := batch.ledgers;
    all_flags smallint[] := batch.flags;
    pending_ids uuid[] := batch.pending_ids;
    all_expires_at timestamptz[] := batch.expires_at;
    strict_categories smallint[] := batch.strict_categories;
    all_followed boolean := outside = '{}' AND refused = '{}';
    nowhere uuid[] := array_fill(NULL::uuid, ARRAY[cardinality(ids)]);
    repeated boolean[];  -- accounts of more than one entry
    -- By position. An account's only entry needs no look at others: few accounts have more.
    debit_at integer[];
    debit_sum bigint[];
    debit_previous uuid[] := nowhere;
    credit_at integer[];
    credit_sum bigint[];
    credit_previous uuid[] := nowhere;
    line record;
BEGIN
    WITH row AS MATERIALIZED (
        SELECT debit_account, credit_account, amount, flags, ledger, position,
            ledger_plain(id, debit_account, credit_account, amount, flags, pending_id,
                expires_at, strict_category, first_open_id)
                AND position <> ALL (exact) AS plain, position <> ALL (refused) AS counts
        FROM unnest(ids, debit_accounts, credit_accounts, amounts, all_flags, ledgers,
            pending_ids, all_expires_at, strict_categories)
            WITH ORDINALITY r (id, debit_account, credit_account, amount, flags, ledger,
                pending_id, expires_at, strict_category, position)
    ), entry AS (
        SELECT debit_account AS account, position, amount AS debit, 0::bigint AS credit,
            CASE WHEN flags & 16 <> 0 THEN amount ELSE 0 END AS limited, ledger, plain
        FROM row WHERE all_followed OR (counts AND NOT ledger_found(debit_account, outside))
        UNION ALL
        SELECT credit_account, position, 0, amount, 0, ledger, plain
        FROM row WHERE all_followed OR (counts AND NOT ledger_found(credit_account, outside))
    ), total AS (
        SELECT account, ledger_sum(debit) AS debits, ledger_sum(credit) AS credits,
            ledger_sum(limited) AS limited, max(limited) AS limited_most, min(ledger) AS ledger,
            bool_and(plain) AND min(ledger) = max(ledger) AS plain,
            max(position) AS newest, count(*) AS entries
        FROM entry GROUP BY account ORDER BY account
    )
    SELECT array_agg(account), array_agg(debits), array_agg(credits), array_agg(limited),
        array_agg(limited_most), array_agg(ledger), array_agg(plain), array_agg(ids[newest]),
        array_agg(entries > 1)
    INTO lines.accounts, lines.debits, lines.credits, lines.limited, lines.limited_most,
        lines.ledgers, lines.plain, lines.newest, repeated
    FROM total;
    -- `lines.accounts`, not a variable: width_bucket would copy that for each row.
    SELECT array_agg(CASE WHEN all_followed THEN width_bucket(debit_account, lines.accounts)
            ELSE ledger_found_at(debit_account, lines.accounts) END ORDER BY position),
        array_agg(-amount ORDER BY position),
        array_agg(CASE WHEN all_followed THEN width_bucket(credit_account, lines.accounts)
            ELSE ledger_found_at(credit_account, lines.accounts) END ORDER BY position)
    INTO debit_at, debit_sum, credit_at
    FROM unnest(debit_accounts, credit_accounts, amounts)
        WITH ORDINALITY r (debit_account, credit_account, amount, position);
    credit_sum := amounts;
    FOR line IN
        SELECT position, is_debit, ledger_sum(change) OVER along AS upto, lag(id) OVER along AS id
        FROM (
            SELECT at, position, true AS is_debit, id, -amount AS change
            FROM unnest(ids, debit_at, amounts) WITH ORDINALITY r (id, at, amount, position)
            WHERE repeated[at] AND position <> ALL (refused)
            UNION ALL
            SELECT at, position, false, id, amount
            FROM unnest(ids, credit_at, amounts) WITH ORDINALITY r (id, at, amount, position)
            WHERE repeated[at] AND position <> ALL (refused)) entry
        WINDOW along AS (PARTITION BY at ORDER BY position ROWS UNBOUNDED PRECEDING)
    LOOP
        IF line.is_debit THEN
            debit_sum[line.position] := line.upto;
            debit_previous[line.position] := line.id;
        ELSE
            credit_sum[line.position] := line.upto;
            credit_previous[line.position] := line.id;
        END IF;
    END LOOP;
    lines.debit_at := debit_at;
    lines.debit_sum := debit_sum;
    lines.debit_previous := debit_previous;
    lines.credit_at := credit_at;
    lines.credit_sum := credit_sum;
    lines.credit_previous := credit_previous;
    RETURN lines;
END $$;

-- What the set stage did, in the order of `accounts`: what each had available before, its newest
-- transfer before (NULL: hot), the sign of a credit on its normal side.
CREATE TYPE ledger_applied AS (
    accounts bigint[], openings bigint[], heads uuid[], signs smallint[]);

-- Set stage. `alone` are hot accounts that are held alone. The plan must reach accounts through
-- their key, in the order of their ids, so that two calls never wait for one another: hence
-- the settings.
CREATE FUNCTION ledger_apply_safe(lines ledger_lines, alone bigint[], terms ledger_terms)
RETURNS ledger_applied LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    applied ledger_applied;
    balance_ceilings bigint[] := terms.balance_max;
    payment_ceilings bigint[] := terms.payment_max;
    daily_ceilings bigint[] := terms.daily_max;
    annual_ceilings bigint[] := terms.annual_max;
    today date := terms.today;
    year_start date := terms.year_start;
BEGIN
    WITH applied AS (
        UPDATE ledger_account a SET
            debits_posted = a.debits_posted + t.debits,
            credits_posted = a.credits_posted + t.credits,
            counted_day = CASE WHEN t.limited = 0 THEN a.counted_day ELSE ledger_counted_day(
                a.counted_on, a.counted_day, t.limited, today) END,
            counted_year = CASE WHEN t.limited = 0 THEN a.counted_year ELSE ledger_counted_year(
                a.counted_on, a.counted_year, t.limited, year_start) END,
            counted_on = CASE WHEN t.limited = 0 THEN a.counted_on
                ELSE greatest(a.counted_on, today) END,
            prior_transfer = a.last_transfer,
            last_transfer = CASE WHEN a.id = ANY (alone) THEN a.last_transfer ELSE t.newest END
        FROM unnest((lines).accounts, (lines).debits, (lines).credits, (lines).limited,
            (lines).limited_most, (lines).ledgers, (lines).plain, (lines).newest)
            t (account, debits, credits, limited, limited_most, ledger, plain, newest)
        WHERE a.id = t.account AND t.plain AND ledger_safe(a, t.ledger, t.debits, t.credits,
            t.limited, t.limited_most, balance_ceilings[a.category],
            payment_ceilings[a.category], daily_ceilings[a.category],
            annual_ceilings[a.category], today, year_start)
        RETURNING a.id,
            CASE a.side
                WHEN 2 THEN a.credits_posted - a.debits_posted - a.debits_pending
                    - t.credits + t.debits
                ELSE a.debits_posted - a.credits_posted - a.credits_pending
                    + t.credits - t.debits END AS opening,
            CASE WHEN a.id <> ALL (alone) THEN a.prior_transfer END AS head,
            CASE a.side WHEN 2 THEN 1 ELSE -1 END::smallint AS sign
    )
    SELECT array_agg(id ORDER BY id), array_agg(opening ORDER BY id), array_agg(head ORDER BY id),
        array_agg(sign ORDER BY id)
    INTO applied FROM applied;
    RETURN applied;
END $$;

-- What the exact stage found. `reasons` has an element per transfer of the batch; NULL is ok.
-- `accepted` leaves out the balance and the predecessor of a side that the set stage applied.
CREATE TYPE ledger_decision AS (
    reasons text[], accepted ledger_transfer[], states ledger_account[],
    reserved ledger_pending[], resolved uuid[], resolved_as smallint[]);

-- Exact stage: decide the transfers at `positions` (whole chains, ascending) in order. `wanted`
-- are the accounts to look at, ascending; `states` those of them that exist, locked, with the
-- parents. Every other account cannot stop a transfer. Changes nothing but the `states` given.
CREATE FUNCTION ledger_decide(
    batch ledger_batch, positions integer[], wanted bigint[], states ledger_account[],
    alone bigint[], base bigint, terms ledger_terms)
RETURNS ledger_decision LANGUAGE plpgsql AS $$
DECLARE
    result ledger_decision;
    total integer := cardinality(batch.ids);
    state_ids bigint[] := ARRAY(SELECT s.id FROM unnest(states) s ORDER BY s.id);
    -- Only odd batches need to look among what they decided themselves.
    repeated boolean := total > 1
        AND (SELECT count(DISTINCT i) <> total FROM unnest(batch.ids) i);
    resolved_again boolean := total > 1 AND batch.pending_ids IS NOT NULL
        AND (SELECT count(DISTINCT i) <> count(i) FROM unnest(batch.pending_ids) i);
    reasons text[] := array_fill(NULL::text, ARRAY[total]);
    accepted ledger_transfer[] := '{}';
    reserved_here ledger_pending[] := '{}';
    resolved uuid[] := '{}';
    resolved_as smallint[] := '{}';
    p integer;
    chain_from integer := 0;   -- positions of the current chain
    chain_upto integer := 0;
    chain_broken boolean;
    undo ledger_account[];     -- states as they were, newest last, to take the chain back
    accepted_before integer;   -- lengths of the lists at the start of the chain
    reserved_before integer;
    resolved_before integer;
    reason text;
    new ledger_transfer;
    old ledger_transfer;
    reserved ledger_pending;
    payer ledger_account;
    payee ledger_account;
    parent ledger_account;
    none ledger_account;
    category smallint;          -- of a new device, to which the transfer is held too
    payer_at integer;          -- in `states`; NULL: the account cannot stop the transfer
    payee_at integer;
    parent_at integer;
    given_back bigint;
    resolves boolean;
    counted boolean;
    moved bigint;              -- changes the posted balances
    held bigint;               -- enters the reservation
    released bigint;           -- leaves it
BEGIN
    FOREACH p IN ARRAY positions LOOP
        IF p > chain_upto THEN
            chain_from := p;
            chain_upto := p;
            WHILE chain_upto < total AND batch.flags[chain_upto] & 1 = 1 LOOP
                chain_upto := chain_upto + 1;
            END LOOP;
            chain_broken := false;
            undo := '{}';
            accepted_before := cardinality(accepted);
            reserved_before := cardinality(reserved_here);
            resolved_before := cardinality(resolved);
        END IF;
        IF batch.flags[chain_upto] & 1 = 1 THEN
            reasons[p] := 'linked_chain_open';
            CONTINUE;
        ELSIF chain_broken THEN
            reasons[p] := 'linked_transfer_failed';
            CONTINUE;
        END IF;
        reason := NULL;
        payer := none; payee := none; parent := none; reserved := NULL;
        new := ROW(base + p - 1, batch.debit_accounts[p], batch.credit_accounts[p],
            batch.amounts[p], NULL, NULL, least(batch.occurred_at[p], terms.moment),
            terms.moment, batch.ids[p], batch.reference_ids[p], NULL, NULL,
            batch.ledgers[p], batch.codes[p], batch.flags[p] & ~1,
            batch.pending_ids[p], batch.expires_at[p])::ledger_transfer;
        category := batch.strict_categories[p];
        resolves := new.flags & 12 <> 0;
        <<decide>> BEGIN
            IF NOT ledger_id_valid(new.id) OR new.id < terms.first_open_id THEN
                reason := CASE WHEN ledger_id_valid(new.id) THEN 'id_too_old' ELSE 'id_invalid' END;
                EXIT decide;
            END IF;
            IF new.flags & 14 NOT IN (0, 2, 4, 8) OR new.flags NOT BETWEEN 0 AND 63
               OR resolves <> (new.pending_id IS NOT NULL)
               OR (resolves AND new.flags & 48 <> 0)
               OR (new.expires_at IS NOT NULL AND new.flags & 2 = 0)
               OR category NOT BETWEEN 1 AND 4 THEN
                reason := 'flags_invalid';
                EXIT decide;
            END IF;
            IF resolves THEN
                SELECT * INTO reserved FROM ledger_pending WHERE id = new.pending_id FOR UPDATE;
                IF NOT FOUND THEN
                    SELECT * INTO reserved FROM unnest(reserved_here) WHERE id = new.pending_id;
                END IF;
                IF reserved.id IS NULL THEN
                    reason := 'pending_not_found';
                    EXIT decide;
                END IF;
                IF resolved_again THEN
                    reserved.state := coalesce(
                        resolved_as[array_position(resolved, new.pending_id)], reserved.state);
                END IF;
                new.amount := coalesce(nullif(new.amount, 0), reserved.amount);
            END IF;
            SELECT * INTO old FROM ledger_transfer WHERE id = new.id;
            IF NOT FOUND AND repeated THEN
                SELECT * INTO old FROM unnest(accepted) WHERE id = new.id;
            END IF;
            IF old.id IS NOT NULL THEN
                reason := ledger_compare(old, new);
                EXIT decide;
            END IF;
            IF new.amount NOT BETWEEN 1 AND 1000000000000000 THEN
                reason := 'amount_invalid';
                EXIT decide;
            END IF;
            IF resolves THEN
                reason := CASE
                    WHEN new.debit_account <> reserved.debit_account
                        OR new.credit_account <> reserved.credit_account
                        OR new.ledger <> reserved.ledger OR new.code <> reserved.code
                        THEN 'pending_accounts_different'
                    WHEN reserved.state = 2 THEN 'pending_already_posted'
                    WHEN reserved.state = 3 THEN 'pending_already_voided'
                    WHEN new.flags = 4 AND reserved.expires_at <= terms.moment
                        THEN 'pending_expired'
                    WHEN new.amount > reserved.amount
                        OR (new.flags = 8 AND new.amount <> reserved.amount)
                        THEN 'pending_amount_exceeded' END;
                EXIT decide WHEN reason IS NOT NULL;
            END IF;
            IF new.debit_account = new.credit_account THEN
                reason := 'accounts_must_be_different';
                EXIT decide;
            END IF;
            payer_at := ledger_found_at(new.debit_account, state_ids);
            payee_at := ledger_found_at(new.credit_account, state_ids);
            IF payer_at IS NOT NULL THEN payer := states[payer_at]; END IF;
            IF payee_at IS NOT NULL THEN payee := states[payee_at]; END IF;
            IF (payer_at IS NULL AND ledger_found(new.debit_account, wanted))
               OR (payee_at IS NULL AND ledger_found(new.credit_account, wanted)) THEN
                reason := 'account_not_found';
                EXIT decide;
            END IF;
            IF payer.ledger <> new.ledger OR payee.ledger <> new.ledger THEN
                reason := 'ledger_mismatch';
                EXIT decide;
            END IF;
            IF NOT resolves THEN  -- what was reserved while it was open may be resolved
                reason := CASE
                    WHEN payer.status = 2 OR payee.status = 2 THEN 'account_frozen'
                    WHEN payer.status = 3 OR payee.status = 3 THEN 'account_closed'
                    WHEN payer.payee <> new.credit_account THEN 'payee_restricted' END;
                EXIT decide WHEN reason IS NOT NULL;
            END IF;
            counted := false;
            IF payer.parent IS NOT NULL THEN
                parent_at := ledger_found_at(payer.parent, state_ids);
                parent := states[parent_at];
            END IF;
            IF new.flags & 16 <> 0 AND payer_at IS NOT NULL THEN
                payer := ledger_count(payer, new.amount, terms);
                reason := ledger_breach(payer, new.amount, category, terms);
                IF parent.id IS NOT NULL THEN
                    parent := ledger_count(parent, new.amount, terms);
                    counted := true;
                    reason := ledger_first_breach(
                        reason, ledger_breach(parent, new.amount, NULL, terms));
                END IF;
                EXIT decide WHEN reason IS NOT NULL;
            ELSIF resolves AND reserved.counted_on IS NOT NULL THEN
                given_back := reserved.amount - CASE new.flags WHEN 4 THEN new.amount ELSE 0 END;
                payer := ledger_give_back(payer, given_back, reserved.counted_on);
                IF parent.id IS NOT NULL THEN
                    parent := ledger_give_back(parent, given_back, reserved.counted_on);
                    counted := true;
                END IF;
            END IF;
            IF counted AND parent.id = payee.id THEN  -- one row, two roles
                payee.counted_on := parent.counted_on;
                payee.counted_day := parent.counted_day;
                payee.counted_year := parent.counted_year;
                counted := false;
            END IF;
            released := CASE WHEN resolves THEN reserved.amount ELSE 0 END;
            moved := CASE WHEN new.flags & 10 = 0 THEN new.amount ELSE 0 END;
            held := CASE WHEN new.flags & 2 <> 0 THEN new.amount ELSE 0 END;
            payer.debits_posted := payer.debits_posted + moved;
            payer.debits_pending := payer.debits_pending + held - released;
            payee.credits_posted := payee.credits_posted + moved;
            payee.credits_pending := payee.credits_pending + held - released;
            -- What is reserved to leave may come back, what is reserved to come may come.
            IF NOT resolves AND new.flags & 32 = 0
               AND payee.credits_posted + payee.credits_pending - payee.debits_posted
                   > least(payee.balance_max, terms.balance_max[payee.category]) THEN
                reason := 'balance_limit_exceeded';
                EXIT decide;
            END IF;
            IF (payer.side = 2 AND NOT payer.overdraft AND ledger_available(payer) < 0)
               OR (payee.side = 1 AND NOT payee.overdraft AND ledger_available(payee) < 0) THEN
                reason := 'insufficient_funds';
                EXIT decide;
            END IF;
            IF payer_at IS NOT NULL THEN
                undo := undo || states[payer_at];
                new.debit_balance_after := ledger_available(payer);
                IF payer.id <> ALL (alone) THEN
                    new.debit_previous := payer.last_transfer;
                    payer.last_transfer := new.id;
                END IF;
                states[payer_at] := payer;
            END IF;
            IF payee_at IS NOT NULL THEN
                undo := undo || states[payee_at];
                new.credit_balance_after := ledger_available(payee);
                IF payee.id <> ALL (alone) THEN
                    new.credit_previous := payee.last_transfer;
                    payee.last_transfer := new.id;
                END IF;
                states[payee_at] := payee;
            END IF;
            IF counted THEN
                undo := undo || states[parent_at];
                states[parent_at] := parent;
            END IF;
            IF resolves THEN
                resolved := resolved || new.pending_id;
                resolved_as := resolved_as
                    || CASE new.flags WHEN 4 THEN 2 ELSE 3 END::smallint;
            ELSIF new.flags & 2 <> 0 THEN
                reserved_here := reserved_here || ROW(new.id, new.debit_account,
                    new.credit_account, new.amount, new.ledger, new.code, 1, terms.moment,
                    new.expires_at, CASE WHEN new.flags & 16 <> 0 THEN payer.counted_on END
                    )::ledger_pending;
            END IF;
            accepted := accepted || new;
        END decide;
        IF reason IS NULL THEN CONTINUE; END IF;
        reasons[p] := reason;
        IF reason <> 'exists' AND chain_upto > chain_from THEN
            chain_broken := true;
            FOR i IN chain_from .. p - 1 LOOP reasons[i] := 'linked_transfer_failed'; END LOOP;
            FOR i IN REVERSE cardinality(undo) .. 1 LOOP
                states[width_bucket((undo[i]).id, state_ids)] := undo[i];
            END LOOP;
            accepted := accepted[1:accepted_before];
            reserved_here := reserved_here[1:reserved_before];
            resolved := resolved[1:resolved_before];
            resolved_as := resolved_as[1:resolved_before];
        END IF;
    END LOOP;
    result := ROW(reasons, accepted, states, reserved_here, resolved, resolved_as);
    RETURN result;
END $$;

-- Take back from accounts of the set stage what refused transfers would have moved there.
-- `left_over` is the batch without them.
CREATE FUNCTION ledger_correct_safe(
    batch ledger_batch, applied ledger_applied, refused integer[], left_over ledger_lines,
    terms ledger_terms)
RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    WITH entry AS (
        SELECT batch.debit_accounts[p] AS account, batch.amounts[p] AS debit,
            0::bigint AS credit, CASE WHEN batch.flags[p] & 16 <> 0 THEN batch.amounts[p]
                ELSE 0 END AS limited
        FROM unnest(refused) p
        UNION ALL
        SELECT batch.credit_accounts[p], 0, batch.amounts[p], 0 FROM unnest(refused) p
    ), wrong AS MATERIALIZED (
        SELECT account, s.head, n.newest, sum(debit)::bigint AS debits,
            sum(credit)::bigint AS credits, sum(limited)::bigint AS limited
        FROM entry JOIN unnest((applied).accounts, (applied).heads) s (account, head)
            USING (account)
        LEFT JOIN unnest((left_over).accounts, (left_over).newest) n (account, newest)
            USING (account)
        GROUP BY account, s.head, n.newest ORDER BY account
    )
    UPDATE ledger_account a SET
        debits_posted = a.debits_posted - w.debits,
        credits_posted = a.credits_posted - w.credits,
        counted_day = a.counted_day - CASE WHEN a.counted_on = terms.today THEN w.limited
            ELSE 0 END,
        counted_year = a.counted_year - w.limited,
        last_transfer = CASE WHEN w.head IS NULL THEN a.last_transfer
            ELSE coalesce(w.newest, w.head) END
    FROM wrong w WHERE a.id = w.account;
END $$;

-- Record what happened: the transfers that were `accepted`, and all at no `decided` position.
-- `openings`, `heads` and `signs` are those of the accounts of `lines`.
CREATE FUNCTION ledger_record(
    batch ledger_batch, lines ledger_lines, openings bigint[], heads uuid[], signs smallint[],
    decided integer[], accepted ledger_transfer[], base bigint, terms ledger_terms)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    recorded bigint;
    recorded_too bigint := 0;
    moment timestamptz := terms.moment;
    ids uuid[] := batch.ids;
    debit_accounts bigint[] := batch.debit_accounts;
    credit_accounts bigint[] := batch.credit_accounts;
    amounts bigint[] := batch.amounts;
    reference_ids uuid[] := batch.reference_ids;
    occurred_at timestamptz[] := batch.occurred_at;
    ledgers smallint[] := batch.ledgers;
    codes smallint[] := batch.codes;
    all_flags smallint[] := batch.flags;
    of_debit_at integer[] := lines.debit_at;
    of_debit_sum bigint[] := lines.debit_sum;
    of_debit_previous uuid[] := lines.debit_previous;
    of_credit_at integer[] := lines.credit_at;
    of_credit_sum bigint[] := lines.credit_sum;
    of_credit_previous uuid[] := lines.credit_previous;
BEGIN
    INSERT INTO ledger_transfer
    SELECT base + r.position - 1, r.debit, r.credit, r.amount,
        openings[r.debit_at] + signs[r.debit_at] * r.debit_sum,
        openings[r.credit_at] + signs[r.credit_at] * r.credit_sum,
        least(r.occurred_at, moment), moment, r.id, r.reference,
        CASE WHEN heads[r.debit_at] IS NOT NULL
            THEN coalesce(r.debit_previous, heads[r.debit_at]) END,
        CASE WHEN heads[r.credit_at] IS NOT NULL
            THEN coalesce(r.credit_previous, heads[r.credit_at]) END,
        r.ledger, r.code, r.flags & ~1, NULL, NULL
    FROM unnest(ids, debit_accounts, credit_accounts, amounts, reference_ids, occurred_at,
        ledgers, codes, all_flags, of_debit_at, of_debit_sum, of_debit_previous, of_credit_at,
        of_credit_sum, of_credit_previous)
        WITH ORDINALITY r (id, debit, credit, amount, reference, occurred_at, ledger, code,
            flags, debit_at, debit_sum, debit_previous, credit_at, credit_sum, credit_previous,
            position)
    WHERE decided = '{}' OR NOT position = ANY (decided)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS recorded = ROW_COUNT;
    IF accepted <> '{}' THEN
        INSERT INTO ledger_transfer
        SELECT t.sequence, t.debit_account, t.credit_account, t.amount,
            coalesce(t.debit_balance_after,
                openings[of_debit_at[p]] + signs[of_debit_at[p]] * of_debit_sum[p]),
            coalesce(t.credit_balance_after,
                openings[of_credit_at[p]] + signs[of_credit_at[p]] * of_credit_sum[p]),
            t.occurred_at, t.recorded_at, t.id, t.reference,
            coalesce(t.debit_previous, CASE WHEN heads[of_debit_at[p]] IS NOT NULL
                THEN coalesce(of_debit_previous[p], heads[of_debit_at[p]]) END),
            coalesce(t.credit_previous, CASE WHEN heads[of_credit_at[p]] IS NOT NULL
                THEN coalesce(of_credit_previous[p], heads[of_credit_at[p]]) END),
            t.ledger, t.code, t.flags, t.pending_id, t.expires_at
        FROM unnest(accepted) t, LATERAL (SELECT t.sequence - base + 1 AS p) at
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS recorded_too = ROW_COUNT;
    END IF;
    RETURN recorded + recorded_too;
END $$;

-- The entries of hot accounts, as `ledger_record` recorded their transfers.
CREATE FUNCTION ledger_record_hot(
    batch ledger_batch, hot bigint[], decided integer[], accepted ledger_transfer[], base bigint)
RETURNS void LANGUAGE sql AS $$
    WITH done AS (
        SELECT debit_account, credit_account, base + position - 1 AS sequence, amount AS moved,
            0 AS held, id
        FROM ledger_rows(batch) WHERE position <> ALL (decided)
        UNION ALL
        SELECT t.debit_account, t.credit_account, t.sequence, ledger_moved(t.flags, t.amount),
            ledger_held(t.flags, t.amount, p.amount), t.id
        FROM unnest(accepted) t LEFT JOIN ledger_pending p ON p.id = t.pending_id
    )
    INSERT INTO ledger_hot_entry
    SELECT debit_account, sequence, true, moved, held, id FROM done WHERE debit_account = ANY (hot)
    UNION ALL
    SELECT credit_account, sequence, false, moved, held, id
    FROM done WHERE credit_account = ANY (hot)
$$;

-- The hot accounts of a batch, ascending: through their key, whatever is known of their number.
CREATE FUNCTION ledger_hot_of(batch ledger_batch) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    RETURN ARRAY(
        SELECT account FROM ledger_hot
        WHERE account = ANY (batch.debit_accounts || batch.credit_accounts) ORDER BY account);
END $$;

-- Lock the hot accounts of a batch, in the order of their ids. Those in `appended` then take
-- transfers without their row; those in `alone` are folded, and are accounts like any other.
CREATE FUNCTION ledger_lock_hot(
    batch ledger_batch, hot_accounts bigint[], all_alone boolean, terms ledger_terms,
    OUT appended bigint[], OUT alone bigint[])
LANGUAGE plpgsql AS $$
DECLARE
    hot record;
BEGIN
    appended := '{}';
    alone := '{}';
    -- Appended: no debit, unless an overdraft without limits allows any; no cap; nothing odd.
    FOR hot IN
        SELECT e.account, bool_and(
            (NOT e.is_debit OR (a.overdraft AND e.flags & 16 = 0 AND a.payee IS NULL
                AND NOT EXISTS (SELECT FROM ledger_pending p  -- counted: to be given back
                    WHERE p.id = e.pending_id AND p.counted_on IS NOT NULL)))
            AND (e.is_debit OR a.side = 2 OR a.overdraft) AND e.ledger = a.ledger
            AND (a.status = 1 OR e.flags & 12 <> 0)
            AND least(a.balance_max, terms.balance_max[a.category]) IS NULL) AS appendable
        FROM (
            SELECT debit_account AS account, true AS is_debit, flags, ledger, pending_id
            FROM ledger_rows(batch) WHERE debit_account = ANY (hot_accounts)
            UNION ALL
            SELECT credit_account, false, flags, ledger, pending_id
            FROM ledger_rows(batch) WHERE credit_account = ANY (hot_accounts)) e
        JOIN ledger_account a ON a.id = e.account
        GROUP BY e.account ORDER BY e.account
    LOOP
        IF hot.appendable AND NOT all_alone THEN
            PERFORM ledger_hot_lock(hot.account, false);
            appended := appended || hot.account;
        ELSE
            PERFORM ledger_fold(hot.account);
            alone := alone || hot.account;
        END IF;
    END LOOP;
    -- Status and limits of a hot account change under its lock: look again, now that it is held.
    IF EXISTS (
        SELECT FROM ledger_account a WHERE a.id = ANY (appended) AND (a.status <> 1
            OR least(a.balance_max, terms.balance_max[a.category]) IS NOT NULL)) THEN
        RAISE EXCEPTION 'a hot account changed' USING ERRCODE = 'LK001';
    END IF;
END $$;

-- A post or void may leave out (0) what it takes from its reservation: fill it in.
CREATE FUNCTION ledger_fill(batch ledger_batch) RETURNS ledger_batch
LANGUAGE plpgsql AS $$
BEGIN
    WITH made AS (  -- by this very batch
        SELECT DISTINCT ON (id) id, debit_account, credit_account, ledger, code
        FROM ledger_rows(batch) WHERE flags & 2 <> 0 ORDER BY id, position
    )
    SELECT array_agg(coalesce(nullif(r.debit_account, 0), p.debit_account, m.debit_account, 0)
            ORDER BY r.position),
        array_agg(coalesce(nullif(r.credit_account, 0), p.credit_account, m.credit_account, 0)
            ORDER BY r.position),
        array_agg(coalesce(nullif(r.ledger, 0), p.ledger, m.ledger, 0) ORDER BY r.position),
        array_agg(coalesce(nullif(r.code, 0), p.code, m.code, 0) ORDER BY r.position)
    INTO batch.debit_accounts, batch.credit_accounts, batch.ledgers, batch.codes
    FROM ledger_rows(batch) r LEFT JOIN ledger_pending p ON p.id = r.pending_id
    LEFT JOIN made m ON m.id = r.pending_id;
    RETURN batch;
END $$;

-- Lock accounts and their parents in the order of their ids, and load them.
CREATE FUNCTION ledger_lock(wanted bigint[], at_once boolean) RETURNS ledger_account[]
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    parents bigint[];
    states ledger_account[];
BEGIN
    SELECT array_agg(parent) INTO parents FROM ledger_account
    WHERE id = ANY (wanted) AND parent IS NOT NULL;
    IF at_once THEN
        SELECT array_agg(a ORDER BY a.id) INTO states FROM (
            SELECT * FROM ledger_account WHERE id = ANY (wanted || parents)
            ORDER BY id FOR NO KEY UPDATE NOWAIT) a;
    ELSE
        SELECT array_agg(a ORDER BY a.id) INTO states FROM (
            SELECT * FROM ledger_account WHERE id = ANY (wanted || parents)
            ORDER BY id FOR NO KEY UPDATE) a;
    END IF;
    RETURN coalesce(states, '{}');
END $$;

-- One attempt at a batch. Raises LK001 when it must be tried again.
-- `orderly`: every account is locked first, in order, and known ids are looked for.
CREATE FUNCTION ledger_try(
    batch ledger_batch, with_set_stage boolean, orderly boolean) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    terms ledger_terms := ledger_terms_at(clock_timestamp());
    total integer := cardinality(batch.ids);
    hot_accounts bigint[] := ledger_hot_of(batch);
    appended bigint[] := '{}';
    alone bigint[] := '{}';
    exact integer[] := '{}';    -- positions that the set stage must leave alone
    lines ledger_lines;
    applied ledger_applied;
    openings bigint[];
    heads uuid[];
    signs smallint[];
    wanted bigint[];
    states ledger_account[];
    decided integer[] := '{}';
    decision ledger_decision;
    refused integer[];
    base bigint;
    recorded bigint;
BEGIN
    IF hot_accounts <> '{}' THEN
        SELECT * INTO appended, alone
        FROM ledger_lock_hot(batch, hot_accounts, orderly, terms);
    END IF;
    IF orderly OR NOT with_set_stage THEN
        wanted := ARRAY(
            SELECT DISTINCT account
            FROM unnest(batch.debit_accounts || batch.credit_accounts) account
            WHERE account <> ALL (appended) ORDER BY account);
        states := ledger_lock(wanted, false);
    END IF;
    IF with_set_stage THEN
        IF orderly THEN
            exact := ARRAY(
                SELECT position::integer FROM ledger_rows(batch) r
                WHERE EXISTS (SELECT FROM ledger_transfer t WHERE t.id = r.id)
                    OR r.id IN (SELECT id FROM ledger_rows(batch) GROUP BY id HAVING count(*) > 1)
                    OR r.debit_account IN (SELECT parent FROM unnest(states))
                    OR r.credit_account IN (SELECT parent FROM unnest(states)));
        END IF;
        IF batch.flags[total] & 1 = 1 THEN exact := exact || total; END IF;  -- an open chain
        lines := ledger_lines_of(batch, appended, '{}', exact, terms.first_open_id);
        applied := ledger_apply_safe(lines, alone, terms);
        IF appended <> '{}' THEN  -- what is not plain may touch nothing else
            exact := ARRAY(
                SELECT position::integer FROM ledger_rows(batch)
                WHERE position = ANY (exact) OR NOT ledger_plain(id, debit_account,
                    credit_account, amount, flags, pending_id, expires_at, strict_category,
                    terms.first_open_id));
        END IF;
        IF cardinality(applied.accounts) IS DISTINCT FROM cardinality(lines.accounts)
           OR exact <> '{}' THEN
            wanted := ARRAY(
                SELECT account FROM unnest(lines.accounts) account
                EXCEPT SELECT unnest(applied.accounts) ORDER BY 1);
            states := ledger_lock(wanted, true);
            IF EXISTS (SELECT FROM unnest(states) WHERE parent = ANY (applied.accounts)) THEN
                RAISE EXCEPTION 'two wallets count together' USING ERRCODE = 'LK001';
            END IF;
            decided := ledger_touching(batch, wanted, exact);
        END IF;
    ELSE
        decided := ARRAY(SELECT generate_series(1, total));
    END IF;
    base := nextval('ledger_order');  -- under the locks: it grows along each account
    IF decided <> '{}' THEN
        decision := ledger_decide(batch, decided, wanted, states, alone, base, terms);
        UPDATE ledger_account a SET debits_posted = s.debits_posted,
            credits_posted = s.credits_posted, debits_pending = s.debits_pending,
            credits_pending = s.credits_pending, counted_day = s.counted_day,
            counted_year = s.counted_year, counted_on = s.counted_on,
            prior_transfer = a.last_transfer, last_transfer = s.last_transfer
        FROM unnest(decision.states) s WHERE a.id = s.id AND a IS DISTINCT FROM s;
        IF decision.reserved <> '{}' THEN
            INSERT INTO ledger_pending SELECT * FROM unnest(decision.reserved);
        END IF;
        IF decision.resolved <> '{}' THEN
            UPDATE ledger_pending p SET state = r.state
            FROM unnest(decision.resolved, decision.resolved_as) r (id, state)
            WHERE p.id = r.id;
        END IF;
    END IF;
    IF NOT with_set_stage THEN
        INSERT INTO ledger_transfer SELECT * FROM unnest(decision.accepted)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS recorded = ROW_COUNT;
    ELSE
        openings := applied.openings;
        heads := applied.heads;
        signs := applied.signs;
        IF decided <> '{}' THEN  -- lay out again what is left on accounts of the set stage
            refused := ARRAY(
                SELECT d FROM unnest(decided) d WHERE decision.reasons[d] IS NOT NULL);
            lines := ledger_lines_of(
                batch, ARRAY(SELECT unnest(wanted || appended) ORDER BY 1), refused, exact,
                terms.first_open_id);
            SELECT array_agg(s.opening ORDER BY l.account), array_agg(s.head ORDER BY l.account),
                array_agg(s.sign ORDER BY l.account) INTO openings, heads, signs
            FROM unnest(lines.accounts) l (account)
            JOIN unnest(applied.accounts, applied.openings, applied.heads, applied.signs)
                s (account, opening, head, sign) USING (account);
            IF refused <> '{}' THEN
                PERFORM ledger_correct_safe(batch, applied, refused, lines, terms);
            END IF;
        END IF;
        recorded := ledger_record(
            batch, lines, openings, heads, signs, decided, decision.accepted, base, terms);
    END IF;
    IF recorded <> total - cardinality(decided) + coalesce(cardinality(decision.accepted), 0) THEN
        RAISE EXCEPTION 'an id was used before or meanwhile' USING ERRCODE = 'LK001';
    END IF;
    IF appended <> '{}' OR alone <> '{}' THEN
        PERFORM ledger_record_hot(batch, appended || alone, decided, decision.accepted, base);
        UPDATE ledger_hot SET folded_upto = base + total - 1 WHERE account = ANY (alone);
    END IF;
    RETURN decision.reasons;
END $$;

-- The positions of the transfers that touch one of the accounts, or stand in `exact`, with
-- their whole chains.
CREATE FUNCTION ledger_touching(batch ledger_batch, accounts bigint[], exact integer[])
RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
    WITH chained AS MATERIALIZED (
        SELECT position, debit_account, credit_account,
            sum(ends) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) - ends AS chain
        FROM (SELECT *, 1 - (flags & 1) AS ends FROM ledger_rows(batch)) rows
    ), touched AS (
        SELECT chain FROM chained JOIN unnest(accounts) account ON account = debit_account
        UNION SELECT chain FROM chained JOIN unnest(accounts) account ON account = credit_account
        UNION SELECT chain FROM chained JOIN unnest(exact) e ON e = position
    )
    SELECT coalesce(array_agg(position::integer ORDER BY position), '{}')
    FROM chained JOIN touched USING (chain)
$$;

-- Decide a batch in order. One element per transfer, NULL for ok; NULL instead of the array when
-- all are. `set_from` is the smallest batch that has a set stage; tests play with it. Planning
-- anew for each batch, as PostgreSQL would for arrays of known length, costs more than it brings.
CREATE FUNCTION ledger_create_transfers(batch ledger_batch, set_from integer DEFAULT 4)
RETURNS text[] LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    with_set_stage boolean := cardinality(batch.ids) >= set_from;
BEGIN
    IF batch.pending_ids IS NOT NULL THEN batch := ledger_fill(batch); END IF;
    FOR attempt IN 1 .. 5 LOOP
        BEGIN  -- a subtransaction: an attempt that failed holds no lock
            RETURN ledger_try(batch, with_set_stage, attempt > 1);
        EXCEPTION WHEN SQLSTATE 'LK001' OR deadlock_detected OR lock_not_available
            OR check_violation THEN  -- such as a month that was closed meanwhile
            IF attempt = 5 THEN RAISE; END IF;
        END;
    END LOOP;
END $$;

-- Whether a hot account takes a credit without its row. It is locked for appending.
CREATE FUNCTION ledger_may_append(account bigint, of_ledger smallint, ceilings bigint[])
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_hot_lock(account, false);
    RETURN EXISTS (
        SELECT FROM ledger_account a WHERE a.id = account AND a.status = 1 AND a.side = 2
            AND a.ledger = of_ledger AND least(a.balance_max, ceilings[a.category]) IS NULL);
END $$;

-- Decide one transfer that is no reservation: what `ledger_create_transfers` would answer, at a
-- fraction of its price, when no rule can break. NULL is ok. Written for few statements and few
-- expressions: PostgreSQL prepares each of them once per transaction.
CREATE FUNCTION ledger_create_one(
    new_id uuid, from_account bigint, to_account bigint, new_amount bigint, new_reference uuid,
    happened_at timestamptz, of_ledger smallint, of_code smallint, with_flags smallint)
RETURNS text LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    moment timestamptz;
    today date;
    year_start date;
    counted bigint;
    simple boolean;
    backwards boolean;
    hot boolean;  -- the payee alone
    balance_ceilings bigint[];
    payment_ceilings bigint[];
    daily_ceilings bigint[];
    annual_ceilings bigint[];
    payer_after bigint;
    payer_previous uuid;
    payee_after bigint;
    payee_previous uuid;
    place bigint;
BEGIN
    SELECT now.moment, now.today, date_trunc('year', now.today)::date,
        CASE WHEN with_flags = 16 THEN new_amount ELSE 0 END, to_account < from_account,
        balance_max, payment_max, daily_max, annual_max,
        EXISTS (SELECT FROM ledger_hot WHERE account = to_account),
        with_flags IN (0, 16) AND new_amount BETWEEN 1 AND 1000000000000000
            AND from_account <> to_account AND ledger_id_valid(new_id)
            AND NOT EXISTS (SELECT FROM ledger_closed_month WHERE new_id < first_open_id)
            AND NOT EXISTS (SELECT FROM ledger_hot WHERE account = from_account)
    INTO moment, today, year_start, counted, backwards, balance_ceilings, payment_ceilings,
        daily_ceilings, annual_ceilings, hot, simple
    FROM (SELECT t AS moment, ledger_day(t) AS today FROM clock_timestamp() t) now, ledger_ceilings
    WHERE effective_from <= now.moment ORDER BY effective_from DESC LIMIT 1;
    IF simple THEN
        BEGIN
            IF hot THEN
                simple := ledger_may_append(to_account, of_ledger, balance_ceilings);
            ELSIF backwards THEN  -- rows are locked in the order of their ids
                PERFORM FROM ledger_account WHERE id = to_account FOR NO KEY UPDATE;
            END IF;
            UPDATE ledger_account a SET debits_posted = a.debits_posted + new_amount,
                counted_day = CASE WHEN counted = 0 THEN a.counted_day
                    ELSE ledger_counted_day(a.counted_on, a.counted_day, counted, today) END,
                counted_year = CASE WHEN counted = 0 THEN a.counted_year ELSE
                    ledger_counted_year(a.counted_on, a.counted_year, counted, year_start) END,
                counted_on = CASE WHEN counted = 0 THEN a.counted_on
                    ELSE greatest(a.counted_on, today) END,
                prior_transfer = a.last_transfer, last_transfer = new_id
            WHERE a.id = from_account AND simple AND ledger_safe(a, of_ledger, new_amount, 0,
                counted, counted, NULL, payment_ceilings[a.category],
                daily_ceilings[a.category], annual_ceilings[a.category], today, year_start)
            RETURNING ledger_available(a), a.prior_transfer INTO payer_after, payer_previous;
            IF FOUND AND NOT hot THEN
                UPDATE ledger_account a SET credits_posted = a.credits_posted + new_amount,
                    prior_transfer = a.last_transfer, last_transfer = new_id
                WHERE a.id = to_account AND ledger_safe(a, of_ledger, 0, new_amount, 0, 0,
                    balance_ceilings[a.category], NULL, NULL, NULL, today, year_start)
                RETURNING ledger_available(a), a.prior_transfer
                INTO payee_after, payee_previous;
            END IF;
            IF FOUND THEN
                INSERT INTO ledger_transfer VALUES (nextval('ledger_order'), from_account,
                    to_account, new_amount, payer_after, payee_after,
                    least(happened_at, moment), moment, new_id, new_reference, payer_previous,
                    payee_previous, of_ledger, of_code, with_flags, NULL, NULL)
                ON CONFLICT DO NOTHING RETURNING sequence INTO place;
                IF FOUND THEN
                    IF hot THEN
                        INSERT INTO ledger_hot_entry
                        VALUES (to_account, place, false, new_amount, 0, new_id);
                    END IF;
                    RETURN NULL;
                END IF;
            END IF;
            RAISE EXCEPTION 'the engine must decide' USING ERRCODE = 'LK001';
        EXCEPTION WHEN SQLSTATE 'LK001' OR deadlock_detected OR check_violation THEN
            NULL;
        END;
    END IF;
    RETURN (ledger_create_transfers(ROW(ARRAY[new_id], ARRAY[from_account], ARRAY[to_account],
        ARRAY[new_amount], ARRAY[new_reference], ARRAY[happened_at], ARRAY[of_ledger],
        ARRAY[of_code], ARRAY[with_flags], NULL, NULL, NULL)::ledger_batch))[1];
END $$;
