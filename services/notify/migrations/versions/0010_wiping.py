"""What was kept long enough is found without reading all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the indexes; rows leave them when they are wiped."""
    something = sa.text("facts <> '' OR phone <> '' OR phone_fingerprint <> ''")
    op.create_index("message_to_wipe", "message", ["category", "not_after"], postgresql_where=something)
    op.create_index("attempt_to_wipe", "attempt", ["ended_at"], postgresql_where=sa.text("phone_fingerprint <> ''"))
    op.create_index("receipt_by_time", "receipt", ["received_at"])
    op.create_index("reply_to_wipe", "reply", ["received_at"], postgresql_where=sa.text("words <> '' OR phone <> ''"))
