# mypy: allow-subclassing-any
"""Multi-instance: one token, the body, holds an instance of the activity for each item of a collection.

Variables have the names of Camunda 8. `loopCounter` (from 1) is local to the instance. The completion condition alone
sees the `numberOf…` variables and the results so far. The variable that `outputElement` reads is made local to each
instance, so that instances don't overwrite each other's results.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.base.errors import Fault, NotOpen, Refused
from engine.model.chain.model import MultiInstance
from engine.model.runtime.changes import Multi
from engine.model.runtime.places import Place
from engine.model.runtime.tree import Body, LiveToken, Mover, Node


class MultiBody(Node):
    """Stands where the model has the activity. `single` is the activity itself, which runs once for each item."""

    resting = TaskState.STARTED
    maps_inputs = False  # mappings are the instances'

    def __init__(self, body: Body, single: Node, loop: MultiInstance) -> None:
        super().__init__(body, single.element)
        self.single = single
        self.loop = loop

    def _update_hook(self, my_task: LiveToken) -> bool:
        super()._update_hook(my_task)
        self._begin(my_task, my_task.workflow.mover)
        return False

    def _begin(self, token: LiveToken, mover: Mover) -> None:
        with Place(self.element, "collection", self.loop.input_collection) as place:
            items = mover.host.evaluate(self.loop.input_collection, token.workflow.scope)
        if not isinstance(items, list | tuple):
            message = f"Expected {self.loop.input_collection} of '{self.name}' to be a list; found {items!r}."
            raise Refused(f"{message} Set the facts that it reads.", sentence="place_failed", **place.fields())
        token._set_state(TaskState.STARTED)
        mover.arm_boundaries(token)
        count = len(items)
        self._make(token, mover, Multi(tuple(items), (None,) * count, 0, 0), 1 if self.loop.sequential else count)

    def introduce(self, token: LiveToken, mover: Mover) -> None:
        index, multi = token.index or 0, _multi(token.holder)
        scope = mover.open_scope(token)
        mover.host.set_local(scope, "loopCounter", index + 1)
        if self.loop.input_element:
            mover.host.set_local(scope, self.loop.input_element, multi.items[index])
        if self.loop.result is not None:
            mover.host.set_local(scope, self.loop.result, None)

    def collect(self, token: LiveToken, mover: Mover) -> None:
        body = token.holder
        index, multi = token.index or 0, _multi(body)
        scope = mover.scope_of(token)
        value = self._result(scope, mover)
        outputs = (*multi.outputs[:index], value, *multi.outputs[index + 1 :])
        skipped = multi.skipped + token.skipped
        mover.advance(body, replace(multi, outputs=outputs, done=multi.done + 1, skipped=skipped))
        # The instance that has just been completed is still there.
        body.stopped = body.stopped or self._is_enough(body, _multi(body), scope, mover, len(body.instances) - 1)
        mover.look_at(body)

    def _result(self, scope: int, mover: Mover) -> Any:
        """The result of the instance that has this scope, for the output collection."""
        expression = self.loop.output_element
        if not expression:
            return None
        with Place(self.element, "output_element", expression, self.loop.output_collection):
            return mover.host.evaluate(expression, scope)

    def _is_enough(self, body: LiveToken, multi: Multi, scope: int, mover: Mover, active: int) -> bool:
        """The completion condition, asked of this state in this scope while so many instances are active."""
        if self.loop.completion is None:
            return False
        numbers: dict[str, Any] = {
            "numberOfInstances": len(multi.items) - len(multi.removed),
            "numberOfCompletedInstances": multi.done,
            "numberOfActiveInstances": active,
            "numberOfTerminatedInstances": multi.terminated,
        }
        if scope == body.workflow.scope:  # asked for no instance: what is local to one is nothing, not a fact outside
            numbers.update(dict.fromkeys(sorted(self.loop.local)))
        if self.loop.output_collection:
            # As in Camunda 8: the results so far, null for instances that are not completed.
            numbers[self.loop.output_collection] = list(multi.outputs)
        read: dict[str, Any] = {}
        with Place(self.element, "completion", self.loop.completion):
            met = mover.host.evaluate(self.loop.completion, scope, numbers, read) is True
        mover.host.asked(body.number, self.element, read, met=met)
        return met

    def is_over(self, token: LiveToken) -> bool:
        # Asked whenever an instance has gone: either all is done, or `finish` makes the next instance.
        return token.is_started and (token.stopped or not token.instances)

    def finish(self, token: LiveToken) -> None:
        mover, multi = token.workflow.mover, _multi(token)
        if not token.stopped and multi.next < len(multi.items):
            self._make(token, mover, multi, 1)
            return
        self._withdraw_instances(token)
        if self.loop.output_collection:
            left = [value for i, value in enumerate(multi.outputs) if i not in multi.removed]
            mover.host.assign(token.workflow.scope, self.loop.output_collection, left)
        token.complete()

    def _make(self, token: LiveToken, mover: Mover, multi: Multi, count: int) -> None:
        """Make the next `count` instances; skip those that were removed before their turn."""
        index, made = multi.next, list[int]()
        while index < len(multi.items) and len(made) < count:
            if index not in multi.removed:
                made.append(index)
            index += 1
        mover.advance(token, replace(multi, next=index))
        for index in made:
            token.workflow.place(self.single, instance_of=token, index=index)
        if not token.instances:
            mover.look_at(token)

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        self._withdraw_instances(token)

    def _withdraw_instances(self, token: LiveToken) -> None:
        for instance in sorted(token.instances.values(), key=lambda instance: instance.number):
            instance.cancel()

    # ---------------------------------------------------------------- signers

    def add(self, token: LiveToken, item: Any, before: int | None) -> None:
        """Add an instance before the item with index `before`, which must not have begun; None: at the end."""
        mover, multi = token.workflow.mover, _multi(token)
        at = len(multi.items) if before is None else before
        if not multi.next <= at <= len(multi.items):
            message = f"Expected a place from {multi.next} to {len(multi.items)} at '{self.name}'; found {at}."
            raise Refused(
                f"{message} What is begun can't be put behind another.", sentence="signer_place", element=self.name
            )
        items = (*multi.items[:at], item, *multi.items[at:])
        outputs = (*multi.outputs[:at], None, *multi.outputs[at:])
        removed = tuple(i if i < at else i + 1 for i in multi.removed)
        grown = replace(multi, items=items, outputs=outputs, removed=removed)
        if self.loop.sequential:
            mover.advance(token, grown)
        else:
            self._make(token, mover, grown, 1)

    def add_ahead(self, token: LiveToken, item: Any) -> None:
        """Add an instance before the one that runs; that one is taken back, and begins anew after it."""
        mover, multi = token.workflow.mover, _multi(token)
        if not self.loop.sequential or len(token.instances) != 1:
            raise Refused(
                f"At '{self.name}' all go on side by side: nobody comes before another.",
                sentence="signers_side_by_side",
                element=self.name,
            )
        ((at, running),) = token.instances.items()
        items = (*multi.items[:at], item, *multi.items[at:])
        outputs = (*multi.outputs[:at], None, *multi.outputs[at:])
        removed = tuple(i if i < at else i + 1 for i in multi.removed)
        mover.advance(token, replace(multi, items=items, outputs=outputs, removed=removed, next=at))
        running.cancel()
        mover.look_at(token)

    def remove(self, token: LiveToken, index: int) -> None:
        """Take out the instance with this index, begun or not. A completed one can't be taken out.

        Then the completion condition is asked: fewer may be enough. Refused where it would end with nobody having done
        any instance: who was skipped has done none.
        """
        mover, multi = token.workflow.mover, _multi(token)
        instance = token.instances.get(index)
        if index in multi.removed or (instance is None and not multi.next <= index < len(multi.items)):
            message = f"Expected an open instance {index} of '{self.name}'; it is completed, removed, or isn't there."
            raise NotOpen(message, sentence="signer_gone", token=token.number, index=index)
        gone = 0 if instance is None else 1
        fewer = replace(multi, removed=tuple(sorted((*multi.removed, index))), terminated=multi.terminated + gone)
        active = len(token.instances) - gone
        enough = self._is_enough(token, fewer, token.workflow.scope, mover, active)
        waiting = active or any(i not in fewer.removed for i in range(multi.next, len(multi.items)))
        if multi.done == multi.skipped and (enough or not waiting):
            message = f"Expected somebody to sign '{self.name}'; without {index} nobody would."
            raise Refused(
                f"{message} Add another signer first, or send the task back.", sentence="signer_last", element=self.name
            )
        mover.advance(token, fewer)
        if instance is not None:
            instance.cancel()
        token.stopped = enough
        mover.look_at(token)


def _multi(body: LiveToken) -> Multi:
    if body.multi is None:
        raise Fault(f"Token {body.number} is no body of a multi-instance.", token=body.number)
    return body.multi
