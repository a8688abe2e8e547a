import copy
import json
import pickle

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from keras.src.utils.python_utils import pythonify_logs

from torchkeras.callbacks.logs import Logs, to_floats

READS = {
    "item": lambda logs: logs["loss"],
    "get": lambda logs: logs.get("loss"),
    "dict": lambda logs: dict(logs)["loss"],
    "unpacking": lambda logs: {**logs}["loss"],
    "arguments": lambda logs: dict(**logs)["loss"],
    "format": lambda logs: float("{loss}".format(**logs)),
    "items": lambda logs: dict(logs.items())["loss"],
    "values": lambda logs: list(logs.values())[-1],
    "json": lambda logs: json.loads(json.dumps(logs))["loss"],
    "indented json": lambda logs: json.loads(json.dumps(logs, indent=1))["loss"],
    "copy": lambda logs: copy.copy(logs)["loss"],
    "deepcopy": lambda logs: copy.deepcopy(logs)["loss"],
    "pickle": lambda logs: pickle.loads(pickle.dumps(logs))["loss"],
    "or": lambda logs: (logs | {"a": 1})["loss"],
    "merged": lambda logs: ({"a": 1} | logs)["loss"],
    "update": lambda logs: (copied := {}, copied.update(logs))[0]["loss"],
    "repr": lambda logs: eval(repr(logs))["loss"],
    "or default": lambda logs: (logs or {})["loss"],
    "pop": lambda logs: logs.pop("loss"),
    "setdefault": lambda logs: logs.setdefault("loss", 3.0),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_every_way_of_reading_sees_floats(read):
    value = read(Logs({"loss": torch.tensor(0.5), "accuracy": torch.tensor(1)}))
    assert value == 0.5
    assert type(value) is float


def test_nothing_is_asked_before_it_is_read():
    asked = []
    logs = Logs(lambda: asked.append(1) or {"loss": torch.tensor(0.5)})
    assert not logs.is_read
    assert not asked
    assert "loss" in logs
    assert len(logs) == 1
    assert logs == {"loss": 0.5}
    assert asked == [1]


def test_values_that_are_held_do_not_move_on():
    state = torch.tensor(1.0)
    logs = Logs(lambda: {"loss": state * 1})
    logs.hold()
    state += 1
    assert logs["loss"] == 1.0


def test_logs_can_be_added_to():
    logs = Logs({"loss": 1.0})
    logs["learning_rate"] = 0.1
    logs.update(extra=2)
    del logs["loss"]
    assert logs == {"learning_rate": 0.1, "extra": 2}


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.one_of(
            st.floats(allow_nan=False, width=32),
            st.integers(-3, 3),
            st.floats(-2, 2, width=32).map(lambda x: torch.tensor(x)),
            st.integers(-3, 3).map(lambda x: torch.tensor([x])),
            st.just("text"),
            st.just({"d": np.float32(1.5)}),
        ),
    )
)
def test_numbers_become_the_floats_of_keras(values):
    assert to_floats(values) == pythonify_logs(values)
    assert list(to_floats(values)) == list(pythonify_logs(values))


def test_arrays_stay_arrays():
    assert to_floats({"matrix": np.ones((2, 2))})["matrix"].shape == (2, 2)
    assert keras.config.backend() == "torch"
