"""Chinese."""

CHINESE: dict[str, str] = {}
CHINESE_NAMES: dict[str, str] = {}
