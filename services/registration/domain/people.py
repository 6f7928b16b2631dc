"""Who a resident is and what they agreed to, on plain values."""

from __future__ import annotations

from typing import Literal

Channel = Literal["web", "staff", "text"]
Purpose = Literal["texts", "health_readings"]

Relation = Literal["child", "neighbour", "other"]
Ground = Literal["own_word", "written", "guardian"]
"""On what an authority rests: the elder's own word at the counter or online, a signed paper, or guardianship."""

PURPOSES: tuple[Purpose, ...] = ("texts", "health_readings")

CONSENT_VERSION = "2021-05"
"""Which wording of the consents the pages show now; change it whenever a wording changes."""


def masked_name(name: str) -> str:
    """王**: the first character; how many follow is nobody's business."""
    return f"{name[:1]}**"


def masked_phone(phone: str) -> str:
    """138****8000, from +8613800138000; empty stays empty."""
    national = phone.removeprefix("+86")
    return f"{national[:3]}****{national[-4:]}" if national else ""
