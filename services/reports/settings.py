"""Reports' own settings."""

from __future__ import annotations

from shared.settings import Settings


class ReportsSettings(Settings):
    """What the bulletin calls itself and who publishes it; `street` is the code of the subdistrict whose paper it is."""

    paper: str = "老西门"
    publisher: str = "老西门街道办事处"
    street: str = "310101019"
