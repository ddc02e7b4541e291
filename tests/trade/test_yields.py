"""What goes into a processing comes out of it or is lost, within the tolerance: to the gram (R10)."""

import pytest

from coldchain.trade.yields import MassBalance


@pytest.mark.parametrize(
    ("balance", "difference", "allowed", "fits"),
    [
        (MassBalance(1000, 0, 1000, 0, 0), 0, 0, True),
        (MassBalance(1000, 0, 999, 0, 0), 1, 0, False),
        (MassBalance(1000, 0, 900, 100, 0), 0, 0, True),
        (MassBalance(1000, 500, 1470, 0, 20), 30, 30, True),
        (MassBalance(1000, 500, 1469, 0, 20), 31, 30, False),
        (MassBalance(1000, 0, 1001, 0, 20), -1, 20, False),
        (MassBalance(1000, 0, 990, 11, 20), -1, 20, False),
        (MassBalance(1000, 999, 1999, 0, 1), 0, 1, True),
        (MassBalance(999, 0, 999, 0, 1), 0, 0, True),
        (MassBalance(0, 0, 0, 0, 20), 0, 0, True),
    ],
)
def test_masses_balance_to_the_gram(balance: MassBalance, difference: int, allowed: int, fits: bool) -> None:
    assert (balance.difference_g, balance.allowed_g, balance.fits) == (difference, allowed, fits)
