"""The text of a table whose encoding nobody told: UTF by its mark or its validity, else Chinese, else Western."""

from __future__ import annotations

import re


def decoded_text(content: bytes) -> tuple[str, str]:
    """Encoding and text of the beginning of a file; a line that the end cuts is left out of the judgement.

    >>> decoded_text("料条,测量值\\n".encode("gb18030"))[0], decoded_text("Länge\\n".encode("cp1252"))[0]
    ('gb18030', 'cp1252')
    """
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return name, content.decode(name, "replace")
    whole = content[: content.rfind(b"\n") + 1] or content
    for name in ("utf-8", "gb18030"):
        try:
            text = whole.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if name == "utf-8" or re.search(r"[\u4e00-\u9fff]{2}", text):
            return name, text
    return "cp1252", whole.decode("cp1252", "replace")
