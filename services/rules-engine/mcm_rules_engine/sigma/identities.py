"""Ids and names of rules that do not state their own, as published rules seldom do."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid5

from mcm_rules_engine.sigma.compile.fields import canonical_json
from mcm_rules_engine.sigma.parse.documents import Document

_NAMESPACE: Final = UUID("8c1d8b0e-5a3c-5d0b-9c39-0b7d3a1f2c64")
_MAX_NAME: Final = 100
_CONTENT: Final = ("logsource", "detection", "correlation")


def with_ids(documents: Sequence[Document]) -> list[Document]:
    """Gives every rule without an id one of its name or title; of its content too where several share that.

    Does not depend on the order of the documents, nor on what else the files hold.
    """
    shared = Counter(_label(document) for document in documents if _lacks(document, "id"))
    return [
        _with(document, "id", _derived_id(document, shared[_label(document)] > 1))
        if _lacks(document, "id")
        else document
        for document in documents
    ]


def with_names(documents: Sequence[Document]) -> list[Document]:
    """Gives every rule without a name one of its title, and of its id too where that is nothing or not distinct."""
    stated = (document.data.get("name") for document in documents)
    taken = Counter(name for name in stated if isinstance(name, str))
    taken.update(_slug(document) for document in documents if _lacks(document, "name"))
    return [
        _with(document, "name", _derived_name(document, taken)) if _lacks(document, "name") else document
        for document in documents
    ]


def with_identity(document: Document, rule_id: str, name: str) -> Document:
    """Gives a rule the id and the name it was loaded with, unless it states them itself."""
    for key, value in (("id", rule_id), ("name", name)):
        if _lacks(document, key):
            document = _with(document, key, value)
    return document


def titles_of(documents: Iterable[Document]) -> tuple[dict[str, Document], set[str]]:
    """Returns the rules by title, and the titles that several share."""
    by_title: dict[str, Document] = {}
    shared = set()
    for document in documents:
        title = document.data.get("title")
        if isinstance(title, str) and by_title.setdefault(title, document) is not document:
            shared.add(title)
    return {title: document for title, document in by_title.items() if title not in shared}, shared


def _lacks(document: Document, key: str) -> bool:
    is_rule = "filter" not in document.data and any(key in document.data for key in ("detection", "correlation"))
    return is_rule and document.data.get(key) is None


def _label(document: Document) -> str:
    name, title = (document.data.get(key) for key in ("name", "title"))
    return str(name or title or "")


def _derived_id(document: Document, is_shared: bool) -> str:
    content = [document.data.get(key) for key in _CONTENT] if is_shared else []
    return str(uuid5(_NAMESPACE, canonical_json([_label(document), *content])))


def _derived_name(document: Document, taken: Counter[str]) -> str:
    slug = _slug(document)
    if slug and taken[slug] == 1:
        return slug
    digest = hashlib.sha256(str(document.data.get("id")).lower().encode()).hexdigest()[:8]
    return f"{slug[: _MAX_NAME - 9] or 'rule'}_{digest}"


def _slug(document: Document) -> str:
    title = str(document.data.get("title") or "")
    return re.sub(r"[\W_]+", "_", title.casefold()).strip("_")[:_MAX_NAME]


def _with(document: Document, key: str, value: Any) -> Document:
    return replace(document, data={**document.data, key: value})
