"""What the house has set for its texts, and setting it otherwise."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from services.notify.domain.hours import Hours, Reminder, reminders
from services.notify.features import Command
from services.notify.tables import HouseRules
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase


class ClosedAllDay(Invalid):
    """The hours leave no time to text, or are the wrong way round."""

    code = "closed_all_day"


class LeadsCross(Invalid):
    """The reminder of the day before would not come before that of the day."""

    code = "leads_cross"


def _to_the_minute(at: time) -> time:
    return time(at.hour, at.minute)


TimeOfDay = Annotated[
    time, AfterValidator(_to_the_minute), WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"})
]
"""Shanghai's time of day, to the minute."""


class SetRules(Command):
    """Texts go out from `opens` to `closes`; reminders come `day_lead` and `hours_lead` minutes before."""

    opens: TimeOfDay
    closes: TimeOfDay
    day_lead: Annotated[int, Field(ge=60, le=7 * 24 * 60)]
    hours_lead: Annotated[int, Field(ge=30, le=12 * 60)]


SHORTEST = timedelta(hours=4)


def set_rules(command: SetRules, unit: Unit) -> HouseRules:
    """Keep them; they hold for whatever is planned or sent from now on."""
    open_for = timedelta(hours=command.closes.hour - command.opens.hour, minutes=command.closes.minute - command.opens.minute)
    if open_for < SHORTEST:
        raise ClosedAllDay(phrase("开始要早于结束，中间至少留四个小时发短信。"))
    if command.day_lead <= command.hours_lead:
        raise LeadsCross(phrase("前一次提醒要早于后一次，请改一改提前的时间。"))
    return unit.session.merge(HouseRules(id=1, **command.model_dump()))


def rules_of(unit: Unit) -> HouseRules:
    """The rules in force."""
    return unit.find(HouseRules, 1) or HouseRules()


def hours_in_force(unit: Unit) -> Hours:
    """The hours in which texts go out."""
    rules = rules_of(unit)
    return Hours(rules.opens, rules.closes)


def reminders_in_force(unit: Unit) -> tuple[Reminder, Reminder]:
    """The reminders of a session, with the leads that are set."""
    rules = rules_of(unit)
    return reminders(timedelta(minutes=rules.day_lead), timedelta(minutes=rules.hours_lead))
