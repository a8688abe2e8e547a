"""The table of operation classes agrees with Keras."""

import importlib
import inspect

import pytest

from torchkeras import ops
from torchkeras.saving.operation_table import BY_CLASS, BY_FUNCTION, TABLE


@pytest.mark.parametrize("room", ["numpy", "nn", "core", "math", "linalg", "image", "einops"])
def test_rows_are_classes_of_keras_with_those_arguments(room):
    module = importlib.import_module(f"keras.src.ops.{room}")
    for row in (row for row in TABLE if row.room == room):
        cls = getattr(module, row.class_name)
        options = set(inspect.signature(cls.__init__).parameters) - {"self", "name"}
        if inspect.signature(cls.__init__).parameters.get("kwargs") is None:
            assert set(row.options) <= options, row
        inputs = [
            f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name
            for p in list(inspect.signature(cls.call).parameters.values())[1:]
            if p.kind is not p.VAR_KEYWORD
        ]
        if row.class_name != "Conj":
            assert [name for name in row.inputs if name[:2] != "**"] == inputs, row


# Operations whose functions are still to come.
AWAITED = {"ctc_decode"}


def test_functions_take_what_the_rows_say():
    missing = set()
    for row in TABLE:
        room = getattr(ops, "image", None) if row.room == "image" else ops
        function = getattr(room, row.function, None)
        if function is None:
            missing.add(row.room if row.room == "image" else row.function)
            continue
        names = set(inspect.signature(getattr(function, "unwrapped", function)).parameters)
        wanted = {name.lstrip("*") for name in (*row.inputs, *row.options)}
        assert wanted - names <= {"sparse", "rms_scaling"}, row
    assert missing <= {*AWAITED, "get_item", "image"}


def test_keys_are_unique_enough():
    assert len(BY_CLASS) == len(TABLE)
    assert BY_FUNCTION["multiply"].class_name == "Multiply"
