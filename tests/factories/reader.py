"""A person at the pages: signs in through the form, follows forms with their tokens and hidden fields."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from flask import Flask

from coldchain.accounts import passwords
from coldchain.core import db
from tests.factories import second_step
from tests.factories.people import Speaker

PASSWORD = "a long enough password"


class _Forms(HTMLParser):
    """Collects what each form of a page would send as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(
                {"action": given.get("action", ""), "method": given.get("method", "get"), "fields": [], "buttons": []}
            )
        if not self.forms:
            return
        fields = self.forms[-1]["fields"]
        if tag == "input" and given.get("name") and given.get("type", "text") not in {"submit", "file"}:
            chosen = given.get("type") not in {"radio", "checkbox"} or "checked" in given
            if chosen:
                fields.append((given["name"], given.get("value", "")))
        elif tag == "button" and given.get("name"):
            self.forms[-1]["buttons"].append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and self._select:
            known = [name for name, _value in fields]
            if "selected" in given or self._select not in known:
                fields[:] = [pair for pair in fields if pair[0] != self._select]
                fields.append((self._select, given.get("value", "")))
        elif tag == "textarea":
            self._area = given.get("name")
            fields.append((self._area, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area and self.forms:
            self.forms[-1]["fields"][-1] = (self._area, data)


class Reader:
    """Opens pages and sends their forms; `text` is the last page, `status` its code, `path` where it is."""

    def __init__(self, app: Flask, *, lang: str = "en") -> None:
        self.client = app.test_client()
        self.client.set_cookie("lang", lang)
        self._text: str | None = ""
        self.status, self.path = 0, "/"

    @property
    def text(self) -> str:
        """The last page's text; who has just signed in opens the desk only when somebody wants to read it."""
        if self._text is None:
            self.open("/")
        assert self._text is not None
        return self._text

    @text.setter
    def text(self, shown: str) -> None:
        self._text = shown

    def __deepcopy__(self, memo: dict[int, Any]) -> Reader:
        """Return a reader who has the same page open, in a browser with the same cookies (scenes copy readers)."""
        twin = Reader(self.client.application)
        twin.client._cookies = dict(self.client._cookies)
        twin._text, twin.status, twin.path = self._text, self.status, self.path
        return twin

    @classmethod
    def of(cls, app: Flask, speaker: Speaker, *, lang: str = "en") -> Reader:
        """Return the same person as a speaker at the API, signed in through the form."""
        with db.transaction() as session:
            user = session.merge(speaker.user)
            user.password_hash = passwords.hash_password(PASSWORD)
            needs_code = second_step.give(session, user)
        reader = cls(app, lang=lang)
        reader.open("/sign-in")
        reader.send("/sign-in", username=user.username, password=PASSWORD, follow=needs_code)
        if needs_code:
            reader.send("/sign-in/second-step", code=second_step.code(), follow=False)
        assert reader.status in {302, 303}, reader.text[:500]
        reader._text, reader.path = None, "/"
        return reader

    def open(self, path: str, expect: int | None = 200) -> str:
        """Open a page, following redirections, and return its text."""
        return self._took(self.client.get(path, follow_redirects=True), expect)

    def _took(self, response: Any, expect: int | None) -> str:
        self._text, self.status = response.get_data(as_text=True), response.status_code
        self.path = response.request.full_path.rstrip("?")
        assert expect is None or self.status == expect, f"{self.path}: {self.status} {self.text[:3000]}"
        return self.text

    def form(self, action: str) -> dict[str, Any]:
        """Return the last page's form that is sent to `action`, the last of several."""
        parser = _Forms()
        parser.feed(self.text)
        found = [form for form in parser.forms if (form["action"] or self.path).partition("?")[0] == action]
        assert found, f"no form to {action} on {self.path}"
        return found[-1]

    def send(self, action: str, expect: int | None = None, *, follow: bool = True, **typed: Any) -> str:
        """Send the last page's form as it stands, with `typed` instead of its own values (a list: several; None: none;
        a pair of an open file and its name: that file).

        In names `__` stands for `-`, so that `lines__0__seal_no` fills `lines-0-seal_no`.
        """
        replaced = {name.replace("__", "-"): value for name, value in typed.items()}
        pairs = [pair for pair in self.form(action)["fields"] if pair[0] not in replaced]
        for name, value in replaced.items():
            values = value if isinstance(value, list) else [value]
            pairs += [(name, each if isinstance(each, tuple) else str(each)) for each in values if each is not None]
        body: dict[str, list[Any]] = {}
        for name, text in pairs:
            body.setdefault(name, []).append(text)
        return self._took(self.client.post(action, data=body, follow_redirects=follow), expect)
