"""Run the real supervisor over small programs: a table for the migrations, a trial application, a sleeping worker.

TRIAL in the environment may name other programs, as JSON. `--below-a-parent` runs it as the child of another process,
as make does.
"""

import json
import os
import subprocess
import sys
import time

from coldchain.ops.processes import follow_parent
from coldchain.ops.supervisor import Programs, Supervisor
from config import ROOT, Settings

HERE = ROOT / "tests" / "ops"
PREPARE = (
    "import os, psycopg; psycopg.connect(os.environ['DATABASE_OWNER_URL'], autocommit=True).execute("
    "'CREATE TABLE IF NOT EXISTS starts (n int); INSERT INTO starts VALUES (1); GRANT SELECT ON starts TO coldchain'"
    ").connection.close()"
)
PROGRAMS = {
    "prepare": ("-c", PREPARE),
    "web": ("-m", "coldchain.ops.run_web", "{descriptor}", f"{HERE}/trial_app:app"),
    "worker": ("-m", "coldchain.ops.run_child", "tests.ops.trial_supervisor", "worker"),
}


def main(argument: str) -> int:
    """Be the worker, a parent that only waits, or the supervisor."""
    if argument == "worker":
        time.sleep(600)
    if argument == "--below-a-parent":
        return subprocess.call([sys.executable, "-m", "tests.ops.trial_supervisor", "--follow-parent"])
    if argument == "--follow-parent":
        follow_parent()
    other = {name: tuple(arguments) for name, arguments in json.loads(os.environ.get("TRIAL", "{}")).items()}
    return Supervisor(Settings.from_env(), Programs(**(PROGRAMS | other))).run()


if __name__ == "__main__":
    sys.exit(main((sys.argv[1:] or [""])[0]))
