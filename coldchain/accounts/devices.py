"""What a browser says of itself, in words that its owner recognises; pure."""

BROWSERS = (  # the first that fits: most of them also say what they descend from
    ("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Edg", "Edge"), ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"), ("UCBrowser", "UC Browser"), ("QQBrowser", "QQ Browser"), ("Firefox", "Firefox"),
    ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def browser(user_agent: str | None) -> str | None:
    """Return the browser and the system that a user agent names, `Chrome, Windows`, None when it names neither."""
    said = user_agent or ""
    found = [next((name for mark, name in known if mark in said), None) for known in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or None
