"""The dashboard under ``/app/``, served from the folder it was built into, with what browsers must not do said."""

import gzip
from http import HTTPStatus
from pathlib import Path
from typing import Final

import anyio.to_thread
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from mcm_api.http.problems import ProblemError

BUILT: Final = Path(__file__).resolve().parents[4] / "frontend" / "dist"
"""Where a checkout has it."""

_PATH: Final = "/app"
_PAGE: Final = "index.html"
_HASHED: Final = "assets/"
_COMPRESSED: Final = (".css", ".html", ".js", ".json", ".svg")
_MIN_COMPRESSED: Final = 1024
# scripts and styles are files of ours alone: charts and menus place themselves through the CSSOM, which is allowed
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def serve_dashboard(app: FastAPI, folder: Path) -> None:
    """Adds ``/app/`` to the app, and ``/``, which leads there when the dashboard is built, else to ``/docs``."""
    dashboard = Dashboard(folder)

    @app.get("/", include_in_schema=False)
    async def get_root() -> RedirectResponse:
        """Leads to the dashboard, or to the documentation."""
        return RedirectResponse(f"{_PATH}/" if dashboard.is_built else "/docs")

    @app.get(_PATH, include_in_schema=False)
    async def get_dashboard() -> RedirectResponse:
        """Leads to the dashboard."""
        return RedirectResponse(f"{_PATH}/")

    app.mount(_PATH, dashboard, name="dashboard")


class Dashboard(StaticFiles):
    """Serves the files of a folder; an address that names no file is a page of the dashboard's own.

    Files whose names hold the hash of their content may be kept for ever, all others are asked for each time. Nothing
    outside the folder is served, by links neither.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._folder = folder
        # by path and time of change; no more than the folder holds
        self._gzipped: dict[tuple[str, int], bytes] = {}

    @property
    def is_built(self) -> bool:
        """Whether there is a dashboard to serve."""
        return (self._folder / _PAGE).is_file()

    async def check_config(self) -> None:
        """Lets the folder be built later."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answers with a file, or with the page for every other address."""
        if not self.is_built:
            raise ProblemError(
                404,
                "The dashboard is not built: run `make dashboard` in the checkout, or set MCM_DASHBOARD_PATH to the "
                "folder it was built into. The API is described under /docs.",
            )
        found = await self._file(path, scope)
        if found is None:
            path = _PAGE
            found = await super().get_response(path, scope)
        response = await self._compressed(path, found, scope)
        response.headers.update(_HEADERS)
        hashed = path.startswith(_HASHED)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response

    async def _file(self, path: str, scope: Scope) -> Response | None:
        if any(part.startswith(".") and part != "." for part in path.split("/")):
            return None
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            # a script that is gone is no page: a browser would take the page for it
            if error.status_code != HTTPStatus.NOT_FOUND or path.startswith(_HASHED):
                raise
            return None

    async def _compressed(self, path: str, response: Response, scope: Scope) -> Response:
        if response.status_code != 200 or not path.endswith(_COMPRESSED):
            return response
        response.headers["Vary"] = "Accept-Encoding"
        if "gzip" not in Headers(scope=scope).get("accept-encoding", "") or "range" in Headers(scope=scope):
            return response
        content = await anyio.to_thread.run_sync(self._gzip, path)
        if content is None:
            return response
        retained = {name: response.headers[name] for name in ("content-type", "last-modified", "vary")}
        etag = response.headers["etag"].strip('"')
        return Response(content, headers={**retained, "Content-Encoding": "gzip", "ETag": f'W/"{etag}"'})

    def _gzip(self, path: str) -> bytes | None:
        full, found = self.lookup_path(path)
        if found is None or found.st_size < _MIN_COMPRESSED:
            return None
        key = (full, found.st_mtime_ns)
        if key not in self._gzipped:
            self._gzipped = {known: content for known, content in self._gzipped.items() if known[0] != full}
            self._gzipped[key] = gzip.compress(Path(full).read_bytes(), 9, mtime=0)
        return self._gzipped[key]
