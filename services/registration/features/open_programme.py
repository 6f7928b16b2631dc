"""Open a programme."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.registration.domain.calendar import HolidayPolicy, Kind, WaitlistPolicy
from services.registration.features import Command
from services.registration.features.person import Street
from services.registration.tables import Programme, TopicVersion
from shared.contracts.registration import ProgrammeOpened
from shared.unit import Unit
from shared.web import phrase

Title = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Room = Annotated[str, StringConstraints(max_length=40)]
Places = Annotated[int, Field(gt=0, le=1_000_000)]
PlacesOnline = Annotated[int, Field(ge=0, le=1_000_000)]
Hours = Annotated[int, Field(ge=0, le=24 * 60)]
Age = Annotated[int, Field(ge=0, le=120)]


class Topic(BaseModel):
    """One topic of a programme: its code there, its title, and in a few sentences what it is about."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")]
    title: Title
    outline: Annotated[str, StringConstraints(max_length=500)] = ""


class Whom(BaseModel):
    """Who may sign up; what is left out does not matter. Ages in whole years, streets as nine-digit codes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    age_from: Age | None = None
    age_to: Age | None = None
    streets: Annotated[tuple[Street, ...], Field(max_length=20)] = ()
    nominated_only: bool = False

    @model_validator(mode="after")
    def _ages_in_order(self) -> Whom:
        if self.age_from is not None and self.age_to is not None and self.age_to < self.age_from:
            raise PydanticCustomError("ages", phrase("年龄的上限比下限小，请对调。"))
        return self


class Rules(Command):
    """What holds for every session of a programme, unless the session says otherwise."""

    room: Room = ""
    audience: Whom = Whom()
    opens_days: Annotated[int, Field(ge=0, le=366)] | None = None
    closes_hours: Hours = 0
    cancel_hours: Hours = 0
    waitlist_policy: WaitlistPolicy = "strict"
    party_max: Annotated[int, Field(ge=1, le=20)] = 1
    capacity: Places = 20
    online_capacity: PlacesOnline = 0
    holidays: HolidayPolicy = "skip"

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Rules:
        if self.opens_days is not None and self.opens_days * 24 <= self.closes_hours:
            raise PydanticCustomError("closes_before", phrase("这样报名还没开始就截止了，请改提前的天数或小时。"))
        return self

    def rules(self) -> dict[str, Any]:
        """The rules alone, as the programme's row keeps them."""
        return self.model_dump(include=set(Rules.model_fields), mode="json")


class OpenProgramme(Rules):
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
            raise PydanticCustomError("same_topic", phrase("两个主题用了同一个代号，请改一个。"))
        return self


def open_programme(command: OpenProgramme, unit: Unit) -> Programme:
    """Put the programme on the books; sessions are scheduled one by one, or come round by a recurrence."""
    programme = Programme(
        kind=command.kind,
        title=command.title,
        organiser=command.organiser,
        street=command.street,
        place=command.place,
        rhythm=command.rhythm,
        topics=[{"code": topic.code, "title": topic.title, "version": 1} for topic in command.topics],
        opened_at=unit.now,
        **command.rules(),
    )
    unit.add(programme)
    unit.session.flush()
    unit.add(
        *(
            TopicVersion(programme_id=programme.id, version=1, written_at=unit.now, **topic.model_dump())
            for topic in command.topics
        )
    )
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
