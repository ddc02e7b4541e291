"""The demonstration's data file: whole, in order, and adding up to what the bureau knew at each hour.

The figures below are the published ones; the file holds none of them but as rows that add up to them.
"""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from coldchain.core.clock import BEIJING
from coldchain.ops.demo import data, events
from coldchain.ops.demo.data import FILE, DemoDataError, load

FIRST_EVENING = datetime(2021, 1, 19, 19, 0, tzinfo=BEIJING)
THIRD_MORNING = datetime(2021, 1, 22, 8, 0, tzinfo=BEIJING)
THIRD_EVENING = datetime(2021, 1, 22, 17, 0, tzinfo=BEIJING)
END = datetime(2021, 2, 1, tzinfo=BEIJING)
FIRST_ROUND = {
    "华博冷库": 61,
    "福鼎市场": 44,
    "方兴市场": 31,
    "永辉超市": 22,
    "星光市场": 20,
    "荣哥果蔬": 16,
    "西园市场": 8,
}


@pytest.fixture(scope="module")
def demo():
    return load()


def of(demo, kind, until=END):
    return [event for event in demo.events if isinstance(event, kind) and event.at <= until]


def latest(demo, until):
    """The latest finding of each task, as a report counts them."""
    return {event.task_id: event for event in of(demo, events.RecordFinding, until)}


def outcomes(demo, until):
    return Counter(event.outcome for event in latest(demo, until).values())


def tasks(demo, until):
    """Every task known then with its origin: blanket, pulled in from the books, found on foot."""
    announced = of(demo, events.AnnounceRecall)[0].at
    blanket = of(demo, events.DraftRecall)[0].blanket
    sites = {e.key: e for e in of(demo, events.RegisterSite)}
    origin = {k: "blanket" for k, s in sites.items() if s.at < announced and s.kind in blanket.site_kinds}
    for arrival in of(demo, events.RegisterArrival, until):
        if arrival.at > announced:
            origin.setdefault(arrival.site_id, "from_books")
    origin.update({e.key: "on_foot" for e in of(demo, events.FindOnFoot, until)})
    return origin


def samples(demo, until, number):
    """Pieces of one round by (place, state), each piece in its latest state."""
    taken = Counter()
    for finding in of(demo, events.RecordFinding, until):
        for sample in finding.samples:
            if sample.round == number:
                taken[finding.task_id, sample.place] += sample.pieces
    state = dict.fromkeys(taken, "taken")
    for result in of(demo, events.RecordSampleResult, until):
        if result.round != number:
            continue
        moved = [k for k in taken if k[1] == result.place or k[0] in (result.task_ids or ())]
        assert sum(taken[k] for k in moved) == result.pieces
        assert {state[k] for k in moved} == {{"sent": "taken", "negative": "sent"}[result.state]}
        state.update(dict.fromkeys(moved, result.state))
    found = Counter()
    for (task, place), pieces in taken.items():
        found[place, state[task, place]] += pieces
    return found


class TestFirstEvening:
    def test_43_sites_with_10_87_tonnes_all_sealed_and_weighed(self, demo):
        found = [f for f in latest(demo, FIRST_EVENING).values() if f.outcome == "found"]
        lines = [line for finding in found for line in finding.lines]
        assert len(found) == 43
        assert sum(line.mass_g for line in lines) == 10_870_000
        assert {line.disposition for line in lines} == {"sealed"}
        assert all(finding.lines and finding.samples and finding.disinfected for finding in found)
        assert len({line.seal_no for line in lines}) == len(lines)

    def test_the_kinds_of_site_that_the_notice_named(self, demo):
        sites = {e.key: e.kind for e in of(demo, events.RegisterSite)}
        found = {sites.get(task) for task, f in latest(demo, FIRST_EVENING).items() if f.outcome == "found"}
        assert {"cold_store", "supermarket", "stall", "kitchen"} <= found

    def test_202_samples_by_place_all_negative(self, demo):
        first = samples(demo, FIRST_EVENING, 1)
        assert first == {(place, "negative"): pieces for place, pieces in FIRST_ROUND.items()}
        assert sum(first.values()) == 202
        assert samples(demo, FIRST_EVENING, 2) == {}

    def test_nothing_matched_when_it_was_announced_and_two_sites_were_pulled_in(self, demo):
        announced = of(demo, events.AnnounceRecall)[0].at
        series = {e.key for e in of(demo, events.RegisterProduct) if e.series == "分割鸡"}
        matching = [
            arrival
            for arrival in of(demo, events.RegisterArrival)
            if any(line.product_id in series for line in arrival.lines)
        ]
        assert all(arrival.at > announced for arrival in matching)
        mass = {e.key: e.unit_mass_g for e in of(demo, events.RegisterProduct)}
        early = [a for a in matching if a.at <= FIRST_EVENING]
        assert len(early) == 2
        assert sum(line.quantity_units * mass[line.product_id] for a in early for line in a.lines) == 280_000

    def test_due_checked_and_open(self, demo):
        due = tasks(demo, FIRST_EVENING)
        assert Counter(due.values()) == {"blanket": 122, "from_books": 2, "on_foot": 7}
        done = outcomes(demo, FIRST_EVENING)
        assert done == {"found": 43, "none_found": 75, "closed": 3, "unreachable": 2}
        assert len(due) - done["found"] - done["none_found"] == 13

    def test_each_office_has_a_share(self, demo):
        office = {e.key: e.office for e in demo.events if isinstance(e, events.RegisterSite | events.FindOnFoot)}
        due = Counter(office[task] for task in tasks(demo, FIRST_EVENING))
        assert set(due) == {o.name for o in demo.offices}
        found = Counter(office[t] for t, f in latest(demo, FIRST_EVENING).items() if f.outcome == "found")
        assert set(found) == set(due)


class TestThirdDay:
    @pytest.mark.parametrize("when", [THIRD_MORNING, THIRD_EVENING])
    def test_66_sites_of_which_43_were_weighed(self, demo, when):
        found = [f for f in latest(demo, when).values() if f.outcome == "found"]
        weighed = [f for f in found if all(line.mass_g is not None for line in f.lines)]
        rest = [f for f in found if f not in weighed]
        assert (len(found), len(weighed), len(rest)) == (66, 43, 23)
        assert sum(line.mass_g for f in weighed for line in f.lines) == 10_870_000
        assert all(line.mass_g is None for f in rest for line in f.lines)
        assert all(f.lines and f.samples and f.disinfected for f in found)

    @pytest.mark.parametrize("when", [THIRD_MORNING, THIRD_EVENING])
    def test_167_people(self, demo, when):
        assert sum(f.people_controlled for f in latest(demo, when).values()) == 167

    def test_fewer_people_were_counted_on_the_first_evening(self, demo):
        assert 0 < sum(f.people_controlled for f in latest(demo, FIRST_EVENING).values()) < 167

    def test_second_round_in_two_parts(self, demo):
        def by_state(when):
            states = Counter()
            for (_place, state), pieces in samples(demo, when, 2).items():
                states[state] += pieces
            return states

        assert by_state(THIRD_MORNING) == {"negative": 912, "taken": 413}
        assert by_state(THIRD_EVENING - timedelta(seconds=1)) == {"negative": 912, "taken": 413}
        assert by_state(THIRD_EVENING) == {"negative": 912, "sent": 413}
        assert by_state(END) == {"negative": 1325}
        assert sum(samples(demo, END, 1).values()) == 202

    def test_parts_are_35_and_31_sites(self, demo):
        parts = [r for r in of(demo, events.RecordSampleResult) if r.round == 2]
        assert [len(r.task_ids) for r in parts] == [35, 35, 31, 31]
        assert len({task for r in parts for task in r.task_ids}) == 66

    def test_the_later_23_came_in_each_way(self, demo):
        early = {t for t, f in latest(demo, FIRST_EVENING).items() if f.outcome == "found"}
        later = {t for t, f in latest(demo, THIRD_MORNING).items() if f.outcome == "found"} - early
        origin = tasks(demo, THIRD_MORNING)
        assert len(later) == 23
        assert {origin[task] for task in later} == {"blanket", "from_books", "on_foot"}
        batches = [line.batch_id for t in later for line in latest(demo, END)[t].lines if line.batch_id]
        assert len(batches) >= 5  # registered only after the notice

    def test_a_repeated_finding_seals_the_same(self, demo):
        found = {}
        for finding in of(demo, events.RecordFinding):
            if finding.outcome == "found":
                assert found.setdefault(finding.task_id, finding).lines == finding.lines

    def test_every_outcome_occurs_and_some_tasks_stay_open(self, demo):
        assert {f.outcome for f in of(demo, events.RecordFinding)} == {
            "found",
            "none_found",
            "closed",
            "unreachable",
            "refused",
        }
        done = outcomes(demo, END)
        still_open = len(tasks(demo, END)) - done["found"] - done["none_found"]
        assert still_open >= 3


class TestOrder:
    def test_sorted_and_after_what_they_name(self, demo):
        assert [e.at for e in demo.events] == sorted(e.at for e in demo.events)
        assert all(e.at.utcoffset() == timedelta(hours=8) for e in demo.events)

    def test_notice_and_announcement(self, demo):
        (draft,), (announce,) = of(demo, events.DraftRecall), of(demo, events.AnnounceRecall)
        assert draft.received_at == datetime(2021, 1, 19, 12, 0, tzinfo=BEIJING)
        assert draft.received_at <= draft.at <= announce.at <= draft.received_at + timedelta(hours=2)

    def test_no_task_before_the_announcement_and_none_for_nothing(self, demo):
        announced = of(demo, events.AnnounceRecall)[0].at
        known = tasks(demo, END)
        for finding in of(demo, events.RecordFinding):
            assert finding.at > finding.captured_at > announced
            assert finding.task_id in known

    def test_some_findings_were_written_down_late(self, demo):
        late = [f for f in of(demo, events.RecordFinding) if f.at - f.captured_at > timedelta(minutes=15)]
        assert late

    def test_arguments_resolve_references_only(self, demo):
        finding = next(f for f in of(demo, events.RecordFinding) if f.lines and f.lines[0].product_id)
        arguments = finding.arguments(lambda kind, key: (kind, key))
        assert set(arguments) == {"task_id", "outcome", "captured_at", "lines", "samples", "people_controlled"} | {
            "disinfected"
        }
        assert arguments["task_id"] == ("task", finding.task_id)
        assert arguments["lines"][0]["product_id"] == ("product", finding.lines[0].product_id)
        assert arguments["lines"][0]["seal_no"] == finding.lines[0].seal_no
        assert "batch_id" not in arguments["lines"][0]
        result = of(demo, events.RecordSampleResult)[-1].arguments(lambda kind, key: kind)
        assert set(result["task_ids"]) == {"task"}


class TestWorkForEveryAccount:
    def test_accounts(self, demo):
        assert {a.username for a in demo.accounts} == {"admin", "regulator", "inspector", "merchant", "buyer", "lab"}

    def test_23_card_holders_with_letters(self, demo):
        before = of(demo, events.RegisterBusiness, of(demo, events.DraftRecall)[0].at)
        holders = {b.uscc for b in before if b.handles_imported}
        letters = {s.business for s in of(demo, events.SignCommitmentLetter)}
        assert len(holders) == 23
        assert holders <= letters

    def test_registrations_wait_for_the_regulator(self, demo):
        approved = {a.business for a in of(demo, events.ApproveBusiness)}
        letters = {s.business for s in of(demo, events.SignCommitmentLetter)}
        pending = [b for b in of(demo, events.RegisterBusiness) if b.uscc not in approved]
        assert len(pending) == 3
        assert any(b.handles_imported and b.uscc not in letters for b in pending)

    def test_tubes_wait_for_the_lab(self, demo):
        reported = {r.tube_id for r in of(demo, events.RecordTubeResult)}
        assert len([t for t in of(demo, events.RegisterTube) if t.key not in reported]) >= 2

    def test_goods_wait_for_the_buyer(self, demo):
        confirmed = {c.consignment_id for c in of(demo, events.ConfirmConsignment)}
        assert [d.key for d in of(demo, events.Dispatch) if d.key not in confirmed]

    def test_the_merchants_batches_fail_for_different_reasons(self, demo):
        disinfections = {d.arrival_id or d.batch_id: d for d in of(demo, events.RecordDisinfection)}
        papers = {(p.arrival_id, p.kind) for p in of(demo, events.AddEvidence)}
        results = {(r.tube_id, r.result) for r in of(demo, events.RecordTubeResult)}
        assert ("cod_jan", "nucleic_acid") not in papers
        assert disinfections["squid_jan"].agent == "chlorine"
        assert disinfections["squid_jan"].ambient_temperature_c == -18
        thigh = disinfections["thigh_jan/1"]
        assert (thigh.piece_from, thigh.piece_to) == (1, 360)
        arrival = next(a for a in of(demo, events.RegisterArrival) if a.key == "thigh_jan")
        product = next(p for p in of(demo, events.RegisterProduct) if p.key == "thigh")
        assert arrival.lines[0].quantity_units == 480 * product.units_per_piece
        assert ("t107", "positive") in results

    def test_quantities_on_the_way_are_there(self, demo):
        stock = {
            f"{a.key}/{i}": line.quantity_units
            for a in of(demo, events.RegisterArrival)
            for i, line in enumerate(a.lines, 1)
        }
        for dispatch in of(demo, events.Dispatch):
            for line in dispatch.lines:
                stock[line.batch_id] -= line.quantity_units
                assert stock[line.batch_id] > 0


class TestInventedIsMarked:
    def test_names(self, demo):
        real = {"黑龙江正大", *FIRST_ROUND}
        for event in demo.events:
            name = getattr(event, "name", None) or getattr(event, "place_name", None)
            if name is not None and not isinstance(event, events.RegisterProducer | events.RegisterVenue):
                assert "示例" in name or "虚构" in name, name
            elif name is not None:
                assert name in real or "虚构" in name, name
        assert all("DEMA" in b.uscc for b in of(demo, events.RegisterBusiness))
        assert all(b.phone.startswith("0452-0000") for b in of(demo, events.RegisterBusiness))

    def test_the_head_of_the_file_says_what_is_real(self, demo):
        head = FILE.read_text(encoding="utf-8")[:3000]
        assert "Real, from public notices" in head
        assert "Invented: everything else" in head
        assert "虚构" in demo.note_zh


class TestLoaderRefuses:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('task_id = "foot_1"', 'task_id = "foot_99"', "no task foot_99"),
            ('by = "lab"', 'by = "labour"', "no account labour"),
            ("piece_to = 360", 'piece_to = "360"', "is not int"),
            ("contact_min = 30", "contact_minutes = 30", "unknown fields"),
            ('container_no = "CSQU3054383"', 'container_no = "CSQU3054384"', "should be 3"),
            ('key = "huabo"', 'key = "fuding"', "made twice"),
            ("captured_at = 2021-01-19T", "captured_at = 2031-01-19T", "after it is recorded"),
            ('office = "中华街所"', 'office = "中华所"', "no office"),
            ("handles_imported = true", "handles_imported = 1", "is not bool"),
            ("\nmake_labels = [", "\nprint_labels = [", "unknown sections"),
        ],
    )
    def test_slips(self, tmp_path, old, new, words):
        text = FILE.read_text(encoding="utf-8")
        assert old in text
        broken = Path(tmp_path) / "broken.toml"
        broken.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(DemoDataError, match=words):
            load(broken)


def test_every_section_has_rows_and_every_event_a_section():
    found = {type(event) for event in data.load_sets().events}
    assert found == set(data.SECTIONS.values())


class TestDongxing:
    def test_55_cold_stores_with_three_stewards_each(self):
        stores = load(data.SETS["dongxing"])
        sites = of(stores, events.RegisterSite, datetime(2021, 3, 1, tzinfo=BEIJING))
        terms = of(stores, events.AppointSteward, datetime(2021, 3, 1, tzinfo=BEIJING))
        assert (len(sites), {site.kind for site in sites}) == (55, {"cold_store"})
        assert len(terms) == 165
        held = Counter((term.site_id, term.kind) for term in terms)
        assert set(held.values()) == {1}
        assert len({site for site, _kind in held}) == 55

    def test_invented_is_marked(self, demo):
        stores = load(data.SETS["dongxing"])
        for event in stores.events:
            name = getattr(event, "name", "示例")
            assert "示例" in name or "虚构" in name, name
            phone = getattr(event, "phone", None)
            assert phone is None or phone.startswith("0832-0000")
        assert all("DEMA" in each.uscc for each in stores.events if isinstance(each, events.RegisterBusiness))
        assert "Invented: everything else" in data.SETS["dongxing"].read_text(encoding="utf-8")[:1500]
        assert stores.events[0].at > demo.events[-1].at  # the books learn it afterwards
