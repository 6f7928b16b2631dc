"""Who is here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.registration.api.common import Out
from services.registration.api.places import RegistrationOut, for_whom
from services.registration.domain.people import masked_name
from services.registration.domain.presence import Direction, MissedReason, Verdict, Way
from services.registration.features.access_log import note, note_list
from services.registration.features.check_in import CheckedIn, CheckIn, check_in
from services.registration.features.door_pass import public_key
from services.registration.features.merge_scans import MOST, MergeScans, OfflineScan, merge_scans
from services.registration.features.note_missed import NoteMissed, note_missed
from services.registration.features.settle_scan import SettleScan, SettleWish, settle_scan
from services.registration.features.verdicts import WORDS, refusal
from services.registration.projections.people import name_of
from services.registration.projections.places import roster
from services.registration.projections.presence import conflicts_of, inside, list_for_device, listed_residents, settled_of
from services.registration.tables import Registration, Resident, Session
from shared.auth import Principal
from shared.http import PROBLEM, ResidentDep, StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase
from shared.web.errors import error_response

router = APIRouter()

Device = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z0-9_-]*$")]


class RosterLineOut(BaseModel):
    """A name on the roster, with its masked phone."""

    registration: RegistrationOut
    name: str
    phone: str


class MissedWish(BaseModel):
    """Why somebody did not come: they forgot, it did not suit them, or they no longer want to."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "forgot"}})

    reason: MissedReason


class ScanWish(BaseModel):
    """One scan. Show exactly one of `registration_id`, `resident_id`, `ticket`, `digits` and `row` (with `sheet_id`)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"nonce": "2f1e4b0a-6c1d-4f0e-9a55-0d3f1a7c9b11", "ticket": "AXkvzpugf4i7wRUUOPCZVQ…", "direction": "entry"},
                {"nonce": "2f1e4b0a-6c1d-4f0e-9a55-0d3f1a7c9b12", "digits": "8000", "device": "ipad-1"},
            ]
        },
    )

    nonce: UUID = Field(default_factory=uuid4, description="Names the scan: sent again it is answered again and changes nothing.")
    registration_id: UUID | None = None
    resident_id: UUID | None = None
    ticket: Annotated[str, StringConstraints(min_length=1, max_length=400)] | None = None
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    row: Annotated[str, StringConstraints(min_length=1, max_length=8)] | None = None
    sheet_id: UUID | None = None
    direction: Direction = "entry"
    at: AwareDatetime | None = Field(default=None, description="When the device saw it; now if left out.")
    way: Way | None = None
    force: bool = Field(default=False, description="Let them in although every place is given.")
    device: Device = ""

    @model_validator(mode="after")
    def _one_thing_shown(self) -> ScanWish:
        shown = [self.registration_id, self.resident_id, self.ticket, self.digits, self.row]
        if sum(value is not None for value in shown) != 1 or (self.row is None) != (self.sheet_id is None):
            raise PydanticCustomError("one_shown", phrase("签到只凭一样：名额、居民、票码、手机尾号或行码。"))
        return self


class Candidate(BaseModel):
    """Somebody who may be meant: choose by the masked name and scan again with `registration_id`."""

    registration_id: UUID
    name: str


class ScanOut(BaseModel):
    """What became of a scan that counts; `code` is `ok`, or `again` for somebody who was inside already."""

    nonce: UUID
    code: Verdict
    detail: str
    direction: Direction
    at: datetime
    registration: RegistrationOut | None
    name: str
    inside: int


class WallWish(BaseModel):
    """The code on the wall, as the resident's phone read it; a carer adds the elder whom they bring."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["5f0c1a7be2d94c03"])
    direction: Direction = "entry"
    resident_id: UUID | None = None


class DeviceList(BaseModel):
    """The list for a device without network: `text` is JSON, signed with Ed25519; the key is `key`, raw in base64url."""

    text: str
    signature: str
    key: str


class UploadWish(BaseModel):
    """The queue of a device that is back, with the `pass` of its list."""

    model_config = ConfigDict(extra="forbid")

    door_pass: Annotated[str, StringConstraints(max_length=400)]
    scans: Annotated[tuple[OfflineScan, ...], Field(max_length=MOST)]


class ConflictOut(Out):
    """An offline scan that does not fit, for staff to look at."""

    nonce: UUID
    verdict: Verdict
    at: datetime
    direction: Direction
    way: Way
    device: str
    resident_id: UUID | None
    name: str


class SettledOut(BaseModel):
    """An offline scan that did not fit and that staff looked at: who, when, and what they noted."""

    nonce: UUID
    verdict: Verdict
    settled_by: UUID
    settled_at: datetime
    note: str


class Uploaded(BaseModel):
    """What became of each scan, by nonce, and everything at this session that does not fit so far."""

    verdicts: dict[UUID, Verdict]
    conflicts: list[ConflictOut]


class Occupancy(BaseModel):
    """How many people are in the room."""

    inside: int
    capacity: int


REFUSED: dict[int | str, dict[str, Any]] = {409: PROBLEM | {"description": "The scan does not count; `code` says why"}}


@router.get("/sessions/{session_id}/roster")
def get_roster(session_id: UUID, staff: StaffDep, unit: UnitDep) -> list[RosterLineOut]:
    """Who has a place, came, or waits."""
    unit.get(Session, session_id)
    note_list(unit, who=staff, residents=listed_residents(session_id, unit), action="roster_read")
    return [
        RosterLineOut(registration=RegistrationOut.of(line.registration, unit), name=line.name, phone=line.phone)
        for line in roster(session_id, unit)
    ]


@router.get("/sessions/{session_id}/occupancy")
def get_occupancy(session_id: UUID, _: StaffDep, unit: UnitDep) -> Occupancy:
    """How many people are inside now: entries less exits."""
    session = unit.get(Session, session_id)
    return Occupancy(inside=inside(session_id, unit), capacity=session.capacity)


@router.post("/sessions/{session_id}/scans", responses=REFUSED, response_model=ScanOut)
def post_scan(session_id: UUID, wish: ScanWish, staff: StaffDep, request: Request, unit: UnitDep) -> ScanOut | Response:
    """Take a scan at the door; a refused one is kept too, and answered with a problem whose code says why."""
    command = CheckIn(session_id=session_id, by=staff.id, **wish.model_dump())
    return _answer(check_in(command, unit), request, unit)


@router.post("/sessions/{session_id}/door", responses=REFUSED, response_model=ScanOut)
def post_door(session_id: UUID, wish: WallWish, resident: ResidentDep, request: Request, unit: UnitDep) -> ScanOut | Response:
    """Check oneself in, or out, with the code on the wall, or somebody one acts for."""
    whom = for_whom(resident, wish.resident_id, unit)
    command = at_the_wall(session_id, resident, wish.code, wish.direction, whom=whom)
    return _answer(checked_in(command, resident, unit), request, unit)


@router.get("/sessions/{session_id}/door-list")
def get_door_list(
    session_id: UUID, staff: StaffDep, unit: UnitDep, device: Annotated[Device, Query(min_length=1)] = "device"
) -> DeviceList:
    """The signed list with which a device works without network."""
    note_list(unit, who=staff, residents=listed_residents(session_id, unit), action="door_list_read")
    text, signature = list_for_device(unit.get(Session, session_id), device, staff.id, unit)
    return DeviceList(text=text, signature=signature, key=public_key(unit.keys))


@router.post("/registrations/{registration_id}/missed")
def post_missed(registration_id: UUID, wish: MissedWish, _: StaffDep, unit: UnitDep) -> RegistrationOut:
    """Write down why somebody did not come, as they told whoever called."""
    return RegistrationOut.of(note_missed(NoteMissed(registration_id=registration_id, reason=wish.reason), unit), unit)


@router.post("/sessions/{session_id}/offline-scans")
def post_offline_scans(session_id: UUID, wish: UploadWish, staff: StaffDep, unit: UnitDep) -> Uploaded:
    """Take what a device did without network: nothing is lost, whatever order devices come back in."""
    command = MergeScans(session_id=session_id, door_pass=wish.door_pass, scans=wish.scans, by=staff.id)
    verdicts = merge_scans(command, unit)
    return Uploaded(verdicts=verdicts, conflicts=_conflicts(session_id, unit))


@router.get("/sessions/{session_id}/conflicts")
def get_conflicts(session_id: UUID, _: StaffDep, unit: UnitDep) -> list[ConflictOut]:
    """What devices without network did that does not fit together."""
    unit.get(Session, session_id)
    return _conflicts(session_id, unit)


@router.post("/sessions/{session_id}/conflicts/{nonce}/settle", status_code=201)
def post_settle(session_id: UUID, nonce: UUID, wish: SettleWish, staff: StaffDep, unit: UnitDep) -> SettledOut:
    """Say that a scan that does not fit was looked at; it is not listed any more."""
    done = settle_scan(SettleScan(**wish.model_dump(), session_id=session_id, nonce=nonce, by=staff.id), unit)
    return SettledOut(**done.model_dump(include={"verdict", "settled_by", "settled_at"}), nonce=nonce, note=wish.note)


@router.get("/sessions/{session_id}/settled")
def get_settled(session_id: UUID, _: StaffDep, unit: UnitDep) -> list[SettledOut]:
    """The scans that did not fit and were looked at, the latest first."""
    unit.get(Session, session_id)
    return [
        SettledOut(**{name: getattr(each, name) for name in SettledOut.model_fields}) for each in settled_of(session_id, unit)
    ]


def at_the_wall(session_id: UUID, resident: Principal, code: str, direction: Direction, *, whom: UUID) -> CheckIn:
    """The scan, by a resident, of the code on the wall for `whom`: one code counts once for each of them."""
    nonce = uuid5(NAMESPACE_OID, f"{session_id}:{whom}:{code}:{direction}")
    return CheckIn(nonce=nonce, session_id=session_id, resident_id=whom, wall=code, direction=direction, by=resident.id)


def checked_in(command: CheckIn, resident: Principal, unit: Unit) -> CheckedIn:
    """What became of the scan; an elder whom somebody else checked in can read that."""
    done = check_in(command, unit)
    if done.registration is not None and refusal(done) is None:
        note(unit, who=resident, resident_id=done.registration.resident_id, action="checked_in")
    return done


def _conflicts(session_id: UUID, unit: Unit) -> list[ConflictOut]:
    return [ConflictOut.model_validate(conflict) for conflict in conflicts_of(session_id, unit)]


def _answer(done: CheckedIn, request: Request, unit: Unit) -> ScanOut | Response:
    """The scan that counts, or its refusal: returned, not raised, so that the refused scan stays written down."""
    refused = refusal(done)
    if refused is not None:
        refused.facts["candidates"] = [
            Candidate(registration_id=each.id, name=_masked(each, unit)).model_dump(mode="json") for each in done.candidates
        ]
        return error_response(request, refused)
    unit.session.flush()
    return ScanOut(
        nonce=done.scan.nonce,
        code=done.verdict,
        detail=WORDS[done.verdict],
        direction=done.scan.direction,
        at=done.scan.at,
        registration=RegistrationOut.of(done.registration, unit) if done.registration else None,
        name=_masked(done.registration, unit) if done.registration else "",
        inside=inside(done.scan.session_id, unit),
    )


def _masked(registration: Registration, unit: Unit) -> str:
    return masked_name(name_of(unit.get(Resident, registration.resident_id), unit))
