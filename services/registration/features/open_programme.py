"""Open a programme."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.registration.domain.calendar import Kind
from services.registration.features import Command
from services.registration.features.person import Street
from services.registration.tables import Programme
from shared.contracts.registration import ProgrammeOpened
from shared.unit import Unit

Title = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Topic(BaseModel):
    """One topic of a programme: its code there, and its title."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")]
    title: Title


class OpenProgramme(Command):
    """A weekly series, a course or a livestream series. `rhythm` says in words when it usually is: 每周三 12:00–12:30."""

    kind: Kind
    title: Title
    organiser: Title
    street: Street
    place: Title
    rhythm: Annotated[str, StringConstraints(max_length=60)] = ""
    topics: Annotated[tuple[Topic, ...], Field(max_length=60)] = ()

    @model_validator(mode="after")
    def _codes_differ(self) -> OpenProgramme:
        codes = [topic.code for topic in self.topics]
        if len(codes) != len(set(codes)):
            raise ValueError("two topics have the same code")
        return self


def open_programme(command: OpenProgramme, unit: Unit) -> Programme:
    """Put the programme on the books; sessions are scheduled one by one."""
    programme = Programme(
        kind=command.kind,
        title=command.title,
        organiser=command.organiser,
        street=command.street,
        place=command.place,
        rhythm=command.rhythm,
        topics=[topic.model_dump() for topic in command.topics],
        opened_at=unit.now,
    )
    unit.add(programme)
    unit.emit(
        ProgrammeOpened(
            programme_id=programme.id,
            kind=programme.kind,
            title=programme.title,
            organiser=programme.organiser,
            street=programme.street,
        )
    )
    return programme
