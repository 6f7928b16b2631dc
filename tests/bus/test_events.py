"""Events on their way: which function hears which, older versions lifted, sealed fields readable by one service alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import UUID

import pytest

from infra.chaos.toy import Counted, Echoed, Folded, Unheard
from shared import outbox
from shared.clock import now
from shared.crypto import Keyring, Unreadable, create_keys
from shared.event import Envelope, Event, Undecodable, new_id
from shared.inbox import Consumers, Delivery
from shared.service import Service
from shared.unit import Unit

NewToy = Callable[..., Service]


def delivered(*events: Event) -> list[Envelope]:
    """The events as envelopes of one log."""
    made = []
    for seq, event in enumerate(events, start=1):
        id, _, _, body = outbox.row(event, source="/teller", at=now(), correlationid=f"c{seq}")
        parcel = outbox.Parcel("/teller", id, seq - 1, None, seq, id, (event.type,), f'[{{"sequence":"{seq}",{body[1:]}]')
        made += parcel.unpack()
    return made


@pytest.fixture
def unit(new_toy: NewToy) -> Any:
    with new_toy("listener").begin() as unit:
        yield unit


def test_each_event_goes_to_its_function_and_runs_go_to_their_fold(unit: Unit) -> None:
    heard: list[Any] = []
    consumers = Consumers()
    consumers.on(Counted)(lambda event, _: heard.append(event.n))
    consumers.in_batches(Folded, Echoed)(lambda run, _: heard.append([cast(Any, event).n for _, event in run]))
    consumers.in_batches(Unheard)(lambda run, _: heard.append(len(run)))
    a, b, c = (Counted(n=n, thing="a") for n in range(3))
    d, e = Folded(n=10, thing="b"), Echoed(n=20, thing="c")
    consumers.handle(delivered(d, e, a, d, Unheard(thing="x"), Unheard(thing="x"), e, d, b, c), unit)
    assert heard == [[10, 20], 0, [10], 2, [20, 10], 1, 2]
    assert consumers.types == ["listener.echoed", "teller.counted", "teller.folded", "teller.unheard"]


def test_a_function_knows_what_caused_it_and_what_it_tells_says_so(unit: Unit) -> None:
    causes: list[Envelope | None] = []

    def hear(event: Counted, unit: Unit) -> None:
        causes.append(unit.cause)
        unit.emit(Echoed(n=event.n, thing=event.thing))

    consumers = Consumers()
    consumers.on(Counted)(hear)
    envelopes = delivered(Counted(n=1, thing="a"), Counted(n=2, thing="a"))
    consumers.handle(envelopes, unit)
    assert causes == envelopes
    assert unit.cause is None
    unit.commit()
    bodies = [body for (body,) in unit.cursor().execute("SELECT body FROM outbox ORDER BY seq").fetchall()]
    assert [f'"causationid":"{envelope.id}"' in body for envelope, body in zip(envelopes, bodies, strict=True)] == [True, True]
    assert ['"correlationid":"c1"' in bodies[0], '"correlationid":"c2"' in bodies[1]] == [True, True]


Lift = Callable[[dict[str, Any]], dict[str, Any]]


def _lift(data: dict[str, Any]) -> dict[str, Any]:
    """The first version counted in words."""
    return {"n": {"one": 1, "two": 2}[data["word"]], "thing": data["thing"]}


class Said(Event, type="toy.said", subject="thing"):
    """Version 1: a number as a word."""

    word: str
    thing: str


class SaidInFigures(Event, type="toy.said", subject="thing", version=3):
    """Version 3: a number in figures, and how sure one is; version 2 was not yet sure."""

    upcasts: ClassVar[Mapping[int, Lift]] = {1: _lift, 2: lambda data: data | {"sure": False}}

    n: int
    thing: str
    sure: bool


def test_an_older_version_is_lifted_step_by_step(unit: Unit) -> None:
    heard: list[SaidInFigures] = []
    consumers = Consumers()
    consumers.on(SaidInFigures)(lambda event, _: heard.append(event))
    envelopes = delivered(Said(word="two", thing="a"), SaidInFigures(n=5, thing="a", sure=True))
    consumers.handle(envelopes, unit)
    assert heard == [SaidInFigures(n=2, thing="a", sure=False), SaidInFigures(n=5, thing="a", sure=True)]
    assert SaidInFigures.decode({"n": 7, "thing": "a"}, 2) == SaidInFigures(n=7, thing="a", sure=False)


@pytest.mark.parametrize(
    ("data", "version"),
    [
        ({"word": "three", "thing": "a"}, 1),
        ({"thing": "a"}, 1),
        ({"n": 1, "thing": "a", "sure": True}, 4),
        ({"n": 1, "thing": "a", "sure": True}, 0),
        ({"n": "many", "thing": "a", "sure": True}, 3),
        (["n", 1], 1),
        (None, 3),
    ],
    ids=["unknown word", "field missing", "newer version", "version 0", "no number", "a list", "nothing"],
)
def test_what_cannot_be_lifted_or_read_is_undecodable(data: Any, version: int) -> None:
    with pytest.raises(Undecodable):
        SaidInFigures.decode(data, version)


def test_fields_one_does_not_know_are_ignored() -> None:
    assert Counted.decode({"n": 1, "thing": "a", "colour": "red"}, 1) == Counted(n=1, thing="a")


def test_an_undecodable_event_says_nothing_of_its_values() -> None:
    with pytest.raises(Undecodable) as caught:
        Counted.decode({"n": "13800000000 or so", "thing": "a"}, 1)
    assert "13800000000" not in str(caught.value)


def test_ids_are_ordered_by_time() -> None:
    ids = [new_id() for _ in range(3)]
    assert {id.version for id in ids} == {7}
    assert {id.variant for id in ids} == {UUID(int=0x8000 << 48).variant}
    assert [id.int >> 80 for id in ids] == sorted(id.int >> 80 for id in ids)


@pytest.fixture
def ring(tmp_path: Path) -> Callable[[str], Keyring]:
    create_keys(tmp_path, ["teller", "listener", "other"])
    return lambda name: Keyring(tmp_path, name)


def test_a_sealed_field_is_read_by_the_service_it_is_for_and_no_other(ring: Callable[[str], Keyring]) -> None:
    sealed = ring("teller").seal("listener", "13800000000")
    assert "13800000000" not in sealed
    assert ring("listener").unseal(sealed) == "13800000000"
    for name in ("teller", "other"):
        with pytest.raises(Unreadable):
            ring(name).unseal(sealed)


def test_a_sealed_field_cannot_be_altered_or_passed_on(ring: Callable[[str], Keyring]) -> None:
    sealed = ring("teller").seal("listener", "13800000000")
    changed = sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB")
    for altered in (changed, sealed.replace("listener", "other"), "sealed.listener.", "x"):
        with pytest.raises(Unreadable):
            ring("listener").unseal(altered)


def test_an_empty_sealed_field_stays_empty(ring: Callable[[str], Keyring]) -> None:
    assert ring("teller").seal("listener", "") == ""
    assert ring("listener").unseal("") == ""


def test_a_delivery_is_an_envelope_with_its_event(unit: Unit) -> None:
    got: list[Delivery] = []
    consumers = Consumers()
    consumers.in_batches(Folded)(lambda run, _: got.extend(run))
    [envelope] = delivered(Folded(n=1, thing="a"))
    consumers.handle([envelope], unit)
    assert got == [(envelope, Folded(n=1, thing="a"))]
