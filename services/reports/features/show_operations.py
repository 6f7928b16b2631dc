"""How far reports has followed the other services, and what it could not apply."""

from __future__ import annotations

from dataclasses import dataclass

from shared.unit import Unit

_AGO = "greatest(extract(epoch FROM now() - {}), 0)::int"
"""The database's own clock wrote these times: only against it do they mean something in a demo, whose days are simulated."""


@dataclass(frozen=True, slots=True)
class Follow:
    """The following of one log: applied up to `cursor` of `head` (as last seen), `seconds` ago; `stopped` says why it rests."""

    source: str
    cursor: int
    head: int
    seconds: int
    tries: int
    stopped: str

    @property
    def lag(self) -> int:
        """How many facts are still to be applied."""
        return max(self.head - self.cursor, 0)


@dataclass(frozen=True, slots=True)
class Letter:
    """A fact set aside `seconds` ago, and why."""

    source: str
    seq: int
    type: str
    subject: str
    reason: str
    tries: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Work:
    """The jobs of one kind by what became of them."""

    kind: str
    waiting: int
    done: int
    failed: int
    error: str


def follows(unit: Unit) -> list[Follow]:
    """Every log that is followed."""
    sql = f"SELECT source, seq, head_seen, {_AGO.format('updated_at')}, tries, stopped FROM inbox ORDER BY source"
    return [Follow(*row) for row in unit.cursor().execute(sql).fetchall()]


def letters(unit: Unit) -> list[Letter]:
    """What is parked, oldest first."""
    sql = f"""SELECT source, seq, type, subject, reason, tries, {_AGO.format("parked_at")} FROM dead_letter
             WHERE state = 'parked' ORDER BY parked_at, source, seq LIMIT 200"""
    return [Letter(*row) for row in unit.cursor().execute(sql).fetchall()]


def work(unit: Unit) -> list[Work]:
    """The jobs, by kind."""
    sql = """SELECT kind, count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'done'),
                    count(*) FILTER (WHERE state = 'failed'), coalesce(max(error) FILTER (WHERE state = 'failed'), '')
             FROM job GROUP BY kind ORDER BY kind"""
    return [Work(*row) for row in unit.cursor().execute(sql).fetchall()]
