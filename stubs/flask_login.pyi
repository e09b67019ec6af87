"""Types of what the pages use of Flask-Login 0.6.3, which ships none."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import Flask
from flask.typing import ResponseReturnValue

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Loader = TypeVar("_Loader", bound=Callable[[str], UserMixin | None])
_Answer = TypeVar("_Answer", bound=Callable[[], ResponseReturnValue])

class UserMixin:
    @property
    def is_authenticated(self) -> bool: ...
    def get_id(self) -> str: ...

class LoginManager:
    session_protection: str | None
    def init_app(self, app: Flask) -> None: ...
    def user_loader(self, callback: _Loader) -> _Loader: ...
    def unauthorized_handler(self, callback: _Answer) -> _Answer: ...

current_user: Any

def login_required(func: Callable[_P, _R]) -> Callable[_P, _R | ResponseReturnValue]: ...
def login_user(user: UserMixin) -> bool: ...
def logout_user() -> bool: ...
