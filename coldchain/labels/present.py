"""What a run looks like from outside, for its API and its pages."""

from typing import Any

from flask import current_app

from coldchain.labels import files, service
from coldchain.labels.models import LabelRun
from config import Settings


def printing() -> service.Printing:
    """Return what this deployment prints."""
    settings: Settings = current_app.config["SETTINGS"]
    return service.Printing(settings.public_url, settings.public_url_is_trial)


def addresses(run: LabelRun) -> dict[str, str | None]:
    """Return where the files of a run are, null while they are not made."""
    prefix = f"/api/v1/label-runs/{run.run_id}"
    made = {"pdf": files.SHEET, "zip": files.ARCHIVE} | ({"png": files.PICTURE} if run.total == 1 else {})
    return {kind: f"{prefix}/{name}" if run.state == "done" else None for kind, name in made.items()}


def shown(run: LabelRun) -> dict[str, Any]:
    """Return a run with the addresses of its files."""
    return {**run.model_dump(), "files": addresses(run)}
