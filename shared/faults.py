"""Which errors pass by themselves, and how an error is put in one line without the values it was about."""

from __future__ import annotations

import psycopg
from psycopg.errors import QueryCanceled
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError)
"""What a database that is down, restarting, full or deadlocked raises, through SQLAlchemy or through a plain cursor."""


def passes(error: BaseException) -> bool:
    """Whether a later try may well succeed: the database or the network failed, not the work.

    A statement that ran out of time is the work's own fault.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, QueryCanceled):
        return False
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (*DATABASE_AWAY, ConnectionError, TimeoutError))


def plain(error: BaseException) -> str:
    """The error's class and first line, without the statement, parameters and row values that databases append."""
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"[:500]
