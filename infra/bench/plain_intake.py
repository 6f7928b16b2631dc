"""What intake is measured against: the ordinary way, FastAPI with async SQLAlchemy, one session and one commit for each request.

It writes the same visits and readings, weighed by the same rules, and one outbox row for each visit, numbered by an identity
column. It checks no signature, looks for no repetitions and keeps no order of events: less than the product does.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, Table, Text, Uuid, func, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from services.stations.domain import CATALOGUE, Meal, judge
from services.stations.network import sites
from services.stations.tables import Reading, Visit
from shared import clock
from shared.clock import SHANGHAI
from shared.contracts.stations import VisitRecorded
from shared.event import envelope_json, new_id

URL = os.environ["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql+asyncpg://")
PLACES = {site.code: site.id for site in sites()}

outbox = Table(
    "plain_outbox",
    MetaData(),
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    Column("body", Text, nullable=False),
)


class Measured(BaseModel):
    """One item measured."""

    reading_id: UUID
    item: str
    value: float | None = None
    systolic: float | None = None
    diastolic: float | None = None
    meal: Meal | None = None
    taken_at: AwareDatetime


class Visited(BaseModel):
    """One visit."""

    visit_id: UUID
    at: AwareDatetime
    readings: list[Measured]


class Batch(BaseModel):
    """What an appliance sends at once."""

    station: str
    visits: list[Visited]


engine = create_async_engine(URL, pool_size=10, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def open_session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with sessions() as session:
        yield session


@app.post("/stations/api/visits")
async def post_visits(batch: Batch, session: Annotated[AsyncSession, Depends(open_session)]) -> dict[str, Any]:
    """Insert the visits, their readings and an outbox row each."""
    place = PLACES[batch.station]
    visits, readings, events, answers = [], [], [], []
    for visit in batch.visits:
        day = visit.at.astimezone(SHANGHAI).date()
        row = {
            "id": visit.visit_id,
            "station_id": place,
            "at": visit.at,
            "day": day,
            "person_id": None,
            "items": len(visit.readings),
        }
        visits.append(row | {"imported": False})
        told = []
        for reading in visit.readings:
            item = CATALOGUE[reading.item]
            numbers = (reading.value,) if reading.value is not None else (reading.systolic or 0, reading.diastolic or 0)
            verdict = judge(item, numbers, meal=reading.meal)
            readings.append(
                {
                    "id": reading.reading_id,
                    "visit_id": visit.visit_id,
                    "item": reading.item,
                    "value": numbers[0],
                    "second": numbers[1] if len(numbers) == 2 else None,
                    "unit": item.unit,
                    "meal": reading.meal,
                    "taken_at": reading.taken_at,
                    "grade": verdict.grade,
                    "rule": verdict.rule,
                    "doubt": verdict.doubt,
                }
            )
            told.append({"reading_id": reading.reading_id, "result": "stored", "class": verdict.grade})
        event = VisitRecorded(visit_id=visit.visit_id, station_id=place, day=day, person_id=None, items=len(visit.readings))
        id = new_id()
        body = envelope_json(event, id=id, source="/plain", at=clock.now(), correlationid=id.hex)
        events.append({"id": id, "type": event.type, "subject": event.subject, "body": body})
        answers.append({"visit_id": visit.visit_id, "result": "stored", "readings": told})
    await session.execute(insert(Visit), visits)
    await session.execute(insert(Reading), readings)
    await session.execute(insert(outbox), events)
    await session.commit()
    return {"visits": answers}
