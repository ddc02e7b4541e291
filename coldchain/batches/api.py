"""Arrivals, batches, evidence, tests and the gate at the API."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import schemas, service
from coldchain.core.edge import Blueprint, edge

blp = Blueprint("batches", __name__, url_prefix="/api/v1", description="Arrivals, batches, evidence, tests, the gate")


@blp.route("/arrivals", methods=["POST"])
@blp.arguments(schemas.ArrivalRegistrationSchema)
@edge("arrival.register")
@blp.response(201, schemas.ArrivalSchema)
def create_arrival(session: Session, actor: Actor, data: dict[str, Any]) -> Any:
    """Enter an arrival; every line becomes a batch."""
    return service.read_arrival(session, actor, service.register_arrival(session, actor, **data))


@blp.route("/arrivals")
@blp.arguments(schemas.ArrivalQuery, location="query")
@edge("arrival.read")
@blp.response(200, schemas.ArrivalPage)
def list_arrivals(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List arrivals, newest first."""
    items, following = service.search_arrivals(session, actor, **query)
    return {"items": items, "next": following}


@blp.route("/arrivals/<uuid:arrival_id>")
@edge("arrival.read")
@blp.response(200, schemas.ArrivalSchema)
def get_arrival(session: Session, actor: Actor, arrival_id: UUID) -> Any:
    """Return an arrival with its papers."""
    return service.read_arrival(session, actor, arrival_id)


@blp.route("/arrivals/<uuid:arrival_id>/disinfections", methods=["POST"])
@blp.arguments(schemas.DisinfectionRegistrationSchema)
@edge("evidence.register")
@blp.response(201, schemas.DisinfectionSchema)
def create_arrival_disinfection(session: Session, actor: Actor, data: dict[str, Any], arrival_id: UUID) -> Any:
    """Enter a disinfection of all batches of an arrival."""
    return service.register_disinfection(session, actor, arrival_id=arrival_id, **data)


@blp.route("/batches/<uuid:batch_id>/disinfections", methods=["POST"])
@blp.arguments(schemas.DisinfectionRegistrationSchema)
@edge("evidence.register")
@blp.response(201, schemas.DisinfectionSchema)
def create_batch_disinfection(session: Session, actor: Actor, data: dict[str, Any], batch_id: UUID) -> Any:
    """Enter a disinfection of one batch or of some of its pieces."""
    return service.register_disinfection(session, actor, batch_id=batch_id, **data)


@blp.route("/tubes", methods=["POST"])
@blp.arguments(schemas.TubeRegistrationSchema)
@edge("tube.register")
@blp.response(201, schemas.TubeSchema)
def create_tube(session: Session, actor: Actor, data: dict[str, Any]) -> Any:
    """Enter a tube and what went into it."""
    return service.register_tube(session, actor, **data)


@blp.route("/tubes")
@blp.arguments(schemas.TubeQuery, location="query")
@edge("tube.read")
@blp.response(200, schemas.TubePage)
def list_tubes(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List tubes, newest first: a laboratory's own, an officer's region's."""
    items, following = service.search_tubes(session, actor, **query)
    return {"items": items, "next": following}


@blp.route("/tubes/<uuid:tube_id>")
@edge("tube.read")
@blp.response(200, schemas.TubeSchema)
def get_tube(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Return a tube with its samples and results."""
    return service.read_tube(session, actor, tube_id)


@blp.route("/batches")
@blp.arguments(schemas.BatchQuery, location="query")
@edge("batch.read")
@blp.response(200, schemas.BatchPage)
def list_batches(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List batches, newest first."""
    items, following = service.search_batches(session, actor, **query)
    return {"items": items, "next": following}


@blp.route("/batches/<uuid:batch_id>")
@edge("batch.read")
@blp.response(200, schemas.BatchSchema)
def get_batch(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """Return a batch with its papers, holds and stock."""
    return service.read_batch(session, actor, batch_id)


@blp.route("/batches/<uuid:batch_id>/gate")
@blp.arguments(schemas.GateQuery, location="query")
@edge("batch.read")
@blp.response(200, schemas.GateSchema)
def get_gate(session: Session, actor: Actor, query: dict[str, Any], batch_id: UUID) -> Any:
    """Say whether a batch may leave, and if not, what is missing and what to do next."""
    return service.read_gate(session, actor, batch_id, **query)
