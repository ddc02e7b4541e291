"""R9: a drill locks and seals nothing, and no text of it says that anything was locked or sealed."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from uuid import uuid4

from flask import Flask

from coldchain.recall.bulletin import Facts, text
from coldchain.recall.figures import LineFact, TaskFact, compute
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.recall.test_sweep import announced, report, tasks

# What a drill's own words are taken away of a text; what is left speaks of neither.
OWN_WORDS = re.compile(
    r"nothing is locked, nothing is sealed|nothing is locked|nothing was sealed|no seals are put on|Seal number"
    r"|不锁定、不封存|不锁定任何货|不锁定|演练封存|没有贴封条|不贴封条|封条编号"
)
CLAIMS = re.compile(r"\bseal(s|ed)?\b|\block(s|ed)?\b|封存|封条|锁定", re.IGNORECASE)


def _claims(said: str) -> list[str]:
    body = said[said.index("<main") :] if "<main" in said else said
    body = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", " ", body, flags=re.DOTALL)
    plain = OWN_WORDS.sub(" ", " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split()))
    return [plain[max(0, m.start() - 30) : m.end() + 30] for m in CLAIMS.finditer(plain)]


def _figures(drill: bool) -> Any:
    line = LineFact(None, 10, 10, 4000, "sealed")
    taken = LineFact(None, 5, 5, 1000, "taken_off")
    task = TaskFact(uuid4(), uuid4(), "from_books", None, "230203", "found", True, 0, (line, taken))
    return compute([task], [], [], drill=drill)


def test_what_a_drill_seals_is_practised_and_never_counts_as_sealed() -> None:
    """The same visit, in earnest and in a drill."""
    real, drill = _figures(False), _figures(True)
    assert (real.sealed_mass_g, real.sites_sealed, real.practised_mass_g) == (4000, 1, 0)
    assert (drill.sealed_mass_g, drill.sites_sealed, drill.locked_mass_g) == (0, 0, 0)
    assert (drill.practised_mass_g, drill.sites_practised, drill.matched_mass_g) == (4000, 1, 5000)
    now = datetime(2021, 1, 19, tzinfo=UTC)
    places = {"zh_CN": "建华区", "en": "Jianhua"}
    for locale, own in (("zh_CN", "其中演练封存4公斤"), ("en", "sealing practised 4 kg")):
        said = text(Facts("drill", "T", places, now, now, "N 1", drill), locale)
        assert own in said
        assert not _claims(said), said
        assert _claims(text(Facts("outbreak_sweep", "T", places, now, now, "N 1", real), locale))


def _desk_counts(page: str) -> list[str]:
    """The cells of what waits to be sealed, in the table of offices."""
    return re.findall(r'data-th="(?:To be sealed|待封存)">\s*([0-9]+)', page)


def test_no_page_of_a_drill_claims_a_lock_or_a_seal(app: Flask, world: World) -> None:
    """Before and after an inspector records that goods were sealed, in both languages, and the report with them."""
    have = world.cleared(10, series="分割鸡")
    recall = announced(world, kind="drill", title="示例排查")
    here, at = f"/recalls/{recall['recall_id']}", f"/sweep-tasks/{tasks(world, recall)[0]['task_id']}"
    readers = [
        (Reader.of(app, world.regulator, lang=lang), Reader.of(app, world.inspector, lang=lang))
        for lang in ("zh_CN", "en")
    ]
    line = {
        "batch_id": have["batch"]["batch_id"], "examined_units": 10, "matched_units": 10, "mass_g": 20_000,
        "disposition": "sealed", "seal_no": "F-1",
    }  # fmt: skip

    def walk(*more: str) -> None:
        for regulator, inspector in readers:
            pages = [regulator.open(path) for path in (here, f"{here}?state=all", f"{here}/route", f"{here}/announced")]
            pages += [inspector.open(path) for path in (here, at, f"{at}/finding?outcome=found", *more)]
            inspector.open(f"{at}/finding?outcome=found")
            pages.append(inspector.send(f"{at}/finding", 200, _step="check", _lines__0__pieces="1"))
            for page in pages:
                assert not _claims(page), _claims(page)
            listed = regulator.open("/recalls")
            assert "cc-chip info" in listed
            assert "cc-chip stop" not in listed, "what is practised isn't shown like what runs"
            for desk in (regulator.open("/"), inspector.open("/")):
                assert set(_desk_counts(desk)) <= {"0"}, _desk_counts(desk)
            assert _desk_counts(regulator.text) or _desk_counts(regulator.open("/"))

    walk()
    found = world.inspector.post(f"{at}/findings", {"outcome": "found", "lines": [line]}, 201)
    assert found["drill"] is True
    assert world.inspector.get(f"{at}/findings")["items"][0]["drill"] is True
    walk(f"{at}/findings/{found['finding_id']}")
    told = report(world, recall)
    assert not _claims(told["text_zh"])
    assert not _claims(told["text_en"])
    assert told["figures"]["practised_mass_g"] == 20_000
    assert told["figures"]["sealed_mass_g"] == told["figures"]["locked_mass_g"] == 0


def test_an_inspectors_desk_puts_what_really_runs_before_a_drill(app: Flask, world: World) -> None:
    """The drill is older and expects goods; the sweep's site comes first, and each row names its sweep."""
    world.cleared(10, series="分割鸡")
    announced(world, kind="drill", title="演练甲")
    shop = world.shop()
    real = announced(
        world, title="排查乙", criterion={"batch_nos": ["none of ours"]},
        blanket={"region_code": "230203", "site_kinds": ["shop"]},
    )  # fmt: skip
    page = Reader.of(app, world.inspector, lang="zh_CN").open("/")
    listed = page[page.index("<tbody>") : page.index("</tbody>")]
    assert any(task["site_id"] == shop["site"]["site_id"] for task in tasks(world, real))
    assert 0 < listed.index("排查乙") < listed.index("演练甲")
