"""Notify's tables. Numbers, words and what texts are filled with are encrypted; what must never happen twice is a constraint."""

from services.notify.tables.base import Table
from services.notify.tables.bulk import Bulk, BulkRow
from services.notify.tables.calls import Call, CallTry, Errand
from services.notify.tables.carriers import CarrierStanding
from services.notify.tables.figures import CarrierBill, CarrierDay
from services.notify.tables.messages import Attempt, Message, Receipt
from services.notify.tables.people import Carer, Choice, Contact
from services.notify.tables.replies import CannedAnswer, Reply
from services.notify.tables.rules import HouseRules
from services.notify.tables.sessions import Registration, Session
from services.notify.tables.templates import Approval, Template

__all__ = [
    "Approval",
    "Attempt",
    "Bulk",
    "BulkRow",
    "Call",
    "CallTry",
    "CannedAnswer",
    "Carer",
    "CarrierBill",
    "CarrierDay",
    "CarrierStanding",
    "Choice",
    "Contact",
    "Errand",
    "HouseRules",
    "Message",
    "Receipt",
    "Registration",
    "Reply",
    "Session",
    "Table",
    "Template",
]
