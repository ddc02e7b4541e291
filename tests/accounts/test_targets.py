"""Where a page may send its reader: never off this site, and never a server error."""

import pytest
from flask import Flask

from tests.factories.people import People
from tests.factories.reader import Reader


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:alert(1)",
        "/\t/evil.example", "/\n/evil.example", "/\r\nX-Evil: 1", "\t//evil.example", "/\x00",
    ],
)  # fmt: skip
def test_nobody_is_sent_off_this_site(app: Flask, people: People, target: str) -> None:
    reader = Reader.of(app, people.inspector())
    answer = reader.client.get("/sign-in", query_string={"next": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    reader.open("/")
    typed = dict(reader.form("/language")["fields"]) | {"lang": "en", "_next": target}
    answer = reader.client.post("/language", data=typed)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_an_address_of_this_site_is_kept(app: Flask, people: People) -> None:
    reader = Reader.of(app, people.inspector())
    there = "/recalls?state=open&q=%E9%B8%A1#tasks"
    assert reader.client.get("/sign-in", query_string={"next": there}).headers["Location"] == there
