-- The ledger's tables. No triggers and no foreign keys: a distributed PostgreSQL would refuse
-- them, and the engine (engine.sql) is the only writer.

-- Balances are two growing sums; a balance is their difference on the normal side.
CREATE TABLE ledger_account (
    id              bigint PRIMARY KEY,
    debits_posted   bigint NOT NULL DEFAULT 0,
    credits_posted  bigint NOT NULL DEFAULT 0,
    debits_pending  bigint NOT NULL DEFAULT 0,
    credits_pending bigint NOT NULL DEFAULT 0,
    ledger          smallint NOT NULL,
    code            smallint NOT NULL,
    side            smallint NOT NULL,           -- 1 debit, 2 credit
    status          smallint NOT NULL DEFAULT 1, -- 1 active, 2 frozen, 3 closed
    overdraft       boolean NOT NULL DEFAULT false,
    opened_at       timestamptz NOT NULL DEFAULT now(),
    category        smallint,                    -- NULL: no category's limits
    parent          bigint,                      -- what this account pays counts there too
    payee           bigint,                      -- the only account it may pay
    balance_max     bigint,                      -- its own limits, on top of the category's
    payment_max     bigint,
    daily_max       bigint,
    annual_max      bigint,
    counted_on      date NOT NULL DEFAULT '-infinity',  -- the day, China Standard Time, of ...
    counted_day     bigint NOT NULL DEFAULT 0,   -- ... what was paid that day, and
    counted_year    bigint NOT NULL DEFAULT 0,   -- ... that year
    CONSTRAINT inv_3_sums_never_negative CHECK (
        debits_posted >= 0 AND credits_posted >= 0
        AND debits_pending >= 0 AND credits_pending >= 0),
    CONSTRAINT inv_3_balance_never_negative CHECK (
        overdraft
        OR (side = 2 AND debits_posted + debits_pending <= credits_posted)
        OR (side = 1 AND credits_posted + credits_pending <= debits_posted)),
    CONSTRAINT inv_7_counters_never_negative CHECK (counted_day >= 0 AND counted_year >= 0),
    CONSTRAINT ledger_account_values_known CHECK (
        ledger BETWEEN 1 AND 3 AND side IN (1, 2) AND status IN (1, 2, 3) AND id > 0
        AND category BETWEEN 1 AND 4 AND parent <> id)
);
-- Room for HOT updates; left at this value after loading (facts: pruning starts at it).
ALTER TABLE ledger_account SET (fillfactor = 70);

-- The limits of each wallet category from a moment on. Rows are added, never changed.
CREATE TABLE ledger_limit (
    category        smallint NOT NULL,
    effective_from  timestamptz NOT NULL,
    balance_max     bigint,                      -- fen; NULL is no limit
    payment_max     bigint,
    daily_max       bigint,
    annual_max      bigint,
    CONSTRAINT ledger_limit_once PRIMARY KEY (category, effective_from),
    CONSTRAINT ledger_limit_values_known CHECK (category BETWEEN 1 AND 4
        AND balance_max >= 0 AND payment_max >= 0 AND daily_max >= 0 AND annual_max >= 0)
);
INSERT INTO ledger_limit VALUES
    (1, '2020-01-01 00:00+08', NULL,     NULL,    NULL,     NULL),
    (2, '2020-01-01 00:00+08', 50000000, 5000000, 10000000, NULL),
    (3, '2020-01-01 00:00+08', 2000000,  500000,  1000000,  NULL),
    (4, '2020-01-01 00:00+08', 1000000,  200000,  500000,   5000000);

-- Partitioned by the time inside the UUIDv7, so that the id alone is unique for ever.
CREATE TABLE ledger_transfer (
    sequence        bigint NOT NULL,     -- order of recording, per account; the history cursor
    debit_account   bigint NOT NULL,
    credit_account  bigint NOT NULL,
    amount          bigint NOT NULL,
    debit_balance_after  bigint NOT NULL,   -- on their normal sides, less what is reserved
    credit_balance_after bigint NOT NULL,
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    expires_at      timestamptz,
    id              uuid NOT NULL,
    reference       uuid NOT NULL,
    pending_id      uuid,
    ledger          smallint NOT NULL,
    code            smallint NOT NULL,
    flags           smallint NOT NULL,
    CONSTRAINT inv_4_transfer_id_once PRIMARY KEY (id),
    CONSTRAINT inv_3_transfer_amount_positive CHECK (amount BETWEEN 1 AND 1000000000000000),
    CONSTRAINT inv_3_transfer_two_sides CHECK (debit_account <> credit_account),
    CONSTRAINT ledger_transfer_resolves_pending CHECK (
        ((flags & 12) <> 0) = (pending_id IS NOT NULL))
) PARTITION BY RANGE (id);
CREATE INDEX ledger_transfer_debits ON ledger_transfer (debit_account, sequence);
CREATE INDEX ledger_transfer_credits ON ledger_transfer (credit_account, sequence);
CREATE TABLE ledger_transfer_default PARTITION OF ledger_transfer DEFAULT;
CREATE SEQUENCE ledger_order AS bigint;

-- What became of a reservation. The transfer that made it never changes.
CREATE TABLE ledger_pending (
    id              uuid PRIMARY KEY,    -- of the transfer that reserved
    debit_account   bigint NOT NULL,
    credit_account  bigint NOT NULL,
    amount          bigint NOT NULL,
    ledger          smallint NOT NULL,
    code            smallint NOT NULL,
    state           smallint NOT NULL,   -- 1 open, 2 posted, 3 voided
    recorded_at     timestamptz NOT NULL,
    expires_at      timestamptz,
    counted_on      date,                -- the day whose limits it counts against, if any
    CONSTRAINT inv_4_pending_state_known CHECK (state BETWEEN 1 AND 3)
);
CREATE INDEX ledger_pending_due ON ledger_pending (expires_at)
    WHERE state = 1 AND expires_at IS NOT NULL;

-- The first UUIDv7 of an instant: 48 bits of milliseconds, version and variant zero.
CREATE FUNCTION ledger_first_id(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
            || '00000000000000000000')::uuid
$$;

-- Make the partitions of `months` months (UTC) from the month of `since`; returns how many.
CREATE FUNCTION ledger_create_partitions(since timestamptz, months integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz;
    name text;
    made integer := 0;
BEGIN
    FOR i IN 0 .. months - 1 LOOP
        start := date_trunc('month', since, 'UTC');
        start := (start AT TIME ZONE 'UTC' + make_interval(months => i)) AT TIME ZONE 'UTC';
        name := 'ledger_transfer_' || to_char(start AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF ledger_transfer FOR VALUES FROM (%L) TO (%L)',
            name, ledger_first_id(start),
            ledger_first_id((start AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

SELECT ledger_create_partitions(now() - interval '1 month', 5);
