"""The shipped rule book: well formed, in its vocabulary, and saying what the notices said."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

import coldchain

ROOT = Path(coldchain.__file__).parent
FOLDER = ROOT / "policy" / "data"
POLICY_FIELDS = {
    "code": str,
    "version": int,
    "name_zh": str,
    "name_en": str,
    "imported": bool,
    "valid_from": date,
    "evidence": list,
    "disinfection": str,
    "testing": str,
    "code_required": bool,
    "supplier_required": bool,
    "requires_verified": bool,
    "source": str,
}
OPTIONAL_POLICY_FIELDS = {"region_code": str, "categories": list, "valid_to": date, "grace_until": date}
CATEGORIES = {"meat", "poultry", "aquatic", "dairy", "ice", "produce", "other"}


def load(name):
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def policies():
    rows = load("evidence_policies")["policy"]
    assert len({(row["code"], row["version"]) for row in rows}) == len(rows)
    return {row["code"]: row for row in rows}


@pytest.fixture(scope="module")
def kinds():
    return [row["kind"] for row in load("vocabulary")["evidence_kind"]]


def test_policy_rows_are_well_formed(policies, kinds):
    for row in policies.values():
        assert set(POLICY_FIELDS) <= set(row) <= set(POLICY_FIELDS) | set(OPTIONAL_POLICY_FIELDS)
        for name, value in row.items():
            assert type(value) is (POLICY_FIELDS | OPTIONAL_POLICY_FIELDS)[name], (row["code"], name)
        assert row["disinfection"] in {"every_piece", "none"}
        assert row["testing"] in {"per_batch", "per_piece", "none"}
        assert row["evidence"]
        for alternatives in row["evidence"]:
            assert alternatives
            assert set(alternatives) <= set(kinds)
        assert set(row.get("categories", [])) <= CATEGORIES
        assert row.get("valid_to", date.max) >= row["valid_from"]


def test_regions_of_policies_exist(policies):
    table = (ROOT / "regions" / "data" / "gbt2260.tsv").read_text(encoding="utf-8")
    codes = {line.split("\t")[0] for line in table.splitlines()}
    plans = load("sampling_plans")["plan"]
    for row in [*policies.values(), *plans]:
        assert "region_code" not in row or row["region_code"] in codes


def test_no_two_rows_ask_different_things_of_the_same_batch(policies):
    rows = list(policies.values())
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            if (one["imported"], one.get("region_code")) != (other["imported"], other.get("region_code")):
                continue
            if not set(one.get("categories", CATEGORIES)) & set(other.get("categories", CATEGORIES)):
                continue
            apart = one.get("valid_to", date.max) < other["valid_from"]
            assert apart or other.get("valid_to", date.max) < one["valid_from"]


def test_heilongjiang_four_papers_then_three_papers_and_one_code(policies):
    four = policies["four_papers_heilongjiang"]
    three = policies["three_papers_one_code_heilongjiang"]
    assert four["evidence"] == [["customs_declaration"], ["inspection_quarantine"], ["nucleic_acid"], ["disinfection"]]
    assert three["evidence"] == [["inspection_quarantine"], ["nucleic_acid"], ["disinfection"]]
    assert (four["code_required"], three["code_required"]) == (False, True)
    assert (four["valid_from"], four["valid_to"]) == (date(2020, 12, 16), date(2021, 1, 15))
    assert (three["valid_from"], three["valid_to"]) == (date(2021, 1, 16), date(2023, 1, 7))
    for row in (four, three):
        assert row["region_code"] == "230000"
        assert (row["disinfection"], row["testing"]) == ("every_piece", "per_piece")


def test_the_other_sets_that_really_existed(policies):
    assert policies["four_papers_hefei"]["evidence"][0] == ["traceability_voucher"]
    assert policies["cold_chain_three_papers_shandong"]["evidence"] == [
        ["inspection_quarantine"],
        ["goods_list"],
        ["warehouse_release"],
    ]
    national = policies["imported_national"]
    assert "region_code" not in national
    assert national["valid_from"] == date(2023, 1, 8)
    assert national["code_required"]
    meat = policies["domestic_meat_poultry"]
    assert meat["categories"] == ["meat", "poultry"]
    assert ["meat_quality", "factory_inspection"] in meat["evidence"]
    other = policies["domestic_other"]
    assert set(meat["categories"]) | set(other["categories"]) == CATEGORIES
    assert other["supplier_required"]


def test_protocols():
    rows = load("disinfection_protocols")["protocol"]
    agents = {row["agent"] for row in load("vocabulary")["agent"]}
    assert len({(row["code"], row["version"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["agent"] in agents
        assert row["source"]
        assert row.get("ambient_from_c", -999) < row.get("ambient_to_c", 999)

    def met(agent, mg, minutes, ambient):
        return any(
            row["agent"] == agent
            and row.get("ambient_from_c", -999) <= ambient < row.get("ambient_to_c", 999)
            and mg >= row["concentration_min_mg_per_l"]
            and minutes >= row["contact_min"]
            for row in rows
        )

    assert met("chlorine", 500, 30, 0)
    assert not met("chlorine", 500, 29, 4)
    assert met("chlorine", 1000, 10, 4)
    assert not met("chlorine", 3000, 10, -18)  # plain chlorine freezes
    assert met("chlorine_dioxide", 200, 10, 4)
    assert met("chlorine_cacl2_ethanol", 3000, 10, -18)
    assert met("chlorine_cacl2_ethanol", 3000, 10, -25)
    assert not met("chlorine_cacl2_ethanol", 2999, 10, -18)
    assert not met("chlorine_cacl2_ethanol", 3000, 9, -18)
    assert not met("chlorine_cacl2_ethanol", 3000, 10, -26)
    assert met("chlorine_cacl2", 5000, 10, -40)
    assert not met("chlorine_cacl2", 4999, 10, -40)


def test_parameters_and_plans():
    rows = load("parameters")["parameter"]
    values = {row["name"]: row["value"] for row in rows}
    assert len(values) == len(rows)
    assert values["late_after_min"] == 15
    assert values["predeclare_h"] == 24
    assert values["lock_within_h"] == 2
    assert values["retention_years"] == 2
    assert all(row["source"] and isinstance(row["valid_from"], date) for row in rows)
    (plan,) = load("sampling_plans")["plan"]
    assert sum(take["pieces"] for take in plan["take"]) == plan["pieces_per_batch"] == 4
    assert sum(take["pieces"] * len(take["sample_sites"]) for take in plan["take"]) == 10


def test_vocabulary(kinds):
    assert len(set(kinds)) == len(kinds)
    vocabulary = load("vocabulary")
    for row in vocabulary["evidence_kind"] + vocabulary["agent"]:
        assert row["name_zh"]
        assert row["name_en"].replace("₂", "2").isascii()


def test_commitment_letter():
    path = ROOT / "registry" / "data" / "commitment_letters.toml"
    (letter,) = tomllib.loads(path.read_text(encoding="utf-8"))["letter"]
    assert letter["version"] == "2021-01"
    assert letter["text_zh"].strip()
    assert len([line for line in letter["text_en"].splitlines() if line[:1].isdigit()]) == 9
    assert letter["source"]
