"""The closed registry of error codes (API.md, "Error codes"), and its one exception."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class ErrorCode(Enum):
    """A code of the registry: its value is `(code, HTTP status, title)`."""

    MALFORMED_REQUEST = ("malformed_request", 400, "The request is not well-formed")
    IDEMPOTENCY_KEY_MISSING = ("idempotency_key_missing", 400, "Idempotency-Key is required")
    AUTHENTICATION_REQUIRED = ("authentication_required", 401, "Authentication is required")
    TOKEN_EXPIRED = ("token_expired", 401, "The access token has expired")
    SIGNATURE_MISSING = ("signature_missing", 401, "A signature is required")
    SIGNATURE_INVALID = ("signature_invalid", 401, "The signature is not valid")
    SIGNATURE_EXPIRED = ("signature_expired", 401, "The signature is outside its window")
    SIGNATURE_REPLAYED = ("signature_replayed", 401, "The signature was used before")
    PERMISSION_DENIED = ("permission_denied", 403, "Not permitted")
    NOT_FOUND = ("not_found", 404, "Not found")
    METHOD_NOT_ALLOWED = ("method_not_allowed", 405, "Method not allowed")
    NOT_ACCEPTABLE = ("not_acceptable", 406, "Not acceptable")
    IDEMPOTENCY_KEY_REUSED = ("idempotency_key_reused", 409, "Idempotency-Key was used before")
    ORDER_NOT_OPEN = ("order_not_open", 409, "The order is not open")
    DUPLICATE_OUT_TRADE_NO = ("duplicate_out_trade_no", 409, "out_trade_no was used before")
    DUPLICATE_OUT_REFUND_NO = ("duplicate_out_refund_no", 409, "out_refund_no was used before")
    PAYLOAD_TOO_LARGE = ("payload_too_large", 413, "The body is too large")
    UNSUPPORTED_MEDIA_TYPE = ("unsupported_media_type", 415, "Unsupported media type")
    VALIDATION_FAILED = ("validation_failed", 422, "The request is not valid")
    INVALID_AMOUNT = ("invalid_amount", 422, "The amount is not valid")
    INVALID_WALLET_ID = ("invalid_wallet_id", 422, "The wallet id is not valid")
    UNKNOWN_PAYEE = ("unknown_payee", 422, "The payee is unknown")
    SAME_WALLET = ("same_wallet", 422, "Payer and payee are the same wallet")
    CURRENCY_MISMATCH = ("currency_mismatch", 422, "The currency does not match")
    INSUFFICIENT_FUNDS = ("insufficient_funds", 422, "Insufficient funds")
    BALANCE_LIMIT_EXCEEDED = ("balance_limit_exceeded", 422, "Balance limit exceeded")
    PAYMENT_LIMIT_EXCEEDED = ("payment_limit_exceeded", 422, "Payment limit exceeded")
    DAILY_LIMIT_EXCEEDED = ("daily_limit_exceeded", 422, "Daily limit exceeded")
    ANNUAL_LIMIT_EXCEEDED = ("annual_limit_exceeded", 422, "Annual limit exceeded")
    WALLET_FROZEN = ("wallet_frozen", 422, "The wallet is frozen")
    WALLET_CLOSED = ("wallet_closed", 422, "The wallet is closed")
    PAYEE_RESTRICTED = ("payee_restricted", 422, "The wallet may not pay this payee")
    REFUND_EXCEEDS_PAYMENT = ("refund_exceeds_payment", 422, "Refunds would exceed the payment")
    CODE_EXPIRED = ("code_expired", 422, "The payment code has expired")
    CODE_USED = ("code_used", 422, "The payment code was used before")
    OTP_WRONG = ("otp_wrong", 422, "The one-time password is wrong")
    OTP_EXPIRED = ("otp_expired", 422, "The one-time password has expired")
    KYC_MISMATCH = ("kyc_mismatch", 422, "The identity could not be confirmed")
    RATE_LIMITED = ("rate_limited", 429, "Too many requests")
    INTERNAL_ERROR = ("internal_error", 500, "Internal error")
    INSTITUTION_UNAVAILABLE = ("institution_unavailable", 503, "The institution is unavailable")

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]

    @property
    def title(self) -> str:
        return self.value[2]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of `errors` in a 422: `code` is `required`, `unknown_field`, `invalid`, …"""

    field: str
    code: str
    detail: str


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A refusal of the registry, raised anywhere below a view and rendered as RFC 9457.

    `headers` go into the answer (`Retry-After`, `WWW-Authenticate`, `Allow`).
    """

    def __init__(
        self,
        error: ErrorCode,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(error, detail)
        self.error = error
        self.detail = detail or error.title + "."
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
