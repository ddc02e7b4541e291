"""What the process has read from which tests fork the program: all of its modules, made into a program once."""

import importlib
import sys
import tempfile

from coldchain.app import create_app
from config import Settings

with tempfile.TemporaryDirectory() as var_dir:
    create_app(Settings.from_env({"COLDCHAIN_ENV": "test", "VAR_DIR": var_dir}), connect=False)
for name in ("coldchain.ops.run_web", "coldchain.ops.worker"):
    importlib.import_module(name)
    del sys.modules[name]  # what they need is read; they themselves are run as programs
