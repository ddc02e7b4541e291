"""Fixtures of the tests that kill: places whose processes and folders are gone afterwards."""

from tests.ops.conftest import free_port, make_var_dir, remove

__all__ = ["free_port", "make_var_dir", "remove"]
