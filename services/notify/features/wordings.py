"""The wording a text is sent in: the newest version that the carrier's approving body has approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.notify.domain import texts
from services.notify.domain.approvals import HOUSE, body_of, longest_value
from shared.unit import Unit

_IN_FORCE = """
    SELECT DISTINCT ON (template.name, body) template.name, body, version, words, code
    FROM template LEFT JOIN template_approval ON template_id = template.id AND state = 'approved'
    ORDER BY template.name, body, version DESC
"""


@dataclass(frozen=True, slots=True)
class Wording:
    """One approved version. `code`: what the carrier calls it, "" where it takes any text. Version 0 is not in the tables yet."""

    words: str
    version: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Worded:
    """A text in its final words, for one carrier."""

    text: str
    version: int
    code: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wordings:
    """Every wording in force, by name and approving body; `kept`: the names that the tables know."""

    approved: Mapping[tuple[str, str], Wording] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    def of(self, name: str, carrier: str) -> Wording | None:
        """The wording that `carrier` may be given; None while its body has approved none of this name.

        The product's own wordings count as approved by the house until they are in the tables.
        """
        body = body_of(carrier)
        own = name in texts.TEMPLATES and name not in self.kept and body == HOUSE
        return Wording(texts.TEMPLATES[name]) if own else self.approved.get((name, body))

    def word(self, purpose: str, facts: texts.Facts, now: datetime, carrier: str) -> Worded | None:
        """The text for `carrier`, filled as of `now`; None when it has approved no wording, or would refuse one of the values."""
        wording = self.of(texts.name_of(purpose, facts.get("variant", "")), carrier)
        if wording is None:
            return None
        longest = longest_value(carrier)
        filled = texts.fill(wording.words, facts, now, longest)
        if longest is not None and any(len(value) > longest for value in filled.values.values()):
            return None
        return Worded(filled.text, wording.version, wording.code, filled.values)


def wordings(unit: Unit) -> Wordings:
    """Every wording in force now, read once for as many texts as are to be sent."""
    rows = unit.cursor().execute(_IN_FORCE).fetchall()
    approved = {(name, body): Wording(words, version, code) for name, body, version, words, code in rows if body is not None}
    return Wordings(approved, frozenset(row[0] for row in rows))
