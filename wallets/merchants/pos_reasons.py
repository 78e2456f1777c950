"""What the cashier page says, in English and 中文: how things stand, and why one was refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from cbdc.errors import ErrorCode, Problem
from wallets.merchants.machine import CLOSED, EXPIRED, OPEN, PAID, PAYING
from wallets.merchants.models import Refund

E = ErrorCode


@dataclass(frozen=True, slots=True)
class Said:
    """One thing in both languages."""

    en: str
    zh: str


STATES = {
    OPEN: Said("Waiting", "待付款"),
    PAYING: Said("Paying", "付款中"),
    PAID: Said("Paid", "已收款"),
    CLOSED: Said("Cancelled", "已取消"),
    EXPIRED: Said("Expired", "已过期"),
}
REFUSED = Said("Refused", "付款失败")  # closed by the payer's bank
REFUND_STATES = {
    Refund.Status.COMPLETED: Said("Refunded", "已退款"),
    Refund.Status.PENDING: Said("Refund under way", "退款中"),
    Refund.Status.REJECTED: Said("Refund refused", "退款失败"),
}
REASONS = {
    E.AUTHENTICATION_REQUIRED: Said("Log in again.", "请重新登录"),
    E.PERMISSION_DENIED: Said("This key may not do that.", "此密钥无此权限"),
    E.NOT_FOUND: Said("There is no such order.", "订单不存在"),
    E.ORDER_NOT_OPEN: Said("The order is no longer open.", "订单已关闭"),
    E.INVALID_AMOUNT: Said("Type an amount, like 18.00.", "请输入正确金额"),
    E.VALIDATION_FAILED: Said("Something typed is not right.", "输入有误"),
    E.SAME_WALLET: Said("The payer's wallet is this shop's own.", "付款方与收款方相同"),
    E.INSUFFICIENT_FUNDS: Said("There is not enough money in the wallet.", "余额不足"),
    E.BALANCE_LIMIT_EXCEEDED: Said("The wallet cannot hold that much.", "超出钱包余额上限"),
    E.PAYMENT_LIMIT_EXCEEDED: Said("It is above the limit of one payment.", "超出单笔限额"),
    E.DAILY_LIMIT_EXCEEDED: Said("It is above the limit of the day.", "超出当日限额"),
    E.ANNUAL_LIMIT_EXCEEDED: Said("It is above the limit of the year.", "超出年度限额"),
    E.WALLET_FROZEN: Said("The wallet is frozen.", "钱包已冻结"),
    E.WALLET_CLOSED: Said("The wallet is closed.", "钱包已注销"),
    E.PAYEE_RESTRICTED: Said("The wallet may not pay this shop.", "该钱包不可在此付款"),
    E.UNKNOWN_PAYEE: Said("The payee is unknown.", "收款方不存在"),
    E.REFUND_EXCEEDS_PAYMENT: Said("Refunds would exceed the payment.", "退款超出收款金额"),
    E.CODE_EXPIRED: Said("The code is over: ask for a new one.", "付款码已过期"),
    E.CODE_USED: Said("The code was used before: ask for a new one.", "付款码已使用"),
    E.RATE_LIMITED: Said("Too many tries: wait a minute.", "尝试次数过多，请稍候"),
    E.INSTITUTION_UNAVAILABLE: Said(
        "The bank cannot do it now: try again.", "银行暂不可用，请重试"
    ),
}
# Of a body with one wrong field, what says more than "validation failed".
FIELDS = {
    "payment_code": Said("It is no payment code: scan it again.", "付款码无效，请重新扫描"),
    "description": Said("The description is too long, or cannot be shown.", "商品说明有误"),
    "reason": Said("Type a reason, of at most 140 characters.", "请填写退款原因"),
}
_BY_CODE = {error.code: said for error, said in REASONS.items()}


def reason_of(problem: Problem) -> Said:
    """Why something was refused, for the cashier and the customer."""
    if problem.error is E.VALIDATION_FAILED:
        return _of_fields(entry.field for entry in problem.errors)
    return reason_of_code(problem.error.code, problem.detail)


def reason_of_code(code: str, detail: str) -> Said:
    """As `reason_of`, from what another bank answered; its own words when the code is not ours."""
    return _BY_CODE.get(code) or Said(detail or "It was refused.", "交易被拒绝")


def _of_fields(names: Iterable[str]) -> Said:
    said = (FIELDS.get(name) for name in names)
    return next((one for one in said if one is not None), REASONS[E.VALIDATION_FAILED])
