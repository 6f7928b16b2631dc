"""The teller's one command, over HTTP."""

from fastapi import APIRouter
from pydantic import BaseModel

from infra.chaos.toy import Counted
from shared.http import UnitDep

router = APIRouter()


class Count(BaseModel):
    """Count one number of a thing; a number is counted once."""

    n: int
    thing: str = "thing"


@router.post("/teller/count", status_code=201)
def post_count(command: Count, unit: UnitDep) -> Count:
    """Count, and tell it."""
    unit.cursor().execute("INSERT INTO counted VALUES (%s)", (command.n,))
    unit.emit(Counted(n=command.n, thing=command.thing))
    return command
