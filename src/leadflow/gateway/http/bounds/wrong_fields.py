"""What is wrong with the fields of a body, each by its name; the values are not repeated."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from leadflow.conditions.problems import nearest
from leadflow.refusals import in_words

LONGEST_NAME = 100
# To look for what is nearest to a name takes as long as to read some leads.
MOST_NEAREST = 100
NO_SUCH = "there is no such field"


class WrongFields:
    """Says of each field that pydantic found wrong, in words, why.

    ``body`` is the type that was to be read, by which a name that is none of it has its nearest;
    ``above``: how many parts of each place lie above that type, such as ``body``.
    """

    def __init__(self, body: Any, above: int = 0) -> None:
        self._body, self._above, self._left = body, above, MOST_NEAREST

    def of(self, faults: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
        """The fields of one thing."""
        return [self._wrong(fault, tuple(fault["loc"][self._above :])) for fault in faults]

    def _wrong(self, fault: Mapping[str, Any], place: tuple[int | str, ...]) -> dict[str, str]:
        said = in_words(fault)
        if fault["type"] == "extra_forbidden":
            *before, last = place
            name = str(last)[:LONGEST_NAME]
            place, said = (*before, name), f"{NO_SUCH}{self._nearest(name, before)}"
        return {"field": ".".join(map(str, place)) or "body", "problem": said.rstrip(".")}

    def _nearest(self, name: str, before: Iterable[int | str]) -> str:
        if self._left == 0:
            return ""
        self._left -= 1
        known = _fields_at(self._body, before)
        return f". {nearest(name, known)}" if known else ""


def to_correct(wrong: Sequence[Mapping[str, str]]) -> str:
    """A sentence that names the fields."""
    unknown = [one["field"] for one in wrong if one["problem"].startswith(NO_SUCH)]
    names = [one["field"] for one in wrong if one["field"] not in unknown]
    said = f"Correct and send again: {', '.join(dict.fromkeys(names or unknown))}."
    return f"{said} Leave out: {', '.join(dict.fromkeys(unknown))}." if names and unknown else said


def body_of(request: Request) -> Any:
    """The type of the body that the address of a request takes; None where it takes none."""
    route = request.scope.get("route")
    field = route.body_field if isinstance(route, APIRoute) else None
    return None if field is None else field.field_info.annotation


def _fields_at(kind: Any, place: Iterable[int | str]) -> Collection[str]:
    """The names that an object has at a place within a type; none where that is not known."""
    kinds = [kind]
    for part in place:
        inside = [found for one in kinds for found in _inside(one, part)]
        # Where a type is one of several, pydantic names the one it tried in a part of its own.
        kinds = inside or kinds
    models = [one for kind in kinds for one in _each(kind) if _is_model(one)]
    return [name for model in models for name in _named(model)]


def _inside(kind: Any, part: int | str) -> Iterator[Any]:
    for one in _each(kind):
        if _is_model(one):
            if part in (fields := _named(one)):
                yield fields[str(part)]
            elif part == one.__name__:
                yield one
        elif isinstance(part, int) == (get_origin(one) is not dict):
            yield from get_args(one)[-1:]


def _each(kind: Any) -> Iterator[Any]:
    """The types that a type may be."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _each(get_args(kind)[0])
    elif origin in (Union, UnionType):
        for one in get_args(kind):
            yield from _each(one)
    else:
        yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _named(model: type[BaseModel]) -> dict[str, Any]:
    return {one.alias or name: one.annotation for name, one in model.model_fields.items()}
