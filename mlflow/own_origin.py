"""Apps of `mlflow server --app-name` that answer the pages of its own origin alone.

MLflow lets pages of every port of this machine read and change models, whatever
MLFLOW_SERVER_CORS_ALLOWED_ORIGINS names. Here that variable names all of them, each written out.
MLflow finds the apps by the entry points in own_origin-1.dist-info, on PYTHONPATH.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


class OwnOriginMiddleware:
    """Refuses what a page of another origin asks: browsers name it in `Origin`."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app
        origins = os.environ.get("MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", "")
        self.allowed_origins = {origin.strip().encode() for origin in origins.split(",")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Reading too: by the `Origin` of a GET, MLflow would let that page see the answer.
        origins = {value for name, value in scope.get("headers", []) if name == b"origin"}
        if origins <= self.allowed_origins:
            await self.app(scope, receive, send)
        else:
            headers = [(b"content-type", b"text/plain"), (b"x-content-type-options", b"nosniff")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"Refused: a page of another origin"})


def create_app() -> Any:
    """Make MLflow's app without a login."""
    from mlflow.server.fastapi_app import app

    app.add_middleware(OwnOriginMiddleware)
    return app


def create_app_with_login() -> Any:
    """Make MLflow's app `basic-auth`."""
    from mlflow.server.auth import create_app as create_basic_auth

    app = create_basic_auth()
    app.add_middleware(OwnOriginMiddleware)
    return app
