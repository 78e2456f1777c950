-- The ledger's tables. No triggers and no foreign keys: a distributed PostgreSQL would refuse
-- them, and the engine (engine.sql) is the only writer.

-- Balances are two growing sums; a balance is their difference on the normal side. What a
-- transfer changes stands first and together: an update then writes few bytes to the log.
CREATE TABLE ledger_account (
    id              bigint PRIMARY KEY,
    debits_posted   bigint NOT NULL DEFAULT 0,
    credits_posted  bigint NOT NULL DEFAULT 0,
    debits_pending  bigint NOT NULL DEFAULT 0,
    credits_pending bigint NOT NULL DEFAULT 0,
    counted_day     bigint NOT NULL DEFAULT 0,   -- paid on the day `counted_on`, and ...
    counted_year    bigint NOT NULL DEFAULT 0,   -- ... in its year: what limits count
    counted_on      date NOT NULL DEFAULT '-infinity',  -- China Standard Time
    -- The account's newest transfer; zero is none. From there each transfer names the one
    -- before it on either side: a history without an index. `prior_transfer` is the value
    -- before the last call, kept so that the statement that changes it can return it.
    last_transfer   uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    prior_transfer  uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
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
    -- Few and short: PostgreSQL reads them anew for every statement. Values that only
    -- `open_accounts` writes are left to the auditor.
    CONSTRAINT inv_3_sums_never_negative CHECK (
        least(debits_posted, credits_posted, debits_pending, credits_pending,
            counted_day, counted_year) >= 0),
    CONSTRAINT inv_3_balance_never_negative CHECK (
        overdraft OR CASE side WHEN 2 THEN debits_posted + debits_pending <= credits_posted
            ELSE credits_posted + credits_pending <= debits_posted END)
);
-- Room for HOT updates: rows are laid at 70 % when many are loaded at once (facts: a table that
-- then stays at its fillfactor is cleaned at nearly every update; 100 from here on is faster).
ALTER TABLE ledger_account SET (fillfactor = 70);

-- Accounts that many pay at once, such as a big merchant's. A credit that cannot break a rule is
-- only appended as a transfer; the account's row has it when it is folded (hot.sql).
CREATE TABLE ledger_hot (
    account         bigint PRIMARY KEY,
    folded_upto     bigint NOT NULL              -- the sequence up to which the row is exact
);
-- The transfers of hot accounts, from the day they became hot: their histories' index.
CREATE TABLE ledger_hot_entry (
    account         bigint NOT NULL,
    sequence        bigint NOT NULL,
    is_debit        boolean NOT NULL,
    moved           bigint NOT NULL,             -- of the posted balance
    held            bigint NOT NULL,             -- of what is reserved; less when it is resolved
    transfer        uuid NOT NULL,
    CONSTRAINT ledger_hot_entry_once PRIMARY KEY (account, sequence)
);
-- What a hot account had available after all transfers up to a sequence: where its history
-- takes its balances from.
CREATE TABLE ledger_anchor (
    account         bigint NOT NULL,
    sequence        bigint NOT NULL,
    available       bigint NOT NULL,
    CONSTRAINT ledger_anchor_once PRIMARY KEY (account, sequence)
);

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

-- The ceilings of all categories from a moment on, made from ledger_limit: [1] to [4].
CREATE TABLE ledger_ceilings (
    effective_from  timestamptz PRIMARY KEY,
    balance_max     bigint[] NOT NULL,
    payment_max     bigint[] NOT NULL,
    daily_max       bigint[] NOT NULL,
    annual_max      bigint[] NOT NULL
);
CREATE FUNCTION ledger_refresh_ceilings() RETURNS void
LANGUAGE sql AS $$
    DELETE FROM ledger_ceilings;
    INSERT INTO ledger_ceilings
    SELECT moment, array_agg(l.balance_max ORDER BY number), array_agg(l.payment_max ORDER BY number),
        array_agg(l.daily_max ORDER BY number), array_agg(l.annual_max ORDER BY number)
    FROM (SELECT DISTINCT effective_from AS moment FROM ledger_limit) moments,
        generate_series(1, 4) number LEFT JOIN LATERAL (
            SELECT * FROM ledger_limit WHERE category = number AND effective_from <= moment
            ORDER BY effective_from DESC LIMIT 1) l ON true
    GROUP BY moment
$$;
SELECT ledger_refresh_ceilings();

-- Partitioned by the time inside the UUIDv7, so that the id alone is unique for ever.
-- A side of a hot account has no `previous` (NULL), and a balance only if the account was held
-- alone while it was written: see hot.sql.
CREATE TABLE ledger_transfer (
    sequence        bigint NOT NULL,     -- order of recording along each account
    debit_account   bigint NOT NULL,
    credit_account  bigint NOT NULL,
    amount          bigint NOT NULL,
    debit_balance_after  bigint,         -- on their normal sides, less what is reserved
    credit_balance_after bigint,
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    id              uuid NOT NULL,
    reference       uuid NOT NULL,
    debit_previous  uuid,                -- the transfer before this one on that account;
    credit_previous uuid,                -- zero: this is its first
    ledger          smallint NOT NULL,
    code            smallint NOT NULL,
    flags           smallint NOT NULL,
    pending_id      uuid,
    expires_at      timestamptz,
    CONSTRAINT inv_4_transfer_id_once PRIMARY KEY (id),
    CONSTRAINT inv_3_transfer_amount_positive CHECK (amount > 0),
    CONSTRAINT inv_3_transfer_two_sides CHECK (debit_account <> credit_account)
) PARTITION BY RANGE (id);
CREATE TABLE ledger_transfer_default PARTITION OF ledger_transfer DEFAULT;
-- A call takes a block of as many as a batch may have.
CREATE SEQUENCE ledger_order AS bigint INCREMENT 8192;

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

-- Months whose transfers were moved out (`manage.py ledger detach`): ids from before
-- `first_open_id` are refused, for nobody could say any more whether they were used.
CREATE TABLE ledger_closed_month (
    month           date PRIMARY KEY,
    first_open_id   uuid NOT NULL,
    transfers       bigint NOT NULL,
    detached_at     timestamptz NOT NULL DEFAULT now()
);
-- What those transfers moved, per account and code: what audits begin with.
CREATE TABLE ledger_brought_forward (
    account         bigint NOT NULL,
    code            smallint NOT NULL,
    month           date NOT NULL,
    debits          bigint NOT NULL,
    credits         bigint NOT NULL,
    CONSTRAINT ledger_brought_forward_once PRIMARY KEY (account, code, month)
);
-- Payments of those transfers that count against limits, by the day that counts them.
CREATE TABLE ledger_counted_forward (
    account         bigint NOT NULL,
    day             date NOT NULL,
    month           date NOT NULL,
    amount          bigint NOT NULL,
    CONSTRAINT ledger_counted_forward_once PRIMARY KEY (account, day, month)
);

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

-- The rest of the year is made after every migration (apps.py).
SELECT ledger_create_partitions(now() - interval '1 month', 3);
