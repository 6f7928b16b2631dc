"""Alembic for one service's database: `services/<name>/migrations`, which start with the bus's own tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, pool

BUS_TABLES = ("outbox_head", "outbox", "subscriber", "inbox", "dead_letter", "job", "ended_log_in", "erased_person")


def upgrade(service: str, database_url: str) -> None:
    """Bring the database of `service` to the newest revision."""
    config = Config()
    config.set_main_option("script_location", f"services.{service}:migrations")
    config.attributes["database_url"] = database_url
    command.upgrade(config, "head")


def run(metadata: MetaData) -> None:
    """What every service's `migrations/env.py` does."""
    engine = create_engine(context.config.attributes["database_url"], poolclass=pool.NullPool)
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()


def bus_tables() -> str:
    """The SQL that makes the bus's tables, for a service's first revision."""
    return (Path(__file__).parent / "bus_v1.sql").read_text()


def access_tables() -> str:
    """The SQL that makes the tables with which every service knows ended log-ins and erased people."""
    return (Path(__file__).parent / "access_v1.sql").read_text()
