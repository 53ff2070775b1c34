"""The report form of a page, as a browser without JavaScript reads it. (The others on it only ask for pages.)"""

from html.parser import HTMLParser

from django.http import HttpResponse


class FormReader(HTMLParser):
    """
    `action` is where the form goes, `values` what it would send as it stands, by name. `elements` are the tags and
    attributes within it in their order, `texts` what stands directly in those that have an id.
    """

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.values: dict[str, str] = {}
        self.textarea = ""
        self.within = False
        self.elements: list[tuple[str, dict]] = []
        self.texts: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list) -> None:
        attrs = dict(attrs)
        self.within = self.within or (tag == "form" and attrs.get("method") == "post")
        if not self.within:
            return
        self.elements.append((tag, attrs))
        if tag == "form":
            self.action = attrs["action"].partition("#")[0]
        if tag == "input" and (attrs.get("type") != "radio" or "checked" in attrs):
            self.values[attrs["name"]] = attrs.get("value", "")
        if tag == "textarea":
            self.textarea = attrs["name"]
            self.values[self.textarea] = ""

    def handle_data(self, data: str) -> None:
        if self.within and "id" in self.elements[-1][1]:
            name = self.elements[-1][1]["id"]
            self.texts[name] = (self.texts.get(name, "") + data).strip()
        if self.textarea:
            self.values[self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        self.within = self.within and tag != "form"
        if tag == "textarea":
            self.values[self.textarea] = self.values[self.textarea].removeprefix("\n")
            self.textarea = ""


def read_form(response: HttpResponse) -> FormReader:
    reader = FormReader()
    reader.feed(response.content.decode())
    return reader
