"""Who and what shares a tube: a positive pool is no positive of each, until its re-check tells which.

Pure: no database, no framework.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

KINDS: Final = ("worker_id", "zone_id", "vehicle_plate", "unlisted", "batch_id")


def shared(samples: Iterable[Any]) -> tuple[str, ...]:
    """Return the kind of each that shares a tube; empty for a single one, and for goods alone, whose locks say it."""
    each = dict.fromkeys(_subject(sample) for sample in samples)
    kinds = tuple(kind for kind, _value in each)
    return kinds if len(kinds) > 1 and set(kinds) != {"batch_id"} else ()


def _subject(sample: Any) -> tuple[str, Any]:
    """Return what a sample is of, of a row or of a dict that describes it."""
    if isinstance(sample, Mapping):
        inner = {name: sample[name[:-3]][name] for name in ("worker_id", "batch_id") if sample[name[:-3]]}
        sample = {**sample, **inner}
        return next(((name, sample[name]) for name in KINDS if sample.get(name)), ("", None))
    return next(((name, getattr(sample, name)) for name in KINDS if getattr(sample, name)), ("", None))
