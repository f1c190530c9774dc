"""Files for the commands: compressed and nested bombs, and rule files that no reader of YAML survives."""

import gzip
import tempfile
from pathlib import Path
from typing import Final

from mcm_local.checkout import COMMANDS
from tests.abuse.measure import MAX_MEMORY_MIB, run_measured
from tests.abuse.product import Product

MIB: Final = 1024 * 1024
_RULE: Final = """title: Hostile
id: 6e2b8f6e-6d5e-4f7b-9f2a-0d6a5a5b7c11
logsource: {{product: canonical}}
detection:
  selection: {{event_type: {value}}}
  condition: {condition}
level: low
"""


async def bombs(product: Product) -> str:
    """gzip and JSON bombs, for scan and replay."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = product.many(1024 * MIB, 96 * MIB)
        files = {
            "zeros.json.gz": _zeros(size),
            "objects.json": b'{"Records": [' + b"{}," * product.many(3_000_000, 1_100_000) + b"{}]}",
            "nested.json": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
            "line.ndjson.gz": gzip.compress(b'{"a": "' + b"x" * (80 * MIB) + b'"}\n', 1),
        }
        for file, content in files.items():
            (folder / file).write_bytes(content)
        commands = [
            (program, *arguments, str(folder / file))
            for file in files
            for program, *arguments in (("mcm-rules-engine", "scan"), ("mcm-ingestor", "replay"))
        ]
        return await _refused(product, commands)


async def hostile_rules(product: Product) -> str:
    """Integers of 5,000 digits, 3,000 `not`, and aliases that expand, for check and at the start of an engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        aliases = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))
        files = {
            "digits.yml": _RULE.format(value="9" * 5_000, condition="selection"),
            "not.yml": _RULE.format(value="x", condition="not " * 3_000 + "selection"),
            "parentheses.yml": _RULE.format(value="x", condition="(" * 3_000 + "selection" + ")" * 3_000),
            "nested.yml": "[" * 20_000 + "]" * 20_000,
            "aliases.yml": f"a0: &a0 [x]\n{aliases}\n",
        }
        for file, content in files.items():
            (folder / file).write_text(content)
        return await _refused(product, [("mcm-rules-engine", "check", str(folder / file)) for file in files])


async def _refused(product: Product, commands: list[tuple[str, ...]]) -> str:
    worst = 0.0
    for program, *arguments in commands:
        command = (str(COMMANDS / program), *arguments)
        code, written, peak = await run_measured(command, product.pipeline.environment)
        assert code in {1, 2}, f"{command} ended with {code}: {written[-500:]}"
        assert "Traceback" not in written, written[-3000:]
        assert peak < MAX_MEMORY_MIB, f"{command} took {peak:.0f} MiB"
        worst = max(worst, peak)
    return f"{len(commands)} commands refused them, {worst:.0f} MiB at most"


def _zeros(size: int) -> bytes:
    """Compresses zeros without holding them."""
    part = gzip.compress(bytes(MIB), 9)
    return part * (size // MIB)
