"""Search conditions against a real database: what is found is what holds the term, whatever signs it has."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, column, select, values

from coldchain.core.text_search import contains, contains_all, grams, searchable


def finds(session, text, term):
    table = values(column("t", String), name="v").data([(text,)])
    return session.scalar(select(table.c.t).where(contains(table.c.t, term))) is not None


def finds_all(session, text, query):
    table = values(column("t", String), name="v").data([(text,)])
    return session.scalar(select(table.c.t).where(contains_all(table.c.t, query))) is not None


signs = st.text("鸡腿冷库ab1%_\\'𠮷", min_size=1, max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text("鸡腿冷库ab1%_\\'𠮷 ", max_size=12), term=signs)
def test_found_if_and_only_if_it_holds_the_term(session, text, term):
    assert finds(session, text, term) == (term in text)


@pytest.mark.parametrize(
    ("term", "expected"), [("鸡", ("鸡",)), ("鸡腿", ("鸡腿",)), ("鸡鸡鸡", ("鸡鸡",)), ("a鸡b", ("a鸡", "鸡b"))]
)
def test_grams(term, expected):
    assert grams(term) == expected


def test_a_term_does_not_reach_across_two_texts():
    assert "甲乙" not in searchable("甲", "乙")


@pytest.mark.parametrize(
    "query",
    [
        "华博冷库",
        "华博 冷库",
        "冻库",
        "冷冻仓库",
        "冷冻",
        "华博冷冻仓库",
        "hblk",
        "HBLDCK",
        "ＨＢ",
        "91230203",
        "230203-7k3m",
    ],
)
def test_a_row_is_found_by(session, query):
    kept = searchable(
        "华博冷冻仓库（示例）", "HB Store", None, numbers=("912302030000000016", "230203-7K3M-9QXD", None)
    )
    assert finds_all(session, kept, query)


@pytest.mark.parametrize("query", ["华博 没有", "··", "", "冷库华博"])
def test_a_row_is_not_found_by(session, query):
    assert not finds_all(session, searchable("华博冷冻仓库（示例）"), query)


def test_the_index_is_what_answers(session):
    from coldchain.registry.models import Business

    statement = select(Business.business_id).where(contains(Business.search_text, "冷库"))
    session.execute(select(1))
    compiled = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = "\n".join(row[0] for row in session.connection().exec_driver_sql(f"EXPLAIN {compiled}".replace("%", "%%")))
    assert "ix_business_grams" in plan
