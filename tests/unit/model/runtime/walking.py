"""A case for the tests: a run with its host, and the rule that fold, normal form and loaded run agree."""

from typing import Any

from engine.model.runtime import Program, Run
from tests.unit.model.runtime.plain_host import PlainHost


class Walk:
    """Starts a process; every command checks that fold and normal form are equal. `reload`: load before each one."""

    kind: type[PlainHost] = PlainHost

    def __init__(self, program: Program, process: str = "P", *, reload: bool = True, **facts: Any) -> None:
        self.program, self.process, self.reload = program, process, reload
        self.host = self.kind(facts={0: dict(facts)})
        self.run: Run = program.start(process, self.host)
        self.check()

    def check(self) -> None:
        assert self.run.normal_form() == self.host.normal_form()
        assert self.run.ended == (not self.host.tokens)
        assert set(self.host.facts) <= set(self.host.scopes) | {0}

    def do(self, command: str, *arguments: Any) -> None:
        if self.reload:
            self.run = self.program.load(self.process, self.host.normal_form(), self.host)
        getattr(self.run, command)(*arguments)
        self.check()

    # ------------------------------------------------------------ by element

    def at(self, element: str, nth: int = 0) -> int:
        found = [n for n, t in sorted(self.host.tokens.items()) if t.element == element and t.multi is None]
        return found[nth]

    def complete(self, element: str, nth: int = 0, **variables: Any) -> None:
        self.do("complete", [n for n, e in sorted(self.host.tasks.items()) if e == element][nth], variables)

    def fire(self, element: str, nth: int = 0, **variables: Any) -> None:
        found = [n for n, t in sorted(self.host.tokens.items()) if element in t.arms]
        self.do("fire", found[nth], element, variables)

    @property
    def open(self) -> list[str]:
        """Element ids of the open user tasks, in the order in which they were opened."""
        return [e for _, e in sorted(self.host.tasks.items())]

    @property
    def facts(self) -> dict[str, Any]:
        return self.host.facts.get(0, {})

    @property
    def only_root_scope(self) -> bool:
        return set(self.host.scopes) == {0}
