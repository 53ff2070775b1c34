"""A page as it is read, sentence by sentence: what stands within a line is not torn apart."""

import re
from html import unescape
from types import SimpleNamespace

from tests.outline import Outline

_INLINE = re.compile(r"</?(?:a|bdi|code|del|ins|span|strong|time)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")


def words(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", _INLINE.sub("", html))).split())


def read(client, address: str, status: int = 200) -> SimpleNamespace:
    """What is between the header and the foot of a page: `html`, its `text`, and its `links`."""
    response = client.get(address)
    assert response.status_code == status, address
    html = response.text
    main = html[html.find("<main") : html.find("</main>")]
    return SimpleNamespace(html=html, text=words(main), links=Outline(main).links)
