"""The databases: what the migrations make is what the tables in the code say."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, MetaData, create_engine, inspect
from sqlalchemy.pool import NullPool

from shared.migrate import BUS_TABLES
from tests.conftest import SERVICES, Databases


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def metadata(service: str) -> MetaData:
    found: MetaData = import_module(f"services.{service}.tables").Table.metadata
    return found


@pytest.fixture
def engine(service: str, databases: Databases) -> Engine:
    return create_engine(databases.fresh(service), poolclass=NullPool)


def test_a_new_database_has_the_tables_that_the_code_says(metadata: MetaData, engine: Engine) -> None:
    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name not in BUS_TABLES

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_new_database_refuses_what_the_code_says_it_refuses(metadata: MetaData, engine: Engine) -> None:
    said = {
        (table.name, str(rule.name))
        for table in metadata.tables.values()
        for rule in table.constraints
        if isinstance(rule, CheckConstraint)
    }
    inspector = inspect(engine)
    kept = {(table, str(rule["name"])) for table in metadata.tables for rule in inspector.get_check_constraints(table)}
    assert kept == said


def test_a_new_database_has_the_bus(engine: Engine) -> None:
    assert set(BUS_TABLES) <= set(inspect(engine).get_table_names())
