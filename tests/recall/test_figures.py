"""The figures of a report, against counting by hand over sets."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from coldchain.recall.figures import CHECKED, LineFact, StockFact, TaskFact, compute

BATCHES = [uuid4() for _ in range(3)]
SITES = [uuid4() for _ in range(6)]
OFFICES: list[UUID | None] = [uuid4(), uuid4(), None]


@st.composite
def lines(draw: st.DrawFn) -> LineFact:
    """A line whose matched part is at most what was examined."""
    examined = draw(st.integers(0, 50))
    return LineFact(
        draw(st.sampled_from([*BATCHES, None])),
        examined,
        draw(st.integers(0, examined)),
        draw(st.none() | st.integers(0, 10_000)),
        draw(st.sampled_from(["sealed", "taken_off", "left"])),
    )


@st.composite
def sweeps(draw: st.DrawFn) -> list[TaskFact]:
    """Tasks, one a site."""
    found = []
    for site in draw(st.lists(st.sampled_from(SITES), unique=True)):
        state = draw(st.sampled_from(["open", "found", "none_found", "closed", "unreachable", "refused"]))
        inside = tuple(draw(st.lists(lines(), max_size=3))) if state in {"found", "open"} else ()
        found.append(
            TaskFact(
                uuid4(), site, draw(st.sampled_from(["from_books", "blanket", "on_foot"])),
                draw(st.sampled_from(OFFICES)), "230203", state,
                state in CHECKED or (state == "open" and bool(inside)), draw(st.integers(0, 5)), inside,
            )
        )  # fmt: skip
    return found


@given(
    sweeps(),
    st.lists(
        st.builds(
            StockFact, st.sampled_from(BATCHES), st.sampled_from(SITES), st.none(), st.integers(0, 60), st.just(1000)
        ),
        max_size=8,
        unique_by=lambda row: (row.batch_id, row.site_id),
    ),
)
def test_figures_are_what_counting_says(tasks: list[TaskFact], stock: list[StockFact]) -> None:
    """Every count is a set's size, every mass a plain sum; due = checked + open; offices add up to the whole."""
    figures = compute(tasks, stock, [])
    assert figures.sites_due == len(tasks) == figures.sites_checked + figures.sites_open
    assert figures.sites_checked == sum(t.state in CHECKED for t in tasks) == figures.sites_found + figures.sites_none
    assert figures.sites_open == (
        figures.sites_closed + figures.sites_unreachable + figures.sites_refused + figures.sites_not_reached_yet
        + figures.sites_reopened
    )  # fmt: skip
    assert figures.sites_reopened == sum(t.state == "open" and t.seen for t in tasks)
    assert figures.unseen_mass_g <= figures.locked_mass_g
    assert figures.sites_locked_unchecked <= figures.sites_locked
    assert sum(figures.sites_by_origin.values()) == figures.sites_due
    for name in ("sites_due", "sites_checked", "sites_found", "sites_none", "sites_open"):
        assert sum(getattr(office, name) for office in figures.offices) == getattr(figures, name)
    assert figures.people_controlled == sum(t.people_controlled for t in tasks)
    assert figures.examined_mass_g == sum(line.mass_g or 0 for t in tasks for line in t.lines)
    assert figures.matched_mass_g == figures.sealed_mass_g + figures.taken_off_mass_g + figures.left_mass_g
    assert figures.matched_mass_g <= figures.examined_mass_g
    assert figures.held_mass_g == sum(row.quantity_units * 1000 for row in stock)
    waiting = 0
    for row in stock:
        sealed = sum(
            line.matched_units
            for t in tasks
            for line in t.lines
            if t.site_id == row.site_id and line.batch_id == row.batch_id and line.disposition == "sealed"
        )
        waiting += max(0, row.quantity_units - sealed)
    assert figures.locked_mass_g == waiting * 1000


@given(
    st.lists(
        st.tuples(
            st.integers(1, 2), st.sampled_from(["甲市场", "乙冷库"]), st.sampled_from(["sent", "negative"]),
            st.integers(1, 9),
        )
    )
)  # fmt: skip
def test_samples_add_up(rows: list[tuple[int, str, str, int]]) -> None:
    """Each piece is counted once, whatever the grouping."""
    figures = compute([], [], rows)
    assert figures.samples_total == sum(row[3] for row in rows) == sum(r["pieces"] for r in figures.samples)
    assert sum(figures.samples_by_state.values()) == figures.samples_total
    assert len({(r["round"], r["place"], r["state"]) for r in figures.samples}) == len(figures.samples)
