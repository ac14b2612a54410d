"""Tests over real connections: the server runs in this process on a free port, or as a process of its own."""

from __future__ import annotations

import http.client
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from inventory.api import Api  # noqa: E402
from inventory.http import LARGEST_BODY, Server  # noqa: E402
from inventory.log import Log  # noqa: E402
from inventory.settings import Settings  # noqa: E402
from inventory.store import Store, seed  # noqa: E402

SECRET = 'corr"ect-horse'
ITEMS = "/api/v1/inventory"
GOOD = {"sku": "NUT-M6", "name": "Nut M6", "quantity": 10, "price_cents": 4}


class Case(unittest.TestCase):
    """A server for each test, and a client that keeps its connection."""

    environment: dict[str, str] = {"DB_PASSWORD": SECRET}

    def setUp(self) -> None:
        settings = Settings.read(self.environment, ROOT)
        self.store = Store()
        self.store.load(seed())
        self.logged = io.StringIO()
        self.server = Server(("127.0.0.1", 0), Api(self.store, settings), Log(self.logged, settings.secrets()))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.client = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)

    def tearDown(self) -> None:
        self.client.close()
        self.assertEqual(self.server.drain(5), 0)

    def call(self, method: str, path: str, body=None, **headers: str):
        """Status, document and headers of one request."""
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        self.client.request(method, path, body, sent)
        response = self.client.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None, response.headers

    def raw(self, data: bytes) -> bytes:
        """Everything that the server says to these bytes."""
        with socket.create_connection(("127.0.0.1", self.server.server_port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


class Health(Case):
    def test_is_alive_and_ready_with_the_secret(self) -> None:
        self.assertEqual(self.call("GET", "/health")[:2], (200, {"status": "alive"}))
        self.assertEqual(self.call("GET", "/health/ready")[:2], (200, {"status": "ready"}))

    def test_the_index_leads_to_everything(self) -> None:
        status, document, _ = self.call("GET", "/")
        self.assertEqual((status, document["version"]), (200, (ROOT / "VERSION").read_text().strip()))
        for link in document["links"].values():
            self.assertEqual(self.call("GET", link)[0], 200, link)


class Unready(Case):
    environment = {"DB_PASSWORD": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)"}

    def test_names_every_reason(self) -> None:
        self.server.api._store = Store()
        status, document, _ = self.call("GET", "/health/ready")
        self.assertEqual((status, len(document["reasons"])), (503, 2))
        self.assertIn("Key Vault reference", document["reasons"][0])
        self.assertEqual(self.call("GET", "/health")[0], 200)

    def test_a_missing_secret_is_named(self) -> None:
        self.assertEqual(Settings.read({}, ROOT).missing, ("the setting DB_PASSWORD is missing",))


class Version(unittest.TestCase):
    def read(self, build: str | None, environment: dict[str, str] | None = None) -> Settings:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "VERSION").write_text("1.0.0\n")
            if build is not None:
                (path / "build-info.json").write_text(build)
            return Settings.read(environment or {}, path)

    def test_comes_from_the_build_and_the_slot_from_the_site(self) -> None:
        settings = self.read('{"version": "2.0.0", "commit": "abc"}', {"WEBSITE_SLOT_NAME": "staging"})
        self.assertEqual((settings.version, settings.commit, settings.slot), ("2.0.0", "abc", "staging"))

    def test_falls_back_to_the_file(self) -> None:
        self.assertEqual(self.read(None)[2:5], ("1.0.0", None, None))
        for broken in ("", "[]", "{}", '{"version": 2}', "null", '{"version": "2", "commit": 1}'):
            settings = self.read(broken)
            self.assertEqual((settings.version, settings.commit), ("1.0.0", None), broken)
            self.assertEqual(len(settings.warnings), 1, broken)

    def test_refuses_a_port_that_is_none(self) -> None:
        for port in ("", "x", "-1", "65536", "\u0663"):
            with self.assertRaises(ValueError):
                Settings.read({"PORT": port}, ROOT)


class Items(Case):
    def test_pages_and_filters(self) -> None:
        status, page, _ = self.call("GET", ITEMS + "?limit=3")
        self.assertEqual((status, page["total"], len(page["items"])), (200, len(seed()), 3))
        seen = list(page["items"])
        while page["next"]:
            page = self.call("GET", page["next"])[1]
            seen += page["items"]
        self.assertEqual([item["sku"] for item in seen], sorted(item.sku for item in seed()))
        bolts = self.call("GET", ITEMS + "?sku=bolt&limit=1")[1]
        self.assertEqual((bolts["total"], bolts["next"]), (2, ITEMS + "?limit=1&offset=1&sku=BOLT"))

    def test_reports_everything_that_is_wrong_with_a_query(self) -> None:
        status, document, _ = self.call("GET", ITEMS + "?limit=0&offset=-1")
        self.assertEqual((status, len(document["error"]["details"])), (400, 2))

    def test_lives_from_creation_to_deletion(self) -> None:
        status, document, headers = self.call("POST", ITEMS, GOOD)
        self.assertEqual((status, document, headers["Location"]), (201, GOOD, ITEMS + "/NUT-M6"))
        self.assertEqual(self.call("POST", ITEMS, GOOD)[0], 409)
        changed = {"name": "Nut, M6", "quantity": 5, "price_cents": 3}
        self.assertEqual(self.call("PUT", ITEMS + "/NUT-M6", changed)[1], {"sku": "NUT-M6", **changed})
        self.assertEqual(self.call("PATCH", ITEMS + "/NUT-M6", {"adjust": -5})[1]["quantity"], 0)
        self.assertEqual(self.call("PATCH", ITEMS + "/NUT-M6", {"adjust": -1})[0], 409)
        self.assertEqual(self.call("DELETE", ITEMS + "/NUT-M6")[:2], (204, None))
        for method, body in (("GET", None), ("DELETE", None), ("PUT", changed), ("PATCH", {"adjust": 1})):
            self.assertEqual(self.call(method, ITEMS + "/NUT-M6", body)[0], 404, method)

    def test_lists_everything_that_is_wrong_with_an_item(self) -> None:
        bad = {"sku": "x", "name": "", "quantity": True, "colour": "red"}
        status, document, _ = self.call("POST", ITEMS, bad)
        fields = [detail["field"] for detail in document["error"]["details"]]
        self.assertEqual((status, fields), (422, ["sku", "name", "quantity", "price_cents", "colour"]))
        for bad in ([], None, 1, {**GOOD, "quantity": -1}, {**GOOD, "quantity": 1.5}, {**GOOD, "name": "a\nb"}):
            self.assertEqual(self.call("POST", ITEMS, bad if bad is not None else "null")[0], 422, bad)
        self.assertEqual(self.call("PUT", ITEMS + "/LAMP-RED", GOOD)[0], 422, "another SKU than the address")
        for bad in ({}, {"adjust": "1"}, {"adjust": 1, "quantity": 2}, {"adjust": True}):
            self.assertEqual(self.call("PATCH", ITEMS + "/LAMP-RED", bad)[0], 422, bad)

    def test_changes_only_what_the_client_has_seen(self) -> None:
        path = ITEMS + "/LAMP-RED"
        tag = self.call("GET", path)[2]["ETag"]
        self.assertEqual(self.call("GET", path, If_None_Match=tag)[:2], (304, None))
        self.assertEqual(self.call("PATCH", path, {"adjust": 1}, If_Match=f'"0", {tag}')[0], 200)
        for method, body in (("PATCH", {"adjust": 1}), ("PUT", {**GOOD, "sku": "LAMP-RED"}), ("DELETE", None)):
            self.assertEqual(self.call(method, path, body, If_Match=tag)[0], 412, method)
            self.assertEqual(self.call(method, path, body, If_Match="nonsense")[0], 412, method)
        self.assertEqual(self.call("DELETE", path, If_Match="*")[0], 204)

    def test_no_adjustment_is_lost(self) -> None:
        def work() -> None:
            client = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
            for _ in range(50):
                client.request("PATCH", ITEMS + "/GAUGE-1435", '{"adjust": 1}', {"Content-Type": "application/json"})
                client.getresponse().read()
            client.close()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.store.get("GAUGE-1435").quantity, 7 + 400)


class Protocol(Case):
    def test_errors_are_json(self) -> None:
        cases = [
            (404, self.call("GET", "/nothing")),
            (404, self.call("GET", ITEMS + "/")),
            (405, self.call("DELETE", ITEMS)),
            (415, self.call("POST", ITEMS, "sku=1", Content_Type="text/plain")),
            (400, self.call("POST", ITEMS, "{")),
            (400, self.call("POST", ITEMS, "[" * 20000)),
            (413, self.call("POST", ITEMS, b" " * (LARGEST_BODY + 1))),
            (501, self.call("BREW", "/")),
        ]
        for expected, (status, document, headers) in cases:
            self.assertEqual(status, expected)
            self.assertEqual(headers["Content-Type"], "application/json; charset=utf-8")
            self.assertTrue(document["error"]["code"] and document["error"]["message"])
        self.assertEqual(cases[2][1][2]["Allow"], "GET, HEAD, OPTIONS, POST")

    def test_a_connection_is_kept(self) -> None:
        self.call("GET", "/health")
        before = self.client.sock.getsockname()
        self.assertEqual(self.call("GET", "/nothing")[0], 404)
        self.assertEqual(self.call("HEAD", ITEMS)[:2], (200, None))
        self.assertEqual(self.call("OPTIONS", ITEMS)[0], 204)
        self.assertEqual(self.client.sock.getsockname(), before)

    def test_bad_requests_get_an_answer(self) -> None:
        for data, status in (
            (b"nonsense\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", b"400"),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
            (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", b"413"),
            (b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        ):
            answer = self.raw(data)
            self.assertTrue(answer.startswith(b"HTTP/1.1 " + status), (data, answer))

    def test_the_log_is_json_and_keeps_secrets(self) -> None:
        self.call("GET", f"/{SECRET}?token=query-secret", X_Request_Id="run-7")
        self.server.log.info("note", text=f"password is {SECRET}")
        lines = [json.loads(line) for line in self.logged.getvalue().splitlines()]
        self.assertEqual((lines[0]["path"], lines[0]["status"], lines[0]["request_id"]), ("/***", 404, "run-7"))
        for secret in (SECRET, json.dumps(SECRET)[1:-1], "query-secret"):
            self.assertNotIn(secret, self.logged.getvalue())


@unittest.skipUnless(hasattr(signal, "SIGKILL"), "Windows has no SIGTERM to be polite about")
class Stopping(unittest.TestCase):
    def test_ends_what_has_begun_and_exits_with_zero(self) -> None:
        environment = {**os.environ, "HOST": "127.0.0.1", "PORT": "0", "DB_PASSWORD": SECRET}
        app = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")], env=environment, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(app.wait)
        self.addCleanup(app.kill)
        self.addCleanup(app.stdout.close)
        port = json.loads(app.stdout.readline())["port"]
        idle = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        idle.request("GET", "/health")
        idle.getresponse().read()
        body = json.dumps(GOOD).encode()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as busy:
            head = f"POST {ITEMS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            busy.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
            self.assertIn(b"100 Continue", busy.recv(4096), "the request has begun")
            app.send_signal(signal.SIGTERM)
            self.assertEqual(idle.sock.recv(1), b"", "the idle connection is closed")
            idle.close()
            busy.sendall(body)
            answer = b"".join(iter(lambda: busy.recv(65536), b""))
        self.assertTrue(answer.startswith(b"HTTP/1.1 201"), answer)
        self.assertIn(b"Connection: close", answer)
        output = app.communicate(timeout=10)[0]
        self.assertEqual(app.returncode, 0)
        last = json.loads(output.splitlines()[-1])
        self.assertEqual((last["event"], last["abandoned"]), ("stopped", 0))
        self.assertNotIn(SECRET, output)


if __name__ == "__main__":
    unittest.main()
