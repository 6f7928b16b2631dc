"""What a device is called by the person who used it, from what its browser says of itself."""

from __future__ import annotations

SYSTEMS = (
    ("harmony", ("harmonyos", "openharmony")),
    ("iphone", ("iphone",)),
    ("ipad", ("ipad",)),
    ("android", ("android",)),
    ("windows", ("windows",)),
    ("mac", ("macintosh", "mac os")),
    ("linux", ("linux", "x11")),
)
BROWSERS = (
    ("wechat", ("micromessenger",)),
    ("edge", ("edg/", "edga/")),
    ("firefox", ("firefox/",)),
    ("chrome", ("chrome/", "crios/")),
    ("safari", ("safari/",)),
)


def device_of(user_agent: str) -> str:
    """System and browser as two codes, `android chrome`; `other` where it cannot be told. Nothing else of it is kept."""
    said = user_agent.lower()
    return f"{_first(SYSTEMS, said)} {_first(BROWSERS, said)}"


def _first(kinds: tuple[tuple[str, tuple[str, ...]], ...], said: str) -> str:
    return next((kind for kind, signs in kinds if any(sign in said for sign in signs)), "other")
