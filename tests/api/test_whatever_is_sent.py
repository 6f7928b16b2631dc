"""Whatever fits or breaks the published description of an interface, a service answers as described and never falls over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as described

from services.stations.features.open_stations import open_stations
from services.stations.network import sites
from shared.auth import COOKIE
from shared.testing import Bench
from tests.conftest import SERVICES
from tests.stations.visits import STATION, sign

STAFF = ("clerk", "nurse", "editor", "operator")
CHECKS = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
]
BOUNDED = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("roles", [STAFF, ("resident",)], ids=["staff", "resident"])
@pytest.mark.parametrize("service", SERVICES)
def test_an_interface_answers_as_it_says(new_bench: Callable[[str], Bench], service: str, roles: tuple[str, ...]) -> None:
    bench = new_bench(service)
    if service == "stations":
        bench.run(open_stations, sites())
    client = bench.client(*roles, id=UUID(int=1))
    schema = schemathesis.openapi.from_asgi(f"/{service}/openapi.json", client.app)
    described_ones = list(schema.get_all_operations())
    operations = [result.ok() for result in described_ones if isinstance(result, Ok)]
    assert operations
    assert len(operations) == len(described_ones)
    for operation in operations:

        @BOUNDED
        @given(case=operation.as_strategy())
        def answers(case: Any) -> None:
            if (service, case.path) == ("stations", "/stations/api/visits"):
                _sign(case, bench)
            case.call_and_validate(
                cookies={COOKIE: client.cookies[COOKIE]}, headers={"sec-fetch-site": "same-origin"}, checks=CHECKS
            )

        answers()


def _sign(case: Any, bench: Bench) -> None:
    """As the appliance of a station would send it."""
    if isinstance(case.body, dict):
        case.body = case.body | {"station": STATION}
    case.headers = {**(case.headers or {}), "authorization": sign(bench, json.dumps(case.body).encode())}
