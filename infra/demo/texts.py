"""How texts behave: none at night, none twice, and what residents type is done."""

from __future__ import annotations

from datetime import timedelta

from infra.demo.acts import Month, registration_of
from infra.demo.cast import shanghai
from infra.demo.stage import Stage, call
from shared.clock import SHANGHAI

LATE, SILENT, COMES_BACK = 20, 21, 9
"""Which of the month's residents they are; who comes back is the one who had answered TD."""

OTHERS = range(10, 20)
"""Residents who are signed up while a carrier fails, until it is left."""

ASKED_WITHIN = timedelta(minutes=2)
"""How much later the carrier has been asked about a text that it never answered."""


def texts_at_night(stage: Stage, month: Month) -> None:
    """A sign-up in the evening is confirmed in the morning."""
    stage.move_clock(shanghai(5, 24, 21, 30))
    stage.title("Texts wake nobody, and none goes twice")
    person, _ = month.residents[LATE]
    message = _sign_up(stage, month, LATE)
    due, heard = (
        stage.rows("notify", "SELECT state, due_at FROM message WHERE id = %s", (message,)),
        len(stage.texts(person.phone)),
    )
    stage.tell(f"Somebody is signed up at 21:30: the confirmation is {due[0][0]} for {due[0][1].astimezone(SHANGHAI):%H:%M}.")
    stage.move_clock(shanghai(5, 25, 8, 31))
    stage.wait_for(lambda: _state(stage, message) == "delivered", "the confirmation in the morning")
    stage.tell(f"In the morning it is on the phone: texts before {heard}, now {len(stage.texts(person.phone))}.")


def silence(stage: Stage, month: Month) -> None:
    """The carrier takes a text and does not say so: it is asked, and the text is not sent again. Kannel waits for its centre."""
    person, _ = month.residents[SILENT]
    heard = len(stage.texts(person.phone))
    if stage.stack.sms:
        _centre_away(stage, month, person.phone, heard)
        return
    if "second" in _carriers(stage):
        _use(stage, "second", used=False)
        stage.tell("Two carriers share the texts, nine to one. An operator takes the second out of use for a while.")
    stage.carrier_fails(accept_then_500={"next": 1})
    message = _sign_up(stage, month, SILENT)
    stage.wait_for(lambda: _state(stage, message) == "unknown", "the text that nobody knows about")
    stage.tell("The carrier breaks down over a text: whether it went is [bold]unknown[/], so nothing is sent again.")
    stage.move_clock(shanghai(5, 25, 8, 31) + ASKED_WITHIN)
    stage.wait_for(lambda: _state(stage, message) in ("accepted", "delivered"), "the carrier's answer about the text")
    stage.settle()
    attempts = stage.number("notify", "SELECT count(*) FROM attempt WHERE message_id = %s", (message,))
    arrived = len(stage.texts(person.phone)) - heard
    stage.tell(f"Asked by our own number, the carrier has it. Attempts: {attempts}; on the phone: [bold]{arrived}[/] text.")


def _centre_away(stage: Stage, month: Month, phone: str, heard: int) -> None:
    """Kannel has the text and keeps it while the centre is down."""
    stage.carrier_fails(down={"probability": 1})
    message = _sign_up(stage, month, SILENT)
    stage.wait_for(lambda: _state(stage, message) == "accepted", "kannel's word that it has the text")
    waiting = len(stage.texts(phone)) - heard
    stage.tell(f"The centre is down: kannel has the text and keeps it on disk. On the phone: [bold]{waiting}[/] texts.")
    stage.carrier_fails(down={"probability": 0})
    stage.wait_for(lambda: _state(stage, message) == "delivered", "the text that kannel kept")
    stage.tell(f"The centre is back. On the phone: [bold]{len(stage.texts(phone)) - heard}[/] text.")


def failover(stage: Stage, month: Month) -> None:
    """A carrier refuses everything: its texts go to the other at once, it is left, and comes back by itself."""
    if "second" not in _carriers(stage):
        return
    _use(stage, "second", used=True)
    stage.carrier_fails(busy={"probability": 1})
    signed_up = []
    for number in OTHERS:
        if _carriers(stage)["simulated"] == "left":
            break
        signed_up.append(_sign_up(stage, month, number, noon=4))
        stage.wait_for(lambda: _state(stage, signed_up[-1]) == "delivered", "a text that the other carrier takes")
    refused = "SELECT count(*) FROM attempt WHERE outcome = 'refused' AND message_id = ANY(%s)"
    refusals = stage.number("notify", refused, (signed_up,))
    stage.tell(
        f"The first carrier refuses everything: {refusals} refusals, and it is [bold]{_carriers(stage)['simulated']}[/]. "
        f"The second takes over: {len(signed_up)} of {len(signed_up)} texts are on the phones."
    )
    stage.carrier_fails(busy={"probability": 0})
    stage.move_clock(shanghai(5, 25, 8, 45))
    tried = _sign_up(stage, month, OTHERS[len(signed_up)], noon=4)
    stage.wait_for(lambda: _carriers(stage)["simulated"] == "open", "the first carrier, back in use")
    stage.wait_for(lambda: _state(stage, tried) == "delivered", "the text it was tried with")
    stage.tell("It is well again: a single text is tried with it, arrives, and the carrier is back in use by itself.")


def texts_again(stage: Stage, month: Month) -> None:
    """Whoever had enough of texts may have them again."""
    person, resident = month.residents[COMES_BACK]
    newest = "SELECT DISTINCT ON (category) wanted FROM choice WHERE resident_id = %s ORDER BY category, at DESC, id DESC"
    refused = f"SELECT count(*) FROM ({newest}) AS newest WHERE NOT wanted"
    before = stage.number("notify", refused, (resident,))
    stage.answer_by_text(person.phone, "恢复")
    stage.wait_for(lambda: not stage.number("notify", refused, (resident,)), "the wish for texts again")
    stage.settle()
    stage.tell(
        f"Who had answered TD (kinds of text refused: {before}) types 恢复, and is told: “{stage.last_text(person.phone)}”"
    )


def _sign_up(stage: Stage, month: Month, number: int, noon: int = 3) -> str:
    """Somebody is signed up for the fourth Wednesday, or another; the text about it is planned."""
    _, resident = month.residents[number]
    session = month.noons[noon]
    call(stage.staff("clerk"), "POST", "/registration/api/registrations", {"session_id": session, "resident_id": resident})
    planned = "SELECT id FROM message WHERE registration_id = %s AND purpose = 'place_confirmed'"
    registration = registration_of(stage, session, resident)
    return str(stage.wait_for(lambda: stage.rows("notify", planned, (registration,)), "the confirmation")[0][0])


def _carriers(stage: Stage) -> dict[str, str]:
    """Where each carrier stands, by its name."""
    return {carrier["name"]: carrier["state"] for carrier in call(stage.staff("operator"), "GET", "/notify/api/carriers")}


def _use(stage: Stage, carrier: str, *, used: bool) -> None:
    call(stage.staff("operator"), "PUT", f"/notify/api/carriers/{carrier}", {"used": used})


def _state(stage: Stage, message: str) -> str:
    return str(stage.rows("notify", "SELECT state FROM message WHERE id = %s", (message,))[0][0])
