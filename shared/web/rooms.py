"""Where the rooms of the house are: the residents' and the staff's ways through the four services' pages."""

from __future__ import annotations

from typing import NamedTuple

from shared.web.words import phrase


class Door(NamedTuple):
    """One entry of a navigation: its word, its path, and the roles it is shown to (nobody in particular: everybody)."""

    word: str
    path: str
    roles: tuple[str, ...] = ()


HOME = "/registration/"
LOG_IN = "/registration/login"
LOG_OUT = "/registration/logout"
ACCOUNT = "/registration/account"

ROOMS = (
    Door(phrase("首页"), HOME),
    Door(phrase("活动"), "/registration/sessions"),
    Door(phrase("我的"), "/registration/mine"),
    Door(phrase("社区报"), "/reports/bulletin"),
)
"""The residents' rooms."""

RAIL = (
    Door(phrase("今天"), "/reports/console"),
    Door(phrase("活动"), "/registration/desk"),
    Door(phrase("居民"), "/registration/residents", ("clerk", "nurse")),
    Door(phrase("驿站"), "/stations/board"),
    Door(phrase("短信"), "/notify/messages"),
    Door(phrase("报表"), "/reports/figures"),
    Door(phrase("运行"), "/reports/operations", ("operator",)),
)
"""The staff's rail: at most six for anyone."""
