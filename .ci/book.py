#!/usr/bin/env python3
"""Looks at every link of a built book: book.py FOLDER. Ends with 1 when one leads to no file, or to no place in it."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The places of a page, and where its links lead."""

    def __init__(self):
        super().__init__()
        self.ids, self.links = set(), []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids.update(values[name] for name in ("id", "name") if values.get(name))
        self.links += [values[name] for name in ("href", "src") if values.get(name)]


def read(path):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken(folder):
    pages = {path: read(path) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        # The page for wrong addresses has links from the root of wherever the book will be; the one for printers has all pages.
        if path.name in ("404.html", "print.html"):
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("data:"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                yield f"{path.relative_to(folder)}: `{link}` leads to nothing"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f"{path.relative_to(folder)}: `{link}` has no such place"
    if len(pages) < 10:
        yield f"{folder} holds {len(pages)} pages: is it a book?"


def main():
    folder = Path(sys.argv[1]).resolve()
    found = list(broken(folder))
    print("\n".join(found) or f"every link of {folder.name} leads somewhere")
    return 1 if found else 0


sys.exit(main())
