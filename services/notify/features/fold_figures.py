"""Fold the rows of a day into its figures. Done again it gives the same, or what has become of the day's texts since."""

from __future__ import annotations

from datetime import date, timedelta

from services.notify.domain import figures
from services.notify.domain.hours import SHANGHAI
from shared.unit import Unit

AT_ONCE = 31
"""How many days one run folds at most: the next goes on where it ended."""

_FOLD = """
    WITH handed AS (
        SELECT attempt.carrier, attempt.outcome, message.parts, message.accepted_at IS NULL AS unheard,
            message.delivered_at IS NOT NULL AS delivered,
            message.failed_at IS NOT NULL AND message.delivered_at IS NULL AS failed,
            1000 * extract(epoch FROM attempt.ended_at - least(message.due_at, first.started_at)) AS ms
        FROM attempt JOIN message ON message.id = attempt.message_id
        JOIN attempt AS first ON first.message_id = attempt.message_id AND first.number = 1
        WHERE attempt.started_at >= %(starts)s AND attempt.started_at < %(ends)s
    ), counted AS (
        SELECT coalesce(carrier, '') AS carrier, count(*) AS attempts, count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
            count(*) FILTER (WHERE outcome = 'refused') AS refused, count(*) FILTER (WHERE outcome = 'not_sent') AS not_sent,
            count(*) FILTER (WHERE outcome IN ('unknown', 'doubtful')) AS unknown,
            count(*) FILTER (WHERE outcome = 'accepted' AND delivered) AS delivered,
            count(*) FILTER (WHERE outcome = 'accepted' AND failed) AS failed,
            coalesce(sum(parts) FILTER (WHERE outcome = 'accepted'), 0) AS parts,
            count(*) FILTER (WHERE outcome = 'accepted' AND ms <= %(in_time)s) AS in_time,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE outcome = 'accepted') AS p50_ms,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) FILTER (WHERE outcome = 'accepted') AS p95_ms,
            count(*) FILTER (WHERE outcome = 'accepted' AND unheard) AS odd
        FROM handed GROUP BY GROUPING SETS ((carrier), ())
    )
    INSERT INTO carrier_day (day, carrier, attempts, accepted, refused, not_sent, unknown, delivered, failed, parts, in_time,
        p50_ms, p95_ms, odd, skipped, expired, opt_outs, replies, folded_at)
    SELECT %(day)s, carrier, attempts, accepted, refused, not_sent, unknown, delivered, failed, parts, in_time,
        p50_ms, p95_ms, odd, 0, 0, 0, 0, %(now)s FROM counted
    ON CONFLICT (day, carrier) DO UPDATE SET attempts = excluded.attempts, accepted = excluded.accepted,
        refused = excluded.refused, not_sent = excluded.not_sent, unknown = excluded.unknown, delivered = excluded.delivered,
        failed = excluded.failed, parts = excluded.parts, in_time = excluded.in_time, p50_ms = excluded.p50_ms,
        p95_ms = excluded.p95_ms, odd = excluded.odd, folded_at = excluded.folded_at
"""
"""Time to the carrier runs from when the text was due, or from its first attempt where a later one succeeded."""

_FOLD_THE_REST = """
    UPDATE carrier_day SET
        skipped = (SELECT count(*) FROM message WHERE skipped_at >= %(starts)s AND skipped_at < %(ends)s),
        expired = (SELECT count(*) FROM message
            WHERE skipped_at >= %(starts)s AND skipped_at < %(ends)s AND skip_reason = 'expired'),
        opt_outs = (SELECT count(*) FROM choice WHERE at >= %(starts)s AND at < %(ends)s AND NOT wanted),
        replies = (SELECT count(*) FROM reply WHERE received_at >= %(starts)s AND received_at < %(ends)s)
    WHERE day = %(day)s AND carrier = ''
"""

_NEVER_FOLDED = """
    SELECT each::date FROM generate_series(
        (SELECT planned_at FROM message ORDER BY id LIMIT 1)::date, %(last)s::date, interval '1 day') AS each
    WHERE NOT EXISTS (SELECT FROM carrier_day WHERE day = each::date AND carrier = '')
    ORDER BY 1 LIMIT %(at_once)s
"""


def fold_figures(unit: Unit) -> None:
    """Fold every day that can still change, and those that nobody folded while nothing ran."""
    today = unit.now.astimezone(SHANGHAI).date()
    still_open = [today - timedelta(days=back) for back in range(figures.OPEN_DAYS)]
    missed = unit.cursor().execute(_NEVER_FOLDED, {"last": still_open[-1], "at_once": AT_ONCE}).fetchall()
    for day in sorted({*still_open, *(day for (day,) in missed)}):
        fold_day(day, unit)


def fold_present(unit: Unit) -> None:
    """Fold the present day, and the one before while receipts of its last hours come in."""
    today = unit.now.astimezone(SHANGHAI).date()
    fold_day(today - timedelta(days=1), unit)
    fold_day(today, unit)


def fold_day(day: date, unit: Unit) -> None:
    """Fold one day."""
    starts, ends = figures.bounds(day)
    in_time = figures.IN_TIME / timedelta(milliseconds=1)
    given = {"day": day, "starts": starts, "ends": ends, "now": unit.now, "in_time": in_time}
    unit.session.flush()
    unit.cursor().execute(_FOLD, given)
    unit.cursor().execute(_FOLD_THE_REST, given)
