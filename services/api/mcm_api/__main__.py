"""The ``mcm-api`` command."""

import sys
from typing import Any

import orjson
import typer
from pydantic import SecretStr

from mcm_api.access.commands import audit, users
from mcm_api.access.matrix import matrix_table
from mcm_api.app import create_app
from mcm_api.serve import serve
from mcm_api.settings import ApiSettings
from mcm_enricher import EnricherSettings
from mcm_shared.cli import command_line, run_command
from mcm_shared.settings import DatabaseSettings, load_settings

app = command_line("mcm-api", "Serves events, findings and figures over HTTP.", service="api")
app.add_typer(users, name="users")
app.add_typer(audit, name="audit")


@app.command()
def run() -> None:
    """Serves the API until stopped."""
    run_command(serve)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    sys.stdout.buffer.write(orjson.dumps(_document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


@app.command("access-matrix")
def access_matrix() -> None:
    """Print which roles may use which operations, as a Markdown table."""
    typer.echo(matrix_table(_document()))


def _document() -> dict[str, Any]:
    # the document is the same whatever the settings, and making the app connects to nothing
    database = DatabaseSettings(DATABASE_URL=SecretStr("sqlite:///"))
    heuristic = load_settings(EnricherSettings).model_copy(update={"explainer": "heuristic"})
    return create_app(load_settings(ApiSettings), database, None, heuristic).openapi()


def main() -> None:
    """Runs the command."""
    app()


if __name__ == "__main__":
    main()
