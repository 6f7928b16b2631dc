"""structlog, set up once: constant event names, facts as keywords, one correlation id per request, job or delivery.

The last processor masks anything that looks like a mainland mobile number or a resident id number, as a net under the rule that
such values are never logged in the first place.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_PERSONAL = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)|(?<![\dA-Za-z-])\d{17}[\dXx](?![\dA-Za-z-])")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace phone and id numbers in every text value by `***`."""
    return {key: _PERSONAL.sub("***", value) if isinstance(value, str) else value for key, value in event.items()}


def set_up(form: str = "json", **facts: Any) -> None:
    """Configure logging for this process; `facts` (service, role) go on every line."""
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**facts)
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


@contextmanager
def bound(**facts: Any) -> Iterator[None]:
    """Bind facts to every line logged inside the block."""
    with structlog.contextvars.bound_contextvars(**facts):
        yield
