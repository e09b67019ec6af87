"""A private socket beside an SQLite database: requests to the process that holds it, and its answers.

Knows bytes, sockets and who is at the other end; not what a request means. The socket lies in a folder that only its
owner may enter, and each side asks the system as whom the other runs: it has to be the same user.

    request  length of the head (4 bytes), head (JSON), then the files that the head lists, one after the other
    answer   length (8 bytes), JSON
"""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from engine.base.errors import Fault, InvalidInput, StoreUnreachable

FORMAT = 1
HEAD_BYTES = 16 * 2**20
"""Largest head of a request: a command with all that a form may hold is far below it."""

FILES_BYTES = 64 * 2**20
"""Most bytes of files in one request: the largest shipped chain has less than 1 MB."""

ANSWER_BYTES = 256 * 2**20

CALLERS = 8
"""Requests that are worked on at once; others wait in the queue of the socket."""

SILENT_SECONDS = 10.0
"""How long a caller may take for the next piece of its request or the next piece of the answer."""

LEAVING_SECONDS = 10.0
"""How long the process that ends waits for requests that it has begun."""

Json = dict[str, Any]


class Request(NamedTuple):
    """A writing command: its name, its arguments as JSON values, and the content of its files by name."""

    command: str
    arguments: Mapping[str, Any]
    files: Mapping[str, bytes]


def folder_of(database: Path) -> Path:
    """Return the private folder of the socket to the process that holds this database."""
    return Path(f"{database}.private")


def caller_of(connection: socket.socket) -> int:
    """Return the user as whom the process at the other end runs, as the system knows it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


# ------------------------------------------------------------------ the one that asks


def ask(database: Path, request: Request) -> Json | None:
    """Return the answer of the process that holds the database; None where nobody listens: nothing was carried out.

    Raises InvalidInput for a request that is too large, StoreUnreachable where the process runs as another user, and
    Fault where it ended before it answered.
    """
    sent = _packed(request)
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            with _entered(folder_of(database)) as place:
                connection.connect(place)
            caller = caller_of(connection)
            if caller != os.geteuid():
                raise StoreUnreachable(
                    f"Expected the process that holds {database} to run as user {os.geteuid()}, like this command; "
                    f"it runs as user {caller}. Give the command as that user."
                )
            for part in sent:
                connection.sendall(part)
        except OSError:
            return None  # nobody acts on half a request
        try:
            (length,) = struct.unpack(">Q", _read(connection, 8))
            answer = json.loads(_read(connection, min(length, ANSWER_BYTES)))
        except (OSError, EOFError, ValueError) as error:
            raise Fault(
                f"The process that holds {database} ended before it answered. Look whether the command was carried "
                "out before you give it again."
            ) from error
    return dict(answer)


def _packed(request: Request) -> list[bytes]:
    files = [(name, len(content)) for name, content in request.files.items()]
    head = {"format": FORMAT, "command": request.command, "arguments": request.arguments, "files": files}
    data = json.dumps(head).encode()
    for what, size, most in (("command", len(data), HEAD_BYTES), ("files", sum(n for _, n in files), FILES_BYTES)):
        if size > most:
            raise InvalidInput(f"{what}: expected at most {most} bytes beside a running hall; found {size}.")
    return [struct.pack(">I", len(data)) + data, *request.files.values()]


@contextmanager
def _entered(folder: Path, make: bool = False) -> Iterator[str]:
    """Give the address of the socket in a folder that is ours alone. Raises OSError where it isn't.

    By the folder's descriptor, since an address may have 107 bytes only, and nobody can put another folder in its way.
    """
    if make:
        folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if make:
            owner = os.fstat(descriptor).st_uid
            if owner != os.geteuid():
                raise PermissionError(f"{folder} belongs to user {owner}")
            os.fchmod(descriptor, stat.S_IRWXU)
        yield f"/proc/self/fd/{descriptor}/socket"
    finally:
        os.close(descriptor)


def _read(connection: socket.socket, size: int) -> bytes:
    """Return exactly `size` bytes. Raises EOFError where the other end goes before."""
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 2**20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


# ------------------------------------------------------------------ the one that answers


class Listener:
    """Listens beside a database that this process holds, and answers each request in a thread of its own.

    `answer` never raises. What an earlier process left of its socket is removed: the lock on the database says that
    nobody else listens.
    """

    def __init__(self, database: Path, answer: Callable[[Request], Json]) -> None:
        self._folder = folder_of(database)
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX)
        self._slots = threading.Semaphore(CALLERS)
        self._stopped = threading.Event()
        self._busy: set[threading.Thread] = set()
        self._door = threading.Thread(target=self._accept, name="commands", daemon=True)

    def start(self) -> None:
        """Begin to listen. Raises OSError where the folder can't hold a socket of ours."""
        with _entered(self._folder, make=True) as place:
            Path(place).unlink(missing_ok=True)
            self._socket.bind(place)
            Path(place).chmod(0o600)
        self._socket.listen(CALLERS * 4)
        self._door.start()

    def stop(self) -> None:
        """Listen no longer, and wait for what was begun."""
        self._stopped.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with suppress(OSError), _entered(self._folder) as place:
            Path(place).unlink()
        if self._door.ident is not None:
            self._door.join()  # from here on no request is begun
        for thread in list(self._busy):
            thread.join(LEAVING_SECONDS)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            if not self._slots.acquire(timeout=0.5):
                continue
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._served, args=(connection,), name="command", daemon=True)
            self._busy.add(thread)
            thread.start()

    def _served(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError, EOFError):
                connection.settimeout(SILENT_SECONDS)
                self._serve(connection)
        finally:
            self._busy.discard(threading.current_thread())
            self._slots.release()

    def _serve(self, connection: socket.socket) -> None:
        caller = caller_of(connection)
        if caller != os.geteuid():
            structlog.get_logger().warning("command refused", caller=caller, expected=os.geteuid())
            return
        try:
            answer = self._answer(_request(connection))
        except InvalidInput as error:
            answer = {"error": {"code": error.code, "message": error.message}}
        data = json.dumps(answer).encode()
        connection.sendall(struct.pack(">Q", len(data)) + data)


def _request(connection: socket.socket) -> Request:
    """Read a whole request. Raises InvalidInput for one that is no request, EOFError for half of one."""
    (length,) = struct.unpack(">I", _read(connection, 4))
    if length > HEAD_BYTES:
        raise InvalidInput(f"Expected a request with a head of at most {HEAD_BYTES} bytes; found {length}.")
    try:
        head = json.loads(_read(connection, length))
        form, command, arguments = head["format"], head["command"], head["arguments"]
        sizes = [(str(name), int(size)) for name, size in head["files"]]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise InvalidInput("Expected a request with format, command, arguments and files.") from error
    if form != FORMAT or not isinstance(command, str) or not isinstance(arguments, dict):
        raise InvalidInput(f"Expected a request of format {FORMAT}, as this version of Licet makes it.")
    if any(size < 0 for _, size in sizes) or sum(size for _, size in sizes) > FILES_BYTES:
        raise InvalidInput(f"Expected files of at most {FILES_BYTES} bytes.")
    return Request(command, arguments, {name: _read(connection, size) for name, size in sizes})
