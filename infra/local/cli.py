"""The command `jiamenkou`, behind the targets of the Makefile."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from infra.local import status as status_page
from infra.local.launcher import Launcher, parse_scale
from infra.local.refusal import Refusal
from infra.local.stack import REPOSITORY, Stack, holder

HOME_UP, HOME_DEMO = REPOSITORY / ".run/up", REPOSITORY / ".run/demo"

if TYPE_CHECKING:
    from shared.inbox import Inbox

app = typer.Typer(
    help="Start, watch and stop Jiamenkou on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
letters_app = typer.Typer(
    help="Facts that a service has set aside: look at them, apply them again, or give them up.", no_args_is_help=True
)
app.add_typer(letters_app, name="dead-letters")
console = Console(highlight=False)

HomeOption = Annotated[Path | None, typer.Option("--home", envvar="JIAMENKOU_HOME", help="Folder of the data and logs.")]
PortOption = Annotated[int, typer.Option(envvar="PORT", help="The one port everything is served on.")]
ScaleOption = Annotated[list[str] | None, typer.Option("--scale", envvar="SCALE", help="How many of a worker: notify.jobs=3.")]
RedisOption = Annotated[str, typer.Option(envvar="REDIS", help="on, or off to run without Redis.")]
SmsOption = Annotated[str, typer.Option("--real-sms", envvar="REAL_SMS", help="kannel, to send through it over SMPP.")]
ServiceOption = Annotated[str | None, typer.Option("--service", help="Only this service.")]
NoteOption = Annotated[str, typer.Option("--note", help="Why: kept with the letter.")]


@app.command()
def up(
    home: HomeOption = None,
    port: PortOption = 8080,
    scale: ScaleOption = None,
    redis: RedisOption = "on",
    sms: SmsOption = "",
) -> None:
    """Start everything and keep it running until Ctrl-C or `down`."""
    with _launched(home or HOME_UP, port, scale, redis, sms) as stack:
        _invite(stack)


@app.command()
def demo(
    home: HomeOption = None,
    port: PortOption = 8080,
    scale: ScaleOption = None,
    redis: RedisOption = "on",
    sms: SmsOption = "",
    leave: Annotated[
        bool, typer.Option("--exit", envvar="EXIT", help="Stop after the story; succeed only if its recount agrees.")
    ] = False,
) -> None:
    """Start everything and play the story; it is left running with the addresses to open."""
    from infra.demo.story import CARRIERS, play

    os.environ.setdefault("JIAMENKOU_CARRIERS", CARRIERS)
    with _launched(home or HOME_DEMO, port, scale, redis, sms) as stack:
        agreed = play(stack, console)
        if not leave:
            _invite(stack)
    if leave and not agreed:
        raise typer.Exit(1)


@app.command()
def down(home: HomeOption = None) -> None:
    """Stop what `up` or `demo` started, from another terminal."""
    for stack in _running(home):
        deadline = time.monotonic() + 30
        os.kill(stack.launcher_pid, signal.SIGTERM)
        while holder(stack.home):
            if time.monotonic() > deadline:
                raise Refusal(
                    f"The launcher of {stack.home} does not end; end it with `kill -9 {stack.launcher_pid}`, "
                    "and the next start clears up after it."
                )
            time.sleep(0.1)
        _say(f"stopped what ran on {stack.home}")


@app.command()
def status(home: HomeOption = None) -> None:
    """Show processes, queues, how far each fact has come, jobs, and dead letters; exits with 1 if something is wrong."""
    troubles = [stack for stack in _running(home) if not status_page.show(stack, console)]
    if troubles:
        raise typer.Exit(1)


@letters_app.command("list")
def list_letters(home: HomeOption = None, service: ServiceOption = None) -> None:
    """Show the dead letters."""
    for stack in _running(home):
        parked = status_page.letters(stack, _known(stack, service) if service else None)
        console.print(status_page.letter_table(parked) if parked else "no dead letters")


@letters_app.command()
def replay(service: str, source: str, subject: str, note: NoteOption, home: HomeOption = None) -> None:
    """Apply the parked facts of one subject again, in order: `replay notify /registration session/…`."""
    from shared.faults import plain

    inbox = _inbox(home, service)
    try:
        done = inbox.replay(source, subject, who=_who(), note=note)
    except Exception as error:
        raise Refusal(f"It fails as before: {plain(error)}. What came before it was applied.") from error
    console.print(f"{done} applied")


@letters_app.command()
def discard(service: str, source: str, seq: int, note: NoteOption, home: HomeOption = None) -> None:
    """Give up one parked fact for a stated reason: `discard notify /registration 4711`."""
    if not _inbox(home, service).discard(source, seq, who=_who(), note=note):
        raise Refusal(f"{service} has no parked letter {seq} from {source}; `jiamenkou dead-letters list` shows them.")
    console.print("given up")


@contextlib.contextmanager
def _launched(home: Path, port: int, scale: list[str] | None, redis: str, sms: str) -> Iterator[Stack]:
    """A running stack, stopped at the end of the block, at Ctrl-C and at TERM."""
    begun = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if sms not in ("", "kannel"):
        raise Refusal(f"REAL_SMS is kannel, or is left out for the simulated carrier; {sms} is not known.")
    scales = parse_scale(" ".join(scale or []))
    launcher = Launcher(home, port=port, scale=scales, redis=redis.lower() not in ("off", "no", "0"), sms=sms, say=_say)
    with launcher as stack:
        _say(f"all of it runs, after {time.monotonic() - begun:.0f} s")
        try:
            yield stack
        finally:
            _hold_signals()
            _say("stopping everything")
    _say("stopped")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _hold_signals()
    raise KeyboardInterrupt


def _hold_signals() -> None:
    """From now on a second Ctrl-C does not disturb the orderly end, which takes some seconds at most."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _invite(stack: Stack) -> None:
    console.print(f"[bold]Jiamenkou is at {stack.origin}/[/]   Ctrl-C stops it.")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _running(home: Path | None) -> list[Stack]:
    homes = [home] if home else [HOME_UP, HOME_DEMO]
    stacks = [stack for place in homes if holder(place) and (stack := Stack.load(place))]
    if not stacks:
        raise Refusal("Nothing runs here; `make up` starts it, and JIAMENKOU_HOME names another folder.")
    return stacks


def _inbox(home: Path | None, service: str) -> "Inbox":
    """The inbox of a service of a running stack; what a service needs is imported only here."""
    from shared.service import load

    stack = _running(home)[0]
    os.environ.update(stack.environment(_known(stack, service)))
    stack.follow_clock()
    return load(service).inbox


def _known(stack: Stack, service: str) -> str:
    if service not in stack.databases:
        raise Refusal(f"There is no service {service}; there are {', '.join(stack.databases)}.")
    return service


def _who() -> str:
    return f"{os.environ.get('USER') or os.geteuid()} at the terminal"


def _say(sentence: str) -> None:
    console.print(f"[dim]·[/] {escape(sentence)}")


def main() -> None:
    """Run the command; what cannot work is said in a sentence, with exit code 2."""
    try:
        app()
    except Refusal as refusal:
        Console(stderr=True, highlight=False).print(f"[red bold]{escape(str(refusal))}[/]")
        sys.exit(2)


if __name__ == "__main__":
    main()
