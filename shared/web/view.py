"""How this reader wants the pages: language, elder mode, size of type. Kept in cookies, changed by a plain link without script.

A link such as `?view-elder=on` on any page is answered with the cookie and a way back to the same page without the parameter.
There is no "back to" parameter, so there is nothing to point elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.responses import Response

from shared.web.words import Language

CHOICES: Mapping[str, tuple[str, ...]] = {
    "view-language": ("zh", "en"),
    "view-elder": ("off", "on"),
    "view-text": ("22", "26", "30"),
}
"""What may be chosen, the first being the default. Sizes are those of elder mode, in pixels at the browser's own size of 16."""
ONE_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class View:
    """The choices of one reader."""

    language: Language
    elder: bool
    text: int

    @classmethod
    def of(cls, cookies: Mapping[str, str]) -> View:
        """The view these cookies ask for; a value that is no choice counts as the default."""
        chosen = {name: cookies[name] if cookies.get(name) in values else values[0] for name, values in CHOICES.items()}
        return cls(
            language="en" if chosen["view-language"] == "en" else "zh",
            elder=chosen["view-elder"] == "on",
            text=int(chosen["view-text"]),
        )


def keep_choice(response: Response, name: str, value: str, *, secure: bool) -> None:
    """Let the reader's browser remember a choice."""
    response.set_cookie(name, value, max_age=ONE_YEAR, path="/", secure=secure, httponly=True, samesite="lax")


def chosen_in(query: str) -> dict[str, str]:
    """The choices a query string makes, leaving out values that are none."""
    return {name: value for name, value in parse_qsl(query) if value in CHOICES.get(name, ())}


def without_choices(path: str, query: str) -> str:
    """The same page on the same origin, without choices: a path that starts with exactly one slash."""
    kept = urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in CHOICES])
    return "/" + quote(path.lstrip("/\\"), safe="/:@!$&'()*+,;=~") + (f"?{kept}" if kept else "")


def local_path(asked: str | None, otherwise: str = "/") -> str:
    """Where to go on to after a log-in: the path asked for if it is one of this site, else `otherwise`."""
    parts = urlsplit(asked or "")
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or any(mark < "!" or mark == "\\" for mark in asked or ""):
        return otherwise
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")


def link(query: str, name: str, value: str) -> str:
    """A link, relative to the page with this query, that makes one choice there."""
    kept = [(key, old) for key, old in parse_qsl(query, keep_blank_values=True) if key not in CHOICES]
    return "?" + urlencode([*kept, (name, value)])
