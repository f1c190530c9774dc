"""Rule files as YAML documents that remember their lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from sigma.exceptions import SigmaError
from sigma.rule.base import check_alias_expansion

MAX_BYTES: Final = 1_000_000
"""Size a rule file may have."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a rule file: where (``field`` is a path such as ``detection.selection.ip|cidr``) and what."""

    path: str
    line: int | None
    field: str | None
    what: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.what}" if self.field is None else f"{place}: {self.field}: {self.what}"


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a rule file."""

    path: str
    data: dict[str, Any]
    text: str
    node: yaml.MappingNode

    def problem(self, keys: tuple[str | int, ...], what: str) -> Problem:
        """Makes a problem of a place in this document, with the line the deepest key of it stands in."""
        return Problem(self.path, self._line(keys), ".".join(map(str, keys)) or None, what)

    def _line(self, keys: tuple[str | int, ...]) -> int:
        node: yaml.Node = self.node
        line = node.start_mark.line + 1
        for key in keys:
            below = _child(node, key)
            if below is None:
                break
            line, node = below[0].start_mark.line + 1, below[1]
        return line


class _RuleLoader(yaml.CSafeLoader):
    """Reads dates as the text they are, and refuses a key that stands twice."""

    yaml_implicit_resolvers: Final = {  # type: ignore[misc]
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None):
                raise yaml.MarkedYAMLError(problem="a key must be a text", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_documents(path: Path, shown: str) -> Iterator[Document | Problem]:
    """Reads the documents of a rule file, named as ``shown``; what cannot be read becomes a Problem with its line."""
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            yield Problem(shown, None, None, f"the file has {len(content):,} bytes; the limit is {MAX_BYTES:,}")
            return
        text = content.decode("utf-8-sig")
    except OSError as error:
        yield Problem(shown, None, None, f"cannot be read: {error.strerror}")
        return
    except UnicodeDecodeError as error:
        yield Problem(shown, None, None, f"is not UTF-8 (byte {error.start})")
        return
    yield from parse_documents(text, shown)


def parse_documents(text: str, path: str) -> Iterator[Document | Problem]:
    """Parses YAML text as ``read_documents`` does; ``path`` names it in problems."""
    lines = text.splitlines()
    try:
        loader = _RuleLoader(text)
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                break
            data = loader.construct_document(node)
            if data is None:
                continue
            line = node.start_mark.line + 1
            try:
                check_alias_expansion(data)
            except SigmaError as error:
                yield Problem(path, line, None, str(error))
                continue
            if not isinstance(node, yaml.MappingNode):
                yield Problem(path, line, None, f"a rule must be a map of keys, not {type(data).__name__}")
                continue
            source = "\n".join(lines[node.start_mark.line : _end(node, lines)]).rstrip() + "\n"
            yield Document(path, data, source, node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        yield Problem(path, None if mark is None else mark.line + 1, None, f"is not valid YAML: {problem}")
    except RecursionError:
        yield Problem(path, None, None, "is nested too deeply")


def _end(node: yaml.Node, lines: list[str]) -> int:
    # the parser places the end of a block after the blank lines and comments that follow it
    end = node.end_mark.line + (1 if node.end_mark.column else 0)
    return next((at for at in range(node.start_mark.line, min(end, len(lines))) if lines[at].startswith("---")), end)


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if getattr(key_node, "value", None) == str(key):
                return key_node, value_node
    return None
