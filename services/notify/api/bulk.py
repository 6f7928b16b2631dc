"""Messages to many: a dry run, its confirmation by token, progress, stopping."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.bulk import States
from services.notify.features.confirm_bulk import ConfirmBulk, StopBulk, confirm_bulk, stop_bulk
from services.notify.features.dry_run import DryRun, dry_run
from services.notify.features.list_bulks import Count, count, list_bulks
from services.notify.settings import NotifySettings
from services.notify.tables import Bulk
from shared.auth import Principal, require
from shared.http import StaffDep, UnitDep, service_of

router = APIRouter()


def _writer(staff: StaffDep) -> Principal:
    """Clerks write to the people they look after."""
    return require(staff, "clerk")


def _settings(request: Request) -> NotifySettings:
    return cast(NotifySettings, service_of(request).settings)


WriterDep = Annotated[Principal, Depends(_writer)]
SettingsDep = Annotated[NotifySettings, Depends(_settings)]


class DryRunWish(BaseModel):
    """A notice to those registered, in one of `states`, for a session or for a programme's sessions to come: one of the two."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "session_id": "0179c5a0-0000-7000-8000-000000000001",
                "states": ["confirmed", "waitlisted"],
                "template": "notice.papers",
            }
        },
    )

    session_id: UUID | None = None
    programme_id: UUID | None = None
    states: Annotated[tuple[States, ...], Field(min_length=1, max_length=2)] = ("confirmed",)
    template: Annotated[str, Field(min_length=1, max_length=60)]


class BulkOut(BaseModel):
    """A message to many: who gets it, who does not and why, what it costs in yuan, and the states of its texts so far."""

    id: UUID
    template: str
    template_version: int
    going: int
    skipped: dict[str, int]
    parts: int
    cost: Decimal
    made_at: datetime
    confirmed_at: datetime | None
    stopped_at: datetime | None
    states: dict[str, int]

    @classmethod
    def of(cls, found: Count, price: Decimal) -> BulkOut:
        """The figures of a message, at this price of a part."""
        made = found.bulk
        return cls(
            id=made.id,
            template=made.template,
            template_version=made.template_version,
            going=found.going,
            skipped=dict(found.skipped),
            parts=found.parts,
            cost=found.parts * price,
            made_at=made.made_at,
            confirmed_at=made.confirmed_at,
            stopped_at=made.stopped_at,
            states={str(state): many for state, many in found.states.items()},
        )


class DryRunOut(BulkOut):
    """A dry run. `token` sends exactly this, once, within half an hour."""

    token: str


class Token(BaseModel):
    """The token that a dry run gave."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(min_length=1, max_length=64, examples=["r6nUH2cE8eY0bq6ZV1uS9w"])]


@router.get("/bulks")
def get_bulks(writer: WriterDep, unit: UnitDep, settings: SettingsDep) -> list[BulkOut]:
    """The newest messages that were sent."""
    return [BulkOut.of(found, settings.price_per_part) for found in list_bulks(writer, unit)]


@router.post("/bulks", status_code=201)
def post_dry_run(wish: DryRunWish, writer: WriterDep, unit: UnitDep, settings: SettingsDep) -> DryRunOut:
    """Find out who would get a notice and what it would cost. Nothing is sent."""
    made = dry_run(DryRun(staff_id=writer.id, helpline=settings.helpline, **wish.model_dump()), unit)
    unit.session.flush()
    found = BulkOut.of(count(made, unit), settings.price_per_part)
    return DryRunOut(token=made.token, **found.model_dump())


@router.get("/bulks/{bulk_id}")
def get_bulk(bulk_id: UUID, _: WriterDep, unit: UnitDep, settings: SettingsDep) -> BulkOut:
    """How far a message has come."""
    return BulkOut.of(count(unit.get(Bulk, bulk_id), unit), settings.price_per_part)


@router.post("/bulks/{bulk_id}/send")
def post_send(bulk_id: UUID, wish: Token, _: WriterDep, unit: UnitDep, settings: SettingsDep) -> BulkOut:
    """Send what the dry run found. Asked again, nothing goes twice."""
    return BulkOut.of(count(confirm_bulk(ConfirmBulk(bulk_id=bulk_id, token=wish.token), unit), unit), settings.price_per_part)


@router.post("/bulks/{bulk_id}/stop")
def post_stop(bulk_id: UUID, _: WriterDep, unit: UnitDep, settings: SettingsDep) -> BulkOut:
    """Send nothing more of it; what has gone has gone."""
    return BulkOut.of(count(stop_bulk(StopBulk(bulk_id=bulk_id), unit), unit), settings.price_per_part)
