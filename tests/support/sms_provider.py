"""A sandbox of an SMS provider over HTTP: it checks signatures, sends a repeated id once, and fails on request."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY_ID, SECRET = "sms-key", "sms secret of the tests"


class SmsProvider:
    """What the provider received, and the answers it gives next: `(status, body, seconds to wait)`."""

    def __init__(self) -> None:
        self.url = ""
        self.sent: dict[str, dict[str, Any]] = {}
        self.calls = 0
        self.answers: list[tuple[int, dict[str, Any], float]] = []
        self.receipts: list[dict[str, Any]] = []

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        self.calls += 1
        text = "\n".join(("POST", path, headers["X-Timestamp"], headers["X-Nonce"], hashlib.sha256(body).hexdigest()))
        signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        if headers["Authorization"] != f"HMAC-SHA256 Credential={KEY_ID}, Signature={signature}":
            return 403, {"code": "SignatureDoesNotMatch"}
        if self.answers:
            status, answer, seconds = self.answers.pop(0)
            time.sleep(seconds)
            return status, answer
        if path.endswith("/receipts"):
            receipts, self.receipts = self.receipts, []
            return 200, {"code": "OK", "receipts": receipts}
        request = json.loads(body)
        self.sent.setdefault(request["id"], request)
        return 200, {"code": "OK", "ref": f"ref-{request['id']}"}


@contextmanager
def run_sms_provider() -> Generator[SmsProvider]:
    """Yield a running provider."""
    provider = SmsProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = provider.answer(self.path, self.headers, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - as in http.server

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/v1/sms"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
