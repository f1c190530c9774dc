"""The interactive documentation under ``/docs``, with its scripts served from here instead of a CDN."""

import base64
import hashlib
import importlib.util
import re
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from mcm_api.http.json_response import json_response
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires

_ASSETS: Final = "/docs/assets"
_DOCUMENT: Final = "/openapi.json"
_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def serve_docs(app: FastAPI) -> None:
    """Adds ``/docs``, its assets and ``/openapi.json`` to the app."""
    router = APIRouter(route_class=StrictRoute, include_in_schema=False)
    page = get_swagger_ui_html(
        openapi_url=_DOCUMENT,
        title=app.title,
        swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{_ASSETS}/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    headers = {"Content-Security-Policy": _policy(bytes(page.body))}

    @router.get(_DOCUMENT, openapi_extra=requires(Scope.DOCS_READ))
    async def get_document() -> Response:
        """Serves the OpenAPI document."""
        return json_response(app.openapi())

    @router.get("/docs", openapi_extra=requires(Scope.DOCS_READ))
    async def get_docs() -> HTMLResponse:
        """Shows the documentation."""
        return HTMLResponse(bytes(page.body), headers=headers)

    app.include_router(router)
    app.mount(_ASSETS, StaticFiles(directory=_assets()), name="docs-assets")


def _assets() -> Path:
    package = importlib.util.find_spec("fastapi_offline")
    assert package is not None  # noqa: S101 (a dependency of this package)
    assert package.origin is not None  # noqa: S101 (it is a regular package)
    return Path(package.origin).parent / "static"


def _policy(page: bytes) -> str:
    # the page starts Swagger UI by an inline script: that one is allowed by its hash, no other
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in _SCRIPT.findall(page)
    )
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
