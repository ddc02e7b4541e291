"""Run a module as a program that ends with its parent: `python -m coldchain.ops.run_child MODULE [ARGUMENT…]`."""

from __future__ import annotations

import runpy
import sys

from coldchain.ops.processes import follow_parent


def main() -> None:
    """Tie this process to its parent, then become the module's program."""
    follow_parent()
    del sys.argv[0]  # the module sees itself there, as if it had been started with `python -m`
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
