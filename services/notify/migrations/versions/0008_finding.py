"""Somebody's texts, and the answers to a text, are found without reading all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("message_by_resident", "message", ["resident_id"])
    op.create_index("reply_by_prompt", "reply", ["prompt_id"], postgresql_where=sa.text("prompt_id IS NOT NULL"))
