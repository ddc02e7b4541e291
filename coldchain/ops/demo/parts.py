"""What every event of the demonstration can do: name earlier things, and give the arguments of its request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

Resolve = Callable[[str, str], Any]


def ref(kind: str) -> Any:
    """Return a field that names a thing of `kind` made earlier."""
    return field(metadata={"ref": kind})


def maybe(kind: str) -> Any:
    """Return a field that names a thing of `kind` made earlier, or nothing."""
    return field(default=None, metadata={"ref": kind})


class Part:
    """A piece of a request; also the base of events."""

    __slots__ = ()

    def references(self) -> Iterator[tuple[str, str]]:
        """Yield (kind, key) of every earlier thing that this names, in the order of its fields."""
        for _name, kind, value in _members(self):
            values = value if isinstance(value, tuple) else (value,)
            for one in values:
                if isinstance(one, Part):
                    yield from one.references()
                elif kind is not None:
                    yield kind, one

    def arguments(self, resolve: Resolve) -> dict[str, Any]:
        """Return the request's fields with references resolved, without those that are left out."""
        return {name: _resolved(value, kind, resolve) for name, kind, value in _members(self)}


def _members(part: Part) -> Iterator[tuple[str, str | None, Any]]:
    """Yield name, kind of reference and value of each field that is part of the request and not left out."""
    for member in fields(part):  # type: ignore[arg-type]
        value = getattr(part, member.name)
        if value is not None and not member.metadata.get("envelope"):
            yield member.name, member.metadata.get("ref"), value


def _resolved(value: Any, kind: str | None, resolve: Resolve) -> Any:
    """Return a field's value as a service takes it: lists for tuples, dicts for parts, identifiers for keys."""
    if isinstance(value, tuple):
        return [_resolved(one, kind, resolve) for one in value]
    if isinstance(value, Part):
        return value.arguments(resolve)
    return value if kind is None else resolve(kind, value)


@dataclass(frozen=True, kw_only=True)
class Event(Part):
    """Something that an account does; `at` is when the books learn it (`recorded_at`), Beijing time."""

    makes: ClassVar[str | None] = None

    at: datetime = field(metadata={"envelope": True})
    by: str = field(metadata={"envelope": True})
    key: str | None = field(default=None, metadata={"envelope": True})
