"""A merchant's day as an ISO 20022 camt.053.001.08 document, for accounting programs.

The classes are generated from the standard's schema, so a document of theirs is one of it. Its
balances are those available (OPAV, CLAV), as in the CSV. Yuan text exists here, at the edge.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from pyiso20022.camt.camt_053_001_08 import camt_053_001_08 as camt
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.models.datatype import XmlDateTime

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.errors import FieldError
from cbdc.identifiers import new_id
from cbdc.institution import this_institution
from cbdc.money import CURRENCY
from wallets.merchants.statement import Day, Line

LINES_MAX = 10_000  # a document is made whole in memory; the CSV has no such limit
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
STATUS = {"completed": "BOOK", "pending": "PDNG", "rejected": "INFO"}
REFERENCE_MAX = 35
NAME_MAX = 70


def as_camt053(day: Day) -> str:
    """The document, with one statement.

    Raises:
        Problem: validation_failed, for a day of more than LINES_MAX lines.
    """
    entries = list(_entries(day))  # before the closing balance, which follows from them
    identity, made_at = new_id().hex, _time(now())
    statement = camt.AccountStatement9(
        id=identity,
        cre_dt_tm=made_at,
        fr_to_dt=camt.DateTimePeriod1(fr_dt_tm=_time(day.begins), to_dt_tm=_time(day.ends)),
        acct=camt.CashAccount39(
            id=camt.AccountIdentification4Choice(
                othr=camt.GenericAccountIdentification1(
                    id=day.merchant.wallet_id, issr=this_institution().code
                )
            ),
            ccy=CURRENCY,
            nm=day.merchant.name[:NAME_MAX],
        ),
        bal=[
            _balance("OPAV", day.opening, day.begins),
            _balance("CLAV", day.closing, day.ends),
        ],
        ntry=entries,
    )
    document = camt.Document(
        bk_to_cstmr_stmt=camt.BankToCustomerStatementV08(
            grp_hdr=camt.GroupHeader81(msg_id=identity, cre_dt_tm=made_at), stmt=[statement]
        )
    )
    return XmlSerializer().render(document, ns_map={None: NAMESPACE})


def _entries(day: Day) -> Iterator[camt.ReportEntry10]:
    for number, line in enumerate(day.lines(), start=1):
        if number > LINES_MAX:
            message = f"The day has more than {LINES_MAX} lines: ask for CSV."
            raise refuse([FieldError("format", "too_long", message)])
        yield _entry(line)


def _entry(line: Line) -> camt.ReportEntry10:
    reference = line["out_refund_no"] or line["out_trade_no"]
    references = camt.TransactionReferences6(
        acct_svcr_ref=line["payment_id"].replace("-", ""),
        end_to_end_id=reference if 0 < len(reference) <= REFERENCE_MAX else "NOTPROVIDED",
    )
    details = camt.EntryTransaction10(
        refs=references,
        rmt_inf=camt.RemittanceInformation16(ustrd=[line["description"]])
        if line["description"]
        else None,
    )
    return camt.ReportEntry10(
        amt=_amount(line["amount"]),
        cdt_dbt_ind=_side(line["direction"] == "in"),
        sts=camt.EntryStatus1Choice(cd=STATUS[line["status"]]),
        bookg_dt=camt.DateAndDateTime2Choice(dt_tm=XmlDateTime.from_string(line["occurred_at"])),
        bk_tx_cd=camt.BankTransactionCodeStructure4(
            prtry=camt.ProprietaryBankTransactionCodeStructure1(
                cd=line["kind"], issr=this_institution().code
            )
        ),
        ntry_dtls=[camt.EntryDetails9(tx_dtls=[details])],
    )


def _balance(code: str, amount: int, moment: datetime) -> camt.CashBalance8:
    return camt.CashBalance8(
        tp=camt.BalanceType13(cd_or_prtry=camt.BalanceType10Choice(cd=code)),
        amt=_amount(abs(amount)),
        cdt_dbt_ind=_side(amount >= 0),
        dt=camt.DateAndDateTime2Choice(dt_tm=_time(moment)),
    )


def _amount(fen: int) -> camt.ActiveOrHistoricCurrencyAndAmount:
    return camt.ActiveOrHistoricCurrencyAndAmount(value=Decimal(fen).scaleb(-2), ccy=CURRENCY)


def _side(credit: bool) -> camt.CreditDebitCode:
    return camt.CreditDebitCode.CRDT if credit else camt.CreditDebitCode.DBIT


def _time(moment: datetime) -> XmlDateTime:
    return XmlDateTime.from_datetime(moment)
