"""What is left of a service that was closed."""

from __future__ import annotations

from collections.abc import Callable

from shared.service import Service


def test_a_connection_given_back_after_the_end_is_closed(new_service: Callable[[str], Service]) -> None:
    service = new_service("registration")
    late = service.engine.raw_connection()
    driver = late.driver_connection
    assert driver is not None
    service.close()
    late.close()
    assert driver.closed
