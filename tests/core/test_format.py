"""How numbers, times, codes and states are written; what the macros promise to the pages that use them."""

import hashlib
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask, render_template_string, request
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined

from coldchain.core import i18n, pages, unit_words, vocabulary
from coldchain.core.errors import FieldError

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "coldchain" / "static"


# --- numbers ---


@pytest.mark.parametrize(
    ("mass_g", "text"),
    [
        (10_870_000, "10.87 t"),
        (1_437_520_000, "1,437.52 t"),
        (1_000_000, "1.00 t"),
        (999_999, "1,000 kg"),  # below a tonne it stays kg
        (360_420, "360.42 kg"),
        (184_000, "184 kg"),
        (100_000, "100 kg"),
        (10, "0.01 kg"),
        (9, "9 g"),  # never rounded to nothing
        (1, "1 g"),
        (0, "0 kg"),
        (-2_500_000, "-2.50 t"),
        (10_875_000, "10.88 t"),  # half up, in decimals
        (10_865_000, "10.87 t"),
        (None, "—"),  # not weighed is not nought
    ],
)
def test_mass_is_read_in_tonnes_from_one_tonne_on(mass_g: int | None, text: str) -> None:
    assert pages.mass(mass_g) == text


def test_mass_can_be_asked_for_in_one_unit() -> None:
    assert pages.kilograms(5_784_000) == "5,784 kg"
    assert pages.tonnes(280_000) == "0.28 t"


@given(st.integers(min_value=10, max_value=10**15))
def test_kilograms_are_never_more_than_half_a_cent_off(mass_g: int) -> None:
    shown = Decimal(pages.kilograms(mass_g).removesuffix(" kg").replace(",", ""))
    assert abs(shown - Decimal(mass_g) / 1000) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("units", "per_piece", "chinese", "english"),
    [
        (452 * 6 + 5, 6, "452 件零 5 盒", "452 pieces + 5 units"),
        (452 * 300 + 132, 300, "452 件零 132 盒", "452 pieces + 132 units"),
        (480 * 6, 6, "480 件", "480 pieces"),
        (1, 1, "1 件", "1 piece"),
        (1, 6, "1 盒", "1 unit"),
        (0, 6, "0 件", "0 pieces"),
        (12_345, 1, "12,345 件", "12,345 pieces"),
        (-7, 6, "−1 件零 1 盒", "−1 piece + 1 unit"),
    ],
)
def test_quantities_are_full_pieces_and_loose_units(units: int, per_piece: int, chinese: str, english: str) -> None:
    assert pages.pieces(units, per_piece, "unit") == chinese
    with i18n.use_locale("en"):
        assert pages.pieces(units, per_piece, "unit") == english


def test_the_loose_unit_may_have_its_own_word_and_gram_ledgers_speak_kilograms() -> None:
    assert pages.pieces(2892 + 3, 6, "unit", "bag") == "482 件零 3 袋"
    for code, word in zip(unit_words.CODES, "盒袋包瓶罐支块个", strict=True):
        assert str(unit_words.NAMES[code]) == word
        assert pages.pieces(2, 6, "unit", code) == f"2 {word}"
        with i18n.use_locale("en"):
            one, two = pages.pieces(1, 6, "unit", code), pages.pieces(2, 6, "unit", code)
            assert (one, two.startswith(f"2 {code}"), two.endswith("s")) == (f"1 {code}", True, True)
    assert pages.pieces(360_420, 10_000, "gram") == "360.42 kg"
    with pytest.raises(ValueError, match="at least one"):
        pages.pieces(5, 0, "unit")


def test_ranges_of_pieces() -> None:
    assert pages.piece_ranges([(1, 360), (400, 400)]) == "1–360, 400"
    assert pages.piece_ranges([]) == ""


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(43, 131, "32.82%"), (131, 131, "100.00%"), (200, 131, "100.00%"), (-1, 131, "0.00%"), (0, 0, "0%")],
)
def test_shares_of_a_bar_stay_within_it(part: int, whole: int, text: str) -> None:
    assert pages.percent(part, whole) == text


# --- times ---


def test_times_are_beijing_time_whatever_the_offset() -> None:
    noon_utc = datetime(2021, 1, 18, 22, 40, tzinfo=UTC)
    assert pages.moment(noon_utc) == "2021-01-19 06:40"
    assert pages.short_moment(noon_utc) == "01-19 06:40"
    assert pages.day(noon_utc) == "2021-01-19"
    assert pages.machine_moment(noon_utc) == "2021-01-19T06:40:00+08:00"
    assert pages.moment(noon_utc.astimezone(timezone(timedelta(hours=-5)))) == "2021-01-19 06:40"


def test_a_time_without_an_offset_is_refused() -> None:
    for write in (pages.moment, pages.short_moment, pages.day, pages.machine_moment, pages.form_moment):
        with pytest.raises(ValueError, match="offset"):
            write(datetime(2021, 1, 19, 19, 0))  # noqa: DTZ001 - the mistake under test


def test_days_and_what_is_not_known() -> None:
    assert pages.day(date(2021, 1, 4)) == "2021-01-04"
    assert pages.day(None) == pages.moment(None) == pages.short_moment(None) == "—"
    assert pages.form_moment(None) == ""


# --- codes and errors ---


def test_codes_are_apart_on_screen_and_together_when_copied() -> None:
    html = pages.code_groups("7K3M9Q2X0017V")
    assert html.count("<span>") == 4
    assert re.sub(r"<[^>]*>", "", html) == "7K3M9Q2X0017V"
    assert pages.code_groups("7K3M 9Q2X") == pages.code_groups("7K3M9Q2X")
    assert "<script>" not in pages.code_groups("<script>")
    assert pages.code_groups("") == '<span class="cc-code"></span>'


def test_errors_find_their_fields() -> None:
    found = pages.errors_by_field(
        [
            FieldError("/lines/0/expiry_date", "x", "No catalog knows {this}.", {"this": "field"}),
            FieldError("/lines/0/expiry_date", "y", "second"),
            {"pointer": "/note", "code": "x", "message": "said {as it is}"},
            {"pointer": "", "code": "x", "message": "the whole"},
        ]
    )
    assert found == {"lines-0-expiry_date": "No catalog knows field.", "note": "said {as it is}", "": "the whole"}


# --- states ---


WORDS = {  # the status vocabulary of the design, word for word
    "cleared": "可流通",
    "verified": "已核验",
    "negative": "阴性",
    "held": "待核验",
    "rechecking": "复核中",
    "sent": "结果未出",
    "public.paused": "暂停销售",
    "refused_gate": "不得出库",
    "recalled": "已召回",
    "missing": "缺",
    "not_covered": "未覆盖全部",
    "locked": "系统锁定（待现场封存）",
    "sealed": "已封存",
    "unsealed": "解除封存",
    "none": "没有锁定",
    "recovered": "追回",
    "lost": "损耗",
    "unaccounted": "去向不明",
    "open": "未查",
    "found": "发现",
    "none_found": "查无",
    "not_required": "不需要",
    "closed": "关门",
    "unreachable": "无法联系",
    "refused": "拒检",
    "late": "补录",
    "reported_late": "迟报",
    "timed_out": "超时",
    "overdue": "超期",
    "preliminary_positive": "初筛阳性",
    "recheck_positive": "复检阳性",
    "confirmed_positive": "确认阳性",
    "positive": "阳性",
    "destroyed": "无害化处理",
    "returned": "退运",
    "code_mismatch": "码不一致，待核",
}


@pytest.mark.parametrize(("code", "word"), WORDS.items())
def test_states_are_called_as_the_vocabulary_calls_them(code: str, word: str) -> None:
    assert str(vocabulary.status_chip(code).word) == word


def test_the_books_are_dashed_and_the_world_is_filled() -> None:
    assert vocabulary.status_chip("locked").kind == "booked"
    assert vocabulary.status_chip("sealed").kind == "done"
    assert {c for c, chip in vocabulary.CHIPS.items() if chip.kind == "booked"} == {"locked"}
    assert {c for c, chip in vocabulary.CHIPS.items() if chip.kind == "alarm"} == {
        "confirmed_positive",
        "recheck_positive",
        "preliminary_positive",
        "positive",
    }


def test_every_chip_has_an_icon_of_the_sprite_and_a_kind_of_the_sheet() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    sheet = (STATIC / "css" / "coldchain.css").read_text(encoding="utf-8")
    for code, chip in vocabulary.CHIPS.items():
        assert chip.icon in sprite, code
        assert chip.kind in vocabulary.KINDS, code
        assert f".cc-chip.{chip.kind} " in sheet
    with pytest.raises(KeyError):
        vocabulary.status_chip("frozen")


# --- the sheet's colours ---


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _tokens() -> dict[str, str]:
    sheet = (STATIC / "css" / "coldchain.css").read_text(encoding="utf-8")
    found = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})", sheet))
    return {
        name: (value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:])) for name, value in found.items()
    }


def test_words_are_readable_on_their_grounds() -> None:
    token = _tokens()
    pairs = [("ink", g) for g in ("surface", "page", "sunken", "wait-plate", "focus")]
    pairs += [("ink-2", g) for g in ("surface", "page", "sunken")]
    pairs += [(k, f"{k}-tint") for k in ("go", "wait", "stop", "idle", "act")]
    pairs += [("surface", g) for g in ("brand", "act", "act-dark", "go", "stop", "alarm", "idle", "ink")]
    pairs += [("act", "surface"), ("act", "page"), ("stop", "surface"), ("stop", "page")]
    for text, ground in pairs:
        assert _contrast(token[text], token[ground]) >= 4.5, (text, ground)
    for ground in ("surface", "page"):
        assert _contrast(token["line-strong"], token[ground]) >= 3  # field borders


def test_the_sheets_use_nothing_that_older_web_views_drop_and_nothing_from_elsewhere() -> None:
    for path in (STATIC / "css").glob("*.css"):
        sheet = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"oklch\(|light-dark\(|color-mix\(|url\(|@import|@font-face|italic", sheet), path.name
        assert sheet.count("{") == sheet.count("}")
    public = (STATIC / "css" / "coldchain.css").stat().st_size
    assert public < 12_500, "the public label page, with this sheet, is to stay small"


# --- vendored files ---


def test_vendored_files_are_what_their_sums_say() -> None:
    folders = [path for path in (STATIC / "vendor").iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        lines = (folder / "SHA256SUMS").read_text(encoding="ascii").splitlines()
        listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
        assert set(listed) == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
        for name, digest in listed.items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
        base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
        assert f"vendor/{folder.name}/" in base


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    listed = (ROOT / "tools" / "icons.txt").read_text(encoding="ascii").split()
    sprite = re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8"))
    assert sorted(listed) == sprite
    named = set()
    for path in (ROOT / "templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"\bicon\(\s*[\"']([\w-]+)[\"']", source))
        named |= set(re.findall(r"\bicon_name=[\"']([\w-]+)[\"']", source))
        named |= set(re.findall(r"[\"']icon[\"']:\s*[\"']([\w-]+)[\"']", source))
    assert named <= set(sprite), named - set(sprite)


# --- the macros ---


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("look", template_folder=str(ROOT / "templates"), static_folder=str(STATIC), static_url_path="/static")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    pages.install(app)
    return app


def draw(app: Flask, source: str, **context: object) -> str:
    with app.test_request_context():
        return render_template_string(source, **context)


def test_chips_escape_their_words_and_refuse_unknown_kinds(app: Flask) -> None:
    html = draw(app, '{{ chip("stop", "clock-x", word) }}', word="<b>12</b>")
    assert "&lt;b&gt;12&lt;/b&gt;" in html
    assert re.search(r'href="/static/icons\.svg\?v=[0-9a-f]{10}#clock-x"', html)
    assert 'aria-hidden="true"' in html
    with pytest.raises(ValueError, match="kind"):
        draw(app, '{{ chip("purple", "lock", "x") }}')


def test_a_field_with_an_error_says_so_to_everybody(app: Flask) -> None:
    source = (
        '{% from "_macros/forms.html" import error_summary, field %}'
        '{{ error_summary(errors) }}{{ field("lines-0-x", "Name", typed, errors, hint="A hint") }}'
    )
    html = draw(app, source, errors={"lines-0-x": "Too <short>"}, typed='a"><script>')
    assert re.search(r'<a href="#f-lines-0-x">[^<]*1[^<]*Too &lt;short&gt;</a>', html)  # which line, then what
    assert 'id="f-lines-0-x"' in html
    assert 'aria-describedby="f-lines-0-x-hint f-lines-0-x-error"' in html
    assert 'aria-invalid="true"' in html
    assert "有 1 处要改" in html
    assert "<script>" not in html


def test_no_errors_no_summary_and_a_nought_is_a_value(app: Flask) -> None:
    source = (
        '{% from "_macros/forms.html" import error_summary, number_field, field %}'
        '{{ error_summary({}) }}|{{ number_field("n", "N", 0) }}|{{ field("m", "M", none) }}'
    )
    summary, number, empty = draw(app, source).split("|")
    assert not summary.strip()
    assert 'value="0"' in number
    assert 'value=""' in empty


def test_tiles_mark_the_chosen_one_also_by_the_word_of_a_truth_value(app: Flask) -> None:
    source = (
        '{% from "_macros/forms.html" import tiles %}'
        '{{ tiles("ok", "Done", [{"value": "1", "text": "one"}, {"value": "2", "text": "two"}], value=chosen) }}'
    )
    assert draw(app, source, chosen=2).count(" checked") == 1
    assert draw(app, source, chosen=None).count(" checked") == 0


def test_a_bar_never_leaves_its_frame_and_has_no_style(app: Flask) -> None:
    source = (
        '{% from "_macros/status.html" import stackbar, coverage %}'
        '{{ stackbar([(43, "stop"), (75, "idle")], 131) }}{{ coverage(480, [(1, 360), (400, 480)], "a", "b") }}'
    )
    html = draw(app, source)
    spans = re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', html)
    assert spans == [("0.00", "32.82"), ("32.82", "57.25"), ("0.00", "75.00"), ("83.13", "16.88")]
    assert all(float(start) + float(width) <= 100.02 for start, width in spans)
    assert "style=" not in html


def test_empty_facts_are_left_out_and_noughts_are_not(app: Flask) -> None:
    source = '{% from "_macros/parts.html" import facts %}{{ facts([("a", none), ("b", ""), ("c", 0)]) }}'
    html = draw(app, source)
    assert "<dt>c</dt><dd>0</dd>" in html
    assert html.count("<dt>") == 1


ERROR_PAGE = {"code": "x", "title": "t", "detail": "why", "errors": [], "request_id": "req-1"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_error_pages_name_the_request_and_hide_what_may_not_be_seen(app: Flask, status: int) -> None:
    with app.test_request_context():
        shell = {
            "demo": False,
            "viewer": None,
            "nav": [],
            "lang": "zh_CN",
            "here_url": "/",
            "csrf_token": lambda: "token",
            "journal_foot": None,
            "stopped": None,
            "halts": (),
            "paper_foot": None,
        }
        app.secret_key = "for flashes"
        page = app.jinja_env.get_template("errors/page.html").render(
            problem={**ERROR_PAGE, "status": status},
            request=request,
            get_flashed_messages=lambda **_options: [],
            **shell,
        )
    assert "req-1" in page
    assert ("why" in page) == (status in {400, 409, 422, 429})
    assert ("没有找到，或无权查看" in page) == (status in {403, 404})
    assert ("/sign-in?next=/" in page) == (status == 401)


def test_addresses_of_static_files_change_with_their_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("one")
    first = pages.Assets(tmp_path, "/static")("a.css")
    (tmp_path / "a.css").write_text("two")
    assert first.startswith("/static/a.css?v=")
    assert pages.Assets(tmp_path, "/static")("a.css") != first
    with pytest.raises(FileNotFoundError):
        pages.Assets(tmp_path, "/static")("b.css")
