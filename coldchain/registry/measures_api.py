"""Routes of measures of authorities: suspended imports, lock-downs, the white list, circuit breakers (R18)."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.registry.measures_schemas import (
    MeasureChangeSchema,
    MeasureLiftSchema,
    MeasureListSchema,
    MeasureQuery,
    MeasureReadSchema,
    MeasureSchema,
    NewMeasureSchema,
    SuggestionQuery,
    SuggestionSchema,
)
from coldchain.registry.service import measures

blp = Blueprint("measures", __name__, url_prefix="/api/v1", description="Measures of authorities with place and dates")


@blp.route("/measures", methods=["POST"])
@blp.arguments(NewMeasureSchema)
@edge("measure.record")
@blp.response(201, MeasureSchema)
def record_measure(session: Session, actor: Actor, data: dict[str, Any]) -> Any:
    """Record a measure for your area: imports of a plant suspended, a lock-down, a white list entry, a stop."""
    return measures.record(session, actor, **data)


@blp.route("/measures")
@blp.arguments(MeasureQuery, location="query")
@edge("measure.read")
@blp.response(200, MeasureListSchema)
def list_measures(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List measures, newest first, each in its newest version."""
    rows, following = measures.search(session, actor, **query)
    return {"items": rows, "next": following}


@blp.route("/measures/<uuid:measure_id>")
@edge("measure.read")
@blp.response(200, MeasureReadSchema)
def read_measure(session: Session, actor: Actor, measure_id: UUID) -> Any:
    """Read a measure with its former versions."""
    return measures.read(session, actor, measure_id)


@blp.route("/measures/<uuid:measure_id>/change", methods=["POST"])
@blp.arguments(MeasureChangeSchema)
@edge("measure.record")
@blp.response(200, MeasureSchema)
def change_measure(session: Session, actor: Actor, data: dict[str, Any], measure_id: UUID) -> Any:
    """Add a version with other dates or words; 409 `newer_version`, `wrong_state` for one that was lifted."""
    return measures.change(session, actor, measure_id, **data)


@blp.route("/measures/<uuid:measure_id>/lift", methods=["POST"])
@blp.arguments(MeasureLiftSchema)
@edge("measure.record")
@blp.response(200, MeasureSchema)
def lift_measure(session: Session, actor: Actor, data: dict[str, Any], measure_id: UUID) -> Any:
    """Lift a measure from now on, or say that it never held; 409 `newer_version`, `wrong_state`."""
    return measures.lift(session, actor, measure_id, **data)


@blp.route("/producers/<uuid:producer_id>/suspension-suggestion")
@blp.arguments(SuggestionQuery, location="query")
@edge("measure.read")
@blp.response(200, SuggestionSchema)
def suggest_suspension(session: Session, _actor: Actor, query: dict[str, Any], producer_id: UUID) -> Any:
    """Say how long imports of a plant are suspended after its next positive, by the rule book and earlier ones."""
    return measures.suggestion(session, producer_id, query["starts_on"])
