"""Logs go to standard error as it is when something is logged, and tell nothing of a case."""

from __future__ import annotations

import io
import sys

import pytest
import structlog

from webui.cli import logs


@pytest.fixture(autouse=True)
def restored():
    yield
    structlog.reset_defaults()


def test_a_log_outlives_the_stream_that_it_began_with(monkeypatch):
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    logs.configure()
    first.close()
    monkeypatch.setattr(sys, "stderr", second)

    structlog.get_logger("engine").warning("message_failed", message="2026-000001/7")

    assert "message_failed" in second.getvalue()


def test_a_traceback_in_the_log_holds_no_values(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure()

    try:
        identity = "1101051949" + "1231002X"
        raise RuntimeError("a fault of ours", len(identity))
    except RuntimeError:
        structlog.get_logger("engine").exception("handler_failed")

    assert "a fault of ours" in stream.getvalue()
    assert "11010519491231002X" not in stream.getvalue()
