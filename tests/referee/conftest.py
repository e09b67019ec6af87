"""An empty database, which each scenario copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.reading import scenarios


@pytest.fixture(scope="session")
def empty_database() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path
