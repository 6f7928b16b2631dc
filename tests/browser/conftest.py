"""A real stack and a real browser, started once for all tests of this folder."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from rich.console import Console

from infra.demo.cast import STREET, Person, shanghai
from infra.demo.stage import DEMO_PASSWORD, Stage, call
from infra.local.launcher import Launcher
from infra.local.ports import free_port
from infra.local.stack import Stack
from shared import clock

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("no-sandbox", "disable-background-networking", "disable-component-update", "disable-sync", "disable-quic")
View = Mapping[str, str]
NO_WISH: View = MappingProxyType({})
PHONE = (360, 740)
DESK = (1440, 900)
PATIENCE = 30_000
"""Milliseconds a page has to show what it must, on a machine that is busy."""
MORNING = shanghai(5, 10, 9)
"""When the stack's simulated clock starts: Monday 10 May 2021, 09:00 in Shanghai."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. In CI it has to be there."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing: apt install chromium")
        pytest.skip(f"NOT TESTED: the pages in a browser, since {CHROMIUM} is missing (apt install chromium)")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{word}" for word in QUIET])


@pytest.fixture(scope="package")
def stack(browser: Browser, new_folder: Callable[[], Path]) -> Iterator[Stack]:
    """Everything runs, all stations are open, and it is Monday morning."""
    with Launcher(new_folder(), port=free_port(), durable=False, say=lambda _: None) as running:
        clock.set_simulated(running.clock, MORNING)
        seed = [sys.executable, "-m", "services.stations.seed"]
        subprocess.run(seed, env=running.environment("stations"), check=True, stdout=subprocess.DEVNULL)
        yield running


@dataclass
class Room:
    """People with browsers, and what happens out of their sight."""

    stage: Stage
    browser: Browser
    contexts: list[BrowserContext]

    def visit(self, size: tuple[int, int] = PHONE, *, script: bool = True, view: View = NO_WISH) -> Page:
        """An empty page of somebody new, who likes to see things a certain way (`{"elder": "on", "language": "en"}`)."""
        context = self.browser.new_context(
            base_url=self.stage.stack.origin,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            locale="zh-CN",
            bypass_csp=script,
        )
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        for name, value in view.items():
            context.add_cookies([{"name": f"view-{name}", "value": value, "url": self.stage.stack.origin}])
        return context.new_page()

    def staff(self, role: str, path: str = "/registration/desk", *, view: View = NO_WISH) -> Page:
        """A member of staff, logged in through the page, at a page."""
        page = self.visit(DESK, view=view)
        page.goto(f"/registration/login/staff?next={path}")
        page.locator("#name").fill(role)
        page.locator("#password").fill(DEMO_PASSWORD)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(f"**{path}")
        return page

    def resident(self, person: Person, *, script: bool = True, view: View = NO_WISH) -> Page:
        """A resident, logged in with the code that came to their phone."""
        page = self.visit(script=script, view=view)
        self.log_in(page, person)
        return page

    def log_in(self, page: Page, person: Person) -> None:
        """From the front door: say the number, read the code on the phone, type it."""
        page.goto("/registration/login")
        page.locator("#phone").fill(person.phone)
        page.locator("main button[type=submit]").click()
        page.locator("#code").fill(self.code_on_handset(person))
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/registration/")

    def code_on_handset(self, person: Person) -> str:
        """The code, as the page with the phones shows it."""
        handset = self.visit(script=False)

        def look() -> str:
            handset.goto("/notify/handset")
            texts = handset.locator(f"#texts-{person.phone}").all_inner_texts()
            digits = "".join(letter if letter.isdigit() else " " for letter in " ".join(texts)).split()
            return next((word for word in digits if len(word) == 6), "")

        return self.stage.wait_for(look, "the code")

    def person(self) -> Person:
        """Somebody new, registered at the desk."""
        person = Person("王秀珍", f"138{random.randrange(10**8):08d}", 1947)
        self._register(person)
        return person

    def session(self, title: str, *, capacity: int = 20, kind: str = "series", starts: datetime | None = None) -> str:
        """A session later today, of a programme of its own."""
        desk = self.stage.staff("clerk")
        programme = {"kind": kind, "title": title, "organiser": "红十字会", "street": STREET, "place": "社区食堂"}
        made = call(desk, "POST", "/registration/api/programmes", programme | {"topics": [{"code": "a", "title": "小伤口"}]})
        starts = starts or clock.now() + timedelta(hours=3)
        times = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(minutes=30)).isoformat()}
        body = {"programme_id": made["id"], "capacity": capacity, **times}
        return str(call(desk, "POST", "/registration/api/sessions", body)["id"])

    def sign_up(self, session: str) -> dict[str, Any]:
        """Somebody new is signed up at the desk."""
        person = Person("陈桂芳", f"138{random.randrange(10**8):08d}", 1944)
        body = {"session_id": session, "resident_id": self._register(person)}
        made: dict[str, Any] = call(self.stage.staff("clerk"), "POST", "/registration/api/registrations", body)
        return made | {"phone": person.phone}

    def _register(self, person: Person) -> str:
        body = {
            "name": person.name,
            "phone": person.phone,
            "street": STREET,
            "birth_year": person.birth_year,
            "consents": ["texts", "health_readings"],
        }
        return str(call(self.stage.staff("clerk"), "POST", "/registration/api/residents", body)["id"])


@pytest.fixture
def room(stack: Stack, browser: Browser) -> Iterator[Room]:
    """One test's people; their browsers are closed after it."""
    clock.simulate(stack.clock)
    made = Room(Stage(stack, Console(quiet=True)), browser, [])
    yield made
    for context in made.contexts:
        context.close()
    made.stage.close()
