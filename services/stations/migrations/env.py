"""Alembic's environment for stations' database."""

from services.stations.tables import Table
from shared.migrate import run

run(Table.metadata)
