"""Users with real tokens and clients that speak for them."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from coldchain.accounts import service
from coldchain.core import db


class Speaker:
    """A person at the API: `post`, `get` with their token; `post(…, expect=409)` checks the status."""

    def __init__(self, client: FlaskClient, token: str | None, user: Any = None) -> None:
        self.client = client
        self.token = token
        self.user = user

    def __deepcopy__(self, memo: dict[int, Any]) -> Speaker:
        """Return the same person before another browser (scenes copy people)."""
        return Speaker(self.client.application.test_client(), self.token, self.user)

    def _headers(self, extra: dict[str, str] | None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return headers | (extra or {})

    def post(
        self, path: str, body: Any = None, expect: int | None = None, headers: dict[str, str] | None = None
    ) -> Any:
        """POST JSON to /api/v1 + path; return the answer's JSON."""
        response = self.client.post(
            "/api/v1" + path, data=json.dumps(body if body is not None else {}), content_type="application/json",
            headers=self._headers(headers),
        )  # fmt: skip
        return self._checked(response, expect)

    def get(self, path: str, expect: int | None = None, headers: dict[str, str] | None = None) -> Any:
        """GET /api/v1 + path; return the answer's JSON."""
        return self._checked(self.client.get("/api/v1" + path, headers=self._headers(headers)), expect)

    @staticmethod
    def _checked(response: Any, expect: int | None) -> Any:
        ok = response.status_code == expect if expect else response.status_code < 400
        assert ok, f"{response.request.path}: {response.status_code} {response.get_data(as_text=True)[:2000]}"
        return response.get_json() if "json" in response.content_type else response.get_data(as_text=True)


class People:
    """Makes users; each call with the same name gives the same person."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._made: dict[str, Speaker] = {}

    def nobody(self) -> Speaker:
        """Someone without a token."""
        return Speaker(self.app.test_client(), None)

    def get(self, username: str, role: str, *, business_id: Any = None, region_code: str | None = None) -> Speaker:
        """Return the person of that name, making the account and a token at first."""
        if username not in self._made:
            with db.transaction() as session:
                user = service.create_user(
                    session, username=username, role=role, business_id=business_id, region_code=region_code
                )
                token = service.new_token(session, user)
            self._made[username] = Speaker(self.app.test_client(), token, user)
        return self._made[username]

    def admin(self) -> Speaker:
        """The administrator."""
        return self.get("admin", "admin")

    def regulator(self, region_code: str = "230203") -> Speaker:
        """A regulator of a region."""
        return self.get(f"regulator_{region_code}", "regulator", region_code=region_code)

    def inspector(self, region_code: str = "230203") -> Speaker:
        """An inspector of a region."""
        return self.get(f"inspector_{region_code}", "inspector", region_code=region_code)

    def merchant(self, business_id: Any) -> Speaker:
        """A merchant of a business."""
        return self.get(f"merchant_{business_id}", "merchant", business_id=business_id)

    def lab(self, business_id: Any) -> Speaker:
        """A lab's person."""
        return self.get(f"lab_{business_id}", "lab", business_id=business_id)
