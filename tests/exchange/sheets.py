"""Spreadsheets made for tests, and handing them in."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl

from tests.factories.people import Speaker

HEAD = ["到货时间", "集装箱号", "封志号", "报关单号", "供货方", "品名", "规格", "生产日期", "保质期至", "数量", "库区"]


def xlsx(rows: Iterable[Sequence[Any]], head: Sequence[str] = HEAD, merge: Iterable[str] = ()) -> bytes:
    """Return an XLSX file with a head and rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (head, *rows):
        sheet.append(list(row))
    for each in merge:
        sheet.merge_cells(each)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def line(product: str, **cells: Any) -> list[Any]:
    """Return a row of goods of the delivery above, or of its own with `到货时间`."""
    found = {"品名": product, "生产日期": "2020-11-06", "保质期至": "2022-11-05", "数量": "20件"} | cells
    return [found.get(name, "") for name in HEAD]


DELIVERY = {"到货时间": "2021-01-18 06:40", "集装箱号": "CSQU3054383", "封志号": "HL20771",
            "报关单号": "190120211000042871", "供货方": "示例贸易"}  # fmt: skip


def hand_in(who: Speaker, content: bytes, kind: str = "arrivals", expect: int = 201, **fields: Any) -> Any:
    """Hand in a spreadsheet at the API and return the answer."""
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="..\\..\\etc/arrivals.xlsx"\r\n\r\n'
    answer = who.client.post(
        f"/api/v1/sheets/{kind}", data=head + content + b"\r\n--cut--\r\n", query_string=fields,
        content_type="multipart/form-data; boundary=cut", headers={"Authorization": f"Bearer {who.token}"},
    )  # fmt: skip
    assert answer.status_code == expect, answer.get_data(as_text=True)[:3000]
    return answer.get_json()


def bad(answer: Any) -> list[tuple[Any, ...]]:
    """Return what an answer says of bad cells, without the words."""
    return [(e["row"], e["letter"], e["value"], e["code"]) for e in answer["errors"]]
