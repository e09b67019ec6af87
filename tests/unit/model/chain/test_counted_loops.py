"""Counted loops: those that provably end are allowed, others are still refused; what is allowed ends when it runs."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from engine.base.errors import BudgetExceeded
from engine.model import chain as chains
from engine.model.chain.draft import Draft
from engine.model.chain.rules import loops
from engine.model.runtime import Program
from tests.unit.model.runtime import bpmn_text as bpmn
from tests.unit.model.runtime.test_signers import FeelHost

MODELS = 3_000 if os.environ.get("LICET_SOAK") else 120
REFUSED_TOO = 20
"""Of so many models one is run even if it is refused: a run that never ends takes 10,000 steps."""
GATE, JOIN = "exclusiveGateway", "parallelGateway"


def gate(id: str, default: str | None = None) -> str:
    return bpmn.element(GATE, id, default=default)


def refused(folder: Path, *body: str) -> bool:
    """Whether the check refuses a process for a loop in which nothing waits. It has no other errors."""
    path = folder / "model.bpmn"
    path.write_bytes(bpmn.document(bpmn.process("P", bpmn.S, *body, bpmn.element("endEvent", "end"))))
    errors = {finding.rule for finding in chains.read(path).findings if finding.severity == "error"}
    assert errors <= {"automatic-loop"}, errors
    return bool(errors)


def runs_to_its_end(folder: Path) -> bool:
    """Whether the runtime comes to the end of the process that was checked last."""
    return runs((folder / "model.bpmn").read_bytes())


def runs(document: bytes) -> bool:
    processes, _ = chains.read_bpmn(document, "model.bpmn")
    try:
        return Program(processes, (document,)).start("P", FeelHost()).ended
    except BudgetExceeded:
        return False


def loop(condition: str = "=n < 3", *inner: str, step: str = "=n + 1", way: str = "", first: str = "=0") -> list[str]:
    """A script that counts `n`, and a gateway behind it that leads back. `way`: the flows in the loop."""
    ways = way or "merge>count count>again"
    flows = bpmn.flows(f"S>first first>bound bound>merge {ways} again>end")
    begins = bpmn.script("first", first, "n"), bpmn.script("bound", "=4", "most")
    back = bpmn.flow("back", "again", "merge", condition)
    return [*begins, gate("merge"), bpmn.script("count", step, "n"), *inner, gate("again", "again-end"), back, flows]


ALLOWED = (
    "=n < 3", "=n <= 3", "=3 > n", "=3 >= n", "=n < most", "=n < most + 2", "=n < count([1, 2, most])",
    '=n < 3 and most > 2', "=most > 2 and (n < 3 and true)",
)  # fmt: skip
NOT_ALLOWED = (
    "=n > 3", "=n >= 3", "=3 < n", "=n != 3", "=n < 3 or most > 2", "=not(n < 3)", "=n < n + 1", "=n < m",
    "=most > 2", "=n = 1", "=true", "=n + 1 < 3", "=-n < 3", "=n < matters()[1].number", "=n < 1000000",
)  # fmt: skip


@pytest.mark.parametrize("condition", ALLOWED)
def test_a_loop_that_counts_up_to_a_bound_is_allowed_and_ends(tmp_path, condition):
    assert not refused(tmp_path, *loop(condition))
    assert runs_to_its_end(tmp_path)


@pytest.mark.parametrize("condition", NOT_ALLOWED)
def test_a_condition_that_bounds_no_counter_is_refused(tmp_path, condition):
    writes_m = bpmn.script("grow", "=most + n", "m")

    assert refused(tmp_path, *loop(condition, writes_m, way="merge>grow grow>count count>again"))


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        ("=n + 1", True),
        ("=1 + n", True),
        ("=n + 0.5", True),
        ("=n - 1", False),
        ("=n + 0", False),
        ("=n + (-1)", False),
        ("=n + most", False),
        ("=m + 1", False),
        ("=n * 2", False),
        ("=n + 0.0000000001", False),
        ("=if n = 1 then n else n + 1", False),
    ],
)
def test_a_counter_grows_by_a_positive_literal(tmp_path, step, allowed):
    assert refused(tmp_path, *loop(step=step)) is not allowed
    assert not allowed or runs_to_its_end(tmp_path)


@pytest.mark.parametrize(
    ("step", "bound", "allowed"),
    [("0.001", "1", True), ("0.001", "2", False), ("0.5", "500", True), ("0.5", "501", False)],
)
def test_small_steps_go_as_often_as_large_ones_and_no_more(tmp_path, step, bound, allowed):
    assert refused(tmp_path, *loop(f"=n < {bound}", step=f"=n + {step}")) is not allowed
    assert not allowed or runs_to_its_end(tmp_path)


@pytest.mark.parametrize("first", ["=null", '="many"', "=-5", "=100", "=[1]", "=true"])
def test_whatever_the_counter_begins_with_the_loop_ends(tmp_path, first):
    assert not refused(tmp_path, *loop(first=first))
    assert runs_to_its_end(tmp_path)


def test_a_mapping_may_count(tmp_path):
    body = loop("=n < 3")
    body[3] = bpmn.element("task", "count", extensions=(bpmn.mapping(outputs={"n": "=n + 1", "seen": "=n"}),))

    assert not refused(tmp_path, *body)
    assert runs_to_its_end(tmp_path)


@pytest.mark.parametrize(
    "mapped", [{"inputs": {"n": "=n"}, "outputs": {"other": "=n"}}, {"outputs": {"most": "=5", "n": "=n + 1"}}]
)
def test_a_mapping_that_shadows_the_counter_or_moves_the_bound_is_refused(tmp_path, mapped):
    body = loop("=n < most")
    body[3] = bpmn.script("count", "=n + 1", "n", extensions=(bpmn.mapping(**mapped),))

    assert refused(tmp_path, *body)


@pytest.mark.parametrize("name", ["n", "most"])
def test_what_else_in_the_loop_sets_the_counter_or_the_bound_is_refused(tmp_path, name):
    other = bpmn.script("other", "=0" if name == "n" else "=most + 1", name)

    assert refused(tmp_path, *loop("=n < most", other, way="merge>count count>other other>again"))


def test_a_way_back_without_the_comparison_is_refused(tmp_path):
    extra = gate("early", "early-again"), bpmn.flow("early-merge", "early", "merge", "=most = 1")

    assert refused(tmp_path, *loop("=n < 3", *extra, way="merge>count count>early early>again"))


def test_a_second_way_back_with_a_comparison_of_its_own_is_allowed(tmp_path):
    extra = gate("early", "early-again"), bpmn.flow("early-merge", "early", "merge", "=n < 2")

    assert not refused(tmp_path, *loop("=n < 3", *extra, way="merge>count count>early early>again"))
    assert runs_to_its_end(tmp_path)


def test_a_way_round_the_counter_is_refused(tmp_path):
    around = gate("skip", "skip-count"), bpmn.flow("skip-again", "skip", "again", "=most = 1")

    assert refused(tmp_path, *loop("=n < 3", *around, way="merge>skip skip>count count>again"))


def test_the_default_way_back_bounds_nothing(tmp_path):
    begins = bpmn.script("first", "=0", "n"), gate("merge"), bpmn.script("count", "=n + 1", "n")
    out = gate("again", "again-merge"), bpmn.flow("out", "again", "end", "=n < 3")

    assert refused(tmp_path, *begins, *out, bpmn.flows("S>first first>merge merge>count count>again again>merge"))


def test_a_loop_that_asks_first_is_allowed(tmp_path):
    begins = bpmn.script("first", "=0", "n"), gate("merge"), bpmn.script("count", "=n + 1", "n")
    asks = gate("more", "more-end"), bpmn.flow("yes", "more", "count", "=n < 3")

    assert not refused(tmp_path, *begins, *asks, bpmn.flows("S>first first>merge merge>more more>end count>merge"))
    assert runs_to_its_end(tmp_path)


def nested(inner: str = "=m < 2", begins: str = "=0", outer: str = "=n < 3") -> list[str]:
    scripts = [bpmn.script("first", "=0", "n"), bpmn.script("begin", begins, "m"), bpmn.script("in", "=m + 1", "m")]
    gates = [gate("merge"), gate("inner"), gate("more", "more-count"), gate("again", "again-end")]
    back = bpmn.flow("in_back", "more", "inner", inner), bpmn.flow("back", "again", "merge", outer)
    ways = "S>first first>merge merge>begin begin>inner inner>in in>more more>count count>again again>end"
    return [*scripts, *gates, bpmn.script("count", "=n + 1", "n"), *back, bpmn.flows(ways)]


def test_loops_within_each_other_are_allowed(tmp_path):
    assert not refused(tmp_path, *nested())
    assert runs_to_its_end(tmp_path)


@pytest.mark.parametrize("wrong", [{"inner": "=m > 0"}, {"outer": "=m < 3"}, {"outer": "=n > 0"}, {"inner": "=n < 3"}])
def test_each_of_them_needs_a_counter_of_its_own(tmp_path, wrong):
    assert refused(tmp_path, *nested(**wrong))


def beside(first: str, other: str, kind: str = JOIN) -> list[str]:
    """Two loops in branches of a gateway; both count `first` and `other`."""
    default = "split-m1" if kind == GATE else None
    parts = [bpmn.script("first", "=0", first), bpmn.element(kind, "split", default=default)]
    ways = "S>first first>split split>m1" + (" split>m2" if kind == JOIN else "")
    split = "" if kind == JOIN else bpmn.flow("second", "split", "m2", "=1 = 1")
    for number, name in (("1", first), ("2", other)):
        parts += [gate(f"m{number}"), bpmn.script(f"c{number}", f"={name} + 1", name)]
        parts += [bpmn.script(f"z{number}", "=0", f"z{number}"), gate(f"g{number}", f"g{number}-meet")]
        parts.append(bpmn.flow(f"b{number}", f"g{number}", f"m{number}", f"={name} < 3"))
        ways += f" m{number}>c{number} c{number}>z{number} z{number}>g{number} g{number}>meet"
    return [*parts, split, bpmn.element(kind, "meet"), bpmn.flows(ways + " meet>end")]


def test_loops_side_by_side_count_names_of_their_own(tmp_path):
    assert not refused(tmp_path, *beside("n", "m"))
    assert runs_to_its_end(tmp_path)
    assert refused(tmp_path, *beside("n", "n"))
    assert refused(tmp_path, *beside("n", "z1"))


def test_one_loop_after_another_may_count_the_same_name(tmp_path):
    second = bpmn.script("anew", "=0", "n"), gate("m2"), bpmn.script("c2", "=n + 1", "n"), gate("g2", "g2-end")
    back = bpmn.flow("b2", "g2", "m2", "=n < 3")
    body = [part.replace('targetRef="end"', 'targetRef="anew"') for part in loop()]

    assert not refused(tmp_path, *body, *second, back, bpmn.flows("anew>m2 m2>c2 c2>g2 g2>end"))
    assert runs_to_its_end(tmp_path)


def test_what_throws_or_calls_in_the_loop_is_refused(tmp_path):
    thrown = bpmn.element("intermediateThrowEvent", "tell", bpmn.event("escalation"))

    assert refused(tmp_path, *loop("=n < 3", thrown, way="merge>count count>tell tell>again"))


# ---------------------------------------------------------------------- random loops


def made_up(dice: random.Random) -> tuple[list[str], int]:
    """Return a random process of scripts and gateways with ways back, most of which count, and how many go back."""
    names = ["n", "m", "k"]
    size, back = dice.randint(2, 5), 0
    stations = [f"s{place}" for place in range(size)]
    parts, ways, flows = [], [], ["S>begin", "begin>s0"]
    parts.append(bpmn.script("begin", dice.choice(["=0", "=null", "=-2", '="a"']), dice.choice(names)))
    for place, id in enumerate(stations):
        name, other = names[place % len(names)], dice.choice(names)
        step = dice.choice([f"={name} + 1"] * 15 + [f"={name} - 1", "=0", f"={other} + 1", f"={name} + {other}"])
        sets = dice.choice([name] * 9 + [other])
        parts += [gate(id), bpmn.script(f"w{place}", step, sets), gate(f"g{place}", f"d{place}")]
        flows += [f"{id}>w{place}", f"w{place}>g{place}"]
        ways.append(bpmn.flow(f"d{place}", f"g{place}", stations[place + 1] if place + 1 < size else "end"))
        for number in range(dice.choice([0, 1, 1, 2])):
            target = dice.choice([place] * 3 + list(range(size)))
            asked, bound = dice.choice([name] * 8 + names), dice.choice(["3", "2", "4"] * 4 + names)
            sign = dice.choice(["<"] * 12 + ["<=", ">", "!="])
            ways.append(bpmn.flow(f"b{place}_{number}", f"g{place}", f"s{target}", f"={asked} {sign} {bound}"))
            back += target <= place
    return [*parts, *ways, bpmn.flows(" ".join(flows))], back


@pytest.mark.soak
def test_whatever_is_allowed_ends():
    """Random models: what can't be proved isn't allowed, and what is allowed ends."""
    allowed, looping, running = 0, 0, 0
    for seed in range(MODELS):
        body, back = made_up(random.Random(seed))
        document = bpmn.document(bpmn.process("P", bpmn.S, *body, bpmn.element("endEvent", "end")))
        processes, findings = chains.read_bpmn(document, "model.bpmn")
        assert findings == []
        told = list(loops.automatic(Draft((), (), processes, "P")))
        ended = runs(document) if not told or seed % REFUSED_TOO == 0 else None
        assert told or ended, seed
        allowed += not told
        looping += not told and back > 0
        running += ended is False
    assert min(looping, running) > MODELS // 200
    print(f"{MODELS} models, {allowed} allowed, {looping} of them with ways back; {running} refused ones never end")
