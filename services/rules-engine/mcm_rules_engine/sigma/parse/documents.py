"""YAML 1.2 documents of rule files, with the line of every key."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from sigma.exceptions import SigmaError
from sigma.rule.base import check_alias_expansion
from yamlcore import CCoreLoader  # type: ignore[import-untyped]

OUR_KEYS: Final = ("group_by", "group_for", "escalate", "runbook", "tests", "enabled")
"""Keys of a rule that Sigma does not have."""

MAX_BYTES: Final = 1_000_000
"""Maximum size of a rule file."""

MAX_NESTING: Final = 100
"""Maximum depth of lists and maps; the C parser overflows its stack far beyond it."""

MAX_DIGITS: Final = 40
"""Maximum length of a number, as in events."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a rule file: its place and what is wrong.

    ``field`` is a path such as ``detection.selection.ip|cidr``.
    """

    path: str
    line: int | None
    field: str | None
    what: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.what}" if self.field is None else f"{place}: {self.field}: {self.what}"


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a rule file; ``in_folder``: found in a folder, not named itself."""

    path: str
    data: dict[str, Any]
    text: str
    node: yaml.MappingNode
    in_folder: bool = False

    @property
    def is_published(self) -> bool:
        """Whether this is plain Sigma, as rules are published: it uses no key that Sigma does not have."""
        return not any(key in self.data for key in OUR_KEYS)

    def holds(self, problem: Problem) -> bool:
        """Whether a problem lies in this document."""
        first, last = self.node.start_mark.line + 1, self.node.end_mark.line + 1
        return problem.path == self.path and problem.line is not None and first <= problem.line <= last

    def problem(self, keys: tuple[str | int, ...], what: str) -> Problem:
        """Builds a problem of a place in this document, with the line of the deepest key that exists."""
        line, _ = self._locate(keys)
        return Problem(self.path, line, ".".join(map(str, keys)) or None, what)

    def spelling(self, keys: tuple[str | int, ...]) -> str | None:
        """Returns a scalar as it is written in the file; None when there is none at this place."""
        _, node = self._locate(keys)
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def _locate(self, keys: tuple[str | int, ...]) -> tuple[int, yaml.Node | None]:
        node: yaml.Node = self.node
        line = node.start_mark.line + 1
        for key in keys:
            below = _child(node, key)
            if below is None:
                return line, None
            line, node = below[0].start_mark.line + 1, below[1]
        return line, node


class _RuleLoader(CCoreLoader):  # type: ignore[misc]
    """YAML 1.2 loader (core schema) whose keys are texts, as written; refuses duplicate keys and merge keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _mistake(key_node, "a key must be a text")
            key = key_node.value
            if key == "<<":
                raise _mistake(key_node, "YAML 1.2 has no merge keys (<<): write the keys out")
            if key in mapping:
                raise _mistake(key_node, f"the key {key!r} is written twice")
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        if len(node.value) > MAX_DIGITS:
            raise _mistake(node, f"a number has at most {MAX_DIGITS} digits; put it in quotes to match it as text")
        is_int = node.tag == "tag:yaml.org,2002:int"
        return self.construct_yaml_int_core(node) if is_int else self.construct_yaml_float_core(node)


for _tag in ("int", "float"):
    _RuleLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _RuleLoader.construct_number)


def read_documents(path: Path, shown: str, *, in_folder: bool = False) -> Iterator[Document | Problem]:
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
    yield from parse_documents(text, shown, in_folder=in_folder)


def parse_documents(text: str, path: str, *, in_folder: bool = False) -> Iterator[Document | Problem]:
    """Parses YAML text as ``read_documents`` does; ``path`` names it in problems."""
    lines = text.splitlines()
    try:
        _check_nesting(text)
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
            yield Document(path, data, source, node, in_folder)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        yield Problem(path, None if mark is None else mark.line + 1, None, f"is not valid YAML: {problem}")
    except (KeyError, ValueError) as error:
        # an explicit tag on something else, such as `!!int text`
        yield Problem(path, None, None, f"is not valid YAML: a value does not go with its tag ({error})")


def _check_nesting(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.CBaseLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_NESTING:
                raise _mistake(event, f"nested too deeply; lists and maps go {MAX_NESTING} levels deep at most")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _mistake(at: Any, what: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=at.start_mark)


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
