"""The certificate of a disinfection as a picture: the longest names stand there in full."""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp

from coldchain.batches.service.ordered_disinfections import Certificate
from coldchain.labels import certificate, jobs
from coldchain.policy import vocabulary
from tests.labels.test_signs import EN, ZH


def made(name: str, product: str, goods: int) -> Certificate:
    treatment = {
        "basis": "whole_batch", "piece_from": None, "piece_to": None, "volume_ml_per_m2": 300,
        "occurred_at": datetime(2021, 1, 6, 2, 0, tzinfo=UTC), "place": "装卸平台", "object": "外包装",
        "agent": next(iter(vocabulary.agents())), "additives": None, "concentration_mg_per_l": 3000,
        "contact_min": 10, "ambient_temperature_c": -18, "protocol_state": "no_protocol",
    }  # fmt: skip
    line = {
        "product": product, "batch_code": "7K3M9Q2X", "production_date": "2020-11-06", "batch_no": "L201106-A-0001",
        "piece_count": 480,
    }  # fmt: skip
    return Certificate(
        UUID(int=1), "XD210106-7Q7F9", date(2021, 1, 6), None, name, "91230203000000017X", name, name, treatment,
        [line] * goods, datetime(2021, 1, 6, 3, 0, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["示例消毒服务有限公司", ZH, EN])
def test_names_and_products_stand_there_in_full_and_the_code_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_deployment", [jobs.Deployment("https://trace.example.cn", tmp_path)])
    product = "南美白虾（带头带壳，30/40 规格，块冻，单冻）南太平洋野生捕捞"
    with pypdfium2.PdfDocument(certificate.draw(made(name, product, certificate.GOODS_A_PAGE + 1))) as document:
        assert len(document) == 2
        text = document[0].get_textpage()
        said = "".join(text.get_text_bounded().split())
        text.close()
        image = document[0].render(scale=150 / 72, grayscale=True).to_pil()
    assert "…" not in said
    assert said.count("".join(name.split())) == 3
    assert said.count(product.replace(" ", "")) == certificate.GOODS_A_PAGE
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == f"https://trace.example.cn/evidence/{UUID(int=1)}"
