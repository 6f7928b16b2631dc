"""What must be true when the dust has settled, read from both databases and from what the teller answered."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from infra.chaos.toy import rows


def violations(teller: Engine, listener: Engine, *, accepted: Iterable[int], unknown: Iterable[int] = ()) -> list[str]:
    """Every broken promise, as a sentence; none means that all was kept.

    `accepted` numbers were answered with success, `unknown` ones got no answer; any other number was refused.
    """
    accepted, unknown = set(accepted), set(unknown)
    told = rows(teller, "SELECT (body::json -> 'data' ->> 'n')::bigint FROM outbox ORDER BY seq")
    numbers = [n for (n,) in told]
    kept = {n for (n,) in rows(teller, "SELECT n FROM counted")}
    found = []
    if lost := accepted - kept:
        found.append(f"accepted and gone: {_some(lost)}")
    if ghosts := kept - accepted - unknown:
        found.append(f"refused and there all the same: {_some(ghosts)}")
    if kept != set(numbers) or len(numbers) != len(kept):
        found.append(f"told is not what is true: {_some(kept ^ set(numbers))}, {len(numbers)} events of {len(kept)} changes")
    for name, here, there in (("teller", teller, listener), ("listener", listener, teller)):
        found += [f"{name}: {trouble}" for trouble in (*_log(here), *_heard(f"/{name}", here, there))]
    return found


def _log(engine: Engine) -> list[str]:
    [(many, last, head)] = rows(engine, "SELECT count(*), coalesce(max(seq), 0), (SELECT seq FROM outbox_head) FROM outbox")
    return [] if many == last == head else [f"the log has {many} events, ends with number {last}, and says {head}"]


def _heard(source: str, teller: Engine, listener: Engine) -> list[str]:
    found = []
    told = rows(teller, "SELECT seq, (body::json -> 'data' ->> 'n')::bigint FROM outbox ORDER BY seq")
    applied = rows(listener, f"SELECT sequence, n FROM heard WHERE source = '{source}' ORDER BY place")
    if missing := set(told) - set(applied):
        found.append(f"never applied: {_some(missing)}")
    if len(applied) > len(set(applied)):
        found.append(f"applied more than once: {len(applied) - len(set(applied))}")
    if alien := set(applied) - set(told):
        found.append(f"applied and never told: {_some(alien)}")
    if applied != sorted(applied):
        found.append("applied out of order")
    [(head,)] = rows(teller, "SELECT seq FROM outbox_head")
    cursor = rows(listener, f"SELECT seq, stopped FROM inbox WHERE source = '{source}'")
    if cursor != [(head, "")] and (cursor or head):
        found.append(f"the listening stands at {cursor}, the log at {head}")
    if letters := rows(listener, f"SELECT seq, reason FROM dead_letter WHERE source = '{source}' AND state = 'parked'"):
        found.append(f"parked: {_some(letters)}")
    return found


def _some(things: Iterable[object]) -> str:
    listed = sorted(map(str, things))
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
