"""What a browser would send of a page's form, for tests without a browser."""

from collections.abc import Iterable
from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside = form, False
        self.found: dict[str, list[str]] = {}
        self.select: tuple[str, list[tuple[str, bool]]] | None = None
        self.text: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        stated = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = stated.get("id") == self.form
        if not self.inside:
            return
        name, kind = stated.get("name", ""), stated.get("type", "text")
        if tag == "input" and name and (kind not in {"checkbox", "radio"} or "checked" in stated):
            self.found.setdefault(name, []).append(stated.get("value", "on"))
        elif tag == "select":
            self.select = (name, [])
        elif tag == "option" and self.select:
            self.select[1].append((stated.get("value", ""), "selected" in stated))
        elif tag == "textarea":
            self.text = (name, [])

    def handle_data(self, data: str) -> None:
        if self.text:
            self.text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select" and self.select:
            name, options = self.select
            chosen = next((value for value, picked in options if picked), options[0][0])
            self.found.setdefault(name, []).append(chosen)
            self.select = None
        if tag == "textarea" and self.text:
            name, parts = self.text
            self.found.setdefault(name, []).append("".join(parts))
            self.text = None


def fields_of(html: str, form: str) -> dict[str, list[str]]:
    """Return the fields of the form with an id, as they would be posted; buttons are left out."""
    parser = _Fields(form)
    parser.feed(html)
    return parser.found


def ids_of(html: str) -> Iterable[str]:
    found: list[str] = []

    class Ids(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            found.extend(value for name, value in attributes if name == "id" and value)

    Ids().feed(html)
    return found
