"""Soundness of process graphs: the wrong models of the textbooks, the right ones, and random blocks."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.soundness import Net, NetArm, NetNode, Space, check

KINDS = {
    "x": "exclusive",
    "a": "parallel",
    "o": "inclusive",
    "e": "end",
    "t": "terminate",
    "s": "pass",
    "p": "pass",
    "c": "choice",
}


def net(text: str, triggered: dict[str, bool] | None = None) -> Net:
    """Return a net from lines like `start -> a1 -> A -> a2`; a lower-case name's first letter gives its kind.

    `A!b -> C` is an interrupting boundary event b of A, `A?b -> C` a non-interrupting one.
    """
    into: dict[str, list[str]] = {}
    out: dict[str, list[str]] = {}
    targets: dict[str, str] = {}
    arms: dict[str, list[tuple[str, bool]]] = {}
    names: dict[str, None] = {}
    for line in text.strip().splitlines():
        parts = [part.strip() for part in line.split("->")]
        for mark in "!?":
            if mark in parts[0]:
                host, parts[0] = parts[0].split(mark)
                arms.setdefault(host, []).append((parts[0], mark == "!"))
        names.update(dict.fromkeys(parts))
        for source, target in pairwise(parts):
            flow = f"{source}->{target}" + "'" * sum(t.startswith(f"{source}->{target}") for t in targets)
            targets[flow] = target
            out.setdefault(source, []).append(flow)
            into.setdefault(target, []).append(flow)
    boundaries = {id for stated in arms.values() for id, _ in stated}
    nodes = {
        name: NetNode(
            name,
            KINDS[name[0]] if name[0].islower() else "activity",  # type: ignore[arg-type]
            tuple(into.get(name, ())),
            tuple(out.get(name, ())),
            tuple(NetArm(id, stops, tuple(out.get(id, ()))) for id, stops in arms.get(name, ())),
        )
        for name in names
        if name not in boundaries
    }
    for id in triggered or {}:
        nodes[id] = NetNode(id, "activity")
    return Net("start", nodes, targets, triggered or {})


SOUND = {
    "sequence": "start -> A -> B -> C -> end",
    "parallel block": "start -> a1 -> A -> a2 -> end\na1 -> B -> a2",
    "choice": "start -> x1 -> A -> x2 -> B -> end\nx1 -> C -> x2",
    "loop": "start -> x1 -> A -> x2 -> end\nx2 -> x1",
    "inclusive block": "start -> o1 -> A -> o2 -> end\no1 -> B -> o2\no1 -> C -> o2",
    "inclusive join of a choice": "start -> x1 -> A -> o1 -> end\nx1 -> B -> o1",
    "inclusive block in a loop": "start -> x1 -> o1 -> A -> o2 -> x2 -> end\no1 -> B -> o2\nx2 -> x1",
    "two ends": "start -> a1 -> A -> end1\na1 -> B -> end2",
    "one end for both branches": "start -> a1 -> A -> end\na1 -> B -> end",
    "implicit split and terminate": "start -> A -> B -> term\nA -> C -> end",
    "interrupting boundary": "start -> A -> x1 -> end\nA!late -> B -> x1",
    "non-interrupting boundary of its own": "start -> A -> end\nA?late -> B -> C -> end2",
    "side track with a block": "start -> A -> end\nA?late -> a1 -> B -> a2 -> end2\na1 -> C -> a2",
    "event gateway": "start -> c1 -> p1 -> A -> end\nc1 -> p2 -> end",
    "rework through a parallel join": "start -> x1 -> a1 -> A -> a2 -> x2 -> end\na1 -> B -> a2\nx2 -> x1",
    "gateways in a row": "start -> x1 -> x2 -> a1 -> a2 -> end\nx1 -> x2\na1 -> a2",
}  # fmt: skip

WRONG = {
    "XOR split into AND join": ("start -> x1 -> A -> a1 -> end\nx1 -> B -> a1", "deadlock", "a1"),
    "AND split into XOR join": ("start -> a1 -> A -> x1 -> end\na1 -> B -> x1", "lack-of-synchronisation", "x1"),
    "AND split straight into XOR join": ("start -> a1 -> x1 -> A -> end\na1 -> x1", "lack-of-synchronisation", "x1"),
    "AND split into one activity": ("start -> a1 -> A -> C -> end\na1 -> B -> C", "lack-of-synchronisation", "C"),
    "loop without exit": ("start -> x1 -> A -> B -> x1", "no-way-out", "x1"),
    "loop that needs nobody": ("start -> x1 -> p1 -> x1", "no-way-out", "x1"),
    "parallel join in a loop": ("start -> a1 -> A -> x1 -> end\nx1 -> a1", "deadlock", "a1"),
    "OR joins that wait for each other": (
        "start -> a0 -> o1 -> A -> a3 -> end\na0 -> o2 -> B -> a4 -> end\na3 -> o2\na4 -> o1", "deadlock", "o1"),
    "interrupting boundary past a join": (
        "start -> a1 -> A -> a2 -> end\na1 -> B -> a2\nA!late -> D -> end", "deadlock", "a2"),
    "non-interrupting boundary into the main track": (
        "start -> A -> x1 -> B -> end\nA?late -> x1", "lack-of-synchronisation", "x1"),
    "branch that leaves a parallel block": (
        "start -> a1 -> A -> x1 -> a2 -> end\nx1 -> end\na1 -> B -> a2", "deadlock", "a2"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_sound_models_have_no_flaw(name):
    assert check(net(SOUND[name])) == ()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_models_of_the_textbooks_are_found_with_their_path(name):
    text, rule, element = WRONG[name]

    flaws = check(net(text))

    assert [(p.rule, p.element) for p in flaws][:1] == [(rule, element)]
    assert flaws[0].path[0] == "start"


def test_the_path_leads_to_the_deadlock():
    flaw = check(net("start -> x1 -> A -> B -> a1 -> end\nx1 -> C -> a1"))[0]

    assert flaw.path in (("start", "x1", "C", "a1"), ("start", "x1", "A", "B", "a1"))
    assert flaw.waiting == ("a1",)


def test_an_element_that_no_token_reaches_is_dead():
    flaws = check(net("start -> A -> end\nB -> C -> end"))

    assert [(p.rule, p.element) for p in flaws] == [("dead-element", "B"), ("dead-element", "C")]


def test_eight_branches_of_three_tasks_stay_small():
    text = "\n".join(f"start -> a1 -> A{i} -> B{i} -> C{i} -> a2 -> end" for i in range(8))
    lines = text.replace("start -> a1", "a1").replace("a2 -> end", "a2").splitlines()

    space = Space(net("start -> a1\na2 -> end\n" + "\n".join(lines)))

    assert space.flaws == () and len(space.all.seen) < 300


def test_beyond_the_cap_the_answer_is_undecided_with_its_reason():
    lines = [f"a1 -> x{i} -> B{i} -> xx{i} -> a2\nx{i} -> C{i} -> xx{i}" for i in range(12)]

    flaws = Space(net("start -> a1\na2 -> end\n" + "\n".join(lines)), cap=500).flaws

    assert [p.rule for p in flaws][-1] == "undecided" and "500" in flaws[-1].waiting[0]


def test_a_marking_is_reachable_or_not():
    space = Space(net("start -> a1 -> A -> B -> a2 -> end\na1 -> C -> a2\nA?late -> N -> end2"))

    assert space.is_reachable([("B", ""), ("C", "")])
    assert space.is_reachable([("A", ""), ("C", ""), ("N", "")])
    assert space.is_reachable([("C", ""), ("a2", "B->a2")])
    assert not space.is_reachable([("A", "")])
    assert not space.is_reachable([("A", ""), ("a2", "B->a2")])


def test_event_subprocesses_take_over_or_run_beside():
    space = Space(net("start -> A -> B -> end", {"Stop": True, "Note": False}))

    assert space.flaws == ()
    assert space.is_reachable([("Stop", "")]) and space.is_reachable([("B", ""), ("Note", "")])
    assert not space.is_reachable([("B", ""), ("Stop", "")])


def test_what_runs_side_by_side_is_known():
    space = Space(net("start -> a1 -> A -> B -> a2 -> C -> end\na1 -> D -> a2"))

    assert list(space.concurrent()) == [("A", "D")]
    assert space.series("A") == ("A", "B")


def test_nested_blocks_are_folded_however_many_branches_they_have():
    lines = [
        f"a1 -> x{i} -> B{i} -> xx{i} -> a2\nx{i} -> C{i} -> xx{i}\nB{i}!late{i} -> D{i} -> xx{i}" for i in range(40)
    ]

    assert check(net("start -> a1\na2 -> end\n" + "\n".join(lines))) == ()


@st.composite
def graphs(draw):
    """Text of a net with arbitrary flows."""
    kinds = draw(st.lists(st.sampled_from("TTxaop"), min_size=3, max_size=8))
    names = ["start", *(f"{kind}{n}" for n, kind in enumerate(kinds)), "end"]
    lines = []
    for at, name in enumerate(names[:-1]):
        near, far = names[at + 1 : at + 4], names[1:]
        targets = draw(st.lists(st.one_of(st.sampled_from(near), st.sampled_from(far)), min_size=1, max_size=2))
        lines += [f"{name} -> {target}" for target in targets]
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_folding_finds_what_walking_finds_in_any_graph(text):
    whole = Space(net(text), cap=3_000)

    if whole.reason is None:
        assert bool(check(net(text))) == bool(whole.flaws)


@st.composite
def blocks(draw, depth=3):
    """Text of a sound block-structured net, as a list of edges between fresh names."""
    counter = iter(range(1, 1000))
    edges: list[tuple[str, str]] = []

    def block(before: str, level: int) -> str:
        kind = draw(st.sampled_from(["task", "sequence", "a", "x", "o", "loop"] if level else ["task"]))
        n = next(counter)
        if kind == "task":
            edges.append((before, f"T{n}"))
            return f"T{n}"
        if kind == "sequence":
            return block(block(before, level - 1), level - 1)
        if kind == "loop":
            edges.append((before, f"x{n}i"))
            last = block(f"x{n}i", level - 1)
            edges.extend([(last, f"x{n}o"), (f"x{n}o", f"x{n}i")])
            return f"x{n}o"
        edges.append((before, f"{kind}{n}i"))
        for _ in range(draw(st.integers(2, 3))):
            edges.append((block(f"{kind}{n}i", level - 1), f"{kind}{n}o"))
        return f"{kind}{n}o"

    edges.append((block("start", depth), "end"))
    return edges


@settings(max_examples=80, deadline=None)
@given(blocks())
def test_random_blocks_are_sound(edges):
    assert check(net("\n".join(f"{a} -> {b}" for a, b in edges))) == ()


@settings(max_examples=40, deadline=None)
@given(blocks(depth=2))
def test_folding_and_walking_agree(edges):
    for cut in range(0, len(edges), 4):
        mutated = net("\n".join(f"{a} -> {b}" for i, (a, b) in enumerate(edges) if i != cut or a == "start"))
        whole = Space(mutated, cap=3_000)

        if whole.reason is None:
            assert bool(check(mutated)) == bool(whole.flaws)


@settings(max_examples=40, deadline=None)
@given(blocks(depth=2), st.data())
def test_a_cut_flow_of_a_parallel_join_is_found(edges, data):
    joins = sorted({b for a, b in edges if b.startswith("a") and b.endswith("o")})
    if joins:
        join = data.draw(st.sampled_from(joins))
        edges = [*edges, ("Nowhere", join)]

        rules = {p.rule for p in check(net("\n".join(f"{a} -> {b}" for a, b in edges)))}

        assert "deadlock" in rules
