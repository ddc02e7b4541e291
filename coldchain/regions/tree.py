"""Pure: which region code lies within which (GB/T 2260: two digits a level, trailing zeros for the level itself)."""

NATION = "000000"


def stem(code: str) -> str:
    """Return the digits that every code within `code` starts with: `230200` → `2302`, `000000` → ``."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def within(code: str, area: str) -> bool:
    """Say whether region `code` is `area` or lies in it."""
    return code.startswith(stem(area))


def ancestry(code: str) -> tuple[str, ...]:
    """Return `code` and the areas that contain it, most specific first, the nation last."""
    found = [code]
    for digits in (4, 2, 0):
        area = code[:digits].ljust(6, "0")
        if area not in found:
            found.append(area)
    return tuple(found)
