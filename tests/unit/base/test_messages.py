"""Messages read as English: an article before a word."""

import pytest

from engine.base.errors import ModelError, a
from tests.unit.model.runtime.bpmn_text import E, definition, document, element, event, flows, process, program, user


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("error", "an error"),
        ("userTask", "a userTask"),
        ("exclusiveGateway", "an exclusiveGateway"),
        ("link", "a link"),
    ],
)
def test_the_article_fits_the_word(word: str, told: str) -> None:
    assert a(word) == told


@pytest.mark.parametrize(("kind", "told"), [("error", "an error event"), ("link", "a link event")])
def test_an_event_that_is_not_run_is_called_with_its_article(kind: str, told: str) -> None:
    start = element("startEvent", "S", event(kind, f"{kind}1"))
    model = document(definition(kind, f"{kind}1"), process("P", start, user("A"), E, flows("S>A A>E")))

    with pytest.raises(ModelError, match=told):
        program(model)
