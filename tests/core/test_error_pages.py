"""Every refusal as a page says what to do next, in the frame with its number, and is valid HTML."""

import re

import pytest
from flask import Flask
from werkzeug.exceptions import default_exceptions

from coldchain.core import limits, problems
from coldchain.core.errors import DomainError
from tests.browser import html_rules
from tests.factories.people import People
from tests.factories.reader import Reader

STATUSES = (400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 503)


def page_of(app: Flask, status: int, method: str, path: str) -> str:
    """Return the page of a refusal of that status, as a request of an address that has a page would get it."""
    made = default_exceptions.get(status)
    error = DomainError("示例", code="conflict", status=409) if status == 409 or made is None else made()
    with app.test_request_context(path, method=method, headers={"Accept": "text/html"}):
        response = problems.respond(error)
    assert response.status_code == status
    return response.get_data(as_text=True)


@pytest.mark.parametrize("status", STATUSES)
def test_every_refusal_leads_on(app: Flask, status: int) -> None:
    """A link in the page's own part: try again, open the page again, the start or the way to sign in."""
    for method in ("GET", "POST"):
        page = page_of(app, status, method, "/register?kind=shop")
        own = page.partition("data-not-done")[2].partition("</section>")[0]
        assert re.search(r'<a [^>]*href="/', own), own
        assert html_rules.wrong(page) == []
    if status in {413, 429, 500, 503}:
        assert 'href="/register' in own
    if status == 413:
        assert "小一些" in page


def test_signed_in_the_way_back_is_the_start_page(app: Flask, people: People) -> None:
    page = Reader.of(app, people.inspector()).open("/nowhere", 404)
    assert '<a href="/">To the start page</a>' in page
    assert html_rules.wrong(page) == []


def test_too_large_a_form_is_told_how_to_be_smaller(app: Flask) -> None:
    """The refusal of the whole request, before any view: its page still stands in the frame."""
    reader = Reader(app)
    reader.open("/register")
    answer = reader.client.post("/register", data={"name": "x" * (limits.UPLOAD_BYTES + 65_537)})
    assert answer.status_code == 413
    assert "One file may have 10 MB" in answer.get_data(as_text=True)
    assert 'href="/register"' in answer.get_data(as_text=True)


def test_a_page_without_its_frame_leads_on_too(app: Flask) -> None:
    """While the books can't be read at all the bare page offers the same address again."""
    with app.test_request_context("/batches?status=held"):
        problem = problems.problem(DomainError("示例", code="unavailable", status=503))
        page = app.jinja_env.get_template("errors/bare.html").render(problem=problem)
    assert 'href="/batches?status=held"' in page
    assert html_rules.wrong(page) == []
