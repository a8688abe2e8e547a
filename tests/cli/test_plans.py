from pathlib import Path

import pytest

from torchkeras.cli.plans import asked_for, plan_of
from torchkeras.cli.sources import Source
from torchkeras.cli.uses import uses_in

HOMES = {
    "tensorflow.keras": "torchkeras",
    "tensorflow.keras.layers": "torchkeras.layers",
    "tensorflow.keras.layers.Dense": "torchkeras.layers.Dense",
}


def plan(text):
    uses = uses_in(text)
    answers = {
        path: {
            "is_there": True, "name": path, "hint": "", "way": "a way", "home": HOMES.get(path),
        }
        for path in asked_for(uses)
    }  # fmt: skip
    return plan_of(Source(Path("a.py"), text), uses, answers)


def test_names_and_imports_are_planned_by_their_places():
    made = plan("import tensorflow as tf\nx = (tf.keras.layers.Dense, tf.exp(1))")
    assert made.names == {(2, 5, 2, 26): "keras.layers.Dense"}
    assert {span: call.function for span, call in made.calls.items()} == {
        (2, 28, 2, 34): "keras.ops.exp"
    }
    assert made.homes == {(1, 7): None}
    assert made.is_whole


def test_columns_count_characters():
    made = plan('import tensorflow as tf\n"é", tf.keras')
    assert made.names == {(2, 5, 2, 13): "keras"}


@pytest.mark.parametrize(
    "text, name, own",
    [
        ("from tensorflow import keras", "keras", True),
        ("import tensorflow.keras as K", "K", True),
        ("import tensorflow as tf", "keras", False),
        ("import tensorflow as tf\nkeras = 3", "torchkeras", False),
        ("import tensorflow.keras", "keras", False),
        ("def f():\n    from tensorflow import keras as K", "keras", False),
    ],
)
def test_the_name_for_keras(text, name, own):
    made = plan(text)
    assert (made.keras, made.imports_keras) == (name, own)


def test_no_torch_comes_into_a_file_that_goes_on_with_tensorflow():
    text = "import tensorflow as tf\nx = tf.int32\ntf.data.Dataset"
    made = plan(text)
    assert made.names == {}
    assert [str(left) for left in made.left] == [
        "a.py:2:5: tensorflow.int32 stays. In torch: torch.int32.",
        "a.py:3:1: tensorflow.data.Dataset stays. In torch: a way.",
    ]
    assert plan("import torch\n" + text).names == {(3, 4, 3, 12): "torch.int32"}
