"""Words on lines: nothing is lost, lines end where a reader would end them, and only what must be is cut."""

from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.labels.flow import balanced, cut_lines, fit_ends, flow, width_mm

LONG = "齐齐哈尔市建华区北岭示例进口冷链食品批发零售仓储配送一体化综合服务（集团）股份有限公司第三十七分公司"


@given(
    text=st.text(st.sampled_from("冷链食品（虚构）AB 12/|，。-"), min_size=1, max_size=80).map(
        lambda s: " ".join(s.split())
    ),
    room=st.floats(4, 60),
)
@settings(max_examples=60, deadline=None)
def test_all_of_it_is_there_and_fits(text: str, room: float) -> None:
    lines = flow(text, "regular", 3.0, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width_mm(line, "regular", 3.0) <= room + 1e-6 for line in lines)
    assert len(balanced(text, "regular", 3.0, room)) == len(lines)


def test_lines_end_where_a_reader_would_end_them() -> None:
    assert flow("阿依古丽·买买提 / 欧阳示例 / 司马示例", "regular", 3.0, 40) == [
        "阿依古丽·买买提 /",
        "欧阳示例 / 司马示例",
    ]
    assert flow("-18 ℃ 进口专区 A1\n≥0 ℃ 隔离区 G1", "regular", 3.0, 90) == ["-18 ℃ 进口专区 A1", "≥0 ℃ 隔离区 G1"]
    assert flow("Northern Ridge Example Foods", "regular", 3.0, 25) == ["Northern Ridge", "Example Foods"]
    assert flow("Unbreakable", "regular", 3.0, 6)[0] == "Unb"
    assert flow("", "regular", 3.0, 6) == [""]
    assert all(not line.startswith(("，", "）", "·")) for line in flow("示例，" * 20 + "（甲·乙）", "regular", 3.0, 21))


def test_what_is_cut_shows_it_and_a_name_keeps_its_end() -> None:
    lines = flow(LONG, "bold", 3.0, 50)
    assert len(lines) > 3
    assert cut_lines(lines, 9, "bold", 3.0, 50) == lines
    assert cut_lines(lines, 3, "bold", 3.0, 50)[-1].endswith("…")
    kept = cut_lines(lines, 3, "bold", 3.0, 50, ends=True)
    assert len(kept) == 3
    assert "…" in kept[-1]
    assert kept[-1].endswith("分公司")
    assert width_mm(kept[-1], "bold", 3.0) <= 50
    assert fit_ends("短", "regular", 3.0, 50) == "短"
    assert cut_lines(["A1", "A2", "冷冻", "食品"], 2, "regular", 3.0, 50) == ["A1", "A2 冷冻食品"]
