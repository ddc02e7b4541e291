"""Faces to print; every name in them is invented."""

from collections.abc import Callable
from datetime import date

import pytest

from coldchain.core.batch_code import new_batch_code
from coldchain.labels.code import LabelCode, address
from coldchain.labels.face import LabelFace

BATCH_CODE = new_batch_code(0x1A2B3C4D5)
MakeFace = Callable[..., LabelFace]


def make(
    piece_no: int | None = 17,
    *,
    name: str = "冷冻去骨鸡腿肉",
    specification: str = "2 kg × 6 袋",
    origin: str = "巴西",
    first_station: str = "北岭示例食品",
    piece_count: int | None = 480,
    trial: bool = False,
    public_url: str = "https://trace.example.cn",
    batch_code: str = BATCH_CODE,
) -> LabelFace:
    code = LabelCode(batch_code, "batch" if piece_no is None else "piece", piece_no or 0)
    return LabelFace(
        name=name,
        specification=specification,
        origin=origin,
        production_date=date(2020, 11, 6),
        expiry_date=date(2022, 11, 5),
        piece_no=piece_no,
        piece_count=None if piece_no is None else piece_count,
        code=code.text,
        address=address(public_url, code),
        first_station=first_station,
        trial=trial,
    )


@pytest.fixture(scope="session")
def make_face() -> MakeFace:
    return make
