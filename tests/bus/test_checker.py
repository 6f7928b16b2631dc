"""The checker itself: what is tampered with is noticed, and builds broken on purpose are caught by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlmodel import Session

from infra.chaos.toy import NAMES, Counted, count, make_tables
from shared.crypto import create_keys
from shared.event import Envelope
from shared.inbox import End, Inbox, Position, _move
from shared.service import Service
from shared.testing import World
from shared.unit import Unit
from tests.bus.mortal import Blow, Fate, Ground
from tests.bus.scenes import SCENES
from tests.bus.test_crash import set_up, struck
from tests.conftest import Databases

NewGround = Callable[[type[Service]], Ground]


@pytest.fixture
def new_ground(databases: Databases, keys: Path) -> Iterator[NewGround]:
    create_keys(keys, NAMES)
    made: list[Ground] = []

    def build(base: type[Service]) -> Ground:
        made.append(Ground({name: databases.copy("toy", make_tables) for name in NAMES}, keys, base=base))
        return made[-1]

    yield build
    for ground in made:
        ground.close()


TAMPERING = {
    "accepted and gone": ("teller", "DELETE FROM counted WHERE n = 3"),
    "told is not what is true": ("teller", "DELETE FROM counted WHERE n = 2"),
    "refused and there all the same": ("teller", "INSERT INTO counted VALUES (77)"),
    "the log has": ("teller", "UPDATE outbox_head SET seq = 9"),
    "never applied": ("listener", "DELETE FROM heard WHERE n = 4"),
    "applied more than once": ("listener", "INSERT INTO heard (source, sequence, n) VALUES ('/teller', 5, 5)"),
    "applied and never told": ("listener", "INSERT INTO heard (source, sequence, n) VALUES ('/teller', 6, 6)"),
    "applied out of order": ("listener", "UPDATE heard SET sequence = 6 - sequence, n = 6 - n"),
    "the listening stands at": ("listener", "UPDATE inbox SET seq = 4"),
    "parked": (
        "listener",
        "INSERT INTO dead_letter (source, seq, type, subject, body, reason, tries) VALUES ('/teller', 5, '', '', '', '', 5)",
    ),
}


@pytest.mark.parametrize("trouble", TAMPERING)
def test_what_is_tampered_with_is_noticed(new_ground: NewGround, trouble: str) -> None:
    ground = new_ground(Service)
    count(ground.teller, 1, 2, 3, 4, 5)
    World([ground.teller, ground.listener]).settle()
    assert ground.violations(accepted={1, 2, 3, 4, 5}, unknown=set()) == []
    name, sql = TAMPERING[trouble]
    with (ground.teller if name == "teller" else ground.listener).begin() as unit:
        unit.cursor().execute(sql)
    assert trouble in "; ".join(ground.violations(accepted={1, 2, 3, 4, 5}, unknown=set()))


def test_an_unanswered_command_may_have_happened_or_not(new_ground: NewGround) -> None:
    ground = new_ground(Service)
    count(ground.teller, 1)
    World([ground.teller, ground.listener]).settle()
    assert ground.violations(accepted=set(), unknown={1, 2}) == []
    assert ground.violations(accepted={1, 2}, unknown=set()) == ["accepted and gone: 2"]


class CursorAfterwards(Inbox):
    """Broken: the effects are committed, and the cursor moves in a transaction of its own."""

    def _apply_together(self, at: Position, source: str, part: list[Envelope], end: End) -> None:
        with Session(self.engine, expire_on_commit=False) as session:
            unit = self._open(session)
            self.consumers.handle(part, unit)
            unit.commit()
            _move(unit.cursor(), source, at, end, 0)
            unit.commit()
        _, at.seq, at.last_id = end


class AppliedTooSoon(Inbox):
    """Broken: the facts count as applied before their effects are committed."""

    def _apply_together(self, at: Position, source: str, part: list[Envelope], end: End) -> None:
        with Session(self.engine, expire_on_commit=False) as session:
            unit = self._open(session)
            _move(unit.cursor(), source, at, end, 0)
            unit.commit()
            self.consumers.handle(part, unit)
            unit.commit()
        _, at.seq, at.last_id = end


def with_inbox(broken: type[Inbox]) -> type[Service]:
    """A kind of service that applies in this way."""

    class Broken(Service):
        """Its inbox is the broken one."""

        @cached_property
        def inbox(self) -> Inbox:
            return broken(self.engine, self.consumers, self.open)

    return Broken


@pytest.mark.parametrize(
    ("broken", "trouble"), [(CursorAfterwards, "applied more than once"), (AppliedTooSoon, "never applied"), (Inbox, "")]
)
def test_a_cursor_apart_from_its_effects_is_caught(new_ground: NewGround, broken: type[Inbox], trouble: str) -> None:
    ground = new_ground(with_inbox(broken))
    found: set[str] = set()
    scene, at = SCENES["an apply"], 1
    while True:
        set_up(ground, scene)
        fate = Fate(Blow.DIES, at)
        was_struck = struck(ground, scene, fate)
        ground.recover()
        found |= {line for line in ground.violations(accepted=scene.accepted, unknown=set()) if line.startswith("teller")}
        if not was_struck:
            break
        at += 1
    assert any(trouble in line for line in found) if trouble else found == set()


class NumberedBySequence(Unit):
    """Broken: numbers come from a sequence, which forgets rollbacks and does not wait for commits."""

    def record(self) -> None:
        """Number what was said, without the counter's lock."""
        self.session.flush()
        for id, type, subject, body in self._rows:
            self.cursor().execute(
                "INSERT INTO outbox (seq, id, type, subject, body) VALUES (nextval('numbers'), %s, %s, %s, %s)",
                (id, type, subject, body),
            )
        self._rows = []


class BySequence(Service):
    """Its units number by sequence; the head is the highest number there is."""

    def open(self, session: Session) -> Unit:
        """A broken unit."""
        return NumberedBySequence(session, source=self.source, keys=self.keys)

    def prepare(self) -> None:
        """Give the database a sequence for the counter."""
        with psycopg.connect(self.settings.database_url.replace("+psycopg", "")) as connection:
            connection.execute(
                """CREATE SEQUENCE numbers; ALTER TABLE outbox_head RENAME TO kept;
                   CREATE VIEW outbox_head AS SELECT log_id, (SELECT coalesce(max(seq), 0) FROM outbox) AS seq FROM kept"""
            )


class Counter(Service):
    """As it should be."""

    def prepare(self) -> None:
        """Nothing is needed."""


@contextmanager
def told_but_not_committed(service: Service, n: int) -> Iterator[Any]:
    """A unit that has its number already, and commits at the end of the block."""
    with Session(service.engine) as session:
        unit = service.open(session)
        unit.cursor().execute("INSERT INTO counted VALUES (%s)", (n,))
        unit.emit(Counted(n=n, thing="thing"))
        unit.record() if isinstance(service, BySequence) else session.flush()
        yield unit
        unit.commit()


@pytest.mark.parametrize("kind", [BySequence, Counter])
def test_a_sequence_for_the_counter_is_caught(new_ground: NewGround, kind: type[BySequence] | type[Counter]) -> None:
    ground = new_ground(kind)
    for service in (ground.teller, ground.listener):
        assert isinstance(service, BySequence | Counter)
        service.prepare()
    world = World([ground.teller, ground.listener])
    with told_but_not_committed(ground.teller, 1):
        count(ground.teller, 2)
        world.settle()
    world.settle()
    found = "; ".join(ground.violations(accepted={1, 2}, unknown=set()))
    assert ("teller: never applied" in found) is (kind is BySequence)
    assert (found == "") is (kind is Counter)
