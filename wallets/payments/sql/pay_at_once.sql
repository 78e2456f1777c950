-- A payment inside the bank in one round trip: the caller's idempotency key with its answer, the
-- money, the payment with its evidence, and what the two holders are to hear. It is what
-- `wallets.payments.services.pay` does, for the case that has nothing special: the payer is the
-- caller's own wallet and no sub-wallet, tops up nothing by itself, pays no order, and pays no
-- sub-wallet of its own.
--
-- false: nothing was done, go the ordinary way: it is a special case, or the key is taken, or the
-- engine refuses the payment, or the device is not in use, or new, or has another key than the one
-- that the signature was checked with. The ordinary way then says why.
CREATE OR REPLACE FUNCTION payments_pay_at_once(
    p_caller text, p_key text, p_fingerprint bytea, p_answer text, p_payment uuid, p_payer text,
    p_payee text, p_amount bigint, p_currency text, p_memo text, p_device uuid,
    p_public_key text, p_signature_base text, p_signature bytea, p_moment timestamptz,
    p_transfer uuid, p_told_out uuid, p_told_in uuid)
RETURNS boolean LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM FROM accounts_device d JOIN accounts_wallet w ON w.wallet_id = d.wallet_id
    WHERE d.id = p_device AND d.wallet_id = p_payer AND d.public_key = p_public_key
        AND d.revoked_at IS NULL AND (d.limited_until IS NULL OR d.limited_until <= p_moment)
        AND w.parent_id IS NULL AND w.top_up_from = ''
        AND NOT EXISTS (SELECT FROM accounts_wallet own
            WHERE own.wallet_id = p_payee AND own.parent_id = p_payer);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO api_idempotencyrecord (caller, key, fingerprint, status, answer, created_at)
    VALUES (p_caller, p_key, p_fingerprint, 201, p_answer, p_moment)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- 1: digital currency, 3: a payment, 16: held to limits (cbdc.ledger.types)
    IF ledger_create_one(p_transfer, p_payer::bigint, p_payee::bigint, p_amount, p_payment,
        p_moment, 1::smallint, 3::smallint, 16::smallint) IS NOT NULL THEN
        DELETE FROM api_idempotencyrecord WHERE (caller, key) = (p_caller, p_key);
        RETURN false;
    END IF;
    INSERT INTO payments_payment (id, payer_wallet, payee_wallet, amount, currency, memo,
        reference, status, code, detail, device_id, signature_base, signature, created_at,
        completed_at)
    VALUES (p_payment, p_payer, p_payee, p_amount, p_currency, p_memo, '', 'completed', '', '',
        p_device, p_signature_base, p_signature, p_moment, p_moment);
    INSERT INTO notifications_notification
        (id, wallet_id, event, subject_id, amount, state, attempts, created_at, due_at)
    SELECT CASE w.wallet_id WHEN p_payer THEN p_told_out ELSE p_told_in END, w.wallet_id,
        CASE w.wallet_id WHEN p_payer THEN 'money_out' ELSE 'money_in' END,
        p_payment, p_amount, 'due', 0, p_moment, p_moment
    FROM accounts_wallet w WHERE w.wallet_id IN (p_payer, p_payee) AND w.kind = 'personal';
    RETURN true;
END $$;
