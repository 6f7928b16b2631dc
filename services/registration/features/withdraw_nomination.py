"""Take somebody off a course's list."""

from __future__ import annotations

from uuid import UUID

from services.registration.features import Command, problems
from services.registration.features.nominate import ON_THE_LIST, UNKNOWN, give_lessons_back, refuse_foreign
from services.registration.features.open_course import the_course
from services.registration.tables import Nomination
from shared.unit import Unit
from shared.web import phrase


class WithdrawNomination(Command):
    """`nomination_id` no longer stands; who asks may withdraw those of `neighbourhoods` only, None: of all."""

    nomination_id: UUID
    neighbourhoods: frozenset[str] | None = None


def withdraw_nomination(command: WithdrawNomination, unit: Unit) -> Nomination:
    """Free the seat, and the places in lessons to come; who has completed the course stays on its list."""
    found = unit.find(Nomination, command.nomination_id)
    if found is None:
        raise problems.UnknownNomination(UNKNOWN)
    refuse_foreign(found.neighbourhood, command.neighbourhoods)
    the_course(found.programme_id, unit, locked=True)
    nomination = unit.lock(Nomination, found.id)
    if nomination.state not in ON_THE_LIST:
        raise problems.UnknownNomination(UNKNOWN)
    if nomination.completed_at is not None:
        raise problems.CourseHasBegun(phrase("这位学员已经结业，不能再撤回。"))
    give_lessons_back(nomination, unit)
    nomination.state, nomination.ended_at = "withdrawn", unit.now
    return nomination
