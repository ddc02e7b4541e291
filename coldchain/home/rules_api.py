"""Routes of the rule book: evidence policies, disinfection protocols and figures as versioned rows (R1, R7)."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.home import rules
from coldchain.home.rules_schemas import (
    EvidencePolicyListSchema,
    FigureListSchema,
    NewEvidencePolicySchema,
    NewFigureSchema,
    NewProtocolSchema,
    PreviewEvidencePolicySchema,
    ProtocolListSchema,
    RulePreviewSchema,
    RuleQuery,
    SavedRuleSchema,
)
from coldchain.policy import rulebook

blp = Blueprint("rules", __name__, url_prefix="/api/v1/rules", description="The rule book: versioned rows as data")


@blp.route("/evidence-policies")
@blp.arguments(RuleQuery, location="query")
@edge("rules.read")
@blp.response(200, EvidencePolicyListSchema)
def list_policies(session: Session, _actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List every version of the evidence policies, the last entered first."""
    return rules.listed(rulebook.policies(session), "policy_id", **query)


@blp.route("/evidence-policies", methods=["POST"])
@blp.arguments(NewEvidencePolicySchema)
@edge("rules.change")
@blp.response(201, SavedRuleSchema)
def add_policy(session: Session, actor: Actor, data: dict[str, Any]) -> rulebook.Saved:
    """Add a version of an evidence policy; 409 `newer_version` when another came first, `rule_exists`."""
    return rulebook.save_policy(session, actor, **data)


@blp.route("/evidence-policies/preview", methods=["POST"])
@blp.arguments(PreviewEvidencePolicySchema)
@edge("rules.change")
@blp.response(200, RulePreviewSchema)
def preview_policy(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Say which batches in stock a version would judge otherwise; nothing is added."""
    return rules.described(rules.what_changes(session, actor, **data))


@blp.route("/disinfection-protocols")
@blp.arguments(RuleQuery, location="query")
@edge("rules.read")
@blp.response(200, ProtocolListSchema)
def list_protocols(session: Session, _actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List every version of the disinfection protocols, the last entered first."""
    return rules.listed(rulebook.protocols(session), "protocol_id", **query)


@blp.route("/disinfection-protocols", methods=["POST"])
@blp.arguments(NewProtocolSchema)
@edge("rules.change")
@blp.response(201, SavedRuleSchema)
def add_protocol(session: Session, actor: Actor, data: dict[str, Any]) -> rulebook.Saved:
    """Add a version of a disinfection protocol; records judged before stay as they were judged."""
    return rulebook.save_protocol(session, actor, **data)


@blp.route("/figures")
@blp.arguments(RuleQuery, location="query")
@edge("rules.read")
@blp.response(200, FigureListSchema)
def list_figures(session: Session, _actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List every row of the figures of the rules, sampling plans among them, the last entered first."""
    return rules.listed(rulebook.parameters(session), "parameter_id", by="name", **query)


@blp.route("/figures", methods=["POST"])
@blp.arguments(NewFigureSchema)
@edge("rules.change")
@blp.response(201, SavedRuleSchema)
def add_figure(session: Session, actor: Actor, data: dict[str, Any]) -> rulebook.Saved:
    """Add a figure of the rules from a day on; 409 `newer_version`, 422 `wrong_shape`."""
    return rulebook.save_parameter(session, actor, **data)
