"""A source of small data sets on disk instead of the net."""

import hashlib
from pathlib import Path

import pytest

from torchkeras.datasets import cifar, source


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, and an origin from which nothing can be had."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    origin = tmp_path / "origin"
    origin.mkdir()
    monkeypatch.setattr(source, "ORIGIN", origin.as_uri() + "/")
    monkeypatch.setattr(cifar, "ORIGIN", origin.as_uri() + "/")
    return tmp_path / "home" / "datasets"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put a file at the origin and make a module expect its hash."""

    def put(module, name, write, constant="HASH"):
        path = tmp_path / "origin" / name
        write(path)
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        monkeypatch.setattr(module, constant, digest)
        return path

    return put
