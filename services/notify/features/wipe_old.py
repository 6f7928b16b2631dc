"""Wipe what was kept long enough: words and numbers go, rows stay to be counted. A run does a part; the next goes on."""

from __future__ import annotations

from typing import get_args

from services.notify.domain.keeping import Keeping
from shared.contracts.notify import Category
from shared.unit import Unit

AT_ONCE = 5_000
"""How many rows of a kind one run wipes at most."""

_TEXTS = """
    WITH old AS (
        UPDATE message SET facts = '', phone = '', phone_fingerprint = ''
        WHERE id IN (
            SELECT id FROM message
            WHERE category = ANY(%(categories)s) AND not_after < %(before)s AND state NOT IN ('planned', 'sending')
            AND (facts <> '' OR phone <> '' OR phone_fingerprint <> '')
            ORDER BY not_after LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
        )
        RETURNING id
    )
    UPDATE attempt SET words = '', phone_fingerprint = '' FROM old WHERE attempt.message_id = old.id
"""
_NUMBERS = """
    UPDATE attempt SET phone_fingerprint = ''
    WHERE id IN (
        SELECT id FROM attempt WHERE phone_fingerprint <> '' AND ended_at < %(before)s AND outcome <> 'unknown'
        ORDER BY ended_at LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
    )
"""
_RECEIPTS = """
    DELETE FROM receipt
    WHERE id IN (
        SELECT id FROM receipt WHERE received_at < %(before)s AND applied_at IS NOT NULL
        ORDER BY received_at LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
    )
"""
_REPLIES = """
    UPDATE reply SET words = '', words_mark = '', phone = '', phone_fingerprint = '', needs_person = false
    WHERE id IN (
        SELECT id FROM reply WHERE received_at < %(before)s AND (words <> '' OR phone <> '')
        AND NOT EXISTS (SELECT FROM choice WHERE choice.proof = reply.id AND reply.received_at >= %(proof_before)s)
        ORDER BY received_at LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
    )
"""


def wipe_old(keep: Keeping, unit: Unit, *, at_once: int = AT_ONCE) -> None:
    """Wipe what ended longer ago than it is kept, at most `at_once` rows of a kind."""
    others = [category for category in get_args(Category) if category != "code"]
    unit.session.flush()
    for statement, before, more in (
        (_TEXTS, keep.codes, {"categories": ["code"]}),
        (_TEXTS, keep.words, {"categories": others}),
        (_NUMBERS, keep.numbers, {}),
        (_RECEIPTS, keep.receipts, {}),
        (_REPLIES, keep.words, {"proof_before": unit.now - keep.proof}),
    ):
        unit.cursor().execute(statement, {"before": unit.now - before, "at_once": at_once, **more})
