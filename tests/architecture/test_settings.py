"""Every environment variable the product reads is written down for the people who run it."""

import ast
import re

from mcm_shared.settings import KNOWN_VARIABLES
from tests.architecture.sources import ROOT, name_of, product_modules

VARIABLE = re.compile(r"(DATABASE_URL|(MCM|KAFKA|OPENAI)_[A-Z0-9_]+)")
DOCUMENTS = ("docs/operations.md", "README.md")


def _variables() -> dict[str, str]:
    return {
        node.value: name_of(path)
        for path in product_modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }


def test_every_variable_is_documented() -> None:
    documented = "\n".join((ROOT / name).read_text() for name in DOCUMENTS if (ROOT / name).exists())
    written_down = set(re.findall(r"[A-Z][A-Z0-9_]+", documented))
    missing = {variable: where for variable, where in sorted(_variables().items()) if variable not in written_down}

    assert missing == {}, f"add these to the settings in {DOCUMENTS[0]}: name, default, what it does"


def test_every_setting_is_known_to_the_warning_of_misspelt_ones() -> None:
    settings = {
        name
        for path in product_modules()
        for name in re.findall(r'validation_alias="(MCM_[A-Z0-9_]+)"', path.read_text())
    }
    compose = set(re.findall(r"\$\{(MCM_[A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text()))

    assert settings | compose == KNOWN_VARIABLES, "add it to KNOWN_VARIABLES in mcm_shared/settings.py, or take it out"
