"""A chain's own document is typeset where it can read nothing, fetch nothing and go on for no longer than it may."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.documents import TextDocuments, TypstDocuments, chinese_fonts, press, tried
from engine.base.errors import ModelError
from engine.hall.ports import Documents

NINE = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
FONTS = ("Libertinus Serif",)
HEAD = '#import "common.typ": *\n'
SOAK = bool(os.environ.get("LICET_SOAK"))


def typeset(source: str | bytes, values: dict[str, Any] | None = None) -> bytes | press.Trouble:
    return press.typeset(source.encode() if isinstance(source, str) else source, values or {}, FONTS)


# ------------------------------------------------------------------ values stay text

HOSTILE = (
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.3.0": canvas',
    "*粗* _斜_ = 标题\n- 项 + 项 / 词: 义",
    "$ x $ [ ] { } \\ <a> @b `c` // d /* e",
    '" #panic("x") "',
    "字" * 10_000,
    "\u202e\u0661\u0662 שלום مرحبا \u200f",
    "\u0000\ufffe",
    "",
)


def test_what_an_applicant_wrote_is_text_to_the_template() -> None:
    """Typst itself compares: each value is what was given, neither read as markup nor carried out."""
    values = {f"v{n}": text for n, text in enumerate(HOSTILE)}
    same = "".join(
        f'#assert(value("{name}").codepoints().map(str.to-unicode) == ({"".join(f"{ord(c)}," for c in text)}))\n'
        f'#value("{name}")\n'
        for name, text in values.items()
    )

    made = typeset(HEAD + same, values)

    assert isinstance(made, bytes), made
    assert made.startswith(b"%PDF-")


# ------------------------------------------------------------------ nothing is read


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("geheim", "utf-8")
    return path


READERS = (
    '#read("{}")',
    '#json("{}")',
    '#csv("{}")',
    '#image("{}")',
    '#include "{}"',
    '#import "{}": x',
    '#yaml("{}")',
)


@pytest.mark.parametrize("reader", READERS)
def test_no_file_outside_can_be_read(reader: str, secret: Path) -> None:
    up = "../" * 8
    paths = (str(secret), f"{up}{secret}", f"{up}etc/hostname", "/proc/self/environ")

    for path in paths if SOAK else paths[:1]:
        made = typeset(reader.format(path))

        assert isinstance(made, press.Trouble), path
        assert "geheim" not in made.message and str(secret.parent) not in made.message.replace(path, "")


def test_a_picture_inside_a_picture_is_not_read_either(secret: Path) -> None:
    inner = f"<image href='{secret}' width='5' height='5'/>"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{inner}</svg>"

    assert isinstance(typeset(f'#image(bytes("{svg}"), format: "svg")'), press.Trouble)


def test_the_folder_has_common_typ_alone_and_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert isinstance(typeset('#read("common.typ")'), bytes)
    assert isinstance(typeset('#read("typesetter.py")'), press.Trouble)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ nothing is fetched


@pytest.fixture
def called() -> Iterator[list[str]]:
    """A server on this machine, and who has called it."""
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                callers.append("somebody")
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        callers.append(f"http://127.0.0.1:{server.getsockname()[1]}")
        yield callers
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", ['"@preview/cetz:0.3.0"', '"@local/x:0.1.0"', '("@pre" + "view/cetz:0.3.0")'])
def test_no_package_is_fetched_not_even_through_the_proxy_of_the_hall(
    name: str, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, called[0])

    assert isinstance(typeset(f"#import {name}: x"), press.Trouble)
    assert len(called) == 1


def test_the_template_sees_nothing_of_the_hall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICET_DATABASE", "postgresql://geheim@host/x")

    made = typeset('#assert(sys.inputs.keys() == ("data",))', {})

    assert isinstance(made, bytes), made


# ------------------------------------------------------------------ nothing goes on for ever

ENDLESS = (
    "#while true {}",
    "#let f(n) = f(n + 1)\n#f(0)",
    '#let x = ("a",) * 900000000\n#x.len()',
    "#let total = 0\n#for a in range(9000) { for b in range(9000) { total += b } }\n#total",
)


@pytest.mark.parametrize("source", ENDLESS)
def test_a_template_without_end_or_measure_is_told_of(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "CPU_SECONDS", 1)

    assert isinstance(typeset(source), press.Trouble)


def test_a_template_that_waits_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "WALL_SECONDS", 1.0)

    made = typeset(ENDLESS[3])

    assert isinstance(made, press.Trouble) and "longer than 1 seconds" in made.message


@pytest.mark.parametrize("source", [b"", b"\xff\xfe", b"\0", b"#let (", b"#[" * 5_000, b"#rect(width: 9999999999cm)"])
def test_whatever_stands_in_it_the_hall_goes_on(source: bytes) -> None:
    assert isinstance(typeset(source), bytes | press.Trouble)


def test_a_document_that_is_too_large_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "MOST_BYTES", 1_000)

    made = typeset("text")

    assert isinstance(made, press.Trouble) and "1000 bytes" in made.message


def test_a_message_without_measure_is_cut_short() -> None:
    made = typeset('#panic("x" * 3000000)')

    assert isinstance(made, press.Trouble) and len(made.message) == 500


# ------------------------------------------------------------------ as a port


@pytest.fixture(params=["typst", "text"])
def papers(request: pytest.FixtureRequest) -> Documents:
    if request.param == "text":
        return TextDocuments()
    if not chinese_fonts():
        pytest.skip("no font with Chinese glyphs on this machine (Debian: fonts-noto-cjk)")
    return TypstDocuments()


OWN = (HEAD + '#show: page-of\n#value("place") #datetime.today().display() #enum(..values("seen"))').encode()


def test_equal_values_give_equal_bytes(papers: Documents) -> None:
    values = {"place": "示范路", "seen": ["甲", "乙"], "time": NINE}

    first, again = papers.render("visit", values, OWN), papers.render("visit", values, OWN)

    assert first == again != papers.render("visit", values | {"place": "别处"}, OWN)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('#panic(value("name"))', "it can't (line 2). "),
        ('#assert(value("name").len() == 1, message: value("name"))', "it can't (line 2). "),
        ('#enum(..value("name"))', "it can't (line 2): cannot spread string. "),
        ("#let (", "it can't (line 2): unclosed delimiter. "),
    ],
)
def test_why_it_cannot_be_typeset_is_told_without_a_persons_value(papers: Documents, source: str, said: str) -> None:
    with pytest.raises(ModelError) as refused:
        papers.render("visit", {"name": "示范申请人甲 13800000000"}, f"{HEAD}{source}".encode())

    assert said in refused.value.message and "'visit'" in refused.value.message
    assert not re.search("示范|138", refused.value.message)


def test_the_check_is_told_why_and_where() -> None:
    assert tried(OWN, {"place": "示范路"}) is None
    assert tried(b'#import "common.typ": *\n\n#enum(..value("seen"))', {}) == ("cannot spread string", 3)
