"""The drop-ins are asked once for what several tests need."""

import pytest

from torchkeras.cli import check, port, support

NEEDED = [
    "keras", "keras.layers", "keras.layers.Dense", "keras.lossez", "keras.ops.meen", "tensorflow",
    "tensorflow.data.Dataset", "tensorflow.keras.Model", "tensorflow.keras.Sequential",
    "tensorflow.keras.Sequential().fit", "tensorflow.keras.layers.Dense",
    "tensorflow.keras.Model().fit",
]  # fmt: skip


@pytest.fixture(scope="session")
def answers_so_far():
    return {}


@pytest.fixture
def remembered_answers(answers_so_far, monkeypatch):
    """``check`` and ``port`` ask a process only for what no test has asked before."""

    def ask(paths):
        wanted = set(paths)
        if not wanted <= set(answers_so_far):
            answers_so_far.update(support.ask([*wanted, *NEEDED]))
        return {path: answers_so_far[path] for path in wanted}

    monkeypatch.setattr(check, "ask", ask)
    monkeypatch.setattr(port, "ask", ask)
