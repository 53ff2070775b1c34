"""A page as a screen reader meets it."""

import re
from html.parser import HTMLParser


class Outline(HTMLParser):
    """What a screen reader makes of a page: its headings, landmarks, languages and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.landmarks: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("header", "nav", "main", "footer"):
            self.landmarks.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href"))

    def handle_data(self, data):
        self.text = " ".join(f"{self.text} {data}".split())


def outline(client, address: str, status: int = 200) -> Outline:
    response = client.get(address)
    assert response.status_code == status, address
    return Outline(response.content.decode())
