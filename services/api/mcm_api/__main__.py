"""The ``mcm-api`` command."""

import sys

import orjson
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.serve import serve
from mcm_api.settings import ApiSettings
from mcm_enricher import EnricherSettings
from mcm_shared.cli import command_line, run_command
from mcm_shared.settings import DatabaseSettings, load_settings

app = command_line("mcm-api", "Serves events, findings and figures over HTTP.", service="api")


@app.command()
def run() -> None:
    """Serves the API until stopped."""
    run_command(serve)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    # the document is the same whatever the settings, and making the app connects to nothing
    database = DatabaseSettings(DATABASE_URL=SecretStr("sqlite:///"))
    heuristic = load_settings(EnricherSettings).model_copy(update={"explainer": "heuristic"})
    document = create_app(load_settings(ApiSettings), database, None, heuristic).openapi()
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def main() -> None:
    """Runs the command."""
    app()


if __name__ == "__main__":
    main()
