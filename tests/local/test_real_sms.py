"""REAL_SMS=kannel: the launcher starts kannel and a centre, looks after them, and tells notify."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from infra.local.kannel import programs
from infra.local.launcher import Launcher
from infra.local.ports import free_port
from infra.local.processes import noted
from infra.local.refusal import Refusal
from infra.local.stack import Stack
from services.notify.gateways import Accepted, Text
from services.notify.gateways.kannel import Kannel
from tests.local.conftest import until
from tests.notify.test_kannel import a_phone, need_kannel


def gateway(stack: Stack) -> Kannel:
    """Kannel as notify is told of it."""
    return Kannel(stack.sms["JIAMENKOU_KANNEL_URL"], stack.sms["JIAMENKOU_KANNEL_PASSWORD"], f"{stack.origin}/nobody")


def arrives(stack: Stack) -> bool:
    """Whether a text handed to kannel now comes to a phone."""
    line, text = gateway(stack), Text(uuid4(), a_phone(), "在")
    ((_, answer),) = line.send([text])
    line.close()
    if answer != Accepted(""):
        return False
    until(lambda: any(phone["number"] == text.phone for phone in httpx2.get(f"{stack.carrier}/phones", trust_env=False).json()))
    return True


def test_texts_go_through_kannel_and_what_dies_of_it_is_started_again(new_folder: Callable[[], Path]) -> None:
    need_kannel()
    said: list[str] = []
    launcher = Launcher(
        new_folder(), port=free_port(), services=("notify",), redis=False, durable=False, sms="kannel", say=said.append
    )
    with launcher as stack:
        assert stack.environment("notify")["JIAMENKOU_CARRIERS"] == "kannel"
        assert "JIAMENKOU_KANNEL_PASSWORD" not in stack.environment()
        assert {"carrier", "bearerbox", "smsbox"} <= set(noted(stack.pids))
        assert arrives(stack)
        pid, _ = noted(stack.pids)["bearerbox"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: noted(stack.pids)["bearerbox"][0] != pid)
        until(lambda: arrives(stack))
    assert "bearerbox has ended (SIGKILL); it is started again" in said


def test_where_kannel_is_missing_the_way_to_install_it_is_said() -> None:
    with pytest.raises(Refusal, match="apt install kannel"):
        programs("/nowhere")


def test_another_way_of_sending_is_refused_in_a_sentence(new_folder: Callable[[], Path]) -> None:
    asked = [sys.executable, "-m", "infra.local.cli", "up", "--home", str(new_folder()), "--real-sms", "pigeon"]
    refused = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "REAL_SMS is kannel" in refused.stderr
