"""Alembic's environment for notify's database."""

from services.notify.tables import Table
from shared.migrate import run

run(Table.metadata)
