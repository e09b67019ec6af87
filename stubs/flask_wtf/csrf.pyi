"""Types of what the pages use of Flask-WTF 1.3.0, which ships none."""

from flask import Flask
from werkzeug.exceptions import BadRequest

class CSRFError(BadRequest): ...

class CSRFProtect:
    def init_app(self, app: Flask) -> None: ...
