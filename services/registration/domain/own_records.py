"""What residents may ask about their own records, and by when it is done."""

from __future__ import annotations

from datetime import timedelta

EXPORT_LIFE = timedelta(days=7)
"""How long a copy of one's records can be fetched."""
EXPORT_EVERY = timedelta(hours=1)
"""How soon another copy may be asked for."""
TIME_TO_THINK = timedelta(days=7)
"""How long a wish to be forgotten can be taken back. Carried out well within the fifteen working days that GB/T 35273 gives."""
FORGOTTEN = "（已删除）"
"""What stands where the name was."""
