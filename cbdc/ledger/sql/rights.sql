-- INV-4: the application may add transfers, and neither change nor remove them.
DO $$
DECLARE
    name regclass;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cbdc_app') THEN
        FOR name IN SELECT 'ledger_transfer'::regclass UNION SELECT 'ledger_limit'::regclass
            UNION SELECT inhrelid::regclass FROM pg_inherits
            WHERE inhparent = 'ledger_transfer'::regclass
        LOOP
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM cbdc_app', name);
        END LOOP;
    END IF;
END $$;
