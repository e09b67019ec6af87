"""Records what Licet does with a case, command by command, for stock SpiffWorkflow to do the same.

It listens at the public surface of `engine.model.runtime` alone: the commands of `Program` and `Run`, the host that
they are given, and the normal form. What a command was refused for leaves no step: the case is loaded again as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from engine.model.runtime import Host, NormalForm, Program, Run
from engine.model.runtime.changes import Change

COMMANDS = (
    "complete", "fire", "answer", "fail", "cancel", "reconcile", "move", "add_instance", "add_ahead", "remove_instance",
)  # fmt: skip
"""The commands of a run that move tokens. `retime` moves none: the referee has no clock."""


@dataclass
class Heard:
    """What the runtime asked of the host during one command, with the host's answers, and the changes that it told."""

    values: list[tuple[str, int, Any]] = field(default_factory=list)
    """(expression, scope, value) in the order of the questions."""
    jobs: list[tuple[int, bool]] = field(default_factory=list)
    """(token, whether the host did its job at once)."""
    changes: list[Change] = field(default_factory=list)

    def copy(self) -> Heard:
        """Return what was heard so far, for a step: `clear` leaves it as it is."""
        return Heard(list(self.values), list(self.jobs), list(self.changes))

    def clear(self) -> None:
        """Forget it: another command begins."""
        for part in (self.values, self.jobs, self.changes):
            part.clear()


@dataclass(frozen=True)
class Step:
    """One command: its name, its token and its argument (the element of `fire`, the code of `fail`), with the case
    before and after it."""

    command: str
    token: int
    argument: str | None
    before: NormalForm
    heard: Heard
    after: NormalForm


@dataclass(frozen=True)
class Transcript:
    """All steps of one case so far, from its start on."""

    process: str
    steps: tuple[Step, ...]

    @property
    def state(self) -> NormalForm:
        return self.steps[-1].after


class Listening:
    """Stands before a host and hears all that goes through it."""

    def __init__(self, host: Host, heard: Heard) -> None:
        self._host, self._heard = host, heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def evaluate(
        self,
        expression: str,
        scope: int,
        names: Mapping[str, Any] | None = None,
        read: dict[str, Any] | None = None,
    ) -> Any:
        value = self._host.evaluate(expression, scope, names, read)
        self._heard.values.append((expression, scope, value))
        return value

    def perform(self, token: int, *arguments: Any) -> Mapping[str, Any] | None:
        result = self._host.perform(token, *arguments)
        self._heard.jobs.append((token, result is not None))
        return result

    def emit(self, change: Change) -> None:
        self._heard.changes.append(change)
        self._host.emit(change)


class Recorder:
    """Listens to every run while it is open (`recording`).

    A run that is loaded goes on with the newest transcript that ends in its normal form.
    """

    def __init__(self) -> None:
        self.transcripts: list[Transcript] = []
        self._heard: dict[int, tuple[Run, Heard]] = {}
        self._at: dict[int, Transcript] = {}

    def ending_in(self, process: str, state: NormalForm) -> Transcript | None:
        """Return the transcript of the case of `process` that stands in `state` now."""
        newest_first = reversed(self.transcripts)
        return next((known for known in newest_first if known.process == process and known.state == state), None)

    def start(self, process: str, host: Host, original: Any) -> Run:
        heard = Heard()
        run: Run = original(process, Listening(host, heard))
        self._heard[id(run)] = (run, heard)
        self._keep(run, Transcript(process, ()), Step("start", 0, None, NormalForm(), heard.copy(), run.normal_form()))
        return run

    def load(self, process: str, state: NormalForm, host: Host, original: Any) -> Run:
        heard = Heard()
        run: Run = original(process, state, Listening(host, heard))
        known = self.ending_in(process, state)
        if known is not None:
            self._at[id(run)] = known
        self._heard[id(run)] = (run, heard)
        return run

    def set_host(self, run: Run, host: Host, original: Any) -> None:
        self._heard[id(run)] = (run, Heard())
        original(run, Listening(host, self._heard[id(run)][1]))

    def command(self, name: str, run: Run, arguments: tuple[Any, ...], original: Callable[[], None]) -> None:
        heard = self._heard[id(run)][1]
        heard.clear()
        before = run.normal_form()
        original()
        token = arguments[0] if arguments and isinstance(arguments[0], int) else 0
        argument = arguments[1] if name in ("fire", "fail") else None
        if id(run) in self._at:
            self._keep(run, self._at[id(run)], Step(name, token, argument, before, heard.copy(), run.normal_form()))

    def _keep(self, run: Run, so_far: Transcript, step: Step) -> None:
        self._at[id(run)] = grown = Transcript(so_far.process, (*so_far.steps, step))
        self.transcripts.append(grown)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Record all runs that are started and loaded within."""
    recorder = Recorder()
    originals = {(kind, name): getattr(kind, name) for kind, name in _wrapped()}
    start, load, set_host = Program.start, Program.load, Run.set_host

    def command(name: str, original: Any) -> Any:
        @wraps(original)
        def recorded(run: Run, *arguments: Any, **named: Any) -> None:
            recorder.command(name, run, arguments, lambda: original(run, *arguments, **named))

        return recorded

    def started(program: Program, process: str, host: Host) -> Run:
        return recorder.start(process, host, lambda *given: start(program, *given))

    def loaded(program: Program, process: str, normal_form: NormalForm, host: Host) -> Run:
        return recorder.load(process, normal_form, host, lambda *given: load(program, *given))

    Program.start, Program.load = started, loaded  # type: ignore[method-assign]
    Run.set_host = lambda run, host: recorder.set_host(run, host, set_host)  # type: ignore[method-assign]
    for name in COMMANDS:
        setattr(Run, name, command(name, originals[Run, name]))
    try:
        yield recorder
    finally:
        for (kind, name), original in originals.items():
            setattr(kind, name, original)


def _wrapped() -> Iterator[tuple[type, str]]:
    yield from ((Program, "start"), (Program, "load"), (Run, "set_host"))
    yield from ((Run, name) for name in COMMANDS)
