"""Judge carriers by their answers: one that fails is left, one that answers again is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import col, select

from services.notify.domain import routing
from services.notify.domain.routing import Lately, is_its_fault
from services.notify.gateways import Answer, Refused
from services.notify.tables import Attempt, CarrierStanding
from shared.contracts.notify import CarrierBack, CarrierLeft
from shared.log import log
from shared.unit import Unit

_LATELY = """
    SELECT outcome, code, count(*), count(*) FILTER (WHERE ended_at - started_at > %s) FROM attempt
    WHERE phone_fingerprint <> '' AND ended_at > %s AND carrier = %s GROUP BY 1, 2
"""

Answered = Sequence[tuple[Attempt, Answer]]


def judge(answered: Answered, unit: Unit) -> None:
    """Look at the carriers that gave these answers; the attempts are written down already."""
    by_carrier: dict[str, list[tuple[Attempt, Answer]]] = {}
    for attempt, answer in answered:
        by_carrier.setdefault(attempt.carrier, []).append((attempt, answer))
    found = select(CarrierStanding).where(col(CarrierStanding.name).in_(by_carrier)).order_by(col(CarrierStanding.name))
    standings = {standing.name: standing for standing in unit.session.exec(found.with_for_update())}
    for name in sorted(by_carrier):
        standing = standings.get(name)
        if standing is None or standing.state == "open":
            if any(_fails(attempt, answer) or _is_slow(attempt) for attempt, answer in by_carrier[name]):
                _judge_open(name, standing, unit)
        elif standing.state == "left":
            _judge_left(standing, [pair for pair in by_carrier[name] if pair[0].started_at > standing.since], unit)


def leave(name: str, standing: CarrierStanding | None, unit: Unit) -> CarrierStanding:
    """Use the carrier no more, but for a text now and then that finds out whether it is back."""
    left = standing or CarrierStanding(name=name, state="open", since=unit.now)
    left.tries += 1
    left.state, left.since, left.trial_at = "left", unit.now, unit.now + routing.next_trial(left.tries)
    unit.add(left)
    return left


def _judge_open(name: str, standing: CarrierStanding | None, unit: Unit) -> None:
    counted = unit.cursor().execute(_LATELY, (routing.SLOW, unit.now - routing.WINDOW, name)).fetchall()
    lately = Lately(
        answers=sum(count for *_, count, _ in counted),
        errors=sum(count for outcome, code, count, _ in counted if is_its_fault(name, _code(outcome, code))),
        slow=sum(slow for *_, slow in counted),
    )
    reason = routing.why_leave(lately)
    if reason is not None:
        leave(name, standing, unit)
        log.error("carrier_left", carrier=name, reason=reason, answers=lately.answers, errors=lately.errors)
        unit.emit(
            CarrierLeft(carrier_id=routing.id_of(name), carrier=name, reason=reason, answers=lately.answers, errors=lately.errors)
        )


def _judge_left(standing: CarrierStanding, since: Answered, unit: Unit) -> None:
    """Back with the first answer to a text tried since; each that fails makes the next wait longer."""
    if any(not _fails(attempt, answer) for attempt, answer in since):
        away = round((unit.now - standing.since).total_seconds())
        standing.state, standing.since, standing.tries, standing.trial_at = "open", unit.now, 0, None
        log.info("carrier_back", carrier=standing.name, seconds=away)
        unit.emit(CarrierBack(carrier_id=routing.id_of(standing.name), carrier=standing.name, seconds=away))
    elif since:
        standing.tries += 1
        standing.trial_at = unit.now + routing.next_trial(standing.tries)


def _fails(attempt: Attempt, answer: Answer) -> bool:
    return is_its_fault(attempt.carrier, _said(answer))


def _said(answer: Answer) -> str | None:
    if answer is None:
        return None
    return answer.code if isinstance(answer, Refused) else ""


def _code(outcome: str, code: str) -> str | None:
    """What was said to the attempt; the code of one that was accepted comes from a receipt, and is about one number."""
    if outcome in ("unknown", "not_sent", "doubtful"):
        return None
    return code if outcome == "refused" else ""


def _is_slow(attempt: Attempt) -> bool:
    return attempt.ended_at is not None and attempt.ended_at - attempt.started_at > routing.SLOW


def standings(shares: Mapping[str, int], unit: Unit) -> dict[str, CarrierStanding]:
    """Where each carrier of the settings stands."""
    kept = {standing.name: standing for standing in unit.session.exec(select(CarrierStanding))}
    return {name: kept.get(name) or CarrierStanding(name=name, state="open", since=unit.now) for name in shares}
