"""What time itself starts here."""

from __future__ import annotations

from datetime import timedelta

from services.registration.features.drop_what_is_old import drop_what_is_old
from services.registration.features.expire_offers import expire_offers
from services.registration.features.finding import make_the_rest_findable
from services.registration.features.hold_session import hold_forgotten
from services.registration.features.holidays import fill_holidays
from services.registration.features.materialise import materialise_all
from services.registration.features.open_survey import destroy_letters
from shared.schedule import Schedule
from shared.unit import Unit

schedule = Schedule()
schedule.every(timedelta(minutes=1))(make_the_rest_findable)
schedule.every(timedelta(hours=1))(drop_what_is_old)


@schedule.every(timedelta(seconds=5))
def end_old_offers(unit: Unit) -> None:
    """A place nobody answered for goes on to the next."""
    expire_offers(unit)


@schedule.every(timedelta(hours=1))
def keep_the_calendar(unit: Unit) -> None:
    """Holidays are filled in and the sessions of the coming weeks put on, however long nobody looked."""
    fill_holidays(unit)
    materialise_all(unit)


@schedule.every(timedelta(hours=1))
def destroy_survey_letters(unit: Unit) -> None:
    """Once a survey is closed, nobody can find out whose ballot is whose."""
    destroy_letters(unit)


@schedule.every(timedelta(minutes=10))
def close_what_was_forgotten(unit: Unit) -> None:
    """A session that nobody closed counts all the same."""
    hold_forgotten(unit)
