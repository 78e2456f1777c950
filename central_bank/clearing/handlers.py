"""The messages of a payment, as they reach the central bank."""

from cbdc.institution import Role
from cbdc.messaging.handlers import handles_many
from cbdc.protocol.messages import Camt029, Camt056, Pacs002, Pacs004, Pacs008, Pacs028
from central_bank.clearing import accepting, deciding, questions

AT = Role.CENTRAL_BANK

handles_many(Pacs008, at=AT)(accepting.accept)  # from the payer's bank
handles_many(Pacs004, at=AT)(accepting.accept)
handles_many(Pacs028, at=AT)(questions.questions)
handles_many(Camt056, at=AT)(questions.recalls)
handles_many(Pacs002, at=AT)(deciding.statuses)  # from the payee's bank
handles_many(Camt029, at=AT)(deciding.recall_answers)
