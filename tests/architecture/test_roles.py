"""Role names stand in the table of rights and in what lists roles, nowhere else."""

import re
from pathlib import Path

from config import ROOT

# `lab` and `carrier` are kinds of business too, so that their names stand in the registry.
NAMED = re.compile(r"""["'](admin|regulator|inspector|merchant)["']""")
TOLD_HERE = {"coldchain/accounts/rights.py", "coldchain/accounts/models.py", "coldchain/accounts/words.py"}
# Written for each role, and deciding nothing: what they lead to has its own rights.
WRITTEN_FOR_ROLES = {"coldchain/home/help_words.py", "coldchain/home/help_topics.py", "coldchain/home/tour.py"}


def places() -> list[Path]:
    return [*(ROOT / "coldchain").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]


def test_role_names_stand_nowhere_else() -> None:
    found = {str(path.relative_to(ROOT)) for path in places() if NAMED.search(path.read_text(encoding="utf-8"))}
    assert found >= TOLD_HERE
    # the sign-in page of a demonstration names its accounts, whose names are those of roles
    assert found >= WRITTEN_FOR_ROLES
    assert found - TOLD_HERE - WRITTEN_FOR_ROLES - {"coldchain/ops/demo/data.py"} == {"templates/accounts/sign_in.html"}
