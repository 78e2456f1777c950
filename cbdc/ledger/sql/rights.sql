-- INV-4: the application may add transfers, and neither change nor remove them. Months are
-- closed by the owner alone.
DO $$
DECLARE
    name regclass;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cbdc_app') THEN
        FOR name IN
            SELECT unnest(ARRAY['ledger_transfer', 'ledger_limit', 'ledger_anchor',
                'ledger_hot_entry'])::regclass
            UNION SELECT inhrelid::regclass FROM pg_inherits
            WHERE inhparent = 'ledger_transfer'::regclass
        LOOP
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM cbdc_app', name);
        END LOOP;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE
            ON ledger_closed_month, ledger_brought_forward, ledger_counted_forward FROM cbdc_app;
    END IF;
END $$;
