"""The rules that pages are read by find each kind of mistake, and nothing in a page that is in order."""

import pytest

from tests.browser.html_rules import wrong

PAGE = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>t</title></head><body>'
    "<main><h1>t</h1>{}</main></body></html>"
)
RIGHT = (
    '<p>a <b>b</b> <a href="#x">c</a></p><section id="x"><h2>d</h2><ul><li><div>e</div></li></ul></section>'
    '<form method="post"><label for="f">f</label><input id="f" name="f" aria-describedby="x" data-hx-get="/y">'
    "<label><input type=checkbox> g</label><fieldset><legend><h3>h</h3></legend></fieldset></form>"
    "<table><tbody><tr><th scope=row>i</th><td><p>j</p></td></tr></tbody></table>"
    "<dl><div><dt>k</dt><dd><p>l</p></dd></div></dl>"
    '<div hidden><svg><symbol id="s"></symbol></svg></div>'
    '<template><input id="f"></template><svg><use href="#s"/></svg>'
)


def test_a_page_in_order() -> None:
    assert wrong(PAGE.format(RIGHT)) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<p>a<div>b</div></p>", "unexpected-end-tag"),
        ("<div><b>a</div></b>", "end-tag"),
        ("<table><tr><td>a</td></tr><p>b</p></table>", "foster-parenting|unexpected-start-tag|unexpected-char|implies"),
        ("<i id=a></i><i id=a></i>", "id 'a' 2 times"),
        ("<label for=nowhere>a</label>", "for without 'nowhere'"),
        ("<p id=a></p><label for=a>a</label>", "a label of no field"),
        ("<p aria-describedby='b'>a</p>", "aria-describedby without 'b'"),
        ("<a href='#b'>a</a>", "no #b on this page"),
        ("<a href='/'>a <button>b</button></a>", "<button> in <a>"),
        ("<label>a <a href='/'>b</a></label>", "<a> in <label>"),
        ("<span><div>a</div></span>", "<div> in <span>"),
        ("<ul><p>a</p></ul>", "<p> in <ul>"),
        ("<div><li>a</li></div>", "<li> in <div>"),
        ("<dl><p>a</p></dl>", "<p> in <dl>"),
        ("<input hx-get='/a'>", "hx-get means nothing here"),
        ("<svg hidden></svg>", "hidden means nothing here"),
        ("<p style='color:red'>a</p>", "style means nothing here"),
        ("<p onclick='x()'>a</p>", "onclick means nothing here"),
        ("<img src='/a'>", "a picture without words"),
        ("<button><svg></svg></button>", "nothing to read"),
        ("<h3>a</h3>", "h3 follows h1"),
        ("<h1>a</h1>", "2 h1"),
    ],
)
def test_a_mistake_is_found(body: str, words: str) -> None:
    found = wrong(PAGE.format(body))
    assert any(word in line for line in found for word in words.split("|")), found


def test_the_frame_is_read_too() -> None:
    assert any("doctype" in line for line in wrong(PAGE.format("").removeprefix("<!doctype html>\n")))
    assert "no language" in wrong(PAGE.format("").replace(' lang="en"', ""))
    assert "0 main, 1 title" in wrong(PAGE.format("").replace("main>", "div>"))
