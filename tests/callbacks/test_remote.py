import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from torchkeras.callbacks import RemoteMonitor


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.append((self.path, self.headers, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Receiver) as one:
        one.received = []
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def test_a_form_is_posted(server, stand_in):
    monitor = RemoteMonitor(f"http://127.0.0.1:{server.server_port}", headers={"X-Run": "7"})
    stand_in().run(monitor, [{"loss": 0.5, "matrix": np.ones(2)}])
    [(path, headers, body)] = server.received
    assert path == "/publish/epoch/end/"
    assert headers["X-Run"] == "7"
    sent = json.loads(urllib.parse.parse_qs(body)["data"][0])
    assert sent == {"epoch": 0, "loss": 0.5, "matrix": [1.0, 1.0]}


def test_json_is_posted(server, stand_in):
    monitor = RemoteMonitor(f"http://127.0.0.1:{server.server_port}", send_as_json=True)
    stand_in().run(monitor, [{"loss": np.float32(0.5)}])
    [(_, headers, body)] = server.received
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"epoch": 0, "loss": 0.5}


def test_an_absent_server_is_a_warning(server, stand_in):
    root = f"http://127.0.0.1:{server.server_port}"
    server.socket.close()
    with pytest.warns(UserWarning, match="Could not reach RemoteMonitor root server"):
        stand_in().run(RemoteMonitor(root), [{"loss": 0.5}])
