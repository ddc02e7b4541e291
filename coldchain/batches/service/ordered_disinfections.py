"""A disinfection service enters what it did for an order, and issues its certificate (消毒证明) in the same act.

Record and certificate stay two things (R1): the record is judged by the protocols, the certificate is a paper among the
others. A treatment that meets no protocol is recorded and gets no certificate. The certificate's file is drawn by a
higher room, which adds itself to `drawers` when the app is made; it is kept by hash like every paper that is handed in.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Evidence
from coldchain.batches.models_disinfection import OrderedDisinfection
from coldchain.batches.service import disinfection_orders, disinfections, evidence, targets
from coldchain.core import check_code, clock
from coldchain.core.errors import Conflict, FieldError, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.core.stored_files import StoredFile
from coldchain.registry.models import Business

KIND: Final = "disinfection"
NUMBER_SYMBOLS: Final = 5


@dataclass(frozen=True)
class Certificate:
    """What stands on a certificate."""

    evidence_id: UUID
    number: str
    issued_on: date
    valid_to: date | None
    service: str
    service_uscc: str | None
    customer: str
    site: str
    treatment: Mapping[str, Any]
    goods: Sequence[Mapping[str, Any]]
    printed_at: datetime


class Drawer(Protocol):
    """What the room of labels supplies: the file of a certificate."""

    def __call__(self, certificate: Certificate) -> bytes:
        """Return a certificate as a PDF."""


drawers: list[Drawer] = []


def enter(
    session: Session,
    actor: Actor,
    order_id: UUID,
    *,
    certificate: bool,
    certificate_no: str | None = None,
    valid_to: date | None = None,
    var_dir: Path | None = None,
    **told: Any,
) -> dict[str, Any]:
    """Enter what the actor's business did for an order, with a certificate when it is wanted and a protocol is met.

    Who did it is the service itself. The certificate is numbered by the program unless a number is given; it is issued
    on the day of the treatment. Raises what entering a record raises, Conflict `order_withdrawn`, `not_active`, Invalid
    `needs_certificate`, `before_issue`, NotFound, Forbidden.
    """
    order = disinfection_orders.locked(session, actor, order_id, to_do=True)
    if disinfection_orders.state_of(session, order_id) == "withdrawn":
        raise Conflict("This order was withdrawn.", code="order_withdrawn")
    service = session.get_one(Business, order.service_id)
    if not disinfection_orders.is_service(service):
        raise Conflict("This business is not an active disinfection service now.", code="not_active")
    given = {"certificate_no": certificate_no, "valid_to": valid_to}
    needless = [name for name, value in given.items() if value is not None and not certificate]
    if needless:
        words = "This belongs to a certificate, and none is asked for."
        raise Invalid(errors=[FieldError(f"/{name}", "needs_certificate", words) for name in needless])
    target = targets.named(session, arrival_id=order.arrival_id, batch_id=order.batch_id)
    record = disinfections.enter(session, actor, target, performed_by=service.name, order_id=order_id, **told)
    paper = None
    if certificate and record["protocol_state"] != "not_met":
        face = Certificate(
            evidence_id=new_id(),
            number=certificate_no or _number(record["occurred_at"]),
            issued_on=record["occurred_at"].astimezone(clock.BEIJING).date(),
            valid_to=valid_to,
            service=service.name,
            service_uscc=service.uscc,
            treatment=record,
            printed_at=clock.now(),
            **_about(disinfection_orders.describe(session, [order])[0]),
        )
        paper = _issue(session, actor, target, face, var_dir)
    act = OrderedDisinfection(
        disinfection_id=record["disinfection_id"],
        order_id=order_id,
        service_id=order.service_id,
        evidence_id=paper["evidence_id"] if paper else None,
    )
    session.add(act)
    session.flush()
    batches = (paper or record)["batches"]
    shown = {"evidence_id": paper["evidence_id"], "number": paper["number"]} if paper else None
    return record | {"certificate": shown, "batches": batches}


def _about(order: Mapping[str, Any]) -> dict[str, Any]:
    return {"customer": order["customer"].name, "site": order["site"]["name"], "goods": order["goods"]}


def _issue(
    session: Session, actor: Actor, target: targets.Target, face: Certificate, var_dir: Path | None
) -> dict[str, Any]:
    """Enter the certificate as a paper of the goods, with its file where somebody draws one."""
    return evidence.enter(
        session,
        actor,
        target,
        kind=KIND,
        number=face.number,
        issuer=face.service,
        issued_on=face.issued_on,
        valid_to=face.valid_to,
        content=drawers[0](face) if drawers and var_dir is not None else None,
        var_dir=var_dir,
        evidence_id=face.evidence_id,
    )


def _number(moment: datetime) -> str:
    """Return a certificate's number: the day of the treatment in Beijing, random symbols that people can read out."""
    symbols = "".join(secrets.choice(check_code.ALPHABET) for _ in range(NUMBER_SYMBOLS))
    return f"XD{moment.astimezone(clock.BEIJING):%y%m%d}-{symbols}"


def file(session: Session, actor: Actor, order_id: UUID, disinfection_id: UUID) -> StoredFile:
    """Return the row of a certificate's file, to the service and to whoever made or oversees the order.

    Raises NotFound (`no_file` where none was issued or drawn), Forbidden.
    """
    disinfection_orders.find(session, actor, order_id)
    row = session.exec(
        select(StoredFile)
        .join(Evidence, col(Evidence.file_id) == col(StoredFile.file_id))
        .join(OrderedDisinfection, col(OrderedDisinfection.evidence_id) == col(Evidence.evidence_id))
        .where(
            col(OrderedDisinfection.order_id) == order_id, col(OrderedDisinfection.disinfection_id) == disinfection_id
        )
    ).first()
    if row is None:
        raise NotFound("There is no certificate of this.", code="no_file")
    return row
