"""What a finding's form offers for a notice by number: what it selects in the books; the rest is searched for (R9)."""

from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World
from tests.recall.test_sweep import announced, tasks


def test_a_notice_by_number_offers_what_it_selects_and_presets_nothing_else(app: Flask, world: World) -> None:
    """At a site without such goods: its product alone; another is searched, called so, and matches only when said."""
    have = world.cleared(10, series="分割鸡")
    other = world.product(name="别家示例虾")
    shop = world.shop()
    number = have["batch"]["batch_no"] or have["batch"]["production_date"].replace("-", "")
    recall = announced(
        world, criterion={"batch_nos": [number]}, blanket={"region_code": "230203", "site_kinds": ["shop"]}
    )
    task = next(t for t in tasks(world, recall) if t["site_id"] == shop["site"]["site_id"])
    inspector = Reader.of(app, world.inspector, lang="zh_CN")
    form = f"/sweep-tasks/{task['task_id']}/finding"
    page = inspector.open(f"{form}?outcome=found")
    assert "账上有通知选中的这种货" in page
    assert "通知里说的产品" not in page
    assert other["name"] not in page
    key = f"p:{other['product_id']}"
    page = inspector.send(form, 200, _step="find", _find="别家示例")
    assert other["name"] in page
    assert "通知没有说到" in page
    fields = dict(inspector.form(form)["fields"])
    assert "_lines-0-match" not in fields, "nothing is preset once other products are offered"
    page = inspector.send(form, 422, _step="check", _lines__0__what=key, _lines__0__pieces="1")
    assert "请选是否全部相符。" in page
    page = inspector.send(form, 200, _step="check", _lines__0__match="all")
    assert "通知没有说到这个产品" in page
    page = inspector.send(form, 200, _step="find", _find="没有这种货")
    assert other["name"] in page, "what was chosen stays"
    inspector.open(f"{form}?outcome=found")
    page = inspector.send(form, 200, _step="find", _find="没有这种货")
    assert "名录里没有别的产品叫这个。" in page
