"""Label codes: round trips, everything a hand or a scanner may give, and errors that must not pass."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.core import check_code
from coldchain.core.batch_code import is_batch_code, new_batch_code
from coldchain.labels.code import SERIAL_MAX, InvalidLabelCode, LabelCode, address, format_groups, parse, qr_text

batch_codes = st.integers(0, 2**35 - 1).map(new_batch_code)
serials = st.integers(0, SERIAL_MAX)
labels = st.builds(lambda batch, serial: LabelCode(batch, "piece" if serial else "batch", serial), batch_codes, serials)
BATCH = new_batch_code(0x1A2B3C4D5)


def signed(text: str) -> str:
    return check_code.append_check(text, power=2)


@given(labels, st.sampled_from([" ", "-", "", "\u3000", "\u2014", "  "]), st.booleans(), st.booleans())
def test_whatever_shape_a_code_is_typed_in_it_is_the_same_label(
    label: LabelCode, gap: str, lower: bool, wide: bool
) -> None:
    typed = format_groups(label).replace(" ", gap)
    typed = typed.lower() if lower else typed
    typed = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in typed) if wide else typed
    assert parse(typed) == label
    assert parse(f"  {typed}\n") == label


@given(
    labels, st.sampled_from(["https://trace.example.cn", "http://127.0.0.1:8000/", "HTTPS://A.CN", "https://x.cn/sub"])
)
def test_an_address_is_its_label(label: LabelCode, public_url: str) -> None:
    where = address(public_url, label)
    assert where == f"{public_url.rstrip('/')}/C/{label.text}"
    for scanned in (where, qr_text(where), where.lower(), where + "/", where + "?from=scan", where + "#top"):
        assert parse(scanned) == label


@given(batch_codes)
def test_a_bare_batch_code_is_the_batch_label(batch_code: str) -> None:
    assert parse(batch_code) == parse(LabelCode(batch_code, "batch", 0).text) == LabelCode(batch_code, "batch", 0)


def test_shape() -> None:
    assert LabelCode(BATCH, "piece", 17).text.startswith(BATCH + "0017")
    assert len(LabelCode(BATCH, "batch", 0).text) == 13
    assert LabelCode(BATCH, "piece", 9999).text[8:-1] == "9999"
    assert LabelCode(BATCH, "piece", 10000).text[8:-1] == "10000"
    assert format_groups("7K3M9Q2X0017V") == "7K3M 9Q2X 0017 V"
    assert parse(LabelCode(BATCH, "piece", SERIAL_MAX).text).serial == SERIAL_MAX


def test_a_hand_that_reads_i_l_o_is_understood() -> None:
    batch_code = next(code for code in map(new_batch_code, itertools.count(0x10000)) if "1" in code and "0" in code)
    assert parse(batch_code.replace("1", "l").replace("0", "O")).batch_code == batch_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "label_code_length"),
        ("7K3M", "label_code_length"),
        (BATCH + "00", "label_code_length"),
        (BATCH + "001", "label_code_length"),
        ("0" * 30, "label_code_length"),
        ("SHP6Z7BHTAZX", "label_code_sign"),
        ("QHP6Z7BHTAZX", "label_code_length"),
        ("A" * 501, "label_code_length"),
        ("7K3M 9Q2U", "label_code_symbol"),
        ("冷冻鸡腿", "label_code_symbol"),
        ("\u00df" + BATCH[1:], "label_code_symbol"),
        (f"https://trace.example.cn/X/{BATCH}", "label_code_symbol"),
        (f"https://trace.example.cn/C/{BATCH}/more", "label_code_symbol"),
        (signed(BATCH + "P0017"), "label_code_level"),
        (signed(BATCH + "P000017"), "label_code_level"),
        (signed(BATCH + "A001"), "label_code_level"),
        (signed(BATCH + "00A7"), "label_code_serial"),
        (signed(BATCH + "00017"), "label_code_serial"),
        (signed(BATCH + "00000"), "label_code_serial"),
        (signed(f"{BATCH}{SERIAL_MAX + 1}"), "label_code_serial"),
        (check_code.append_check(BATCH + "0017", power=1), "label_code_check"),
    ],
)
def test_what_is_refused_and_why(text: str, code: str) -> None:
    with pytest.raises(InvalidLabelCode) as refusal:
        parse(text)
    assert refusal.value.code == code
    assert refusal.value.status == 422
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("level", "serial"), [("batch", 1), ("piece", 0), ("piece", -1), ("piece", SERIAL_MAX + 1), ("pallet", 1)]
)
def test_a_label_that_cannot_be_is_not_made(level: str, serial: int) -> None:
    with pytest.raises(InvalidLabelCode):
        LabelCode(BATCH, level, serial)  # type: ignore[arg-type]


def test_a_label_of_no_batch_is_not_made() -> None:
    with pytest.raises(InvalidLabelCode):
        LabelCode(BATCH[::-1], "piece", 1)


@given(st.text(max_size=600))
def test_any_text_is_a_label_or_is_refused(text: str) -> None:
    try:
        label = parse(text)
    except InvalidLabelCode:
        return
    assert is_batch_code(label.batch_code)


def test_any_two_wrong_symbols_in_the_batch_code_are_found() -> None:
    """The two checks have independent weights over the batch code; with one power a thirtieth would pass."""
    symbols = check_code.ALPHABET
    label = LabelCode(BATCH, "piece", 17).text
    same_power = check_code.append_check(BATCH + "0017", power=1)
    passed_with_same_power = 0
    for first, second in itertools.combinations(range(8), 2):
        for one, other in itertools.product(symbols, symbols):
            if one == label[first] or other == label[second]:
                continue
            wrong = label[:first] + one + label[first + 1 : second] + other + label[second + 1 :]
            assert not (is_batch_code(wrong[:8]) and check_code.is_valid(wrong, power=2))
            with_same_power = wrong[:12] + same_power[-1]
            passed_with_same_power += is_batch_code(wrong[:8]) and check_code.is_valid(with_same_power)
    assert passed_with_same_power > 500


def test_a_serial_cannot_be_moved_under_another_batch_unseen() -> None:
    tail = LabelCode(BATCH, "piece", 17).text[8:]
    others = [new_batch_code(bits) for bits in range(1, 3201)]
    passed = 0
    for other in others:
        passed += check_code.is_valid(other + tail, power=2)
    assert passed < len(others) / 16


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("https://trace.example.cn/C/7K3M9Q2X0017V", "HTTPS://TRACE.EXAMPLE.CN/C/7K3M9Q2X0017V"),
        ("http://127.0.0.1:8000/C/7K3M9Q2X", "HTTP://127.0.0.1:8000/C/7K3M9Q2X"),
        ("https://x.cn/QR/C/7K3M9Q2X", "HTTPS://X.CN/QR/C/7K3M9Q2X"),
        ("https://x.cn/qr/C/7K3M9Q2X", "https://x.cn/qr/C/7K3M9Q2X"),
        ("https://user@x.cn/C/7K3M9Q2X", "https://user@x.cn/C/7K3M9Q2X"),
        ("https://冷链.cn/C/7K3M9Q2X", "https://冷链.cn/C/7K3M9Q2X"),
    ],
)
def test_capitals_only_where_the_address_stays_the_same(plain: str, shown: str) -> None:
    assert qr_text(plain) == shown


@pytest.mark.parametrize(
    "public_url", ["", "trace.example.cn", "ftp://x.cn", "https://", "https://x.cn/?a=b", "https://x.cn/#a"]
)
def test_a_public_address_that_is_none(public_url: str) -> None:
    with pytest.raises(ValueError, match="public address"):
        address(public_url, LabelCode(BATCH, "batch", 0))
