"""Signers come and go while a multi-instance runs: against a list of names, and the rule written down once more."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine.base.errors import Refused
from engine.language import feel
from tests.unit.model.runtime.bpmn_text import E, S, document, flows, multi, process, program, user
from tests.unit.model.runtime.plain_host import PlainHost
from tests.unit.model.runtime.walking import Walk


class FeelHost(PlainHost):
    def evaluate(
        self,
        expression: str,
        scope: int,
        names: Mapping[str, Any] | None = None,
        read: dict[str, Any] | None = None,
    ) -> Any:
        if not expression.startswith("="):
            return expression
        return feel.compile(expression[1:]).evaluate(lambda name: self.read(name, scope, names), {})


class Ballot(Walk):
    kind = FeelHost


NEVER, ONE, HALF, VETO, FEW = None, "one", "half", "veto", "few"
CONDITIONS: dict[str | None, str | None] = {
    NEVER: None,
    ONE: "=numberOfCompletedInstances >= 1",
    HALF: "=numberOfCompletedInstances * 2 > numberOfInstances",
    VETO: '=some one in votes satisfies one = "no"',
    FEW: "=numberOfInstances < 3",
}


class Signing:
    """Who has signed, signs, and will: the rule in a few lines, without tokens."""

    def __init__(self, names: list[str], sequential: bool, until: str | None) -> None:
        self.names, self.sequential, self.until = list(names), sequential, until
        self.votes: dict[str, str] = {}
        self.skipped: set[str] = set()
        self.over = not names
        self.begun = 0 if sequential else len(names)
        self.go_on()

    @property
    def left(self) -> list[str]:
        return [name for name in self.names if name not in self.votes]

    @property
    def signing(self) -> list[str]:
        return self.left[:1] if self.sequential else self.left

    def go_on(self) -> None:
        self.over = self.over or not self.left

    def is_enough(self) -> bool:
        votes = list(self.votes.values())
        met = {
            NEVER: False,
            ONE: len(votes) >= 1,
            HALF: len(votes) * 2 > len(self.names),
            VETO: "no" in votes,
            FEW: len(self.names) < 3,
        }
        return met[self.until]

    def sign(self, name: str, vote: str) -> None:
        self.votes[name] = vote
        self.over = self.is_enough()
        self.go_on()

    def remove(self, name: str) -> bool:
        """Whether the removal is allowed; then it is done. It may not be the end before anybody has signed."""
        fewer = Signing([one for one in self.names if one != name], self.sequential, self.until)
        fewer.votes = self.votes
        fewer.over = fewer.is_enough()
        fewer.go_on()
        if fewer.over and not set(self.votes) - self.skipped:
            return False
        self.names, self.over = fewer.names, fewer.over
        return True

    @property
    def result(self) -> list[str | None]:
        return [self.votes.get(name) for name in self.names]


def voting(sequential: bool, until: str | None) -> Callable[[list[str]], Ballot]:
    loop = multi("=xs", "x", into="votes", out="=vote", sequential=sequential, until=CONDITIONS[until])
    made = program(document(process("P", S, user("V", loop), user("Z"), E, flows("S>V V>Z Z>E"))))
    return lambda names: Ballot(made, xs=names)


def compare(seed: int, sequential: bool, until: str | None) -> None:
    dice = random.Random(seed)
    names = [f"s{number}" for number in range(dice.randint(1, 5))]
    walk, model = voting(sequential, until)(names), Signing(names, sequential, until)
    for step in range(12):
        bodies = [n for n, t in walk.host.tokens.items() if t.multi is not None]
        assert model.over == (not bodies), (seed, step)
        if model.over:
            break
        token = walk.host.tokens[bodies[0]]
        assert token.multi is not None
        items = token.multi.items
        match act := dice.choice(["sign", "sign", "skip", "remove", "remove", "add"]):
            case "sign" | "skip":
                name, vote = dice.choice(model.signing), dice.choice(["yes", "yes", "no"])
                number = sorted(walk.host.tasks)[model.signing.index(name)]
                walk.do("complete", number, {"vote": vote}, act == "skip")
                model.skipped |= {name} if act == "skip" else set()
                model.sign(name, vote)
            case "remove":
                name = dice.choice(model.left)
                if model.remove(name):
                    walk.do("remove_instance", bodies[0], items.index(name))
                else:
                    with pytest.raises(Refused) as refused:
                        walk.run.remove_instance(bodies[0], items.index(name))
                    assert refused.value.sentence == "signer_last"
            case "add":
                walk.do("add_instance", bodies[0], f"n{step}")
                model.names.append(f"n{step}")
    else:
        return
    assert walk.open == ["Z"] and walk.facts["votes"] == model.result, seed
    assert model.result.count(None) < len(model.result), "somebody has signed, or was skipped"


@pytest.mark.parametrize("until", CONDITIONS)
@pytest.mark.parametrize("sequential", [True, False])
def test_signers_come_and_go_by_the_rule(sequential, until):
    for seed in range(15):
        compare(seed, sequential, until)


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.parametrize("until", CONDITIONS)
@pytest.mark.parametrize("sequential", [True, False])
def test_signers_come_and_go_by_the_rule_many_times(sequential, until):
    for seed in range(15, 1_000):
        compare(seed, sequential, until)


@pytest.mark.parametrize("sequential", [True, False])
def test_the_last_one_who_has_to_sign_stays(sequential):
    walk = voting(sequential, NEVER)(["a", "b"])
    body = next(n for n, t in walk.host.tokens.items() if t.multi is not None)
    walk.do("remove_instance", body, 0)

    with pytest.raises(Refused, match="nobody would") as refused:
        walk.run.remove_instance(body, 1)

    assert refused.value.sentence == "signer_last" and walk.open == ["V"]


@pytest.mark.parametrize("sequential", [True, False])
def test_the_last_one_stays_where_the_others_were_skipped(sequential):
    """Else a step would end that nobody has signed, by one skip and one removal."""
    walk = voting(sequential, NEVER)(["a", "b", "c"])
    body = next(n for n, t in walk.host.tokens.items() if t.multi is not None)
    walk.do("complete", min(walk.host.tasks), {}, True)
    walk.do("remove_instance", body, 1)

    with pytest.raises(Refused, match="nobody would") as refused:
        walk.run.remove_instance(body, 2)

    assert refused.value.sentence == "signer_last"


def test_a_removal_that_is_enough_without_any_signature_is_refused():
    walk = voting(False, FEW)(["a", "b", "c"])
    body = next(n for n, t in walk.host.tokens.items() if t.multi is not None)

    with pytest.raises(Refused, match="nobody would"):
        walk.run.remove_instance(body, 0)


def test_a_removal_that_is_enough_ends_the_step():
    walk = voting(False, HALF)(["a", "b", "c", "d"])
    walk.complete("V", 0, vote="A")
    walk.complete("V", 0, vote="B")
    body = next(n for n, t in walk.host.tokens.items() if t.multi is not None)
    assert walk.open == ["V", "V"]

    walk.do("remove_instance", body, 2)

    assert walk.open == ["Z"] and walk.facts["votes"] == ["A", "B", None]


def test_what_an_instance_keeps_for_itself_is_unknown_after_a_removal():
    """A fact outside with the name of what is local to an instance doesn't meet the condition for it."""
    loop = multi("=xs", "x", into="votes", out="=vote", until='=vote = "no" or x = "c" or loopCounter = 9')
    model = document(process("P", S, user("V", loop), user("Z"), E, flows("S>V V>Z Z>E")))
    walk = Ballot(program(model), xs=["a", "b"], vote="no", x="c", loopCounter=9)
    body = next(n for n, t in walk.host.tokens.items() if t.multi is not None)

    walk.do("remove_instance", body, 0)

    assert walk.open == ["V"]
