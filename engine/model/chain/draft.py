"""A chain before it is a version: its files with everything that they refer to, resolved as far as it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.language.templates import DOCUMENT, NOTICE
from engine.law.catalogue import Catalogue
from engine.law.organisation import Organisation
from engine.model.chain.files import Source, by_id
from engine.model.chain.model import Process

TryOut = Callable[[bytes, Mapping[str, Any]], tuple[str, int | None] | None]
"""Typesets a document with values: why it can't be typeset, and in which line; None where it can."""


@dataclass(frozen=True)
class Draft:
    """A chain before it is a version. `given`: the files that were asked for; `sources`: those and all that they reach.

    `main` is the process that a case runs; `stages` are processes that a case may be started with instead.
    `folder` None: bare files, which have neither catalogue nor organisation. `try_out` None: documents aren't typeset.
    """

    given: tuple[Source, ...]
    sources: tuple[Source, ...]
    processes: Mapping[str, Process]
    main: str | None
    stages: tuple[str, ...] = ()
    folder: Path | None = None
    catalogue: Catalogue | None = None
    organisation: Organisation | None = None
    try_out: TryOut | None = None

    @cached_property
    def forms(self) -> Mapping[str, Source]:
        return by_id(self.sources, ".form")

    @cached_property
    def decisions(self) -> Mapping[str, Source]:
        return by_id(self.sources, ".dmn")

    @cached_property
    def documents(self) -> Mapping[str, Source]:
        """The chain's own templates of documents, by name."""
        return by_id(self.sources, DOCUMENT)

    @cached_property
    def notices(self) -> Mapping[str, Source]:
        """The chain's own templates of notices, by name."""
        return by_id(self.sources, NOTICE)
