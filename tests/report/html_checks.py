"""What a browser would object to in a page, found with the standard library alone."""

from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
LOADING = frozenset({"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href", "style"})


class Page(HTMLParser):
    """A page read tag by tag: what is wrong with it, and what a test asks for."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"never closed: {tag}" for tag in self.stack]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.stack.append(tag)
        self._note(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._note(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"closes what is not open: {tag}")

    def handle_data(self, data: str) -> None:
        if not self.stack or self.stack[-1] != "style":
            self.words.append(data)

    def _note(self, tag: str, attrs: dict[str, str | None]) -> None:
        self.ids += [value for name, value in attrs.items() if name == "id" and value]
        self.references += (attrs.get("aria-labelledby") or "").split()
        if tag == "a":
            self.links.append(attrs.get("href") or "")
        elif "href" in attrs:
            self.faults.append(f"href on {tag}")
        self.faults += [f"{name} on {tag}" for name in attrs if name in LOADING or name.startswith("on")]

    def text(self) -> str:
        """All words outside the style sheet, single-spaced."""
        return " ".join(" ".join(self.words).split())


def assert_sound(text: str) -> Page:
    """The page, once it is shown to be well formed, to load nothing, and to have unique ids that its labels find."""
    page = Page(text)
    assert page.faults == []
    assert "script" not in page.tags
    assert "url(" not in text
    assert "@import" not in text
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.references) <= set(page.ids)
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)
    outer = [link for link in page.links if not link.startswith("#")]
    assert [
        link for link in outer if not link.startswith(("https://doi.org/", "https://pubmed.ncbi.nlm.nih.gov/"))
    ] == []
    return page
