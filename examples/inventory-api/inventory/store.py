"""The items, in memory. Every change happens under one lock and gives the item a new revision."""

from __future__ import annotations

import re
import threading
from typing import Any, Iterable, NamedTuple

SKU = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")
LARGEST = 1_000_000_000


class Item(NamedTuple):
    """One kind of thing on the shelf. `revision` is never used twice, not even after the item was deleted."""

    sku: str
    name: str
    quantity: int
    price_cents: int
    revision: int = 0

    def document(self) -> dict[str, Any]:
        """The item as clients see it."""
        return {"sku": self.sku, "name": self.name, "quantity": self.quantity, "price_cents": self.price_cents}


class Missing(Exception):
    """There is no such item."""


class Exists(Exception):
    """There is such an item already."""


class Stale(Exception):
    """The item has changed since the caller looked."""


class Short(Exception):
    """The quantity would leave its range; the argument is the quantity that there is."""


class Store:
    """All items by SKU."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {}
        self._revision = 0
        self._loaded = False

    @property
    def loaded(self) -> bool:
        """Whether the first load is through."""
        return self._loaded

    def load(self, items: Iterable[Item]) -> None:
        """Fills the store."""
        with self._lock:
            for item in items:
                self._put(item)
            self._loaded = True

    def page(self, prefix: str, offset: int, limit: int) -> tuple[list[Item], int]:
        """The items whose SKU begins with `prefix`, by SKU, and how many there are in all."""
        with self._lock:
            found = [item for sku, item in self._items.items() if sku.startswith(prefix)]
        found.sort(key=lambda item: item.sku)
        return found[offset : offset + limit], len(found)

    def get(self, sku: str) -> Item:
        with self._lock:
            return self._find(sku)

    def create(self, item: Item) -> Item:
        with self._lock:
            if item.sku in self._items:
                raise Exists
            return self._put(item)

    def replace(self, item: Item, revisions: set[int] | None) -> Item:
        """Replaces an item whose revision is one of `revisions`; None means any."""
        with self._lock:
            self._check(item.sku, revisions)
            return self._put(item)

    def adjust(self, sku: str, change: int, revisions: set[int] | None) -> Item:
        """Adds `change`, which may be negative, to the quantity."""
        with self._lock:
            item = self._check(sku, revisions)
            quantity = item.quantity + change
            if not 0 <= quantity <= LARGEST:
                raise Short(item.quantity)
            return self._put(item._replace(quantity=quantity))

    def delete(self, sku: str, revisions: set[int] | None) -> None:
        with self._lock:
            self._check(sku, revisions)
            del self._items[sku]

    def _find(self, sku: str) -> Item:
        try:
            return self._items[sku]
        except KeyError:
            raise Missing from None

    def _check(self, sku: str, revisions: set[int] | None) -> Item:
        item = self._find(sku)
        if revisions is not None and item.revision not in revisions:
            raise Stale
        return item

    def _put(self, item: Item) -> Item:
        self._revision += 1
        item = item._replace(revision=self._revision)
        self._items[item.sku] = item
        return item


def validate(document: Any, sku: str | None = None) -> tuple[Item | None, list[dict[str, str]]]:
    """An item from a client's document, or everything that is wrong with it. `sku` is the one of the path, if any."""
    if not isinstance(document, dict):
        return None, [{"field": "", "message": "must be an object"}]
    wrong: list[dict[str, str]] = []

    def require(field: str, good: bool, message: str) -> None:
        if not good:
            wrong.append({"field": field, "message": message if field in document else "is required"})

    given = document.get("sku", sku)
    if sku is None:
        good = isinstance(given, str) and SKU.fullmatch(given) is not None
        require("sku", good, "must be 2 to 32 capital letters, digits or hyphens, and not begin with a hyphen")
    else:
        require("sku", given == sku, "must be the one in the address, or left out")
    name = document.get("name")
    good = isinstance(name, str) and 1 <= len(name.strip()) <= 120 and name.isprintable()
    require("name", good, "must be 1 to 120 printable characters")
    for field in ("quantity", "price_cents"):
        require(field, is_count(document.get(field)), f"must be a whole number from 0 to {LARGEST}")
    for field in document:
        if field not in Item._fields[:-1]:
            wrong.append({"field": field, "message": "is not known"})
    if wrong:
        return None, wrong
    return Item(given, name.strip(), document["quantity"], document["price_cents"]), []


def is_count(value: Any) -> bool:
    return is_whole(value) and 0 <= value <= LARGEST


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def seed() -> list[Item]:
    """What is on the shelf on the first day."""
    return [
        Item("BOLT-M6-20", "Hex bolt M6 x 20", 4200, 12),
        Item("BOLT-M8-40", "Hex bolt M8 x 40", 2650, 23),
        Item("GAUGE-1435", "Track gauge, standard", 7, 18900),
        Item("LAMP-RED", "Signal lamp, red", 58, 3450),
        Item("LAMP-GREEN", "Signal lamp, green", 61, 3450),
        Item("SLEEPER-OAK", "Sleeper, oak, 2.6 m", 340, 6200),
        Item("SPIKE-16", "Rail spike, 16 mm", 12800, 85),
    ]
