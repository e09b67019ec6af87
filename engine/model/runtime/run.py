"""Programs, which start and load runs, and the commands of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from engine.base.errors import Fault, ModelError, NotOpen, Refused, a
from engine.model.chain.model import Process
from engine.model.runtime.changes import ROOT, Entered, NormalForm, ScopeOpened, Token
from engine.model.runtime.host import Host
from engine.model.runtime.multi import MultiBody
from engine.model.runtime.nodes import Holder, Job, UserTask
from engine.model.runtime.reading import read_bodies
from engine.model.runtime.stepper import Stepper
from engine.model.runtime.tree import Level, LiveToken, Node

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Program:
    """The processes of one chain version, ready to run. Immutable; used by any number of runs and threads."""

    def __init__(self, processes: Mapping[str, Process], documents: Sequence[bytes]) -> None:
        """`documents` are the BPMN files that `processes` were read from.

        Raises ModelError if something in them can't be run, with the element and what to do.
        """
        self._processes = frozenset(processes)
        self._bodies = read_bodies(processes, documents)

    def start(self, process: str, host: Host) -> Run:
        """A run of `process` from its start event on, moved until every token waits."""
        stepper = self._stepper(process, host)
        stepper.emit(Entered(ROOT, process, -1))
        stepper.scopes[ROOT] = None
        stepper.emit(ScopeOpened(ROOT, None, ROOT))
        stepper.outer.get_next_task().run()
        stepper.settle()
        return Run(stepper)

    def load(self, process: str, normal_form: NormalForm, host: Host) -> Run:
        """The run whose normal form was stored. Emits nothing.

        Raises ModelError if a token stands at an element that the chain version doesn't have there.
        """
        stepper = self._stepper(process, host)
        stepper.scopes.update(normal_form.scopes)
        if ROOT not in normal_form.tokens:
            stepper.tokens.clear()
        else:
            stepper.outer.container.arms = dict(normal_form.tokens[ROOT].arms)
        for number in sorted(normal_form.tokens):  # a container has a lower number than what it holds
            if number != ROOT:
                _restore(stepper, normal_form.tokens[number])
        return Run(stepper)

    def _stepper(self, process: str, host: Host) -> Stepper:
        if process not in self._processes:
            known = ", ".join(sorted(self._processes)) or "none"
            raise ModelError(f"Expected a process of the chain ({known}); found '{process}'.", element=process)
        return Stepper(self._bodies, process, host)


class Run:
    """A live run of one case. It holds no more than the normal form says, so that it can be dropped at any time.

    Each command emits changes through the host until every token waits again. After an exception the run can't be
    used any more: drop it, and load the case again.
    """

    def __init__(self, stepper: Stepper) -> None:
        self._stepper = stepper

    @property
    def ended(self) -> bool:
        return not self._stepper.tokens

    def set_host(self, host: Host) -> None:
        """Use another host from now on: there is one for each command, and the run outlives them."""
        self._stepper.use(host)

    def normal_form(self) -> NormalForm:
        tokens = {number: _normal(token) for number, token in sorted(self._stepper.tokens.items())}
        return NormalForm(tokens, dict(self._stepper.scopes))

    # ---------------------------------------------------------------- regular commands

    def complete(self, token: int, variables: Mapping[str, Any] = NOTHING, skipped: bool = False) -> None:
        """Complete an open user task; `skipped`: though nobody has done it. Raises NotOpen."""
        live = self._token(token)
        if not isinstance(live.task_spec, UserTask) or not live.is_ready:
            raise NotOpen(
                f"Expected token {token} to be an open user task; it is at '{live.task_spec.name}'.",
                sentence="token_gone",
                token=token,
            )
        live.skipped = skipped
        self._stepper.submit(live, variables)
        live.run()
        self._stepper.settle()

    def fire(self, token: int, element: str, variables: Mapping[str, Any] = NOTHING) -> None:
        """The timer, message or signal has come that `token` waits for at `element`. Raises NotOpen.

        The caller has checked that a timer is due.
        """
        self._stepper.fire(self._token(token), element, variables)
        self._stepper.settle()

    def answer(self, token: int, variables: Mapping[str, Any] = NOTHING) -> None:
        """The outside job of a service task is done. Raises NotOpen."""
        live = self._job(token)
        self._stepper.submit(live, variables)
        live.complete()
        self._stepper.settle()

    def fail(self, token: int, error_code: str) -> None:
        """The outside job has ended in a business error; the event that catches its code goes on. Raises NotOpen, or
        Refused if nothing catches it."""
        self._stepper.raise_event(self._job(token), "error", error_code, at_token=True)
        self._stepper.settle()

    def retime(self, recount: bool = False) -> None:
        """Compute the timers that follow a clock, and the due dates of open user tasks, anew: clocks were changed.

        `recount`: the calendar was changed, so that those that count workdays are computed anew as well.
        """
        self._stepper.retime(recount)

    def begin_again(self, token: int, element: str) -> None:
        """Let the timer that `token` awaits at `element` be the first of its row: somebody has looked at it."""
        live = self._token(token)
        self._stepper.set_arm(live, element, replace(live.arms[element], again=None))

    def arm_again(self, token: int, element: str) -> None:
        """Set what `token` awaits at `element` anew: it could not be set before."""
        self._stepper.arm_again(self._token(token), element)

    def awaited(self) -> Iterator[tuple[int, str]]:
        """Token and element of each event that is waited for, in the order in which they were armed."""
        return self._stepper.awaited()

    # ---------------------------------------------------------------- commands out of the ordinary

    def reconcile(self, known: Collection[tuple[str, str]]) -> None:
        """Fit a run that another version of the model left to this one: arm the events that are new, drop those that
        are gone. Timers that run keep their due dates.

        `known` holds (where, element) for each event of the other version; `where` is the activity or gateway that it
        belongs to, or the body of its event subprocess.
        """
        self._stepper.reconcile(known)

    def move(self, token: int, target: str, cancels: Sequence[int] = ()) -> None:
        """Take the token away, with all that it holds open and the tokens `cancels`, and place one at `target`, in the
        nearest level around it that has this element. The caller has checked that the tokens may stand so.

        Raises NotOpen, or Refused where no token can be placed at `target`.
        """
        live = self._token(token)
        while live.number != ROOT:
            if live.index is not None:
                live = live.holder
            if target in live.workflow.body.nodes:
                break
            live = live.workflow.container
        if live.number == ROOT:
            raise Refused(
                f"Expected an element around token {token} to move it to; found '{target}'.",
                sentence="move_elsewhere",
                element=target,
            )
        node = live.workflow.body.nodes[target]
        _check_target(node)
        for number in (live.number, *cancels):
            self._token(number).cancel()
        live.workflow.place(node)
        self._stepper.settle()

    def cancel(self) -> None:
        """Take all tokens away, which ends the run."""
        root = self._token(ROOT)
        root.task_spec.cancel(root)

    def add_instance(self, token: int, item: Any, before: int | None = None) -> None:
        """Add an instance to the multi-instance whose body is `token`, before the item with index `before`, which must
        not have begun; None: at the end. Raises NotOpen, Refused."""
        live = self._multi(token)
        live.task_spec.add(live, item, before)
        self._stepper.settle()

    def add_ahead(self, token: int, item: Any) -> None:
        """Add an instance to the sequential multi-instance whose body is `token`, before the one that runs, which then
        begins anew. Raises NotOpen, Refused."""
        live = self._multi(token)
        live.task_spec.add_ahead(live, item)
        self._stepper.settle()

    def remove_instance(self, token: int, index: int) -> None:
        """Take the instance with this index (from 0) out of the multi-instance, begun or not. Raises NotOpen."""
        live = self._multi(token)
        live.task_spec.remove(live, index)
        self._stepper.settle()

    # ---------------------------------------------------------------- finding

    def _token(self, number: int) -> LiveToken:
        token = self._stepper.tokens.get(number)
        if token is None:
            raise NotOpen(f"Token {number} isn't open (any more).", sentence="token_gone", token=number)
        return token

    def _job(self, number: int) -> LiveToken:
        live = self._token(number)
        if not isinstance(live.task_spec, Job) or not live.is_started:
            raise NotOpen(
                f"Expected token {number} to wait for a job; it is at '{live.task_spec.name}'.",
                sentence="token_gone",
                token=number,
            )
        return live

    def _multi(self, number: int) -> Any:
        live = self._token(number)
        if not isinstance(live.task_spec, MultiBody):
            raise NotOpen(
                f"Expected token {number} to be the body of a multi-instance.", sentence="token_gone", token=number
            )
        return live


def _normal(token: LiveToken) -> Token:
    via = token.flow if token.task_spec.is_join else None
    level = -1 if token.number == ROOT else token.holder.number
    return Token(
        token.number,
        token.task_spec.name,
        level,
        token.scope,
        token.inner,
        via,
        token.index,
        token.multi,
        dict(token.arms),
    )


def _restore(stepper: Stepper, saved: Token) -> None:
    """Make the live token of a stored one, and the level that it holds open."""
    holder = stepper.tokens.get(saved.level)
    if holder is None:
        raise Fault(f"Token {saved.number} is in level {saved.level}, which no open token holds.", token=saved.number)
    level = _level_of(holder, saved)
    node = _node_of(holder, level, saved)
    token = LiveToken(level, node, None, node.resting)
    token.number, token.scope, token.inner = saved.number, saved.scope, saved.inner
    token.index, token.multi, token.flow = saved.index, saved.multi, saved.via
    token.arms = dict(saved.arms)
    token.holder = holder
    level.register(token)
    node.restore(token, stepper)
    if isinstance(node, Holder):
        inside = stepper.outer.create_subprocess(token, node.spec)
        inside.completed_event.connect(node._on_subworkflow_completed, token)


def _level_of(holder: LiveToken, saved: Token) -> Level:
    level = holder.workflow if saved.index is not None else holder.inside
    if level is None:
        raise ModelError(f"'{holder.task_spec.name}' holds no elements any more.", element=saved.element)
    return level


def _node_of(holder: LiveToken, level: Level, saved: Token) -> Node:
    if saved.index is not None:
        if isinstance(holder.task_spec, MultiBody):
            return holder.task_spec.single
    elif saved.element in level.body.nodes:
        return level.body.nodes[saved.element]
    raise ModelError(f"'{level.body.name}' has no element '{saved.element}'.", element=saved.element)


def _check_target(node: Node) -> None:
    if node.is_join or node.element.kind in ("boundaryEvent", "startEvent") or node.element.event_subprocess:
        message = f"Expected a task, subprocess, gateway or event to move to; '{node.name}' is {a(node.element.kind)}"
        raise Refused(
            f"{message} that tokens come to in one way only. Choose an element after it.",
            sentence="move_target_unfit",
            element=node.name,
        )
