"""What the engine refuses for a case: its tasks, matters, clocks, claims and moves."""

from __future__ import annotations

from collections.abc import Mapping

from webui.sentences.sentence import Sentence

SENTENCES: Mapping[str, Sentence] = {}
