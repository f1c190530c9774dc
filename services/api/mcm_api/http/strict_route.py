"""Routes that check the scope, and refuse unknown query parameters and values that only Python reads as integers."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from typing import Any, ClassVar, Final, get_args

from fastapi import Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import ParamTypes
from fastapi.routing import APIRoute
from starlette.convertors import PathConvertor, register_url_convertor

from mcm_api.http.problems import ProblemError, ProblemItem, invalid
from mcm_api.identity.identity import identity_of
from mcm_api.identity.scopes import MEANINGS, Scope, concerns_all_sources, declared_scope, is_unrestricted
from mcm_shared.suggestions import did_you_mean

_INTEGER: Final = re.compile(r"-?[0-9]+", re.ASCII)


class TextConvertor(PathConvertor):
    """Path parameter of any text: with slashes, as ``path``, and with line breaks."""

    regex = "(?s:.*)"


register_url_convertor("text", TextConvertor())


class StrictRoute(APIRoute):
    """A route of an operation that declares its scope.

    It refuses identities without the scope, and query parameters that are unknown, given twice where one is meant, or
    hold NUL. Raises TypeError for an operation without a scope, or whose body FastAPI would read without limits.
    """

    checks_query: ClassVar[bool] = True

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Puts the checks of the scope and of the query's names before the route's own handling."""
        handle = super().get_route_handler()
        scope = declared_scope(self.openapi_extra)
        if scope is None:
            raise TypeError(f"{self.path} declares no scope; add openapi_extra=requires(Scope.…) to the route")
        if self.body_field is not None:
            raise TypeError(f"{self.path} takes its body as a parameter; read it by read_model, within the limits")
        unrestricted, all_sources = is_unrestricted(self.openapi_extra), concerns_all_sources(self.openapi_extra)
        # the fields of a query model carry no place of their own
        fields = [
            field
            for field in get_flat_params(self.dependant)
            if getattr(field.field_info, "in_", ParamTypes.query) is ParamTypes.query
        ]
        known = [field.alias for field in fields]
        integers = {
            field.alias for field in get_flat_params(self.dependant) if _is_integer(field.field_info.annotation)
        }
        repeatable = {field.alias for field in fields if _takes_many(field.field_info.annotation)}

        async def handle_strictly(request: Request) -> Response:
            _authorize(request, scope, unrestricted=unrestricted, all_sources=all_sources)
            errors = _wrong_names(request, known, repeatable) or _wrong_integers(request, integers)
            if errors and self.checks_query:
                raise invalid(errors[0].reason, errors)
            return await handle(request)

        return handle_strictly


def _authorize(request: Request, scope: Scope, *, unrestricted: bool, all_sources: bool) -> None:
    if scope is Scope.PUBLIC:
        return
    identity = identity_of(request)
    if identity is None:
        raise ProblemError(401, "Log in, or send an API token in the header `Authorization: Bearer …`.")
    restriction = identity.restriction
    if (unrestricted and not restriction.is_none) or (all_sources and restriction.sources is not None):
        # no scope is missing that a role could add
        raise ProblemError(403, "This operation concerns all sources, and your access is restricted.")
    require_scope(request, scope)


def require_scope(request: Request, scope: Scope) -> None:
    """Raises ProblemError 403, naming the scope, when the identity of the request does not hold it."""
    identity = identity_of(request)
    if identity is None or not identity.has(scope):
        raise ProblemError(
            403,
            f"This needs the scope {scope.value} ({MEANINGS[scope].lower()}), which your access does not have.",
            extra={"missing_scope": scope.value},
        )


def _is_integer(annotation: Any) -> bool:
    return annotation is int or int in get_args(annotation)


def _wrong_integers(request: Request, names: Collection[str]) -> list[ProblemItem]:
    # Python reads 1_000, "+1" and " 1" as integers, which no client means
    given = [*request.path_params.items(), *request.query_params.multi_items()]
    return [
        ProblemItem(parameter=name, reason="must be an integer, such as 17")
        for name, value in given
        if name in names and not _INTEGER.fullmatch(str(value))
    ]


def _takes_many(annotation: Any) -> bool:
    return "list[" in str(annotation)


def _wrong_names(request: Request, known: list[str], repeatable: set[str]) -> list[ProblemItem]:
    given = request.query_params.multi_items()
    times = Counter(name for name, _ in given)
    errors = [ProblemItem(parameter=name[:100], reason=_unknown(name, known)) for name in times if name not in known]
    errors += [
        ProblemItem(parameter=name, reason=f"{name} is given {count} times; give it once")
        for name, count in times.items()
        if count > 1 and name in known and name not in repeatable
    ]
    errors += [
        ProblemItem(parameter=name, reason=f"{name} holds a NUL character")
        for name, value in given
        if name in known and "\x00" in value
    ]
    return errors[:20]


def _unknown(name: str, known: list[str]) -> str:
    shown = name[:100]
    if not known:
        return f"There is no query parameter {shown!r}; this address takes none."
    return f"There is no query parameter {shown!r}{did_you_mean(name, known) or '.'} Known: {', '.join(known)}."
