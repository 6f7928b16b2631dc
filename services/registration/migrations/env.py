"""Alembic's environment for registration's database."""

from services.registration.tables import Table
from shared.migrate import run

run(Table.metadata)
