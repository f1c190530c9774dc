"""Documentation: its links lead somewhere, and the log lines it explains are written by the code."""

import re
from pathlib import Path

from tests.architecture.sources import ROOT, name_of, product_modules, project_files

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LOG_LINE = re.compile(r"`([a-z][^`]* [^`]*)`")


def _anchor(heading: str) -> str:
    # as GitHub makes them
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")


def _anchors(path: Path) -> set[str]:
    return {_anchor(line.lstrip("#")) for line in path.read_text().splitlines() if line.startswith("#")}


def test_links_lead_to_a_file_and_a_heading() -> None:
    broken = []
    for document in project_files(".md"):
        for target, anchor in LINK.findall(FENCE.sub("", document.read_text())):
            path = (document.parent / target).resolve() if target else document
            if not path.exists():
                broken.append(f"{name_of(document)}: {target} does not exist")
            elif anchor and path.suffix == ".md" and anchor not in _anchors(path):
                broken.append(f"{name_of(document)}: {target}#{anchor} has no such heading")

    assert broken == []


def test_log_lines_that_operations_explains_are_written_by_the_code() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    section = text.split("## Troubleshooting", 1)[1].split("\n## ", 1)[0]
    symptoms = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")][2:]
    explained = [line for symptom in symptoms for line in LOG_LINE.findall(symptom)]
    sources = "\n".join(path.read_text() for path in product_modules())

    assert len(explained) > 5
    assert [line for line in explained if line not in sources] == []


def test_paths_in_the_architecture_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = {path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if not path.startswith(("mcm_", "/"))}
    roots = (
        ROOT,
        ROOT / "services" / "rules-engine" / "mcm_rules_engine",
        ROOT / "services" / "enricher" / "mcm_enricher",
        ROOT / "services" / "api" / "mcm_api",
    )

    assert len(named) > 20
    assert sorted(path for path in named if not any((root / path).exists() for root in roots)) == []
