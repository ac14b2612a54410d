"""The routes: which address means what. It knows nothing of sockets."""

from __future__ import annotations

import json
import re
from typing import Any, Callable
from urllib.parse import parse_qs, quote

from inventory.http import Request, Response, problem
from inventory.settings import Settings
from inventory.store import Exists, Item, Missing, Short, Stale, Store, is_whole, validate

TAG = re.compile(r'"[0-9]{1,18}"')
ITEMS = "/api/v1/inventory"
Route = Callable[..., Response]


class Api:
    """Answers requests from a store and the settings."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._pages: dict[str, dict[str, Route]] = {
            "/": {"GET": self.index},
            "/health": {"GET": self.health},
            "/health/ready": {"GET": self.ready},
            "/version": {"GET": self.version},
            ITEMS: {"GET": self.page, "POST": self.create},
        }
        self._item: dict[str, Route] = {
            "GET": self.read, "PUT": self.replace, "PATCH": self.adjust, "DELETE": self.delete,
        }

    def answer(self, request: Request) -> Response:
        """The answer to one request; every error is one as well."""
        routes, arguments = self._find(request.path)
        if routes is None:
            return problem(404, "not_found", f"there is nothing at {request.path}")
        allowed = sorted([*routes, "HEAD", "OPTIONS"])
        if request.method == "OPTIONS":
            return Response(204, headers=(("Allow", ", ".join(allowed)),))
        route = routes.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            message = f"{request.method} is not possible at {request.path}"
            return problem(405, "method_not_allowed", message, headers=[("Allow", ", ".join(allowed))])
        try:
            return route(request, *arguments)
        except Refused as refused:
            return refused.response
        except Missing:
            return problem(404, "not_found", f"there is no item {arguments[0]}")
        except Stale:
            return problem(412, "changed", f"item {arguments[0]} has changed; read it again")

    def _find(self, path: str) -> tuple[dict[str, Route] | None, tuple[str, ...]]:
        if path in self._pages:
            return self._pages[path], ()
        head, _, sku = path.rpartition("/")
        return (self._item, (sku,)) if head == ITEMS and sku else (None, ())

    def index(self, request: Request) -> Response:
        links = {"health": "/health", "ready": "/health/ready", "version": "/version", "inventory": ITEMS}
        return Response(200, {"name": "inventory-api", "version": self._settings.version, "links": links})

    def health(self, request: Request) -> Response:
        return Response(200, {"status": "alive"})

    def ready(self, request: Request) -> Response:
        reasons = list(self._settings.missing)
        if not self._store.loaded:
            reasons.append("the inventory is still being loaded")
        if reasons:
            return Response(503, {"status": "not ready", "reasons": reasons}, (("Retry-After", "1"),))
        return Response(200, {"status": "ready"})

    def version(self, request: Request) -> Response:
        settings = self._settings
        return Response(200, {"version": settings.version, "commit": settings.commit, "slot": settings.slot})

    def page(self, request: Request) -> Response:
        query = parse_qs(request.query, keep_blank_values=True)
        wrong: list[dict[str, str]] = []
        limit = number(query, "limit", 20, (1, 100), wrong)
        offset = number(query, "offset", 0, (0, 1_000_000_000), wrong)
        prefix = query.get("sku", [""])[-1].upper()
        if wrong:
            return problem(400, "bad_query", "the query cannot be used", wrong)
        items, total = self._store.page(prefix, offset, limit)
        follows = f"{ITEMS}?limit={limit}&offset={offset + limit}" + (f"&sku={quote(prefix)}" if prefix else "")
        document = {
            "items": [item.document() for item in items],
            "total": total, "limit": limit, "offset": offset,
            "next": follows if offset + limit < total else None,
        }
        return Response(200, document)

    def create(self, request: Request) -> Response:
        item = checked(body(request))
        try:
            item = self._store.create(item)
        except Exists:
            return problem(409, "exists", f"there is an item {item.sku} already")
        return shown(item, 201, ("Location", f"{ITEMS}/{item.sku}"))

    def read(self, request: Request, sku: str) -> Response:
        item = self._store.get(sku)
        known = request.headers.get("If-None-Match", "")
        if etag(item) in [tag.strip() for tag in known.replace("W/", "").split(",")]:
            return Response(304, headers=(("ETag", etag(item)),))
        return shown(item, 200)

    def replace(self, request: Request, sku: str) -> Response:
        return shown(self._store.replace(checked(body(request), sku), expected(request)), 200)

    def adjust(self, request: Request, sku: str) -> Response:
        document = body(request)
        if not isinstance(document, dict) or set(document) != {"adjust"} or not is_whole(document["adjust"]):
            wrong = [{"field": "adjust", "message": "must be a whole number, and the only field"}]
            return problem(422, "invalid", "the adjustment is not valid", wrong)
        try:
            return shown(self._store.adjust(sku, document["adjust"], expected(request)), 200)
        except Short as short:
            return problem(409, "out_of_range", f"the quantity is {short.args[0]}; it cannot change by that much")

    def delete(self, request: Request, sku: str) -> Response:
        self._store.delete(sku, expected(request))
        return Response(204)


class Refused(Exception):
    """A request that cannot be carried out, with its answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def checked(document: Any, sku: str | None = None) -> Item:
    item, wrong = validate(document, sku)
    if item is None:
        raise Refused(problem(422, "invalid", "the item is not valid", wrong))
    return item


def body(request: Request) -> Any:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(problem(415, "unsupported_media_type", "send the body as application/json"))
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refused(problem(400, "bad_json", f"the body is not JSON: {error}")) from error


def expected(request: Request) -> set[int] | None:
    """The revisions that `If-Match` allows; None allows any."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    tags = [tag.strip() for tag in header.split(",")]
    return {int(tag[1:-1]) for tag in tags if TAG.fullmatch(tag)}


def etag(item: Item) -> str:
    return f'"{item.revision}"'


def shown(item: Item, status: int, *headers: tuple[str, str]) -> Response:
    return Response(status, item.document(), (("ETag", etag(item)), *headers))


def number(query: dict[str, list[str]], name: str, default: int, span: tuple[int, int], wrong: list) -> int:
    text = query.get(name, [str(default)])[-1]
    if text.isascii() and text.isdigit() and len(text) < 12 and span[0] <= int(text) <= span[1]:
        return int(text)
    wrong.append({"field": name, "message": f"must be a whole number from {span[0]} to {span[1]}"})
    return default
