import pytest

from torchkeras.cli.uses import is_related, uses_in


def paths(text: str) -> list[str]:
    """Paths used, but for what import statements name."""
    return [use.path for use in uses_in(text) if not use.is_import]


DENSE = "tensorflow.keras.layers.Dense"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("import tensorflow as tf\ntf.keras.layers.Dense", DENSE),
        ("import tensorflow\ntensorflow.keras.layers.Dense", DENSE),
        ("import tensorflow.keras.layers\ntensorflow.keras.layers.Dense", DENSE),
        ("import tensorflow.keras.layers as L\nL.Dense", DENSE),
        ("from tensorflow.keras.layers import Dense\nDense", DENSE),
        ("from tensorflow.keras.layers import Dense as D\nD", DENSE),
        ("from tensorflow.keras import layers\nlayers.Dense", DENSE),
        ("from tensorflow import keras\nkeras.layers.Dense", DENSE),
        ("import tensorflow as tf\nlayers = tf.keras.layers\nlayers.Dense", DENSE),
        ("import tensorflow as tf\nL, M = tf.keras.layers, 3\nL.Dense", DENSE),
        ("import tensorflow.keras.backend as K\nK.mean", "tensorflow.keras.backend.mean"),
        ("from tensorflow.python.keras import layers\nlayers.Dense",
         "tensorflow.python.keras.layers.Dense"),
        ("import tensorflow.compat.v1 as tf\ntf.placeholder", "tensorflow.compat.v1.placeholder"),
        ("import keras\nkeras.Model", "keras.Model"),
        ("from keras import ops\nops.mean", "keras.ops.mean"),
        ("import tf_keras as keras\nkeras.Model", "tf_keras.Model"),
        ("from keras.layers import *\nDense", "keras.layers.Dense"),
        ("def f():\n    import keras\n    return keras.Model", "keras.Model"),
        ("try:\n  import keras\nexcept ImportError:\n  from tensorflow import keras\nkeras.Model",
         "keras.Model"),
        ("if a:\n    import keras\nelse:\n    keras = None\nkeras.Model", "keras.Model"),
        ("import keras\nclass A:\n    m = keras.Model", "keras.Model"),
        ("import keras\nf = lambda: keras.Model", "keras.Model"),
        ("import keras\n@keras.saving.register_keras_serializable()\ndef f(): pass",
         "keras.saving.register_keras_serializable"),
        ("import keras\ndef f(x: keras.Model = None): pass", "keras.Model"),
        ("import keras\nasync def f():\n    await keras.x", "keras.x"),
        ("import keras\nf'{keras.Model}'", "keras.Model"),
    ],
)  # fmt: skip
def test_every_form_of_import_is_followed(text, expected):
    assert expected in paths(text)


@pytest.mark.parametrize(
    "text",
    [
        "import tensorflow as tf\ntf = 3\ntf.log",
        "import tensorflow as tf\ndef f(tf):\n    tf.log",
        "import tensorflow as tf\ndef f():\n    tf = g()\n    tf.log",
        "import tensorflow as tf\nf = lambda tf: tf.log",
        "import tensorflow as tf\n[tf.log for tf in x]",
        "import tensorflow as tf\nfor tf in x:\n    tf.log",
        "import numpy as tf\ntf.log",
        "from .tensorflow import keras\nkeras.log",
        "from keras.layers import *\nprint(len(x for x in y))\ny = 1",
        "import tensorflow as tf\ntf.log = 3",
    ],
)
def test_names_that_are_something_else_are_left_alone(text):
    assert [path for path in paths(text) if "log" in path or "x" in path] == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("m = keras.Sequential()\nm.fit()", "keras.Sequential().fit"),
        ("def build():\n    m = keras.Sequential()\n    return m\nbuild().fit()",
         "keras.Sequential().fit"),
        ("class M(keras.Model):\n    pass\nM().fit()", "keras.Model().fit"),
        ("class M(keras.Model):\n    def f(self):\n        self.fit()", "keras.Model().fit"),
        ("class M(keras.Model):\n    def __init__(self):\n        super().__init__(name='a')",
         "keras.Model().__init__"),
        ("class M(keras.Model):\n    def __init__(self):\n        self.d = keras.layers.Dense(1)\n"
         "    def f(self):\n        self.d.get_weights()", "keras.layers.Dense().get_weights"),
        ("with tf.GradientTape() as t:\n    t.gradient()",
         "tensorflow.GradientTape().__enter__().gradient"),
        ("tf.data.Dataset.range(3).batch(2)", "tensorflow.data.Dataset.range().batch"),
        ("def f(m: keras.Model):\n    m.fit()", "keras.Model().fit"),
        ("print(x := tf.constant(1))\nx.numpy()", "tensorflow.constant().numpy"),
    ],
)  # fmt: skip
def test_methods_of_objects_known_by_their_making(text, expected):
    assert expected in paths(f"import keras, tensorflow as tf\n{text}")


def test_methods_of_the_users_own_are_not_kerass():
    text = """
import keras
class M(keras.Model):
    def own(self):
        self.record = []
        self.own(); self.record.append(1)
m = M(); m.own(); m.record.append(2)
"""
    assert [path for path in paths(text) if "own" in path or "record" in path] == []


def test_arguments_and_places():
    (_, use) = uses_in("import tensorflow as tf\nx = tf.cast(a, *b, dtype=1, **c)")
    assert (use.path, use.line, use.column) == ("tensorflow.cast", 2, 5)
    assert [(k.name, k.line, k.column) for k in use.keywords] == [("dtype", 2, 20)]
    assert use.positional is None
    assert uses_in("import tensorflow as tf\ntf.cast(a, b)")[1].positional == 2


def test_a_chain_over_several_lines_is_placed_at_its_last_name():
    uses = uses_in("import tensorflow as tf\nd = (tf.data.Dataset\n  .range(3)\n  .batch(2))")
    assert [(use.line, use.column) for use in uses[1:]] == [(3, 4), (4, 4)]


@pytest.mark.parametrize("kind", ["ImportError", "(OSError, AttributeError)", "Exception", ""])
def test_absence_that_the_file_provides_for_is_marked(kind):
    text = f"try:\n    import keras.a\nexcept {kind}:\n    import keras.b\nimport keras.c"
    assert [use.is_guarded for use in uses_in(text)] == [True, True, False]


def test_other_exceptions_do_not_guard():
    (use,) = uses_in("try:\n    import keras.a\nexcept OSError:\n    pass")
    assert not use.is_guarded


def test_names_by_star_may_come_from_each_module():
    text = "from keras.layers import *\nfrom keras.models import *\nDense(3)"
    use = uses_in(text)[-1]
    assert (use.path, use.others) == ("keras.layers.Dense", ("keras.models.Dense",))
    assert not use.is_guess
    assert uses_in("from os import *\n" + text)[-1].is_guess


def test_packages_built_on_keras():
    assert is_related("tensorflow_hub.load")
    assert not is_related("tensorflow_datasets.load")
    assert is_related("keras_tuner")
    assert not is_related("tensorflow.keras")
    assert not is_related("numpy")
    assert paths("import tensorflow_hub as hub\nhub.load") == ["tensorflow_hub.load"]


def test_what_is_no_python_is_an_error():
    with pytest.raises(SyntaxError):
        uses_in("print 'a'")
