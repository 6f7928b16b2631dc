"""The bus's tables and registration's own."""

from alembic import op

from shared.migrate import bus_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make everything."""
    op.get_bind().exec_driver_sql(bus_tables())
