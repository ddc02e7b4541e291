"""Pages of results: corrections, entries for a laboratory, the work list, spreadsheets, a positive, what is due."""

import io
import re
import zipfile
from uuid import UUID

import openpyxl
import pytest
from flask import Flask

from coldchain.batches import result_file, sampling
from coldchain.core import clock, db, limits, sheet_reader
from coldchain.core.errors import Invalid
from coldchain.registry.models import Worker
from tests.batches.test_corrections import photograph
from tests.factories.reader import Reader
from tests.factories.world import World

HEAD = ["采样管号", "检测阶段", "检测结果", "收样时间", "报告时间", "报告编号", "检测人"]
WORK = {"result": "negative", "stage": "preliminary", "received_at": "2021-01-18 12:00",
        "reported_at": "2021-01-18 18:00", "report_no": "R-1", "analyst": "赵示例"}  # fmt: skip


def row(number, result="阴性", **fields):
    cells = dict(
        zip(HEAD, [number, "初筛", result, "2021/1/18 12:00", "2021-01-18 18:00", "R-1", "赵示例"], strict=True)
    )
    return list((cells | fields).values())


def xlsx(*rows, head=HEAD):
    book = openpyxl.Workbook()
    for each in (head, *rows):
        book.active.append(each)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv(*rows, encoding="utf-8", head=HEAD):
    return "\n".join(",".join(map(str, each)) for each in (head, *rows)).encode(encoding)


def send_file(who, content, query="", expect=200):
    answer = who.client.post(
        f"/api/v1/tube-results/file{query}", data={"file": (io.BytesIO(content), "results.xlsx")},
        content_type="multipart/form-data", headers={"Authorization": f"Bearer {who.token}"},
    )  # fmt: skip
    assert answer.status_code == expect, answer.get_data(as_text=True)
    return answer.get_json()


def upload(reader, action, expect, field="file", name="results.csv", content=b"", **typed):
    """Send the last page's form with a file."""
    fields = dict(reader.form(action)["fields"]) | typed
    fields.pop(field, None)
    data = fields | ({field: (io.BytesIO(content), name)} if content else {})
    answer = reader.client.post(action, data=data, content_type="multipart/form-data", follow_redirects=True)
    return reader._took(answer, expect)


@pytest.fixture
def lab(app: Flask, case) -> Reader:  # type: ignore[no-untyped-def]
    return Reader.of(app, case.lab[1])


# --- one after the other ---


def test_results_are_entered_by_number_and_what_stays_the_same_stays(lab: Reader, case) -> None:  # type: ignore[no-untyped-def]
    case.tube(case.first, tube_no="LJ-1"), case.tube(case.second, tube_no="LJ-2")
    page = lab.open("/tubes/work")
    assert re.search(r'name="tube_no"[^>]* autofocus', page)
    assert "LJ-1" in page
    page = lab.send("/tubes/work", 422, tube_no="LJ-9", **WORK)
    assert 'id="f-tube_no-error"' in page
    page = lab.send("/tubes/work", 200, tube_no=" lj 1 ")
    assert case.lab[1].get("/tubes?tube_no=LJ-1")["items"][0]["state"] == "negative"
    again = dict(lab.form("/tubes/work")["fields"])
    assert again["tube_no"] == ""
    assert {name: again[name] for name in ("report_no", "received_at", "analyst", "stage")} == {
        name: WORK[name] for name in ("report_no", "received_at", "analyst", "stage")
    }
    page = lab.send("/tubes/work", 200, tube_no="LJ-2", result="positive")
    assert re.fullmatch(r"/tubes/[0-9a-f-]{36}/results/new\?.*", lab.path), "a positive is checked before it locks"
    assert case.batch(case.second)["restriction"] == "none"
    action = lab.path.partition("?")[0]
    assert "1 batch will be locked" in lab.send(action, 200, _step="check")


# --- spreadsheets ---


@pytest.mark.parametrize("make", [
    lambda rows: csv(*rows), lambda rows: csv(*rows, encoding="gb18030"), lambda rows: xlsx(*rows),
    lambda rows: b"\xef\xbb\xbf" + csv(*rows),
], ids=["utf-8", "gb18030", "xlsx", "bom"])  # fmt: skip
def test_a_file_is_tried_then_entered_and_twice_makes_nothing_twice(case, make) -> None:  # type: ignore[no-untyped-def]
    first, second = case.tube(case.first, tube_no="LJ-1"), case.tube(case.second, tube_no="LJ-2")
    content = make([row("LJ-1"), [""] * 7, row("LJ-2", "阳性")])
    who = case.lab[1]
    tried = send_file(who, content, "?dry_run=true")
    assert tried == {"rows": 2, "made": 2, "already": 0, "positives": 1, "errors": []}
    assert who.get(f"/tubes/{first['tube_id']}")["results"] == []
    assert send_file(who, content)["made"] == 2
    shown = who.get(f"/tubes/{first['tube_id']}")["results"][0]
    assert (shown["result"], shown["received_at"], shown["analyst"]) == ("negative", "2021-01-18T04:00:00Z", "赵示例")
    assert case.batch(case.second)["restriction"] == "locked"
    assert send_file(who, content) == {"rows": 2, "made": 0, "already": 2, "positives": 0, "errors": []}
    assert len(who.get(f"/tubes/{second['tube_id']}")["results"]) == 1


def test_every_bad_cell_is_named_and_nothing_is_entered(case) -> None:  # type: ignore[no-untyped-def]
    for n in range(1, 6):
        case.tube(case.first, tube_no=f"LJ-{n}")
    case.result(case.lab[1].get("/tubes?tube_no=LJ-5")["items"][0], "negative", report_no="R-1")
    rows = [
        row("LJ-1"), row("LJ-9"), row("LJ-2", "弱阳"), row("LJ-3", 收样时间="昨天"),
        row("LJ-4", 收样时间="2021-01-18 09:00"), row("LJ-1"), row("LJ-5", "阳性"), row("LJ-2", 报告编号=""),
        row("LJ-3", 检测结果="=1+1"),
    ]  # fmt: skip
    expected = [
        (3, "采样管号", "LJ-9", "unknown_tube"), (4, "检测结果", "弱阳", "not_one_of"),
        (5, "收样时间", "昨天", "not_time"), (6, "收样时间", "2021-01-18 09:00", "received_before_sampled"),
        (7, "采样管号", "LJ-1", "twice"), (8, "报告编号", "R-1", "entered_otherwise"), (9, "报告编号", "", "required"),
        (10, "检测结果", "=1+1", "formula_cell"),
    ]  # fmt: skip
    tried = send_file(case.lab[1], xlsx(*rows), "?dry_run=true")
    labels = {"采样管号": "采样管编号"}
    found = [(bad["row"], bad["value"], bad["code"]) for bad in tried["errors"]]
    assert found == [(number, value, code) for number, _column, value, code in expected], labels
    assert "阴性" in tried["errors"][1]["message"]
    refused = send_file(case.lab[1], xlsx(*rows), expect=422)
    assert [each["pointer"] for each in refused["errors"]][:2] == ["/rows/3/tube_no", "/rows/4/result"]
    assert len(refused["errors"]) == 8
    assert [t["tube_no"] for t in case.lab[1].get("/tubes?pending=false")["items"]] == ["LJ-5"], "all or nothing"


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (limits.SHEET_UNPACKED_BYTES + 1))
    return out.getvalue()


@pytest.mark.parametrize(("content", "code"), [
    (bomb, "too_large"), (lambda: b"PK\x03\x04 no zip", "not_a_table"), (lambda: b"\x00\x01\x02", "not_a_table"),
    (lambda: b"%PDF-1.7 \xff\xff\xff", "not_a_table"), (lambda: csv(row("x"), head=["编号"]), "columns_missing"),
    (csv, "empty"), (lambda: csv(*[row(n) for n in range(limits.RESULT_ROWS + 6)]), "too_many_rows"),
    (lambda: csv(*[row(n) for n in range(limits.RESULT_ROWS + 1)]), "too_many_rows"),
])  # fmt: skip
def test_what_is_no_table_of_results_is_refused(content, code) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid) as refused:
        result_file.read(content())
    assert refused.value.errors[0].code == code


def test_as_many_rows_as_the_limit_are_read_whatever_stands_above_them() -> None:
    rows = [row(n) for n in range(limits.RESULT_ROWS)]
    found = result_file.read(csv(HEAD, *rows, head=["检测结果汇总表"])).rows
    assert (len(found), found[0].number, found[-1].cells["tube_no"]) == (limits.RESULT_ROWS, 3, str(len(rows) - 1))


def test_columns_up_to_the_limit_are_read() -> None:
    filled = [""] * (limits.SHEET_COLUMNS - len(HEAD))
    assert result_file.read(csv([*filled, *row("LJ-1")], head=[*filled, *HEAD])).rows[0].cells["analyst"] == "赵示例"
    with pytest.raises(Invalid) as refused:
        result_file.read(csv(["", *filled, *row("LJ-1")], head=["", *filled, *reversed(HEAD)]))
    assert refused.value.errors[0].code == "columns_missing"


def test_moments_are_read_however_a_sheet_keeps_them() -> None:
    for text in ("2021/1/18 8:05", "2021年1月18日 8:05", "2021-01-18 08:05:30", "44214.336805556"):
        assert result_file._moment(text) == "2021-01-18 08:05"
    for text in ("", "昨天", "2021-01-18", "442143"):
        assert result_file._moment(text) == text


def test_cells_that_are_given_out_start_no_formula_and_come_back_as_they_were(lab: Reader, case) -> None:  # type: ignore[no-untyped-def]
    number = "=HYPERLINK(1)"
    case.tube(case.first, tube_no=number)
    text = lab.client.get("/tubes/work/results.csv").get_data().decode("utf-8-sig")
    assert f"'{number}" in text
    assert not re.search(r'(^|,|\n)"?[=+@-]', text)
    for sign in "=+-@":
        assert sheet_reader.as_typed(sheet_reader.inert(f"{sign}1")) == f"{sign}1"
    assert sheet_reader.as_typed("'x") == "'x"
    assert send_file(case.lab[1], csv(row(f"'{number}")), "?dry_run=true")["made"] == 1


def test_the_page_shows_what_would_come_of_a_file_before_it_is_entered(lab: Reader, case) -> None:  # type: ignore[no-untyped-def]
    case.tube(case.first, tube_no="LJ-1")
    lab.open("/tubes/work")
    assert 'id="f-file-error"' in upload(lab, "/tubes/work/file", 422)
    page = upload(lab, "/tubes/work/file", 422, content=csv(row("LJ-7")))
    assert "1 cell can" in page
    assert "LJ-7" in page
    page = upload(lab, "/tubes/work/file", 200, content=csv(row("LJ-1", "阳性")))
    assert "1 positive result among them" in page
    assert case.batch()["restriction"] == "none"
    forms = re.findall(r'name="_rows" value="([^"]+)"', page)
    assert forms
    fields = {
        "_rows": forms[0].replace("&#34;", '"'),
        "csrf_token": dict(lab.form("/tubes/work")["fields"])["csrf_token"],
    }
    lab._took(lab.client.post("/tubes/work/file", data=fields, follow_redirects=True), 200)
    assert "1 result is entered" in lab.text
    assert case.batch()["restriction"] == "locked"
    fields["_rows"] = "[[1, {}], 7]"
    lab._took(lab.client.post("/tubes/work/file", data=fields), 422)


# --- corrections ---


def test_a_result_moves_by_page_and_whoever_was_told_is_told_again(app: Flask, lab: Reader, world: World, case) -> None:  # type: ignore[no-untyped-def]
    tube, right = case.tube(case.first, tube_no="LJ-1"), case.tube(case.second, tube_no="LJ-2")
    result = case.result(tube, "positive")
    path = f"/tubes/{tube['tube_id']}/results/{result['result_id']}/move"
    assert f'href="{path}"' in lab.open(f"/tubes/{tube['tube_id']}")
    lab.open(path)
    page = lab.send(path, 422, _step="check", to_tube_no="LJ-9", reason="")
    assert 'id="f-reason-error"' in page
    page = lab.send(path, 200, _step="check", to_tube_no="LJ-2", reason="管号录错")
    assert "1 batch will be locked" in page
    assert "1 batch will be unlocked" in page
    assert case.batch()["restriction"] == "locked", "the check moves nothing"
    lab.send(path, 200, _step="send")
    assert lab.path == f"/tubes/{right['tube_id']}"
    merchant = Reader.of(app, case.merchant)
    page = merchant.open("/")
    assert "Corrected: the result of tube LJ-1, which had locked 1 batch" in page
    assert "阳性" not in page
    page = merchant.open(f"/batches/{case.first}")
    assert "The result was corrected" in page
    assert "ositive" not in page.partition("<main")[2]
    for officer in (world.regulator, world.inspector):
        assert "Corrected: the result of tube LJ-1" in Reader.of(app, officer).open("/")
    stranger = Reader.of(app, world.merchant(world.business()))
    assert "LJ-1" not in stranger.open("/")
    page = lab.open(f"/tubes/{tube['tube_id']}")
    assert "管号录错" in page
    assert right["tube_id"] in page


def test_a_result_is_corrected_by_page(lab: Reader, case) -> None:  # type: ignore[no-untyped-def]
    tube = case.tube(case.first)
    wrong = case.result(tube, "positive")
    path = f"/tubes/{tube['tube_id']}/results/new"
    assert "This takes the place of report" in lab.open(f"{path}?corrects={wrong['result_id']}")
    page = lab.send(path, 422, _step="check", result="negative")
    assert 'id="f-reason-error"' in page
    assert "1 batch will be unlocked" in lab.send(path, 200, _step="check", reason="看错行")
    lab.send(path, 200, _step="send")
    assert case.batch()["restriction"] == "none"


def test_an_officer_enters_by_page_with_one_photograph_and_the_laboratory_confirms(  # type: ignore[no-untyped-def]
    app: Flask, lab: Reader, world: World, case
) -> None:
    tube = case.tube(case.first)
    path = f"/tubes/{tube['tube_id']}/results/new"
    officer = Reader.of(app, world.inspector)
    officer.open(path)
    typed = {name: WORK[name] for name in ("result", "stage", "received_at", "reported_at", "report_no")}
    page = upload(officer, path, 422, "photo", "r.png", photograph(), _step="check", **typed | {"report_no": ""})
    assert "A photograph is kept" in page, "it need not be chosen again"
    page = officer.send(path, 200, _step="check", report_no="R-1")
    page = officer.send(path, 200, _step="send")
    assert "The result is taken" in page
    page = lab.open("/")
    assert "Entered for you, to be confirmed" in page
    page = lab.open(f"/tubes/{tube['tube_id']}")
    action = re.search(r'action="(/tubes/[^"]+/confirm)"', page)
    assert action is not None
    page = lab.send(action[1], 200)
    assert "Confirmed by the laboratory" in page
    assert "Entered for you" not in lab.open("/")
    other = Reader.of(app, world.regulator)
    other.open(path)
    other.send(path, 422, _step="check", _photo="made up", **typed)


# --- a positive followed up ---


def test_the_page_of_a_positive_says_what_is_locked_and_releases_it(app: Flask, world: World, case) -> None:  # type: ignore[no-untyped-def]
    tube = case.tube(case.first, case.second)
    path = f"/tubes/{tube['tube_id']}/positive"
    officer = Reader.of(app, world.regulator)
    officer.open(path, 404)
    case.result(tube, "positive")
    assert f'href="{path}"' in officer.open(f"/tubes/{tube['tube_id']}")
    page = officer.open(path)
    assert "Several batches are in this tube" in page
    assert page.count("Sale paused") == 2, "what the public reads of each"
    assert case.owner["name"] in page
    assert "/destructions/new?" in page
    Reader.of(app, case.lab[1]).open(path, 404)
    Reader.of(app, case.merchant).open(path, 403)
    Reader.of(app, world.people.regulator("230204")).open(path, 404)
    release = f"/tubes/{tube['tube_id']}/release"
    assert release not in Reader.of(app, world.inspector).open(path)
    page = officer.send(release, 422, reason="")
    assert 'id="f-reason-error"' in page
    page = officer.send(release, 200, reason="样本受污染")
    assert "Nothing is locked by this tube any more" in page
    assert case.batch()["restriction"] == "none"
    assert "Released by an officer" in officer.open(f"/batches/{case.first}")


# --- the form of a tube: other subjects, the plan, what is due ---


@pytest.mark.parametrize(("count", "pieces"), [(100, [13, 38, 63, 88]), (4, [1, 2, 3, 4]), (2, [1, 2]), (1, [1])])
def test_a_plan_spreads_its_pieces(count: int, pieces: list[int]) -> None:
    plan = [["outer_pack", "inner_pack"]] * 3 + [["outer_pack"]]
    found = sampling.suggest(plan, count)
    assert list(dict.fromkeys(piece for piece, _site in found)) == pieces
    assert all(1 <= piece <= count for piece, _site in found)


def test_the_plan_fills_in_ten_samples_that_speak_for_the_whole_batch(lab: Reader, case) -> None:  # type: ignore[no-untyped-def]
    code = case.batch()["batch_code"]
    assert "plan=1" in lab.open(f"/tubes/new?batch={code}")
    page = lab.open(f"/tubes/new?batch={code}&plan=1")
    assert "The plan suggests piece 3." in page
    lab.send("/tubes/new", 200, tube_no="LJ-1", sampled_at="2021-01-18 10:00", place="1 号冷库")
    (tube,) = case.lab[1].get("/tubes")["items"]
    assert [s["sample_site"] for s in tube["samples"]] == ["outer_pack", "inner_pack", "surface"] * 3 + ["outer_pack"]
    assert {(s["basis"], s["batch"]["batch_id"]) for s in tube["samples"]} == {("whole_batch", case.first)}
    assert lab.open("/tubes/new?batch=NOCODE&plan=1").count("data-line>") == 1


def test_vehicles_and_other_things_are_typed(lab: Reader, case) -> None:  # type: ignore[no-untyped-def]
    lab.open("/tubes/new")
    lab.send("/tubes/new", 200, _add="samples")
    page = lab.send(
        "/tubes/new", 200, tube_no="LJ-1", sampled_at="2021-01-18 10:00",
        _samples__0__of="vehicle_plate", _samples__0__code="黑B12345", samples__0__sample_site="surface",
        _samples__1__of="unlisted", _samples__1__code="门把手", samples__1__sample_site="environment",
    )  # fmt: skip
    assert "黑B12345" in page
    assert "门把手" in page


def test_who_and_what_is_due_is_ticked_and_sampled(app: Flask, world: World, lab: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant = Reader.of(app, case.merchant)
    merchant.open("/workers/new")
    page = merchant.send("/workers/new", 422, name="", post="搬运")
    assert 'id="f-name-error"' in page
    merchant.send("/workers/new", 200, name="工示例", started_on="2021-01-16", site_id=case.site["site_id"])
    assert "工示例" in merchant.open("/sampling-due")
    assert "Overdue" in merchant.text
    officer = Reader.of(app, world.inspector)
    page = officer.open("/sampling-due")
    worker = case.merchant.get("/workers")["items"][0]["worker_id"]
    assert worker in page
    zone = case.zone["zone_id"]
    page = officer.open(f"/tubes/new?worker={worker}&zone={zone}")
    assert "工示例" in page
    now = clock.now().astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M")
    page = officer.send("/tubes/new", 200, tube_no="LJ-1", lab=case.lab[0]["business_id"], sampled_at=now)
    assert "工示例" in page
    seen = lab.open(officer.path)
    assert "工示例" not in seen
    assert "搬运" in seen
    assert "Overdue" not in merchant.open("/sampling-due")
    merchant.send(f"/workers/{worker}/end", 200)
    assert "工示例" not in merchant.text
    lab.open("/sampling-due", 403)
    with db.transaction() as session:
        assert session.get_one(Worker, UUID(worker)).ended_on is not None


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_new_pages_are_drawn_in_both_languages(app: Flask, world: World, case, lang: str) -> None:  # type: ignore[no-untyped-def]
    tube = case.tube(case.first)
    result = case.result(tube, "positive")
    lab = Reader.of(app, case.lab[1], lang=lang)
    here = f"/tubes/{tube['tube_id']}"
    move = f"{here}/results/{result['result_id']}/move"
    for path in ("/tubes/work", move, f"{here}/results/new?corrects={result['result_id']}"):
        assert lab.open(path).count("<h1") == 1, path
    officer = Reader.of(app, world.regulator, lang=lang)
    for path in ("/sampling-due", f"{here}/positive", f"{here}/results/new", move):
        assert officer.open(path).count("<h1") == 1, path
    assert Reader.of(app, case.merchant, lang=lang).open("/workers/new").count("<h1") == 1
