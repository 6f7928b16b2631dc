"""The API of stations: appliances send visits; staff see stations and referrals; nurses close referrals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.stations.domain import Grade, Outcome
from services.stations.features.close_referral import CloseReferral, close_referral
from services.stations.features.show_board import show_board
from services.stations.features.show_referrals import show_referral, show_referrals
from services.stations.features.weigh_visits import Batch
from services.stations.intake import Intake
from shared.auth import Principal, require
from shared.http import StaffDep, UnitDep

MAX_BATCH = 1024 * 1024
"""Bytes in one batch: some two hundred visits of twenty readings."""

router = APIRouter(prefix="/stations/api", tags=["stations"])


def _nurse(staff: StaffDep) -> Principal:
    return require(staff, "nurse")


NurseDep = Annotated[Principal, Depends(_nurse)]


class ReadingOut(BaseModel):
    """What became of one reading. `class` is for the appliance to say what to do; null where no rule speaks of the item."""

    model_config = ConfigDict(serialize_by_alias=True)

    reading_id: UUID
    result: Literal["stored", "known", "quarantined", "refused"]
    grade: Annotated[Grade | None, Field(alias="class")] = None
    code: str = ""
    why: str = ""


class VisitOut(BaseModel):
    """What became of one visit."""

    visit_id: UUID
    result: Literal["stored", "known", "refused"]
    code: str = ""
    why: str = ""
    readings: list[ReadingOut]


class BatchOut(BaseModel):
    """The answer to a batch, in its order."""

    visits: list[VisitOut]


class StationOut(BaseModel):
    """A station on the board."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    street: str
    district: str
    state: Literal["sending", "quiet", "silent", "shut"]
    visits: int
    last_day: date | None


class ReferralOut(BaseModel):
    """A referral, without any value."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    station_code: str
    identified: bool
    item: str
    rule: str
    opened_at: datetime
    due_on: date
    state: Literal["open", "closed"]
    outcome: Outcome | None


class Close(BaseModel):
    """What came of a follow-up."""

    outcome: Outcome


EXAMPLE = {
    "station": "310101019-01",
    "visits": [
        {
            "visit_id": "0d3b7c1e-8c55-4d1c-9f0e-6f1f3f1d2b01",
            "at": "2021-05-12T09:02:00+08:00",
            "resident_id": None,
            "readings": [
                {
                    "reading_id": "0d3b7c1e-8c55-4d1c-9f0e-6f1f3f1d2b02",
                    "item": "blood_pressure",
                    "systolic": 128,
                    "diastolic": 78,
                    "taken_at": "2021-05-12T09:03:00+08:00",
                },
                {
                    "reading_id": "0d3b7c1e-8c55-4d1c-9f0e-6f1f3f1d2b03",
                    "item": "glucose",
                    "value": 5.6,
                    "meal": "fasting",
                    "taken_at": "2021-05-12T09:05:00+08:00",
                },
            ],
        }
    ],
}


def _body_schema() -> dict[str, Any]:
    """The batch in the OpenAPI document: its endpoint reads the body itself, so FastAPI does not know it."""
    schema = Batch.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs")
    return {"content": {"application/json": {"schema": _inlined(schema, definitions), "example": EXAMPLE}}, "required": True}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    return [_inlined(value, definitions) for value in schema] if isinstance(schema, list) else schema


@router.post(
    "/visits",
    response_model=BatchOut,
    openapi_extra={
        "requestBody": _body_schema(),
        "parameters": [
            {
                "name": "Authorization",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "description": "`Device <station> <sent> <signature>`: HMAC-SHA256 of time (Unix seconds), line feed, body.",
            }
        ],
    },
    responses={401: {"description": "Not signed by the station's appliance"}, 413: {"description": "More than 1 MiB"}},
    max_body_size=MAX_BATCH,
)
async def post_visits(request: Request) -> Response:
    """Take visits with their readings from an appliance. Sent again, they change nothing: ids are the appliance's own."""
    intake = cast(Intake, request.app.state.intake)
    answer = await intake.take(await request.body(), request.headers.get("authorization"))
    return Response(answer, media_type="application/json")


@router.get("/stations")
def get_stations(unit: UnitDep, staff: StaffDep) -> list[StationOut]:
    """Every station, with today's visits."""
    return [StationOut.model_validate(light) for light in show_board(staff, unit).lights]


@router.get("/referrals")
def get_referrals(unit: UnitDep, staff: StaffDep) -> list[ReferralOut]:
    """Open referrals by due day, then closed ones."""
    return [ReferralOut.model_validate(referral) for referral in show_referrals(staff, unit)]


@router.post("/referrals/{referral_id}/close")
def post_close(referral_id: UUID, close: Close, unit: UnitDep, nurse: NurseDep) -> ReferralOut:
    """Close a referral with what came of it."""
    close_referral(CloseReferral(referral_id=referral_id, outcome=close.outcome, closed_by=nurse.id), unit)
    return ReferralOut.model_validate(show_referral(referral_id, unit))
