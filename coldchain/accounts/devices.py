"""Pure: what a device is called on screen, from what its browser says of itself."""

from typing import Final

_SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
_BROWSERS: Final = (
    ("MicroMessenger", "WeChat"), ("AlipayClient", "Alipay"), ("DingTalk", "DingTalk"), ("Edg", "Edge"),
    ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip


def name(user_agent: str | None) -> str:
    """Return system and browser such as `Android, WeChat`; empty when neither is known."""
    said = user_agent or ""
    found = [next((word for sign, word in signs if sign in said), "") for signs in (_SYSTEMS, _BROWSERS)]
    return ", ".join(word for word in found if word)
