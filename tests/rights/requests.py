"""What is sent to each route about a case: path, query, body. A new route that changes something is added here.

A body has to be so well-formed that the rights decide: `test_authorization` says which route was never let through.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Flask

from coldchain.core import clock, edge
from coldchain.core.page_forms import filled
from tests.factories.world import uscc
from tests.journeys.contract_handover import photograph
from tests.rights.realm import (
    DAY,
    Case,
    Realm,
    decision_body,
    disinfection,
    dispatch_body,
    finding_body,
    goods_body,
    made_body,
    recall_body,
    result_body,
    tube_body,
    visit_body,
)

Body = Callable[[Case], dict[str, Any]]
# Numbers about the program itself, with doors of their own: tests/ops/test_health.py.
NOT_ASKED = {"/metrics", "/readyz", "/healthz", "/api/v1/openapi.json", "/api/v1/docs", "/static/<path:filename>"}


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    rule: str
    endpoint: str
    permission: str
    arguments: frozenset[str]

    @property
    def name(self) -> str:
        """Return how the route is listed."""
        return f"{self.method} {self.rule}"

    @property
    def is_api(self) -> bool:
        """Say whether a program calls it."""
        return self.rule.startswith("/api/")


def routes(app: Flask) -> list[Route]:
    """Return every method of every address of the program, by address."""
    found = []
    for rule in (rule for rule in app.url_map.iter_rules() if rule.rule not in NOT_ASKED):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            permission = edge.permission_of(app, rule.endpoint) or ""
            found.append(Route(method, rule.rule, rule.endpoint, permission, frozenset(rule.arguments)))
    return sorted(found, key=lambda route: (not route.is_api, route.rule, route.method))


# --- path parameters: by name, or by address where a name means several things ---

PARAMETERS: dict[str, str] = {
    "arrival_id": "arrival_id", "batch_id": "batch_id", "business": "business", "consignment_id": "consignment_id",
    "flag_id": "flag_id", "index": "index", "run_id": "run_id", "producer_id": "producer_id",
    "product_id": "product_id", "recall_id": "recall_id", "site_id": "site_id", "task_id": "task_id",
    "tube_id": "tube_id", "evidence_id": "evidence_id",
    "finding_id": "finding_id", "result_id": "result_id", "consent_id": "consent_id",
    "assignment_id": "assignment_id",
    "request_id": "request_id",
    "order_id": "order_id", "disinfection_id": "disinfection_id",
    "device_id": "device_id",
    "invitation_id": "invitation_id",
    "office_id": "office_id", "grid_id": "grid_id", "personal_id": "personal_id", "key_id": "key_id",
    "decision_id": "decision_id", "photo_id": "photo_id", "visit_id": "visit_id",
    "session_id": "session_id", "username": "username", "voucher_id": "voucher_id", "worker_id": "worker_id",
    "measure_id": "measure_id",
    "import_id": "import_id",
    "letter_id": "letter_id", "card_no": "card_no",
    "venue_id": "venue_id", "steward_id": "steward_id",
    "licence_id": "licence_id", "contact_id": "contact_id", "appeal_id": "appeal_id",
}  # fmt: skip
AT_ADDRESS: dict[tuple[str, str], str] = {
    ("/accounts/<string:username>/assignments", "username"): "officer",
    ("/accounts/<string:username>/assignments/<uuid:assignment_id>/end", "username"): "officer",
    ("/api/v1/accounts/<string:username>/assignments", "username"): "officer",
    ("/api/v1/accounts/<string:username>/assignments/<uuid:assignment_id>/end", "username"): "officer",
    ("/api/v1/businesses/<string:business>/merge", "business"): "found_id",
    ("/businesses/<string:business>/merge", "business"): "found_id",
    ("/api/v1/businesses/<string:business>/duplicates/", "other"): "found_id",
    ("/businesses/<string:business>/duplicates/", "other"): "found_id",
    ("/api/v1/businesses/<string:business>/photo", "business"): "found_id",
    ("/businesses/<string:business>/photo", "business"): "found_id",
    ("/producers/<uuid:producer_id>/merge/<uuid:into>", "into"): "other_producer_id",
    ("/products/<uuid:product_id>/merge/<uuid:into>", "into"): "other_product_id",
    ("/sweep-tasks/<uuid:task_id>/provisional", "task_id"): "foot_id",
    ("/people/", "username"): "person",
    ("/api/v1/people/", "username"): "person",  # (beginning of the address, parameter) → of the case
    ("/api/v1/journal/", "entry_id"): "journal_id",
    ("/journal/", "entry_id"): "journal_id",
    ("/findings/", "finding_id"): "site_finding_id",
    ("/api/v1/findings/", "finding_id"): "site_finding_id",
    ("/api/v1/sweep-tasks/", "photo_id"): "sweep_photo_id",
    ("/api/v1/decisions/", "photo_id"): "report_photo_id",
    ("/stock-entries/", "entry_id"): "entry_id",
    ("/api/v1/stock-entries/", "entry_id"): "entry_id",
    ("/api/v1/recalls/<uuid:recall_id>/announce", "recall_id"): "draft_id",
    ("/recalls/<uuid:recall_id>/announce", "recall_id"): "draft_id",
    ("/api/v1/tubes/<uuid:tube_id>/results", "tube_id"): "open_tube_id",
    ("/tubes/<uuid:tube_id>/results/new", "tube_id"): "open_tube_id",
    ("/api/v1/arrivals/<uuid:arrival_id>/intake", "arrival_id"): "declared_id",
    ("/api/v1/arrivals/<uuid:arrival_id>/withdraw", "arrival_id"): "declared_id",
    ("/arrivals/<uuid:arrival_id>/intake", "arrival_id"): "declared_id",
    ("/arrivals/<uuid:arrival_id>/withdraw", "arrival_id"): "declared_id",
    ("/api/v1/tubes/<uuid:tube_id>/release", "tube_id"): "positive_tube_id",
    ("/tubes/<uuid:tube_id>/release", "tube_id"): "positive_tube_id",
    ("/tubes/<uuid:tube_id>/positive", "tube_id"): "positive_tube_id",
    ("/api/v1/tubes/<uuid:tube_id>/results/<uuid:result_id>/confirm", "tube_id"): "entered_tube_id",
    ("/api/v1/tubes/<uuid:tube_id>/results/<uuid:result_id>/confirm", "result_id"): "entered_id",
    ("/tubes/<uuid:tube_id>/results/<uuid:result_id>/confirm", "tube_id"): "entered_tube_id",
    ("/tubes/<uuid:tube_id>/results/<uuid:result_id>/confirm", "result_id"): "entered_id",
    ("/api/v1/tubes/<uuid:tube_id>/results/<uuid:result_id>/photo", "tube_id"): "entered_tube_id",
    ("/api/v1/tubes/<uuid:tube_id>/results/<uuid:result_id>/photo", "result_id"): "entered_id",
    ("/stock-entries/<uuid:entry_id>/made", "entry_id"): "made_id",
    ("/api/v1/disinfection-orders/<uuid:order_id>/withdraw", "order_id"): "open_order_id",
    ("/disinfection-orders/<uuid:order_id>/withdraw", "order_id"): "open_order_id",
    ("/api/v1/codes/", "code"): "batch_code",
    ("/D/", "number"): "consignment_no",
    ("/C/", "code"): "batch_code",
    ("/api/v1/signs/", "code"): "sign_code",
    ("/api/v1/regions/", "code"): "region",
    ("/regions/", "code"): "region",
    ("/rules/", "code"): "rule_code",
}
FIXED = {
    "path": "policies", "decision": "suspend", "page": 1, "secret": "nothing", "filename": "css/coldchain.css",
    "kind": "arrivals",
}  # fmt: skip


def parameter(route: Route, name: str, case: Case) -> Any:
    """Return what stands for a path parameter. Raises KeyError when nothing is listed for it."""
    fits = [start for start, wanted in AT_ADDRESS if wanted == name and route.rule.startswith(start)]
    fits = [start for start in fits if start.endswith("/") or start == route.rule]
    if fits:
        return case.ids[AT_ADDRESS[max(fits, key=len), name]]
    return case.ids[PARAMETERS[name]] if name in PARAMETERS else FIXED[name]


# --- queries that a list needs ---

QUERIES: dict[str, Body] = {
    "GET /api/v1/search": lambda of: {"q": of.ids["batch_code"]},
    "GET /search": lambda of: {"q": of.ids["batch_code"]},
    "GET /consignments/goods": lambda of: {
        "zone_id": of.ids["zone_id"], "owner": of.owner["business_id"], "_lines-0-find": of.ids["batch_code"]
    },
    "GET /holders": lambda of: {"criterion-series": of.ids["series"]},
    "GET /slips/new": lambda of: {"business": of.owner["business_id"]},
    "GET /scan": lambda of: {"code": of.ids["batch_code"]},
    "GET /api/v1/producers/<uuid:producer_id>/suspension-suggestion": lambda of: {"starts_on": "2021-02-01"},
    "GET /api/v1/businesses/<string:business>/merge": lambda of: {"into": of.owner["uscc"]},
    "GET /businesses/<string:business>/merge": lambda of: {"into": of.owner["uscc"]},
    "GET /workers/new": lambda of: {"business": of.owner["business_id"]},
    "GET /visits/new": lambda of: {"batch": of.ids["batch_id"]},
    "GET /decisions/new": lambda of: {"finding": of.ids["site_finding_id"]},
    "POST /api/v1/tube-results/file": lambda of: {"dry_run": "true"},
    "POST /api/v1/sheets/arrivals": lambda of: {"business": of.owner["business_id"]},
    "POST /api/v1/sheets/workers": lambda of: {"business": of.owner["business_id"]},
    "GET /catalogue/products": lambda of: {"_lines-0-find": "示例"},
    "GET /api/v1/journal/entries": lambda of: {"subject_id": of.ids["arrival_id"]},
    "GET /api/v1/journal/inclusion": lambda of: {"index": 1, "tree_size": 2},
    "GET /api/v1/journal/consistency": lambda of: {"first": 1, "second": 2},
}  # fmt: skip
QUERIES["GET /api/v1/stewards/lacking"] = lambda of: {"limit": 200}
for _list in (
    "arrivals", "batches", "businesses", "consignments", "flags", "label-runs", "recalls", "sites",
    "stock", "stock-entries", "tubes", "products", "producers", "workers", "disinfection-orders",
    "stock", "stock-entries", "tubes", "products", "producers", "workers", "findings", "decisions",
    "published-decisions",
):  # fmt: skip
    QUERIES.setdefault(f"GET /api/v1/{_list}", lambda of: {"limit": 200})

# --- lists: whether a case is in them is looked for by this text ---

LISTS: dict[str, str] = {
    "/api/v1/keys": "key_id",
    "/api/v1/sessions": "session_id",
    "/me": "key_id",
    "/api/v1/arrivals": "arrival_id", "/api/v1/backchecks": "batch_id", "/api/v1/batches": "batch_id",
    "/api/v1/businesses": "business", "/api/v1/consignments": "consignment_id", "/api/v1/flags": "flag_id",
    "/api/v1/journal/entries": "journal_id", "/api/v1/label-runs": "run_id", "/api/v1/recalls": "recall_id",
    "/api/v1/recalls/<uuid:recall_id>/tasks": "task_id", "/api/v1/recalls/<uuid:recall_id>/matches": "wanted_id",
    "/api/v1/sites": "site_id", "/api/v1/stock": "batch_id", "/api/v1/stock-entries": "entry_id",
    "/api/v1/tubes": "tube_id", "/api/v1/search": "batch_id", "/arrivals": "arrival_id", "/batches": "batch_id",
    "/businesses": "business", "/consignments": "consignment_id", "/flags": "flag_id", "/labels": "run_id",
    "/recalls": "recall_id", "/stock": "batch_id", "/stock-entries": "entry_id", "/tubes": "tube_id",
    "/assistance": "request_id", "/search": "batch_id", "/scan": "batch_id", "/backchecks": "batch_code",
    "/recalls/<uuid:recall_id>": "task_id", "/holders": "wanted_id", "/api/v1/workers": "worker_id",
    "/api/v1/disinfection-orders": "order_id", "/disinfection-orders": "order_id",
    "/api/v1/stewards/lacking": "site_id", "/stewards": "site_id",
    "/api/v1/findings": "site_finding_id", "/findings": "site_finding_id",
    "/api/v1/decisions": "decision_id", "/decisions": "decision_id",
}  # fmt: skip

# --- what everybody may look up, but only some see in full: whether this text is there tells ---

BRIEFLY: dict[str, str] = {
    "/api/v1/privacy/exports": "personal_id",
    "/api/v1/businesses": "phone", "/api/v1/businesses/<string:business>": "phone",
}  # fmt: skip

# --- bodies: what is sent to a route of the API, and as a form to its page ---


def again(of: Case) -> dict[str, Any]:
    """Return a line about the goods that the case's loss spoke of."""
    return {"reason": "改正", "lines": [{"batch_id": of.ids["batch_id"], "quantity_units": 5}]}


def arrival(of: Case) -> dict[str, Any]:
    """Return one more arrival of the case's owner at its site."""
    line = DAY | {"zone_id": of.ids["zone_id"], "product_id": of.ids["product_id"], "quantity_units": 6}
    return {
        "site_id": of.ids["site_id"], "owner": of.owner["business_id"], "entry_mode": "arrived",
        "arrived_at": "2021-01-18T06:40:00+08:00", "supplier": {"name": "示例"}, "container_no": "CSQU3054383",
        "seal_no": "HL1", "customs_declaration_no": "190120211000042871", "lines": [line],
    }  # fmt: skip


def open_lines(of: Case, units: int) -> list[dict[str, Any]]:
    """Return lines about units of the consignment of the case."""
    return [{"batch_id": of.ids["batch_id"], "quantity_units": units}]


def reason(_of: Case) -> dict[str, Any]:
    """Return a reason alone."""
    return {"reason": "示例原因"}


def paper(_of: Case) -> dict[str, Any]:
    """Return a paper."""
    number = "190120211000042871"
    return {"kind": "customs_declaration", "number": number, "issuer": "示例", "issued_on": "2021-01-17"}


def service_asked(of: Case) -> dict[str, Any]:
    """Return the service that the case's order asks already."""
    return {"service": of.ids["service"]}


def treated(_of: Case) -> dict[str, Any]:
    """Return what a disinfection service did, without a certificate, whose file takes long."""
    told = disinfection("示例") | {"certificate": False}
    del told["performed_by"]
    return told


def newcomer(_of: Case) -> dict[str, Any]:
    """Return the account of somebody who comes in."""
    return {"display_name": "新来的", "phone": "13700000001", "password": "a long enough one"}


def registration(of: Case) -> dict[str, Any]:
    """Return what a business says of itself when it corrects its registration."""
    return {
        "uscc": of.owner["uscc"], "name": of.owner["name"], "kinds": ["shop"], "handles_imported": False,
        "region_code": of.region, "legal_representative": "张示例", "phone": "13800000000", "address": "示例路1号",
    }  # fmt: skip


def nothing(_of: Case) -> dict[str, Any]:
    """Return nothing: it need not be said."""
    return {}


def measure(of: Case) -> dict[str, Any]:
    """Return an entry of the white list."""
    listed = {"kind": "white_list", "region_code": of.region, "business": of.owner["business_id"]}
    return listed | {"starts_on": "2021-01-01", "source": "示例名单"}


def rule(_of: Case) -> dict[str, Any]:
    """Return a new evidence policy."""
    return {
        "code": "example_rule", "based_on": 0, "name_zh": "示例", "name_en": "Example", "region_code": "370000",
        "imported": True, "valid_from": "2021-01-01", "evidence": [["nucleic_acid"]], "disinfection": "none",
        "testing": "none", "source": "示例通知",
    }  # fmt: skip


BODIES: dict[str, Body] = {
    "POST /measures": measure,
    "POST /measures/<uuid:measure_id>/change": lambda of: {"version": 1, "source": "示例名单二"},
    "POST /measures/<uuid:measure_id>/lift": lambda of: {"version": 1},
    "POST /rules/evidence-policies": rule,
    "POST /rules/evidence-policies/preview": rule,
    "POST /rules/disinfection-protocols": lambda of: {
        "code": "example_protocol", "based_on": 0, "name_zh": "示例", "name_en": "Example", "agent": "chlorine",
        "concentration_min_mg_per_l": 500, "contact_min": 30, "source": "示例通知",
    },
    "POST /rules/figures": lambda of: {
        "name": "pool_limit", "based_on": 1, "value": "10", "valid_from": "2021-01-01", "source": "示例通知"
    },
    "POST /accounts/<string:username>/reset-link": nothing,
    "POST /offices": lambda of: {"region_code": of.region, "name": "示例新所"},
    "POST /offices/<uuid:office_id>/change": lambda of: {"phone": "0452-0000000"},
    "POST /offices/<uuid:office_id>/end": nothing,
    "POST /offices/<uuid:office_id>/grids": lambda of: {"code": "NEW", "name": "新格"},
    "POST /grids/<uuid:grid_id>/change": lambda of: {"name": "又一格"},
    "POST /grids/<uuid:grid_id>/end": nothing,
    "POST /personal/<uuid:personal_id>/erase": reason,
    "POST /personal/erase": lambda of: {"person": of.ids["phone"], "reason": "本人要求"},
    "POST /privacy/exports": lambda of: {"person": of.ids["phone"], "reason": "本人要求"},
    "POST /accounts": lambda of: {
        "username": "new-officer", "display_name": "新示例", "role": "inspector", "region_code": of.region,
    },
    "POST /accounts/<string:username>/assignments": lambda of: {"region_code": "230204"},
    "POST /accounts/<string:username>/assignments/<uuid:assignment_id>/end": nothing,
    "POST /accounts/<string:username>/end": nothing,
    "POST /accounts/<string:username>/reopen": nothing,
    "POST /assistance/<uuid:request_id>/notes": lambda of: {"note": "示例"},
    "POST /assistance/<uuid:request_id>/take-over": nothing,
    "POST /businesses/<string:business>/resubmit": registration,
    "POST /businesses/<string:business>/correct": lambda of: {"phone": "13800000009", "reason": "示例"},
    "POST /devices/<uuid:device_id>/end": nothing,
    "POST /invitations": lambda of: {"business": of.owner["business_id"], "position": "clerk"},
    "POST /invitations/<uuid:invitation_id>/revoke": nothing,
    "POST /people/<string:username>/end": nothing,
    "POST /people/<string:username>/sites": lambda of: {"site_ids": [of.ids["own_site_id"]]},
    "POST /sweep-tasks/<uuid:task_id>/assign": lambda of: {"username": of.ids["assignee"]},
    "POST /keys": lambda of: {
        "label": "又一", "scopes": ["office.read"], "expires_at": (clock.now() + timedelta(days=9)).isoformat(),
    },
    "POST /keys/<uuid:key_id>/revoke": nothing,
    "POST /sessions/<uuid:session_id>/revoke": nothing,
    "POST /arrivals": arrival,
    "POST /arrivals/<uuid:arrival_id>/intake": nothing,
    "POST /arrivals/<uuid:arrival_id>/withdraw": reason,
    "POST /arrivals/<uuid:arrival_id>/corrections": lambda of: {"reason": "示例原因", "seal_no": "HL9"},
    "POST /arrivals/<uuid:arrival_id>/disinfections": lambda of: disinfection("示例"),
    "POST /arrivals/<uuid:arrival_id>/evidence": paper,
    "POST /arrivals/<uuid:arrival_id>/disinfection-orders": service_asked,
    "POST /batches/<uuid:batch_id>/disinfection-orders": service_asked,
    "POST /disinfection-orders/<uuid:order_id>/withdraw": nothing,
    "POST /disinfection-orders/<uuid:order_id>/disinfections": treated,
    "POST /batches/<uuid:batch_id>/disinfections": lambda of: disinfection("示例"),
    "POST /batches/<uuid:batch_id>/evidence": paper,
    "POST /batches/<uuid:batch_id>/label-runs": lambda of: {"level": "batch"},
    "POST /batches/<uuid:batch_id>/split": lambda of: {
        "piece_from": 90, "piece_to": 90, "zone_id": of.ids["zone_id"], "owner": of.owner["business_id"]
    },
    "POST /businesses": lambda of: {
        "uscc": uscc(900001), "name": "新示例", "kinds": ["shop"], "handles_imported": False,
        "region_code": of.region, "legal_representative": "张示例", "phone": "13800000000", "address": "示例路1号",
    },
    "POST /businesses/provisional": lambda of: {"name": "新示例摊", "region_code": of.region},
    "POST /businesses/<string:business>/duplicates/<string:other>/set-aside": lambda of: {"reason": "两家"},
    "POST /businesses/<string:business>/duplicates/<string:other>/take-back": lambda of: {},
    "POST /businesses/<string:business>/merge": lambda of: {"into": of.owner["uscc"]},
    "POST /businesses/<string:business>/licences": lambda of: {"number": "SC10412010600017", "valid_to": "2031-01-01"},
    "POST /licences/<uuid:licence_id>/end": nothing,
    "POST /businesses/<string:business>/contacts": lambda of: {
        "post": "店长", "name": "新示例", "phone": "13700000009",
    },
    "POST /contacts/<uuid:contact_id>/end": nothing,
    "POST /businesses/<string:business>/objections": lambda of: {"objection": "示例"},
    "POST /objections/<uuid:appeal_id>/answer": lambda of: {"outcome": "stands", "answer": "示例"},
    "POST /producers/<uuid:producer_id>/merge": lambda of: {"into": of.ids["other_producer_id"]},
    "POST /products/<uuid:product_id>/merge": lambda of: {"into": of.ids["other_product_id"]},
    "POST /businesses/<string:business>/approve": nothing,
    "POST /businesses/<string:business>/close": reason,
    "POST /businesses/<string:business>/commitment-letters": lambda of: {
        "version": "2021-01", "signed_by": "张示例", "signed_on": "2021-01-04"
    },
    "POST /businesses/<string:business>/reinstate": reason,
    "POST /businesses/<string:business>/reject": reason,
    "POST /businesses/<string:business>/standing-consents": lambda of: {"custodian": of.buyer["uscc"]},
    "POST /businesses/<string:business>/suspend": reason,
    "POST /consignments": lambda of: dispatch_body(of, 6),
    "POST /consignments/<uuid:consignment_id>/confirm": lambda of: {
        "zone_id": of.buyer["zone_id"], "lines": open_lines(of, 54)
    },
    "POST /consignments/<uuid:consignment_id>/dispute": lambda of: {"reason": "示例", "lines": open_lines(of, 6)},
    "POST /consignments/<uuid:consignment_id>/reject": reason,
    "POST /consignments/<uuid:consignment_id>/settle": lambda of: {
        "reason": "示例", "lines": [open_lines(of, 6)[0] | {"outcome": "lost"}]
    },
    "POST /destructions": lambda of: goods_body(of) | {"method": "incineration", "reason": "过期"},
    "POST /flags/<uuid:flag_id>/close": reason,
    "POST /visits": visit_body,
    "POST /findings/<uuid:finding_id>/answer": lambda of: {"text": "示例整改"},
    "POST /findings/<uuid:finding_id>/review": lambda of: {"outcome": "rectified"},
    "POST /decisions": lambda of: decision_body(of, of.ids["site_finding_id"], "又一"),
    "POST /decisions/<uuid:decision_id>/report": lambda of: {"text": "已整改"},
    "POST /decisions/<uuid:decision_id>/review": lambda of: {"outcome": "rectified"},
    "POST /decisions/<uuid:decision_id>/objection": lambda of: {"text": "示例异议"},
    "POST /decisions/<uuid:decision_id>/answer": lambda of: {"outcome": "lifted", "text": "示例撤销"},
    "POST /evidence/<uuid:evidence_id>/verify": nothing,
    "POST /evidence/<uuid:evidence_id>/refuse": reason,
    "POST /batches/<uuid:batch_id>/platform-codes": lambda of: {"platform": "national", "code": f"{of.mark}-G-1"},
    "POST /losses": lambda of: goods_body(of) | {"reason": "破损"},
    "POST /openings": lambda of: goods_body(of, 6),
    "POST /owner-changes": lambda of: goods_body(of) | {"to_owner": of.buyer["uscc"]},
    "POST /producers": lambda of: {"name": "新示例厂", "country": "BR", "plant_no": "SIF9001"},
    "POST /products": lambda of: {
        "producer_id": of.ids["producer_id"], "name": "新示例冻鸡", "category": "poultry", "origin_country": "BR",
        "ledger_unit": "unit", "units_per_piece": 6, "unit_mass_g": 2000, "imported": True,
    },
    "POST /recalls": lambda of: recall_body(of.ids["series"], "又一") | {
        "blanket": {"region_code": of.region, "site_kinds": ["shop"]}
    },
    "POST /recalls/<uuid:recall_id>/announce": nothing,
    "POST /recalls/<uuid:recall_id>/sample-results": lambda of: {
        "round": 1, "place": "示例市场", "pieces": 1, "state": "sent", "occurred_at": clock.now().isoformat()
    },
    "POST /recalls/<uuid:recall_id>/tasks": lambda of: {
        "name": "走访店", "address": "示例路3号", "region_code": of.region
    },
    "POST /recoveries": lambda of: goods_body(of) | {"from": "sold"},
    "POST /relocations": lambda of: goods_body(of) | {"to_zone_id": of.ids["spare_zone_id"]},
    "POST /returns": lambda of: goods_body(of) | {"to": {"name": "示例贸易"}, "reason": "退货"},
    "POST /sales": goods_body,
    "POST /sites": lambda of: {
        "business": of.owner["business_id"], "name": "新库", "kind": "cold_store", "region_code": of.region,
        "address": "示例路4号",
    },
    "POST /sites/<uuid:site_id>/zones": lambda of: {
        "code": "NEW1", "kind": "general", "temperature_class": "frozen"
    },
    "POST /sites/<uuid:site_id>/correct": lambda of: {"name": "改名库", "address": "示例路6号"},
    "POST /sites/<uuid:site_id>/stewards": lambda of: {
        "kind": "enterprise", "name": "新示例", "started_on": "2021-02-01"
    },
    "POST /stewards/<uuid:steward_id>/end": lambda of: {"ended_on": "2021-02-01"},
    "POST /venues/<uuid:venue_id>/correct": lambda of: {"name": "改名市场", "kind": "market", "address": "示例路7号"},
    "POST /stock-entries/<uuid:entry_id>/correct": again,
    "POST /stocktakes": lambda of: {
        "zone_id": of.ids["zone_id"], "owner": of.owner["business_id"], "reason": "盘点",
        "lines": [{"batch_id": of.ids["batch_id"], "quantity_units": 520}],
    },
    "POST /sweep-tasks/<uuid:task_id>/findings": finding_body,
    "POST /transformations": made_body,
    "POST /tubes": lambda of: tube_body(of, f"NEW{of.name[:2]}"),
    "POST /tubes/<uuid:tube_id>/results": lambda of: result_body("示例"),
    "POST /tubes/<uuid:tube_id>/release": reason,
    "POST /tubes/<uuid:tube_id>/results/<uuid:result_id>/confirm": nothing,
    "POST /tubes/<uuid:tube_id>/results/<uuid:result_id>/move": lambda of: {
        "to_tube_id": of.ids["open_tube_id"], "reason": "录错管号"
    },
    "POST /workers": lambda of: {
        "business": of.owner["business_id"], "name": "新示例", "post": "搬运", "started_on": "2021-01-04"
    },
    "POST /workers/<uuid:worker_id>/end": lambda of: {"ended_on": "2021-02-01"},
    "POST /sheets/<uuid:import_id>/take": nothing,
    "POST /uses": goods_body,
    "POST /venues": lambda of: {"name": "示例市场", "kind": "market", "region_code": of.region, "address": "示例路5号"},
}  # fmt: skip
DELETES = {"/businesses/<string:business>/standing-consents/<uuid:consent_id>"}

SHOWS_WHAT_IT_DID = {
    "/accounts/<string:username>/link",
    "/accounts/new",
    "/people/invitations",
    "/slips/new",
    "/privacy/person",
    "/privacy/person/erase",
    "/me/keys",
    "/me/recovery-codes",
    "/me/recovery-codes.txt",
}  # a secret, this once

# --- pages: which of these bodies a form brings, and what only the form has ---

SEND = {"_step": "send"}
FORMS: dict[str, tuple[str | None, Body]] = {
    "/arrivals/new": ("POST /arrivals", lambda of: SEND | {"_supplier": "示例", "_lines-0-pieces": "1"}),
    "/arrivals/draft": (None, lambda of: {"owner": of.owner["business_id"]}),
    "/arrivals/<uuid:arrival_id>/intake": ("POST /arrivals/<uuid:arrival_id>/intake", nothing),
    "/arrivals/<uuid:arrival_id>/withdraw": ("POST /arrivals/<uuid:arrival_id>/withdraw", nothing),
    "/arrivals/<uuid:arrival_id>/correct": ("POST /arrivals/<uuid:arrival_id>/corrections", nothing),
    "/arrivals/<uuid:arrival_id>/vouchers/new": (None, nothing),
    "/api/v1/arrivals/<uuid:arrival_id>/vouchers": (None, nothing),
    "/arrivals/<uuid:arrival_id>/disinfections/new": ("POST /arrivals/<uuid:arrival_id>/disinfections", nothing),
    "/arrivals/<uuid:arrival_id>/disinfection-orders/new": (
        "POST /arrivals/<uuid:arrival_id>/disinfection-orders", nothing,
    ),
    "/batches/<uuid:batch_id>/disinfection-orders/new": ("POST /batches/<uuid:batch_id>/disinfection-orders", nothing),
    "/disinfection-orders/<uuid:order_id>/withdraw": ("POST /disinfection-orders/<uuid:order_id>/withdraw", nothing),
    "/disinfection-orders/<uuid:order_id>/disinfections/new": (
        "POST /disinfection-orders/<uuid:order_id>/disinfections", nothing,
    ),
    "/arrivals/<uuid:arrival_id>/evidence/new": ("POST /arrivals/<uuid:arrival_id>/evidence", nothing),
    "/batches/<uuid:batch_id>/disinfections/new": ("POST /batches/<uuid:batch_id>/disinfections", nothing),
    "/batches/<uuid:batch_id>/evidence/new": ("POST /batches/<uuid:batch_id>/evidence", lambda of: {"_level": "batch"}),
    "/batches/<uuid:batch_id>/labels": ("POST /batches/<uuid:batch_id>/label-runs", nothing),
    "/batches/<uuid:batch_id>/split": ("POST /batches/<uuid:batch_id>/split", lambda of: SEND),
    "/businesses/new": ("POST /businesses", nothing),
    "/businesses/provisional/new": ("POST /businesses/provisional", nothing),
    "/businesses/<string:business>/duplicates/<string:other>/set-aside": (
        "POST /businesses/<string:business>/duplicates/<string:other>/set-aside", nothing,
    ),
    "/businesses/<string:business>/duplicates/<string:other>/take-back": (None, nothing),
    "/businesses/<string:business>/merge": ("POST /businesses/<string:business>/merge", nothing),
    "/businesses/<string:business>/correct": (
        "POST /businesses/<string:business>/correct", lambda of: {"address": "示例路1号"},
    ),
    "/businesses/<string:business>/licences": ("POST /businesses/<string:business>/licences", nothing),
    "/licences/<uuid:licence_id>/end": (None, nothing),
    "/businesses/<string:business>/contacts": ("POST /businesses/<string:business>/contacts", nothing),
    "/contacts/<uuid:contact_id>/end": (None, nothing),
    "/businesses/<string:business>/objections": ("POST /businesses/<string:business>/objections", nothing),
    "/objections/<uuid:appeal_id>/answer": ("POST /objections/<uuid:appeal_id>/answer", nothing),
    "/producers/<uuid:producer_id>/merge/<uuid:into>": (None, nothing),
    "/products/<uuid:product_id>/merge/<uuid:into>": (None, nothing),
    "/sweep-tasks/<uuid:task_id>/provisional": (None, lambda of: {"name": "新示例摊", "site_kind": ""}),
    "/businesses/<string:business>/commitment-letters": (
        "POST /businesses/<string:business>/commitment-letters", nothing,
    ),
    "/businesses/<string:business>/letter": (
        "POST /businesses/<string:business>/commitment-letters", lambda of: {"_agreed": "yes"},
    ),
    "/businesses/<string:business>/decisions/<decision>": (
        "POST /businesses/<string:business>/suspend", nothing,
    ),
    "/businesses/<string:business>/sites/new": ("POST /sites", nothing),
    "/consignments/new": ("POST /consignments", lambda of: {"_lines-0-pieces": "1", "_lines-0-loose": ""}),
    "/consignments/<uuid:consignment_id>/confirm": ("POST /consignments/<uuid:consignment_id>/confirm", nothing),
    "/consignments/<uuid:consignment_id>/dispute": ("POST /consignments/<uuid:consignment_id>/dispute", nothing),
    "/consignments/<uuid:consignment_id>/reject": ("POST /consignments/<uuid:consignment_id>/reject", nothing),
    "/consignments/<uuid:consignment_id>/settle": ("POST /consignments/<uuid:consignment_id>/settle", nothing),
    "/consignments/<uuid:consignment_id>/slip": (None, nothing),
    "/api/v1/consignments/<uuid:consignment_id>/slip": (None, nothing),
    "/flags/<uuid:flag_id>/close": ("POST /flags/<uuid:flag_id>/close", nothing),
    "/api/v1/visits/<uuid:visit_id>/photos": (None, nothing),
    "/api/v1/sweep-tasks/<uuid:task_id>/findings/<uuid:finding_id>/photos": (None, nothing),
    "/sweep-tasks/<uuid:task_id>/findings/<uuid:finding_id>/photos": (None, nothing),
    "/visits/new": (None, lambda of: {"site_id": of.ids["site_id"], "business": of.owner["business_id"]}),
    "/findings/<uuid:finding_id>/answer": ("POST /findings/<uuid:finding_id>/answer", nothing),
    "/findings/<uuid:finding_id>/review": ("POST /findings/<uuid:finding_id>/review", nothing),
    "/decisions/new": ("POST /decisions", lambda of: SEND),
    "/decisions/<uuid:decision_id>/report": (None, lambda of: {"done": "已整改"}),
    "/decisions/<uuid:decision_id>/review": (None, lambda of: {"outcome": "rectified"}),
    "/decisions/<uuid:decision_id>/objection": ("POST /decisions/<uuid:decision_id>/objection", nothing),
    "/decisions/<uuid:decision_id>/answer": ("POST /decisions/<uuid:decision_id>/answer", nothing),
    "/evidence/<uuid:evidence_id>/verify": ("POST /evidence/<uuid:evidence_id>/verify", nothing),
    "/evidence/<uuid:evidence_id>/refuse": ("POST /evidence/<uuid:evidence_id>/refuse", nothing),
    "/batches/<uuid:batch_id>/platform-codes/new": ("POST /batches/<uuid:batch_id>/platform-codes", nothing),
    "/regions/<string:code>/offices/new": ("POST /offices", nothing),
    "/offices/<uuid:office_id>/change": ("POST /offices/<uuid:office_id>/change", lambda of: {"name": "示例改名所"}),
    "/offices/<uuid:office_id>/end": ("POST /offices/<uuid:office_id>/end", nothing),
    "/offices/<uuid:office_id>/grids": ("POST /offices/<uuid:office_id>/grids", nothing),
    "/grids/<uuid:grid_id>/change": ("POST /grids/<uuid:grid_id>/change", nothing),
    "/grids/<uuid:grid_id>/end": ("POST /grids/<uuid:grid_id>/end", nothing),
    "/personal/<uuid:personal_id>/erase": ("POST /personal/<uuid:personal_id>/erase", nothing),
    "/privacy/person": ("POST /privacy/exports", nothing),
    "/privacy/person/erase": ("POST /personal/erase", lambda of: {"personal_ids": of.ids["personal_id"]}),
    "/accounts/new": ("POST /accounts", nothing),
    "/accounts/<string:username>/assignments": ("POST /accounts/<string:username>/assignments", nothing),
    "/accounts/<string:username>/assignments/<uuid:assignment_id>/end": (None, nothing),
    "/accounts/<string:username>/end": (None, nothing),
    "/accounts/<string:username>/link": (None, nothing),
    "/accounts/<string:username>/reopen": (None, nothing),
    "/assistance/<uuid:request_id>/notes": ("POST /assistance/<uuid:request_id>/notes", nothing),
    "/assistance/<uuid:request_id>/take-over": (None, nothing),
    "/devices/<uuid:device_id>/end": (None, nothing),
    "/handover": (None, lambda of: {"officer": of.ids["officer"]}),
    "/invitation/<secret>": (None, newcomer),
    "/people/<string:username>/end": (None, nothing),
    "/people/<string:username>/sites": ("POST /people/<string:username>/sites", nothing),
    "/people/invitations": ("POST /invitations", lambda of: {"_business": of.owner["business_id"]}),
    "/people/invitations/<uuid:invitation_id>/revoke": (None, nothing),
    "/recalls/<uuid:recall_id>/assign": (
        None,
        lambda of: {"rows-0-region_code": of.region, "rows-0-office_id": of.ids["office_id"], "rows-0-username": ""},
    ),
    "/register": (
        "POST /businesses",
        lambda of: {f"account-{name}": text for name, text in newcomer(of).items()},
    ),
    "/register/correct": ("POST /businesses/<string:business>/resubmit", nothing),
    "/sign-in/pin": (None, lambda of: {"pin": "135790"}),
    "/slip/<secret>": (None, lambda of: {"pin": "135790", "again": "135790"}),
    "/slips/new": (None, lambda of: {"_person": of.ids["person"], "_business": of.owner["business_id"]}),
    "/sweep-tasks/<uuid:task_id>/assign": ("POST /sweep-tasks/<uuid:task_id>/assign", nothing),
    "/me/keys": (None, lambda of: {"label": "又一", "_reach": "all", "_lasts": "90"}),
    "/me/keys/<uuid:key_id>/revoke": (None, nothing),
    "/me/password": (None, lambda of: {"current": "wrong password", "password": "another long one"}),
    "/me/pin": (None, lambda of: {"current_pin": "000000", "pin": "135790", "again": "135790"}),
    "/me/recovery-codes": (None, nothing),
    "/me/recovery-codes.txt": (None, nothing),
    "/me/second-step": (None, lambda of: {"code": "000000"}),
    "/me/second-step/off": (None, nothing),
    "/me/sessions/<uuid:session_id>/revoke": (None, nothing),
    "/me/sessions/revoke-others": (None, nothing),
    "/sign-in/again": (None, lambda of: {"password": "wrong password"}),
    "/sign-in/second-step": (None, lambda of: {"code": "000000"}),
    "/sign-in/set-up": (None, lambda of: {"code": "000000"}),
    "/language": (None, lambda of: {"lang": "en"}),
    "/text-size": (None, lambda of: {"size": "large"}),
    "/link/<secret>": (None, lambda of: {"password": "long enough a word"}),
    "/recalls/new": ("POST /recalls", lambda of: {"_step": "keep"}),
    "/recalls/<uuid:recall_id>/announce": (None, nothing),
    "/recalls/<uuid:recall_id>/sample-results/new": (
        "POST /recalls/<uuid:recall_id>/sample-results", lambda of: {"_target": "1|示例市场"},
    ),
    "/recalls/<uuid:recall_id>/tasks/new": ("POST /recalls/<uuid:recall_id>/tasks", nothing),
    "/scan/found-here": (None, lambda of: {
        "site_id": of.ids["site_id"], "_recall_id": of.ids["recall_id"], "_code": of.ids["batch_code"],
    }),
    "/sign-in": (None, lambda of: {"username": "nobody here", "password": "wrong password"}),
    "/sign-out": (None, nothing),
    "/sites/<uuid:site_id>/zones/new": ("POST /sites/<uuid:site_id>/zones", nothing),
    "/sites/<uuid:site_id>/correct": ("POST /sites/<uuid:site_id>/correct", nothing),
    "/sites/<uuid:site_id>/stewards/new": ("POST /sites/<uuid:site_id>/stewards", nothing),
    "/stewards/<uuid:steward_id>/end": ("POST /stewards/<uuid:steward_id>/end", nothing),
    "/venues/new": ("POST /venues", nothing),
    "/venues/<uuid:venue_id>/correct": ("POST /venues/<uuid:venue_id>/correct", nothing),
    "/standing-consents": ("POST /businesses/<string:business>/standing-consents", nothing),
    "/standing-consents/<uuid:consent_id>/withdraw": (None, nothing),
    "/stock-entries/<uuid:entry_id>/correct": ("POST /stock-entries/<uuid:entry_id>/correct", nothing),
    "/stock-entries/<uuid:entry_id>/undo": (None, nothing),
    "/sweep-tasks/<uuid:task_id>/finding": (
        None,
        lambda of: {
            "_step": "record", "captured_at": "", "outcome": "closed", "people_controlled": "0", "disinfected": "false",
        },
    ),
    "/transformations/new": (
        "POST /transformations",
        lambda of: SEND | {
            f"_pieces-{of.ids['batch_id']}": "1", f"_loose-{of.ids['batch_id']}": "", "_outputs-0-pieces": "1",
            "_outputs-0-loose": "", "_loss_kg": "0",
        },
    ),
    "/tubes/new": ("POST /tubes", lambda of: {"_samples-0-code": of.ids["batch_code"]}),
    "/tubes/<uuid:tube_id>/results/new": ("POST /tubes/<uuid:tube_id>/results", lambda of: SEND),
    "/api/v1/tube-results/file": (None, nothing),
    "/api/v1/sheets/arrivals": (None, nothing),
    "/api/v1/sheets/businesses": (None, nothing),
    "/api/v1/sheets/workers": (None, nothing),
    "/sheets/arrivals": (None, lambda of: {"business": of.owner["business_id"]}),
    "/sheets/businesses": (None, nothing),
    "/sheets/workers": (None, lambda of: {"business": of.owner["business_id"]}),
    "/sheets/<uuid:import_id>/take": (None, nothing),
    "/tubes/work": (
        "POST /tubes/<uuid:tube_id>/results", lambda of: {"tube_no": f"{of.lab_mark}{of.name[:2]}2"},
    ),
    "/tubes/work/file": (None, lambda of: {"_rows": json.dumps([[2, results_row(of)]])}),
    "/tubes/<uuid:tube_id>/release": ("POST /tubes/<uuid:tube_id>/release", nothing),
    "/tubes/<uuid:tube_id>/results/<uuid:result_id>/confirm": (None, nothing),
    "/tubes/<uuid:tube_id>/results/<uuid:result_id>/move": (
        "POST /tubes/<uuid:tube_id>/results/<uuid:result_id>/move", lambda of: SEND,
    ),
    "/measures/new": ("POST /measures", nothing),
    "/measures/<uuid:measure_id>/change": ("POST /measures/<uuid:measure_id>/change", nothing),
    "/measures/<uuid:measure_id>/lift": ("POST /measures/<uuid:measure_id>/lift", nothing),
    "/rules/<string:path>/draft": ("POST /rules/evidence-policies", lambda of: SEND),
    "/workers/new": ("POST /workers", nothing),
    "/workers/<uuid:worker_id>/end": (None, nothing),
    "/uses": ("POST /uses", lambda of: {"_use": f"{of.ids['batch_id']}-unit"}),
}  # fmt: skip
for _kind in (
    "destructions",
    "losses",
    "openings",
    "owner-changes",
    "recoveries",
    "relocations",
    "returns",
    "sales",
    "stocktakes",
    "uses",
):
    FORMS[f"/{_kind}/new"] = (
        f"POST /{_kind}",
        lambda of: SEND | {f"_pieces-{of.ids['batch_id']}": "1", f"_loose-{of.ids['batch_id']}": "0", "_seen": "1"},
    )

SHEETS = {  # looked at, whatever comes of them: nothing is entered
    "arrivals": "品名,生产日期,保质期至,数量,到货时间\n示例,2021-01-04,2022-01-04,3件,2021-01-18 08:00\n",
    "businesses": "统一社会信用代码,企业名称,业态,是否涉进口,法定代表人,电话,地址\n9,示例,零售,否,张示例,1,示例路\n",
    "workers": "姓名,岗位,上岗日期\n新示例,搬运,2021-01-04\n",
}

HOW = "add it to tests/rights/requests.py (PARAMETERS, BODIES or FORMS), then GOLDEN=write and review the difference"


def results_row(of: Case) -> dict[str, str]:
    """Return a spreadsheet's row about the case's open tube."""
    told = result_body(of.lab_mark) | {"tube_no": f"{of.lab_mark}{of.name[:2]}2"}
    return told | {name: told[name][:16].replace("T", " ") for name in ("received_at", "reported_at")}


def results_file(of: Case) -> bytes:
    """Return a spreadsheet with a result of the case's open tube."""
    told = results_row(of)
    return f"{','.join(told)}\n{','.join(told.values())}\n".encode()


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    path: str
    query: dict[str, Any]
    json: dict[str, Any] | None = None
    form: dict[str, Any] | None = None


def request(realm: Realm, route: Route, case: Case) -> Request:
    """Return what is sent to a route about a case. Raises AssertionError that says how to add a route."""
    try:
        path = realm.app.url_map.bind("localhost").build(
            route.endpoint, {name: parameter(route, name, case) for name in route.arguments}, route.method
        )
    except KeyError as error:
        raise AssertionError(f"{route.name}: nothing stands for {error}; {HOW}") from error
    query = QUERIES.get(route.name, nothing)(case)
    if route.method in {"GET", "DELETE"}:
        return Request(route.method, path, query)
    if route.rule in FORMS:
        like, more = FORMS[route.rule]
        body = filled(BODIES[like](case) if like else {})
        for name, text in more(case).items():
            body[name] = text
        form: dict[str, Any] = {name: body.getlist(name) for name in body}
        if route.rule.endswith(("/slip", "/vouchers", "/vouchers/new", "/photos")):
            form["file"] = (BytesIO(photograph()), "slip.png")
        if route.rule.endswith("/file"):
            form["file"] = (BytesIO(results_file(case)), "results.csv")
        if "/sheets/" in route.rule and route.rule.endswith(tuple(SHEETS)):
            form["file"] = (BytesIO(SHEETS[route.rule.rpartition("/")[2]].encode()), "sheet.csv")
        return Request(route.method, path, query, form=form)
    key = f"{route.method} {route.rule.removeprefix('/api/v1')}"
    assert route.is_api, f"{route.name} is not listed: {HOW}"
    assert key in BODIES, f"{route.name} is not listed: {HOW}"
    return Request(route.method, path, query, json=BODIES[key](case))
