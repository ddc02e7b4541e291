"""Makes the many businesses that a data file only describes: their names, codes and addresses are invented here.

Pure and without chance: the same description gives the same businesses, in the same order. A description has parts of
names, offices with their lists, and groups, each with a `count`; how many there are together is the sum of the counts.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from coldchain.core.identifiers import food_licence_check_digit, uscc_check_character

Rows = dict[str, list[dict[str, Any]]]


def businesses(plan: Mapping[str, Any]) -> Rows:
    """Return the rows of `plan`: each office's list is registered, approved and given its sites in one go.

    The groups are mixed by a stride, so that each office's list has some of every kind.
    """
    everyone = list(_everyone(plan))
    mixed = [everyone[number * plan["stride"] % len(everyone)] for number in range(len(everyone))]
    rows: Rows = {"register_business": [], "approve_business": [], "register_site": []}
    taken = 0
    for office in plan["offices"]:
        for place, one in enumerate(mixed[taken : taken + office["share"]], 1):
            _enter(rows, plan, office, place, one)
        taken += office["share"]
    if taken != len(everyone):
        raise ValueError(f"the offices' shares are {taken}, the groups' counts {len(everyone)}")
    if len({one["uscc"] for one in rows["register_business"]}) != len(everyone):
        raise ValueError("the stride visits a business twice")
    return rows


def _everyone(plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    serial = plan["first_serial"]
    for group in plan["groups"]:
        for number in range(group["count"]):
            yield {"group": group, "number": number, "serial": serial}
            serial += 1


def _enter(rows: Rows, plan: Mapping[str, Any], office: Mapping[str, Any], place: int, one: dict[str, Any]) -> None:
    group, serial = one["group"], one["serial"]
    first, second = plan["first_signs"], plan["second_signs"]
    number = one["number"]
    called = first[number % len(first)] + second[number // len(first) % len(second)]
    code = f"{group['code']}{plan['region_code']}{plan['code_sign']}{serial:05d}"
    uscc = code + uscc_check_character(code)
    address = f"{plan['district']}{office['street']}{plan['mark']}路 {plan['first_house'] + 2 * place} 号（虚构）"
    same = {"at": office["at"], "by": plan["by"]}
    where = {"region_code": plan["region_code"], "office": office["name"], "address": address}
    business = same | where | {
        "uscc": uscc,
        "name": f"{plan['district']}{called}{plan['mark']}{group['noun']}（虚构）",
        "kinds": group["kinds"],
        "handles_imported": False,
        "legal_representative": plan["surnames"][serial % len(plan["surnames"])] + plan["mark"],
        "phone": f"{plan['phone']}{serial:03d}",
    }  # fmt: skip
    if "licence" in group:
        licence = f"{group['licence'][-1]}{plan['region_code']}{plan['licence_sign']}{serial:04d}"
        business["licence_no"] = group["licence"][:2] + licence + food_licence_check_digit(licence)
    rows["register_business"].append(business)
    rows["approve_business"].append(same | {"business": uscc})
    if "site" in group:
        name = f"{called}{plan['mark']}{group['noun']}"
        site = same | where | {"key": f"invented_{serial}", "business": uscc, "name": name, "kind": group["site"]}
        rows["register_site"].append(site)


def stock(plan: Mapping[str, Any]) -> Rows:
    """Return the rows of the stock that `plan` lists: each arrival with its papers, treatment, tube and labels.

    A row of it names what it has; what it lacks, or what is wrong with it, is why its batches are held. What takes
    place later on the day is entered later: the tube, its result and the labels.
    """
    rows: Rows = {name: [] for name in ("register_arrival", "add_evidence", "record_disinfection", "register_tube",
                                        "record_tube_result", "make_labels")}  # fmt: skip
    for serial, row in enumerate(plan["rows"], plan["first_serial"]):
        _arrive(rows, plan, row, serial)
        _papers(rows, plan, row, serial)
        if "disinfection" in row:
            _treat(rows, plan, row)
        if "tube" in row:
            _sample(rows, plan, row, serial)
        for line in range(1, len(row["lines"]) + 1) if row.get("labels") else ():
            at = row["at"] + timedelta(minutes=plan["labels_after_min"])
            batch = f"{row['key']}/{line}"
            rows["make_labels"].append({"at": at, "by": row["by"], "batch_id": batch, "level": "batch"})
    return rows


def _declaration(row: Mapping[str, Any], plan: Mapping[str, Any], serial: int) -> str:
    return f"{plan['customs_district']}{row['arrived_at'].year}1{serial:09d}"


def _arrive(rows: Rows, plan: Mapping[str, Any], row: Mapping[str, Any], serial: int) -> None:
    arrival = {name: row[name] for name in ("at", "by", "key", "site_id", "owner", "entry_mode", "arrived_at", "lines")}
    arrival |= {"supplier": plan["supplier"], "customs_declaration_no": _declaration(row, plan, serial)}
    arrival |= {name: row[name] for name in ("container_no", "seal_no", "vehicle_plate") if name in row}
    rows["register_arrival"].append(arrival)


def _papers(rows: Rows, plan: Mapping[str, Any], row: Mapping[str, Any], serial: int) -> None:
    for kind in row["papers"]:
        about = plan["papers"][kind]
        issued = (row["arrived_at"] - timedelta(days=about["days_before"])).date()
        number = about["number"].format(year=issued.year, serial=serial) if "number" in about else None
        paper = {"at": row["at"], "by": row["by"], "arrival_id": row["key"], "kind": kind, "issuer": about["issuer"],
                 "number": number or _declaration(row, plan, serial), "issued_on": issued}  # fmt: skip
        if kind in row.get("expired", ()):
            paper["valid_to"] = (row["arrived_at"] - timedelta(days=1)).date()
        rows["add_evidence"].append(paper)


def _treat(rows: Rows, plan: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    at = row["arrived_at"] + timedelta(minutes=plan["treated_after_min"])
    record = {"at": row["at"], "by": row["by"], "arrival_id": row["key"], "occurred_at": at}
    rows["record_disinfection"].append(record | plan["treatments"][row["disinfection"]])


def _sample(rows: Rows, plan: Mapping[str, Any], row: Mapping[str, Any], serial: int) -> None:
    """One tube for the arrival, of all its lines or of those that `sampled` names; `tube` is what it comes to."""
    lab, tube = plan["lab"], f"tube_{row['key']}"
    sampled = row["at"] - timedelta(minutes=plan["sampled_before_min"])
    lines = row.get("sampled", range(1, len(row["lines"]) + 1))
    at = row["at"] + timedelta(minutes=plan["tube_after_min"])
    rows["register_tube"].append({
        "at": at, "by": lab["by"], "key": tube, "tube_no": lab["tube_no"].format(serial=serial),
        "lab": lab["business"], "sampled_at": sampled, "sampled_by": lab["sampled_by"],
        "samples": [
            {"batch_id": f"{row['key']}/{line}", "sample_site": site, "basis": "whole_batch"}
            for line in lines for site in lab["sample_sites"]
        ],
    })  # fmt: skip
    if row["tube"] != "pending":
        reported = row["at"] + timedelta(minutes=plan["result_after_min"])
        rows["record_tube_result"].append({
            "at": reported, "by": lab["by"], "tube_id": tube, "stage": "preliminary", "result": row["tube"],
            "received_at": at, "reported_at": reported, "report_no": lab["report_no"].format(serial=serial),
            "analyst": lab["analyst"],
        })  # fmt: skip


def stewards(plan: Mapping[str, Any]) -> Rows:
    """Return the rows of the stewards of the stores that `plan` names, one for each post but those it lacks."""
    rows = []
    for place, store in enumerate(plan["stores"]):
        for post, kind in enumerate(plan["posts"]):
            number = place * len(plan["posts"]) + post
            if plan["lacking"].get(store) != kind:
                rows.append({
                    "at": plan["at"], "by": plan["by"], "site_id": store, "kind": kind,
                    "name": plan["surnames"][number % len(plan["surnames"])] + plan["mark"],
                    "phone": f"{plan['phone']}{plan['first_serial'] + number}", "publish_phone": kind == "enterprise",
                    "started_on": plan["at"].date(),
                })  # fmt: skip
    return {"appoint_steward": rows}


MAKERS = {"businesses": businesses, "stock": stock, "stewards": stewards}


def expand(plans: Mapping[str, Any]) -> Rows:
    """Return the rows of all plans of a data file by section; KeyError for a plan of no known kind."""
    found: Rows = {}
    for kind, plan in plans.items():
        for section, rows in MAKERS[kind](plan).items():
            found.setdefault(section, []).extend(rows)
    return found
