"""What somebody said about texts is the same wherever one asks: it is a consent at registration, and in notify's ledger."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.notify.features.choose import Choose, choose, wants_texts
from services.notify.tables import Contact
from services.registration.features.change_consent import ChangeConsent, change_consent
from shared.event import new_id
from tests.journeys.conftest import Town

PHONE = "13800138001"
STAFF = UUID(int=7)


def agreed(town: Town, resident: UUID) -> tuple[bool, bool]:
    """Whether texts are wanted, as registration has it and as notify does."""
    at_registration = "SELECT count(*) = 1 FROM consent WHERE resident_id = %s AND purpose = 'texts' AND withdrawn_at IS NULL"
    with town.world["notify"].service.begin() as unit:
        at_notify = wants_texts(unit.get(Contact, resident), "service", unit)
    return bool(town.world["registration"].query(at_registration, (resident,))[0][0]), at_notify


@pytest.fixture
def ana(town: Town) -> UUID:
    """Ana, who gets texts and has had one."""
    resident = town.resident(PHONE)
    town.sign_up(town.session(town.programme()), resident)
    return UUID(resident)


def say(town: Town, resident: UUID, way: str, wanted: bool) -> None:
    """Ana says on the web, at the desk or by text whether she wants texts; nobody else has heard of it yet."""
    if way == "text":
        reply = {"phone_number": PHONE, "content": "恢复" if wanted else "TD", "sequence_id": str(new_id())}
        world = town.world["notify"]
        assert world.client().post("/notify/api/carrier/replies", json=[reply], headers={"x-carrier-token": "demo"}).is_success
        world.work("jobs")
    elif way == "desk":
        command = Choose(resident_id=resident, wanted=wanted, channel="staff", proof=STAFF, why="打电话来说的")
        town.world["notify"].run(choose, command)
    else:
        town.world["registration"].run(
            change_consent, ChangeConsent(resident_id=resident, purpose="texts", given=wanted, channel="web")
        )


def test_a_choice_made_anywhere_is_the_same_everywhere_and_says_who_wrote_it_down(town: Town, ana: UUID) -> None:
    assert agreed(town, ana) == (True, True)
    for way in ("text", "desk", "web"):
        for wanted in (False, True):
            town.world.at(timedelta(minutes=1))
            say(town, ana, way, wanted)
            town.world.settle()
            assert agreed(town, ana) == (wanted, wanted), way
    ended = "purpose = 'texts' AND withdrawn_at IS NOT NULL"
    rows = f"SELECT withdrawn_channel, withdrawn_by FROM consent WHERE {ended} ORDER BY given_at"
    assert town.world["registration"].query(rows) == [("text", ana), ("staff", STAFF), ("web", ana)]


def test_choices_that_cross_end_in_one_and_the_world_comes_to_rest(town: Town, ana: UUID) -> None:
    """Each service hears something before it has heard of the other, at the same moment and apart."""
    crossings = (
        (("text", False), ("web", False)),
        (("web", True), ("text", True), ("web", False), ("text", False), ("web", True)),
        (("desk", False), ("web", False), ("web", True)),
        (("web", False), ("web", True), ("text", False), ("text", True), ("web", False)),
    )
    for apart in (timedelta(0), timedelta(seconds=1)):
        for crossing in crossings:
            town.world.at(timedelta(minutes=1))
            for way, wanted in crossing:
                town.world.at(apart)
                say(town, ana, way, wanted)
            town.world.settle()
            at_registration, at_notify = agreed(town, ana)
            assert at_registration == at_notify, crossing
