"""RemoteMonitor."""

import json
import urllib.error
import urllib.parse
import urllib.request
import warnings
from typing import Any

import numpy as np

from torchkeras.callbacks.base import Callback
from torchkeras.distribution import is_chief

TIMEOUT_SECONDS = 10.0


class RemoteMonitor(Callback):
    """Posts the logs of each epoch to a server.

    Args:
        root: Address of the server.
        path: Where on the server; appended to ``root``.
        field: Name of the form's field that holds the JSON text.
        headers: Further headers of the request.
        send_as_json: Whether the body is the JSON text itself instead of a form.

    Source: Keras 3 ``RemoteMonitor``.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not is_chief():
            return
        text = json.dumps({"epoch": epoch, **(logs or {})}, default=_plain)
        if self.send_as_json:
            kind, body = "application/json", text
        else:
            kind = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode({self.field: text})
        request = urllib.request.Request(
            self.root + self.path,
            data=body.encode(),
            headers={"Content-Type": kind, **(self.headers or {})},
        )
        try:
            urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()
        except (OSError, urllib.error.URLError):
            warnings.warn(f"Could not reach RemoteMonitor root server at {self.root}", stacklevel=2)


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist()
