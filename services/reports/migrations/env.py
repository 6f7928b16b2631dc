"""Alembic's environment for reports' database."""

from services.reports.tables import Table
from shared.migrate import run

run(Table.metadata)
