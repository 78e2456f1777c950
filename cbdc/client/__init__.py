"""A typed client of the wire contract: for the demo, the tests, the load and the command line.

device = Device("+8613800000001")
client = WalletClient("http://127.0.0.1:8001", device)
wallet = client.confirm(client.enrol(), otp)
payment = client.pay(payee_wallet_id, 1234, "tea", wait_s=5)
"""

from cbdc.client.central_bank import CentralBankClient, InstitutionCard
from cbdc.client.device import Device
from cbdc.client.devnet import DevnetClient, SeedReport
from cbdc.client.merchant_client import MerchantClient
from cbdc.client.merchant_models import Order, Refund, WebhookEndpoint
from cbdc.client.models import (
    Cycle,
    Exchange,
    Payment,
    PaymentCode,
    PaymentRequest,
    RegisteredDevice,
    Supply,
    Transaction,
    Wallet,
)
from cbdc.client.operator_client import OperatorClient
from cbdc.client.transit_models import (
    DenyListChanges,
    FareVersion,
    Journey,
    RejectedTap,
    TapsTaken,
    TransitCredential,
    UploadedTap,
)
from cbdc.client.transport import ApiProblem, Transport, Unreachable
from cbdc.client.wallet_client import Enrolment, WalletClient

__all__ = [
    "ApiProblem",
    "CentralBankClient",
    "Cycle",
    "DenyListChanges",
    "Device",
    "DevnetClient",
    "Enrolment",
    "Exchange",
    "FareVersion",
    "InstitutionCard",
    "Journey",
    "MerchantClient",
    "OperatorClient",
    "Order",
    "Payment",
    "PaymentCode",
    "PaymentRequest",
    "Refund",
    "RegisteredDevice",
    "RejectedTap",
    "SeedReport",
    "Supply",
    "TapsTaken",
    "Transaction",
    "TransitCredential",
    "Transport",
    "Unreachable",
    "UploadedTap",
    "Wallet",
    "WalletClient",
    "WebhookEndpoint",
]
