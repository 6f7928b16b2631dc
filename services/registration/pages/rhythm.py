"""Rules of recurrence between a form's plain choices and an RRULE."""

from __future__ import annotations

from datetime import datetime
from typing import Any

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def rule_of(form: dict[str, str]) -> dict[str, Any]:
    """What `Rhythm` needs, from what was chosen; raises ValueError where a time or number is none."""
    begins, ends = (datetime.strptime(form.get(name, ""), "%H:%M") for name in ("begins", "ends"))  # noqa: DTZ007
    minutes = int((ends - begins).total_seconds() // 60)
    if minutes <= 0:
        raise ValueError("ends before it begins")
    given = {"rule": _rule(form), "first_on": form.get("first_on"), "begins": begins.time(), "minutes": minutes}
    wish = {name: form[name] for name in ("place", "room", "capacity", "online_capacity", "title") if form.get(name)}
    return given | wish


def _rule(form: dict[str, str]) -> str:
    if form.get("every") == "rule":
        return form.get("rule", "")
    chosen = ",".join(day for day in WEEKDAYS if form.get(f"day-{day}"))
    match form.get("every"):
        case "day":
            parts = ["FREQ=DAILY"]
        case "workday":
            parts = ["FREQ=WEEKLY", "BYDAY=MO,TU,WE,TH,FR"]
        case "month":
            number = form.get("number", "1")
            nth = ",".join(f"{number}{day}" for day in chosen.split(",") if day)
            parts = ["FREQ=MONTHLY", *([f"BYDAY={nth}"] if nth else [])]
        case every:
            parts = ["FREQ=WEEKLY", *(["INTERVAL=2"] if every == "fortnight" else []), *([f"BYDAY={chosen}"] if chosen else [])]
    if form.get("times"):
        parts.append(f"COUNT={form['times']}")
    elif form.get("until"):
        parts.append(f"UNTIL={form['until'].replace('-', '')}")
    return ";".join(parts)


def rule_parts(rule: str) -> dict[str, Any]:
    """A kept rule in pieces that a page says in words; `plain` is False for what words would make longer than the rule."""
    parts = dict(part.split("=") for part in rule.split(";"))
    days = parts.get("BYDAY", "").split(",") if "BYDAY" in parts else []
    simple = parts.keys() <= {"FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL", "WKST"}
    numbered = [(day[:-2], day[-2:]) for day in days]
    same_number = len({number for number, _ in numbered}) <= 1
    return {
        "plain": simple and same_number and parts["FREQ"] != "YEARLY" and (parts["FREQ"] != "MONTHLY" or bool(days)),
        "every": parts["FREQ"],
        "interval": int(parts.get("INTERVAL", 1)),
        "days": [day for _, day in numbered],
        "number": numbered[0][0] if numbered else "",
        "count": parts.get("COUNT", ""),
        "until": parts.get("UNTIL", "")[:8],
        "rule": rule,
    }
