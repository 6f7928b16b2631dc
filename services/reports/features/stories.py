"""The stories of the bulletin: texts with places for figures `{visits.month}` and facts `[series.place]`, and how they are set.

A text holds no number of its own. A sentence (one line) whose figure is nought or whose fact is not known is left out; of several
headlines or decks the first that can be set is used; a story without one does not appear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from services.reports.features.figures import Figure

FOLDER = Path(__file__).parents[1] / "stories"
ORDER = ("stations", "series", "livestream", "course")
"""The stories, the lead first."""

_PLACE = re.compile(r"\{([a-z_.]+)\}|\[([a-z_.]+)\]")


class Span(BaseModel):
    """A piece of running text, or a figure with its mark."""

    text: str
    mark: int | None = None


Spans = list[Span]


class Story(BaseModel):
    """One story as it is printed."""

    slug: str
    kicker: str
    headline: str
    deck: Spans
    paragraphs: list[Spans]


@cache
def read_story(slug: str) -> tuple[str, ...]:
    """The lines of a story's text."""
    return tuple((FOLDER / f"{slug}.txt").read_text(encoding="utf-8").splitlines())


class Setter:
    """Sets stories with the figures and facts of one issue, numbering each figure where it is first used."""

    def __init__(self, figures: Sequence[Figure], facts: Mapping[str, str]) -> None:
        self.figures = {figure.code: figure for figure in figures}
        self.facts = facts
        self.marks: dict[str, int] = {}

    def set(self, slug: str, lines: Sequence[str]) -> Story | None:
        """One story; None when nothing of it can be said."""
        kicker = self._first("@", lines)
        headline = self._first("#", lines)
        if kicker is None or headline is None:
            return None
        deck = self._first(">", lines)
        deck_spans = self._spans(deck) if deck else []
        paragraphs: list[Spans] = [[]]
        for line in lines:
            if line.startswith(("@", "#", ">")):
                continue
            if not line.strip():
                paragraphs.append([])
            elif self._can_be_said(line):
                paragraphs[-1] += self._spans(line)
        return Story(
            slug=slug,
            kicker=self._plain(kicker),
            headline=self._plain(headline),
            deck=deck_spans,
            paragraphs=[_joined(paragraph) for paragraph in paragraphs if paragraph],
        )

    def marked(self) -> list[tuple[int, Figure]]:
        """The figures used, by their marks."""
        return [(mark, self.figures[code]) for code, mark in self.marks.items()]

    def _first(self, sign: str, lines: Sequence[str]) -> str | None:
        said = (line[1:].strip() for line in lines if line.startswith(sign))
        return next((line for line in said if self._can_be_said(line)), None)

    def _can_be_said(self, line: str) -> bool:
        return all(self.figures[code].value if code else self.facts.get(fact) for code, fact in _PLACE.findall(line))

    def _plain(self, line: str) -> str:
        return "".join(span.text for span in self._spans(line, marked=False))

    def _spans(self, line: str, *, marked: bool = True) -> Spans:
        spans: Spans = []
        at = 0
        for found in _PLACE.finditer(line):
            code, fact = found.groups()
            spans.append(Span(text=line[at : found.start()]))
            if code:
                mark = self.marks.setdefault(code, len(self.marks) + 1) if marked else None
                spans.append(Span(text=self.figures[code].printed, mark=mark))
            else:
                spans.append(Span(text=self.facts[fact]))
            at = found.end()
        spans.append(Span(text=line[at:]))
        return _joined(spans)


def _joined(spans: Spans) -> Spans:
    """Neighbouring pieces of plain text as one."""
    joined: Spans = []
    for span in spans:
        if span.mark is None and joined and joined[-1].mark is None:
            joined[-1] = Span(text=joined[-1].text + span.text)
        elif span.text:
            joined.append(span)
    return joined


def facts_of(month: str, occurrences: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    """What the stories say besides figures: `occurrences` are the sessions held in the month, by kind, oldest first."""
    facts = {"month": month}
    for kind, held in occurrences.items():
        if held:
            last, first = held[-1], held[0]
            facts |= {
                f"{kind}.title": last["programme"],
                f"{kind}.organiser": last["organiser"],
                f"{kind}.place": last["place"],
                f"{kind}.date": last["date"] if kind == "livestream" else first["date"],
                f"{kind}.weekday": last["weekday"],
                f"{kind}.time": last["time"],
                f"{kind}.topic": first["topic"],
                f"{kind}.topics": "、".join(dict.fromkeys(session["topic"] for session in held)),
            }
    return facts
