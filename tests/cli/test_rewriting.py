"""What texts become; all of them are ported together, in one process."""

import textwrap

import pytest

from torchkeras.cli import port

CASES = {
    "the whole by an alias": (
        "import tensorflow as tf\nm = tf.keras.Sequential([tf.keras.layers.Dense(3)])",
        "import torchkeras as keras\nm = keras.Sequential([keras.layers.Dense(3)])",
    ),
    "names from rooms": (
        "from tensorflow.keras.layers import Dense, LSTM as Long  # two\nDense(3)",
        "from torchkeras.layers import Dense, LSTM as Long  # two\nDense(3)",
    ),
    "names over several lines": (
        "from tensorflow.keras.layers import (\n    Dense,  # one\n    LSTM,\n)",
        "from torchkeras.layers import (\n    Dense,  # one\n    LSTM,\n)",
    ),
    "rooms": (
        "from tensorflow.keras import layers, backend as K\nK.mean(layers)",
        "from torchkeras import layers, backend as K\nK.mean(layers)",
    ),
    "everything": (
        "from keras.layers import *\nDense(3)",
        "from torchkeras.layers import *\nDense(3)",
    ),
    "keras": ("import keras\nkeras.Model", "import torchkeras as keras\nkeras.Model"),
    "keras by another name": (
        "import tensorflow as tf\nimport tensorflow.keras as K\ntf.keras.Model(K.Input)",
        "import torchkeras as K\nK.Model(K.Input)",
    ),
    "a room by its path": (
        "import tensorflow.keras.layers\ntensorflow.keras.layers.Dense(2)",
        "import torchkeras as keras\nkeras.layers.Dense(2)",
    ),
    "keras's room by its path": (
        "import keras.layers\nkeras.layers.Dense(2)",
        "import torchkeras as keras\nkeras.layers.Dense(2)",
    ),
    "older paths": (
        "from keras.layers.core import Dense\nfrom keras.utils import np_utils\n"
        "np_utils.to_categorical(y)",
        "from torchkeras.layers import Dense\nfrom torchkeras import utils as np_utils\n"
        "np_utils.to_categorical(y)",
    ),
    "older attributes": (
        "import keras\nkeras.utils.np_utils.to_categorical(y)",
        "import torchkeras as keras\nkeras.utils.to_categorical(y)",
    ),
    "rooms of two generations in one statement": (
        "from tensorflow.keras.layers.experimental.preprocessing import Rescaling",
        "from torchkeras.layers import Rescaling",
    ),
    "an alias in the middle": (
        "import tensorflow as tf\nlayers = tf.keras.layers\nlayers.Dense(3)",
        "import torchkeras as keras\nlayers = keras.layers\nlayers.Dense(3)",
    ),
    "functions": (
        "import tensorflow as tf\ntf.reduce_mean(tf.square(x - y), axis=-1, name='loss')",
        "import torchkeras as keras\nkeras.ops.mean(keras.ops.square(x - y), axis=-1)",
    ),
    "renamed arguments": (
        "import tensorflow as tf\ntf.concat(values=[a, b], axis=1)\ntf.transpose(a, perm=[1, 0])",
        "import torchkeras as keras\nkeras.ops.concatenate(xs=[a, b], axis=1)\n"
        "keras.ops.transpose(a, axes=[1, 0])",
    ),
    "a result of another type": (
        "import tensorflow as tf\nn = tf.argmax(x, axis=1) + 1",
        'import torchkeras as keras\nn = keras.ops.cast(keras.ops.argmax(x, axis=1), "int64") + 1',
    ),
    "functions handed on": (
        "import tensorflow as tf\nDense(3, activation=tf.nn.relu)",
        "import torchkeras as keras\nDense(3, activation=keras.ops.relu)",
    ),
    "number types": (
        "import tensorflow as tf\ny = tf.cast(x, tf.float32)\nok = y.dtype == tf.int64",
        'import torch\nimport torchkeras as keras\ny = keras.ops.cast(x, "float32")\n'
        "ok = y.dtype == torch.int64",
    ),
    "keras under tensorflow's names": (
        "import tensorflow as tf\ntf.optimizers.Adam(1e-3)\ntf.zeros_initializer()",
        "import torchkeras as keras\nkeras.optimizers.Adam(1e-3)\nkeras.initializers.Zeros()",
    ),
    "a function of graphs": (
        "import tensorflow as tf\n\n# steps\n@tf.function\ndef step(x):\n    return tf.exp(x)",
        "import torchkeras as keras\n\n# steps\ndef step(x):\n    return keras.ops.exp(x)",
    ),
    "tensors as arrays": (
        "import tensorflow as tf\nx = tf.zeros((2, 3))\nprint(x.numpy(), x.shape.as_list())",
        "import torchkeras as keras\nx = keras.ops.zeros((2, 3))\n"
        "print(keras.ops.convert_to_numpy(x), list(x.shape))",
    ),
    "the version in a print": (
        'import tensorflow as tf\nprint("TF", tf.__version__)',
        'import torch\nprint("TF", torch.__version__)',
    ),
    "a taken name": (
        "import tensorflow as tf\nfor keras in tf.keras.layers.Dense(3), 4:\n    pass",
        "import torchkeras\nfor keras in torchkeras.layers.Dense(3), 4:\n    pass",
    ),
    "in functions": (
        "def f():\n    from tensorflow.keras.layers import Dense\n    return Dense",
        "def f():\n    from torchkeras.layers import Dense\n    return Dense",
    ),
    "on one line": (
        "import os; import tensorflow as tf; tf.keras.Model",
        "import os\nimport torchkeras as keras\nkeras.Model",
    ),
    "beside others": (
        "import os, tensorflow as tf\ntf.keras.Model",
        "import torchkeras as keras\nimport os\nkeras.Model",
    ),
    "an import with a comment and no use": (
        "x = 1\n# TensorFlow\nimport tensorflow as tf\ny = 1",
        "x = 1\n# TensorFlow\nimport torchkeras as keras\ny = 1",
    ),
    "an import without use": ("import tensorflow as tf\nx = 1", "x = 1"),
    "what stays": (
        "import tensorflow as tf\nwith tf.GradientTape() as t:\n    y = tf.reduce_sum(x)\n"
        "z = y.numpy(), tf.int32",
        "import torchkeras as keras\nimport tensorflow as tf\nwith tf.GradientTape() as t:\n"
        "    y = keras.ops.sum(x)\nz = y.numpy(), tf.int32",
    ),
    "shadowed names, for which the import stays": (
        "import tensorflow as tf\ndef f(tf):\n    return tf.exp(1)\ntf.exp(2)",
        "import torchkeras as keras\nimport tensorflow as tf\ndef f(tf):\n    return tf.exp(1)\n"
        "keras.ops.exp(2)",
    ),
    "texts that look alike": (
        's = "import tensorflow as tf"  # tf.exp\nimport numpy as tf\ntf.exp(1)',
        's = "import tensorflow as tf"  # tf.exp\nimport numpy as tf\ntf.exp(1)',
    ),
    "letters of several bytes": (
        'import tensorflow as tf\nprint("é中", tf.exp(1.0), f"{tf.abs(x)}")',
        'import torchkeras as keras\nprint("é中", keras.ops.exp(1.0), f"{keras.ops.abs(x)}")',
    ),
    "what is missing": (
        "from tensorflow.keras.layers import Dense, Dence\nDence(3)",
        "from torchkeras.layers import Dense\nfrom tensorflow.keras.layers import Dence\nDence(3)",
    ),
    "spread arguments": (
        "import tensorflow as tf\ntf.exp(*x)",
        "import tensorflow as tf\ntf.exp(*x)",
    ),
    "arguments of graphs": (
        "import tensorflow as tf\n@tf.function(jit_compile=True)\ndef f(): pass",
        "import tensorflow as tf\n@tf.function(jit_compile=True)\ndef f(): pass",
    ),
    "torch itself": ("import torch\nx = torch.ones(3).numpy()",) * 2,
}  # fmt: skip


def ported(texts, folder, ask):
    """The texts after ``port``, by name."""
    files = {name: folder / f"{number}.py" for number, name in enumerate(texts)}
    for name, file in files.items():
        file.write_text(texts[name], encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(port, "ask", ask)
        results, errors = port.port(list(files.values()))
    assert errors == []
    return dict(zip(texts, results, strict=True))


@pytest.fixture(scope="module")
def results(ask, tmp_path_factory):
    texts = {name: old for name, (old, _) in CASES.items()}
    return ported(texts, tmp_path_factory.mktemp("old"), ask)


@pytest.fixture(scope="module")
def again(results, ask, tmp_path_factory):
    texts = {name: result.texts[0] for name, result in results.items()}
    return ported(texts, tmp_path_factory.mktemp("new"), ask)


@pytest.mark.parametrize("name", CASES)
def test_what_a_text_becomes(name, results):
    assert results[name].texts[0] == textwrap.dedent(CASES[name][1])


@pytest.mark.parametrize("name", CASES)
def test_a_ported_text_stays_as_it_is(name, results, again):
    assert not again[name].is_changed()
    assert [item.name for item in again[name].left] == [item.name for item in results[name].left]


@pytest.mark.parametrize(
    "name, left",
    [
        ("what stays", ["tf.GradientTape", "tf.int32"]),
        ("what is missing", ["keras.layers.Dence", "keras.layers.Dence"]),
        ("spread arguments", ["tf.exp"]),
        ("arguments of graphs", ["tf.function"]),
        ("functions", []),
    ],
)
def test_what_is_left_to_do(name, left, results):
    assert [item.name for item in results[name].left] == left


def test_what_is_left_has_a_place_and_torchs_way(results):
    (first, second) = results["what stays"].left
    assert (first.place.line, first.place.column) == (2, 6)
    assert "In torch: loss.backward()" in str(first)
    assert second.hint == "In torch: torch.int32."
