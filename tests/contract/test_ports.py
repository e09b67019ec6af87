"""One contract for each port, kept by every implementation that ships."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from adapters.clock import SystemClock
from adapters.documents import TextDocuments, TypstDocuments, chinese_fonts, known_templates
from adapters.identity import ATTEMPTS, LOCKED_MINUTES, ShelfIdentity, open_demonstration, read_demonstration
from adapters.memory import MemoryShelf, MemoryStorage
from adapters.shelf import StoreShelf
from adapters.storage import FolderStorage
from engine.base.errors import Conflict, Fault, FileRefused, InvalidInput, ModelError, NotAllowed, NotFound
from engine.hall.ports import Clock, Documents, Identity, Shelf, Storage
from engine.hall.store import Store
from engine.reading.scenarios import VirtualClock
from webui.sentences import say

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
TYPES = ("application/pdf", "image/png", "image/jpeg", "application/ofd")
MEGABYTE = 1_000_000


# ------------------------------------------------------------------ shelf


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    if request.param == "memory":
        yield MemoryShelf()
        return
    url = f"sqlite:///{tmp_path}/licet.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = Store.open(url)
    store.upgrade()
    yield StoreShelf(store)
    store.close()


def test_shelf_gives_back_a_copy_of_what_was_put(shelf: Shelf):
    shelf.put("letter", "a", {"words": ["你好", 1, None, {"x": True}]}, at=NINE)

    found = shelf.get("letter", "a")

    assert found == {"words": ["你好", 1, None, {"x": True}]}
    found["words"].append("changed")
    assert shelf.get("letter", "a") != found
    assert shelf.get("letter", "b") is None
    assert shelf.get("account", "a") is None


def test_shelf_adds_once_and_puts_again(shelf: Shelf):
    assert shelf.add("letter", "a", {"n": 1}, at=NINE) is True
    assert shelf.add("letter", "a", {"n": 2}, at=TEN) is False
    assert shelf.get("letter", "a") == {"n": 1}

    shelf.put("letter", "a", {"n": 3}, at=TEN)

    assert shelf.get("letter", "a") == {"n": 3}


def test_shelf_finds_by_kind_and_owner_the_latest_first(shelf: Shelf):
    shelf.put("letter", "old", {"n": 1}, owner="me", at=NINE)
    shelf.put("letter", "new", {"n": 2}, owner="me", at=TEN)
    shelf.put("letter", "tie", {"n": 3}, owner="you", at=TEN)
    shelf.put("account", "me", {"n": 4}, owner="me", at=TEN)

    assert [key for key, _ in shelf.find("letter", owner="me")] == ["new", "old"]
    assert [key for key, _ in shelf.find("letter")] == ["new", "tie", "old"]
    assert shelf.find("letter", limit=1) == [("new", {"n": 2})]
    assert shelf.find("letter", owner="nobody") == []


def test_shelf_forgets_what_is_deleted(shelf: Shelf):
    shelf.put("letter", "a", {}, owner="me", at=NINE)

    shelf.delete("letter", "a")
    shelf.delete("letter", "a")

    assert shelf.get("letter", "a") is None
    assert shelf.find("letter") == []


def test_of_many_who_add_at_once_one_is_told_so(shelf: Shelf):
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: shelf.add("serial", "1", {"n": n}, at=NINE), range(16)))

    assert told.count(True) == 1
    assert shelf.get("serial", "1") == {"n": told.index(True)}


# ------------------------------------------------------------------ storage


@pytest.fixture(params=["folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return FolderStorage(tmp_path / "files") if request.param == "folder" else MemoryStorage()


def receive(storage: Storage, content: bytes, name: str, declared: str | None = None, **options):
    wanted = {"types": TYPES, "max_bytes": MEGABYTE} | options
    return storage.receive(io.BytesIO(content), name, declared, **wanted)


def archive(*members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for member in members:
            made.writestr(member, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "declared", "type"),
    [
        (PDF, "章程.pdf", "application/pdf", "application/pdf"),
        (PNG, "photo.PNG", "application/octet-stream", "image/png"),
        (JPEG, "photo.jpeg", None, "image/jpeg"),
        (JPEG, "photo.jpg", "image/jpeg; charset=binary", "image/jpeg"),
        (archive("OFD.xml", "Doc_0/Document.xml"), "licence.ofd", "", "application/ofd"),
    ],
)
def test_storage_keeps_what_was_handed_in(storage: Storage, content, name, declared, type):
    kept = receive(storage, content, name, declared)

    assert kept.as_dict() == {
        "file": "sha256:" + hashlib.sha256(content).hexdigest(),
        "name": name,
        "size": len(content),
        "type": type,
    }
    with storage.open(kept.file) as stream:
        assert stream.read() == content


def test_a_file_that_is_too_large_is_told_the_limit_that_the_pages_name(storage: Storage):
    with pytest.raises(FileRefused) as caught:
        receive(storage, PDF + bytes(MEGABYTE), "章程.pdf", max_bytes=MEGABYTE)

    assert "超过上限 1 MB" in say(caught.value)


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (b"", "empty.pdf", None),
        (b"<!DOCTYPE html><script>alert(1)</script>", "page.html", "text/html"),
        (b"<html>", "page.pdf", "application/pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg", "image/svg+xml"),
        (PDF, "章程.png", "application/pdf"),
        (PDF, "章程", None),
        (PDF, "章程.pdf", "text/html"),
        (PDF, "章程.pdf.exe", "application/pdf"),
        (archive("evil.js"), "papers.zip", "application/zip"),
        (archive("evil.js"), "papers.ofd", "application/ofd"),
        (b"PK\x03\x04 broken", "papers.ofd", "application/ofd"),
        (b"MZ\x90\x00", "setup.pdf", "application/pdf"),
    ],
)
def test_storage_refuses_what_a_file_is_not_and_keeps_nothing(storage: Storage, content, name, declared):
    with pytest.raises(FileRefused) as caught:
        receive(storage, content, name, declared)

    assert say(caught.value).startswith("文件")
    with pytest.raises(NotFound):
        storage.open("sha256:" + hashlib.sha256(content).hexdigest())


def test_storage_takes_a_file_of_exactly_the_largest_size_and_none_above(storage: Storage):
    largest = PDF + bytes(MEGABYTE - len(PDF))

    assert receive(storage, largest, "a.pdf").size == MEGABYTE
    with pytest.raises(FileRefused, match="1000000"):
        receive(storage, largest + b"x", "a.pdf")


def test_storage_stops_reading_a_stream_that_does_not_end(storage: Storage):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"%PDF-" + bytes(size - 5)

    stream = Endless()
    with pytest.raises(FileRefused):
        storage.receive(stream, "a.pdf", None, TYPES, MEGABYTE)  # type: ignore[arg-type]

    assert stream.given <= 2 * MEGABYTE


def test_storage_refuses_a_kind_that_is_not_asked_for(storage: Storage):
    with pytest.raises(FileRefused) as caught:
        receive(storage, PNG, "a.png", types=("application/pdf",))

    assert "此处接受 PDF" in say(caught.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/章程.pdf", "章程.pdf"),
        ("C:\\papers\\a.pdf", "a.pdf"),
        ("a\u202egpj.pdf", "agpj.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_storage_keeps_safe_names(storage: Storage, given, kept):
    assert receive(storage, PDF, given).name == kept


def test_storage_keeps_our_own_files(storage: Storage):
    kept = storage.keep("受理".encode(), "受理通知书.txt", "text/plain")

    assert (kept.name, kept.type, kept.size) == ("受理通知书.txt", "text/plain", 6)
    assert storage.open(kept.file).read() == "受理".encode()


@pytest.mark.parametrize("file", ["sha256:" + "0" * 64, "sha256:../../../../etc/passwd", "../x", "", "md5:1"])
def test_storage_knows_nothing_else(storage: Storage, file):
    with pytest.raises(NotFound):
        storage.open(file)


def test_the_same_bytes_lie_in_the_folder_once_and_no_drafts_stay(tmp_path: Path):
    storage = FolderStorage(tmp_path)

    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda n: receive(storage, PDF, f"{n}.pdf").file, range(12)))
    with pytest.raises(FileRefused):
        receive(storage, PNG, "a.pdf")

    assert len(set(kept)) == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [kept[0].removeprefix("sha256:")]


def test_bytes_that_changed_in_the_folder_are_not_given_out(tmp_path: Path):
    storage = FolderStorage(tmp_path)
    kept = receive(storage, PDF, "a.pdf")
    place = next(path for path in tmp_path.rglob("*") if path.is_file())

    place.write_bytes(PDF + b"forged")

    with pytest.raises(Fault, match="backup"):
        storage.open(kept.file)


# ------------------------------------------------------------------ identity

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def identity() -> ShelfIdentity:
    made = ShelfIdentity(MemoryShelf(), CHEAP)
    made.create("window1", "correct horse", NINE)
    return made


def test_who_knows_the_password_signs_in(identity: Identity):
    account = identity.sign_in(" Window1 ", "correct horse", NINE)

    assert account.person == "window1"
    assert account == identity.account("window1")


def test_wrong_name_and_wrong_password_get_the_same_words(identity: Identity):
    refusals = []
    for name, password in (("window1", "wrong"), ("nobody", "correct horse"), ("", ""), ("\ud800", "x" * 9999)):
        with pytest.raises(NotAllowed) as caught:
            identity.sign_in(name, password, NINE)
        refusals.append(caught.value.as_dict())

    assert refusals.count(refusals[0]) == len(refusals)


@pytest.mark.parametrize("name", ["window1", "nobody"])
def test_an_unknown_name_costs_the_same_hashing(name: str):
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            self.verified += 1
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=64, parallelism=1)
    identity = ShelfIdentity(MemoryShelf(), hasher)
    identity.create("window1", "correct horse", NINE)

    with pytest.raises(NotAllowed):
        identity.sign_in(name, "wrong", NINE)

    assert hasher.verified == 1


def test_after_too_many_wrong_attempts_the_name_waits(identity: Identity):
    for _ in range(ATTEMPTS):
        with pytest.raises(NotAllowed):
            identity.sign_in("window1", "wrong", NINE)

    with pytest.raises(NotAllowed):
        identity.sign_in("window1", "correct horse", NINE + timedelta(minutes=LOCKED_MINUTES - 1))

    later = NINE + timedelta(minutes=LOCKED_MINUTES)
    assert identity.sign_in("window1", "correct horse", later).person == "window1"


def test_attempts_count_in_a_row_only(identity: Identity):
    for _ in range(3):
        for _ in range(ATTEMPTS - 1):
            with pytest.raises(NotAllowed):
                identity.sign_in("window1", "wrong", NINE)
        identity.sign_in("window1", "correct horse", NINE)


def test_guessing_at_once_is_no_way_around_the_limit(identity: ShelfIdentity):
    looked_at = []
    identity._matches = lambda hashed, password: looked_at.append(password) or False  # type: ignore[method-assign]

    def guess(n: int) -> None:
        with pytest.raises(NotAllowed):
            identity.sign_in("window1", str(n), NINE)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(40)))

    assert len(looked_at) == ATTEMPTS


def test_attempts_at_unknown_names_fill_no_shelf():
    shelf = MemoryShelf()
    identity = ShelfIdentity(shelf, CHEAP)
    for _ in range(20):
        with pytest.raises(NotAllowed):
            identity.sign_in("nobody", "wrong", NINE)

    assert len(shelf.find("sign_in_attempt", limit=100)) == ATTEMPTS


def test_a_new_password_ends_the_sessions_of_the_old_one(identity: Identity):
    before = identity.sign_in("window1", "correct horse", NINE)

    after = identity.change_password("window1", "correct horse", "battery staple", TEN)

    assert after.stamp != before.stamp
    assert identity.sign_in("window1", "battery staple", TEN) == after == identity.account("window1")
    with pytest.raises(NotAllowed):
        identity.sign_in("window1", "correct horse", TEN)


@pytest.mark.parametrize("password", ["short", "x" * 257, "my-window1-password", "correct horse"])
def test_a_password_that_will_not_do_is_refused(identity: Identity, password: str):
    with pytest.raises(InvalidInput):
        identity.change_password("window1", "correct horse", password, TEN)

    assert identity.sign_in("window1", "correct horse", TEN).person == "window1"


def test_who_does_not_know_the_password_does_not_change_it(identity: Identity):
    with pytest.raises(NotAllowed):
        identity.change_password("window1", "wrong", "battery staple", TEN)


def test_a_person_has_one_account(identity: ShelfIdentity):
    with pytest.raises(Conflict):
        identity.create("WINDOW1", "another word", NINE)
    assert identity.account("nobody") is None


def test_weaker_hashes_are_renewed_at_the_next_sign_in():
    shelf = MemoryShelf()
    ShelfIdentity(shelf, CHEAP).create("window1", "correct horse", NINE)
    stronger = ShelfIdentity(shelf, PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))

    stronger.sign_in("window1", "correct horse", NINE)

    assert "t=2" in (shelf.get("account", "window1") or {})["hash"]
    assert stronger.sign_in("window1", "correct horse", TEN).person == "window1"


def test_demonstration_accounts_are_made_up_and_private(tmp_path: Path):
    identity, path = ShelfIdentity(MemoryShelf(), CHEAP), tmp_path / "var" / "demo-accounts.txt"
    people = {"window1": "示范窗口甲", "market_head": "示范科长"}

    opened = open_demonstration(identity, people, path, NINE)

    passwords = read_demonstration(path)
    assert opened == list(people) == list(passwords)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(set(passwords.values())) == 2
    assert identity.sign_in("window1", passwords["window1"], NINE).person == "window1"
    assert open_demonstration(identity, people, path, TEN) == []
    assert read_demonstration(path) == passwords


# ------------------------------------------------------------------ documents

WORDS = {
    "title": "营业执照",
    "hall": "示范县政务服务中心",
    "case": "2026-000001",
    "number": "91990101MA0000017K",
    "holder": "云岭示范科技有限公司",
    "on": NINE.date(),
    "fields": {"名称": "云岭示范科技有限公司", "经营范围": '#panic() *粗* $x$ [a] \\ <b> " @c', "一照多址": True},
    "missing": ["章程未签字", {"材料": "住所证明", "原因": "缺页"}],
    "materials": [],
}


@pytest.fixture(params=["typst", "text"])
def papers(request: pytest.FixtureRequest) -> Documents:
    if request.param == "text":
        return TextDocuments()
    if not chinese_fonts():
        pytest.skip("no font with Chinese glyphs on this machine (Debian: fonts-noto-cjk)")
    return TypstDocuments()


@pytest.mark.parametrize("template", known_templates())
def test_every_template_renders_with_much_and_with_nothing(papers: Documents, template: str):
    full, bare = papers.render(template, WORDS), papers.render(template, {})

    assert papers.render(template, WORDS) == full != bare
    if papers.type == "application/pdf":
        assert full.startswith(b"%PDF-")


def test_an_unknown_template_is_refused(papers: Documents):
    for name in ("novel", "common", "../secret"):
        with pytest.raises(ModelError, match="business_licence"):
            papers.render(name, {})


def test_without_a_chinese_font_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.documents.CHINESE_FONTS", ())

    with pytest.raises(Fault, match="fonts-noto-cjk"):
        TypstDocuments()


# ------------------------------------------------------------------ clock


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock(NINE)])
def test_clocks_know_their_zone(clock: Clock):
    assert clock.now().tzinfo is not None
    assert clock.now() <= clock.now()
