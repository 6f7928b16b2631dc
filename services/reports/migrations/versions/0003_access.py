"""Ended log-ins and erased people, as every service knows them."""

from alembic import op

from shared.migrate import access_tables

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the shared tables."""
    op.get_bind().exec_driver_sql(access_tables())
