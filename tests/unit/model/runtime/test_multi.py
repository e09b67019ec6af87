"""Multi-instance, and the commands out of the ordinary: signers, moves, ends."""

import pytest

from engine.base.errors import NotOpen, Refused
from engine.model.runtime.changes import scope_of
from tests.unit.model.runtime.bpmn_text import (
    E,
    S,
    boundary,
    call,
    document,
    element,
    flows,
    mapping,
    multi,
    process,
    program,
    subprocess,
    timer,
    user,
)
from tests.unit.model.runtime.walking import Walk


def voting(sequential: bool = False, until: str | None = None) -> bytes:
    loop = multi("=xs", "x", into="votes", out="=vote", sequential=sequential, until=until)
    return document(process("P", S, user("V", loop), user("Z"), E, flows("S>V V>Z Z>E")))


def items(walk: Walk) -> list[object]:
    tokens = walk.host.tokens
    return [walk.host.read("x", scope_of(tokens, n)) for n in sorted(walk.host.tasks)]


def test_outputs_stand_in_input_order_and_nothing_leaks():
    walk = Walk(program(voting()), xs=["a", "b", "c"])
    assert items(walk) == ["a", "b", "c"]
    assert [walk.host.read("loopCounter", scope_of(walk.host.tokens, n)) for n in sorted(walk.host.tasks)] == [1, 2, 3]

    walk.complete("V", 2, vote="C")
    walk.complete("V", 0, vote="A")
    walk.complete("V", 0, vote="B")

    assert walk.facts == {"xs": ["a", "b", "c"], "votes": ["A", "B", "C"]}
    assert walk.open == ["Z"] and walk.only_root_scope


def test_one_after_the_other():
    walk = Walk(program(voting(sequential=True)), xs=["a", "b"])

    assert items(walk) == ["a"]
    walk.complete("V", vote=1)
    assert items(walk) == ["b"]
    walk.complete("V", vote=2)
    assert walk.facts["votes"] == [1, 2] and walk.open == ["Z"]


@pytest.mark.parametrize("sequential", [True, False])
def test_an_empty_collection_is_done_at_once(sequential):
    walk = Walk(program(voting(sequential)), xs=[])

    assert walk.open == ["Z"] and walk.facts["votes"] == []


def test_what_is_no_list_is_refused():
    with pytest.raises(Refused, match="to be a list"):
        Walk(program(voting()), xs="abc")


def test_the_completion_condition_takes_the_others_away():
    walk = Walk(program(voting(until='=vote = "no"')), xs=[1, 2, 3])

    walk.complete("V", 1, vote="no")

    assert walk.facts["votes"] == [None, "no", None] and walk.open == ["Z"]
    assert walk.host.terminated() == ["V", "V"]


@pytest.mark.parametrize(
    ("until", "passes"),
    [
        ("=numberOfCompletedInstances >= 2", 2),
        ("=numberOfActiveInstances = 2", 1),
        ("=numberOfInstances = 4", 3),
    ],
)
def test_the_completion_condition_knows_the_numbers(until, passes):
    walk = Walk(program(voting(until=until)), xs=[1, 2, 3])
    for _ in range(passes):
        assert walk.open[0] == "V"
        walk.complete("V")
    assert walk.open == ["Z"]


@pytest.mark.parametrize("sequential", [True, False])
def test_called_processes_side_by_side_or_in_order(sequential):
    called = document(process("Q", S, user("U"), E, flows("S>U U>E")))
    maps = mapping({"item": "=x"}, {"result": "=answer"})
    loop = multi("=xs", "x", into="results", out="=result", sequential=sequential)
    model = document(process("P", S, call("K", "Q", loop, extensions=(maps,)), user("Z"), E, flows("S>K K>Z Z>E")))
    walk = Walk(program(model, called), xs=["p", "q"], secret=1)
    assert walk.host.visible(scope_of(walk.host.tokens, walk.at("U"))) == {
        "loopCounter": 1,
        "x": "p",
        "item": "p",
        "result": None,
    }

    walk.complete("U", -1, answer="one")
    walk.complete("U", answer="two")

    assert walk.facts == {
        "xs": ["p", "q"],
        "secret": 1,
        "results": ["one", "two"] if sequential else ["two", "one"],
    }
    assert walk.open == ["Z"] and walk.only_root_scope


def test_subprocesses_within_each_other():
    inside = subprocess(
        "Inner",
        element("startEvent", "s2"),
        user("U"),
        element("endEvent", "e2"),
        flows("s2>U U>e2"),
    )
    inside = inside.replace("</bpmn:subProcess>", multi("=ys", "y") + "</bpmn:subProcess>")
    outside = subprocess(
        "Outer", element("startEvent", "s"), inside, element("endEvent", "e"), flows("s>Inner Inner>e")
    )
    outside = outside.replace("</bpmn:subProcess>", "</bpmn:subProcess>", 1)[: -len("</bpmn:subProcess>")]
    outside += multi("=xs", "x") + "</bpmn:subProcess>"
    walk = Walk(
        program(document(process("P", S, outside, user("Z"), E, flows("S>Outer Outer>Z Z>E")))),
        xs=[1, 2],
        ys=[3, 4],
    )
    assert walk.open == ["U"] * 4

    for nth in (3, 1, 1, 0):
        walk.complete("U", nth)

    assert walk.open == ["Z"] and walk.only_root_scope


def test_a_boundary_event_takes_all_instances_away():
    loop = multi("=xs", "x")
    model = process(
        "P",
        S,
        user("V", loop),
        boundary("T", "V", timer("P1D")),
        user("L"),
        E,
        element("endEvent", "E2"),
        flows("S>V V>E T>L L>E2"),
    )
    walk = Walk(program(document(model)), xs=[1, 2])

    walk.fire("T")

    assert walk.open == ["L"] and walk.host.terminated() == ["V", "V", "V"] and walk.only_root_scope


# ---------------------------------------------------------------- signers


def body_of(walk: Walk) -> int:
    return next(n for n, t in walk.host.tokens.items() if t.multi is not None)


def test_a_signer_is_added_beside_the_others():
    walk = Walk(program(voting()), xs=["a", "b"])
    walk.complete("V", 1, vote="B")

    walk.do("add_instance", body_of(walk), "c")

    assert items(walk) == ["a", "c"]
    walk.complete("V", 0, vote="A")
    walk.complete("V", 0, vote="C")
    assert walk.facts["votes"] == ["A", "B", "C"] and walk.open == ["Z"]


def test_signers_are_added_next_and_last_in_a_sequence():
    walk = Walk(program(voting(sequential=True)), xs=["a", "b"])

    walk.do("add_instance", body_of(walk), "n", 1)
    walk.do("add_instance", body_of(walk), "l")
    with pytest.raises(Refused):
        walk.run.add_instance(body_of(walk), "x", 0)

    seen = []
    while walk.open == ["V"]:
        seen += items(walk)
        walk.complete("V", vote=seen[-1])
    assert seen == walk.facts["votes"] == ["a", "n", "b", "l"]


def test_a_removed_signer_leaves_no_trace_in_the_result():
    walk = Walk(program(voting()), xs=["a", "b", "c"])
    walk.complete("V", 0, vote="A")

    walk.do("remove_instance", body_of(walk), 1)

    assert items(walk) == ["c"]
    with pytest.raises(NotOpen):
        walk.run.remove_instance(body_of(walk), 0)
    walk.complete("V", vote="C")
    assert walk.facts["votes"] == ["A", "C"]


def test_removing_the_last_open_signer_completes():
    walk = Walk(program(voting()), xs=["a", "b"])
    walk.complete("V", 0, vote="A")

    walk.do("remove_instance", body_of(walk), 1)

    assert walk.facts["votes"] == ["A"] and walk.open == ["Z"]


def test_running_and_later_signers_are_removed_from_a_sequence():
    walk = Walk(program(voting(sequential=True)), xs=["a", "b", "c"])

    walk.do("remove_instance", body_of(walk), 2)
    walk.do("remove_instance", body_of(walk), 0)
    assert items(walk) == ["b"]
    walk.complete("V", vote="B")

    assert walk.facts["votes"] == ["B"] and walk.open == ["Z"]


# ---------------------------------------------------------------- moves and ends


def branches() -> bytes:
    return document(
        process(
            "P",
            S,
            user("P1"),
            element("parallelGateway", "G"),
            user("A1"),
            user("A2"),
            boundary("Rem", "A2", timer("P1D"), False),
            user("B"),
            element("parallelGateway", "J"),
            call("K", "Q"),
            user("Z"),
            user("Nag"),
            E,
            element("endEvent", "En"),
            flows("S>P1 P1>G G>A1 A1>A2 A2>J G>B B>J J>K K>Z Z>E Rem>Nag Nag>En"),
        )
    )


CALLED = document(process("Q", S, user("Q1"), user("Q2"), E, flows("S>Q1 Q1>Q2 Q2>E")))


def in_branches() -> Walk:
    walk = Walk(program(branches(), CALLED))
    for done in ("P1", "A1"):
        walk.complete(done)
    return walk


def test_a_token_moves_back_in_its_branch_and_the_join_still_works():
    walk = in_branches()
    walk.complete("B")

    walk.do("move", walk.at("A2"), "A1")

    assert walk.open == ["A1"] and walk.host.terminated() == ["A2"]
    walk.complete("A1")
    walk.complete("A2")
    assert walk.open == ["Q1"]


def test_a_move_out_of_a_called_process_takes_it_away():
    walk = in_branches()
    for done in ("B", "A2", "Q1"):
        walk.complete(done)

    walk.do("move", walk.at("Q2"), "Z")

    assert walk.open == ["Z"] and walk.host.terminated() == ["Q2", "K"] and walk.only_root_scope


@pytest.mark.parametrize("target", ["J", "Rem", "S", "Nowhere"])
def test_places_where_no_token_can_be_put_are_refused(target):
    walk = in_branches()

    with pytest.raises(Refused):
        walk.run.move(walk.at("A2"), target)


def test_a_case_is_cancelled_whole():
    walk = in_branches()

    walk.do("cancel")

    assert walk.run.ended and walk.open == [] and walk.host.terminated() == ["B", "A2", "P"]
