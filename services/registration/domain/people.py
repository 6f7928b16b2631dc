"""Who a resident is and what they agreed to, on plain values."""

from __future__ import annotations

from typing import Literal, get_args

Channel = Literal["web", "staff", "text"]
Purpose = Literal["texts", "health_readings", "doctor_sharing", "photo_name", "job_file"]
Relation = Literal["child", "neighbour", "other"]
Ground = Literal["own_word", "written", "guardian"]
"""On what an authority rests: the elder's own word at the counter or online, a signed paper, or guardianship."""
Sex = Literal["female", "male"]
Need = Literal["large_print", "call_not_text", "wheelchair"]

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
"""What consent is asked for, each by itself. Being registered at all is not among them: that is the ground of the rest."""


def masked_name(name: str) -> str:
    """王**: the first character; how many follow is nobody's business."""
    return f"{name[:1]}**"


def masked_phone(phone: str) -> str:
    """138****8000 from +8613800138000, ****1234 from a landline; empty stays empty."""
    national = phone.removeprefix("+86")
    if len(national) == 11 and national.startswith("1"):
        return f"{national[:3]}****{national[-4:]}"
    return f"****{national[-4:]}" if national else ""
