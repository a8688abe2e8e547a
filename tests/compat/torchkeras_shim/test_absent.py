import importlib
import sys

import pytest
from torchkeras_shim.absent import Absent


@pytest.fixture(autouse=True)
def modules_as_they_were():
    """What a test imports is forgotten, so that each meets the imports anew."""
    import tensorflow as tf

    known, names = dict(sys.modules), set(vars(tf))
    yield
    for name in set(sys.modules) - set(known):
        if name.startswith("tensorflow."):
            del sys.modules[name]
    for name in set(vars(tf)) - names:
        delattr(tf, name)


def run(text: str) -> dict:
    scope: dict = {}
    exec(text, scope)
    return scope


@pytest.mark.parametrize(
    "text, used",
    [
        ("import tensorflow.tpu as m", "m.experimental.X"),
        ("import tensorflow.tpu", "tensorflow.tpu.X"),
        ("from tensorflow import tpu as m", "m.X"),
        ("from tensorflow.tpu import experimental as m", "m.X"),
        ("import tensorflow.compat.v1.tpu as m", "m.X"),
        ("from tensorflow.compat.v1 import manip as m", "m.X"),
    ],
)
def test_a_namespace_is_imported_and_fails_where_it_is_used(text, used):
    scope = run(text)
    with pytest.raises(AttributeError, match="on torch"):
        eval(used, scope)


def test_the_message_has_torchs_way():
    scope = run("import tensorflow.profiler as m")
    if isinstance(scope["m"], Absent):
        with pytest.raises(AttributeError, match=r"tf\.profiler has no 'X'.*torch\.profiler"):
            scope["m"].X  # noqa: B018


def test_tensorflows_inside_is_imported_with_a_warning():
    with pytest.warns(UserWarning, match="TensorFlow's inside"):
        scope = run("from tensorflow.python.client import device_lib")
    with pytest.raises(AttributeError, match=r"list_local_devices.*tf\.config\.list_physical"):
        scope["device_lib"].list_local_devices()
    with pytest.warns(UserWarning, match="tensorflow.python.framework"):
        scope = run("from tensorflow.python.framework import ops")
    import tensorflow as tf

    assert scope["ops"].convert_to_tensor is tf.convert_to_tensor
    with pytest.warns(UserWarning, match="TensorFlow's inside"):
        scope = run("from tensorflow.python.framework.ops import no_such_function as f")
    with pytest.raises(AttributeError, match="no_such_function"):
        scope["f"](3)


def test_what_there_is_elsewhere_is_handed_on():
    import tensorflow as tf

    module = importlib.import_module("tensorflow.compat.v1.nn")
    assert module.relu is tf.nn.relu


@pytest.mark.parametrize(
    "name",
    [
        "tensorflow.contrib",
        "tensorflow.no_such_thing",
        "tensorflow_addons.layers",
        "tensorflow.Tpu",
    ],
)
def test_what_tensorflow_does_not_have_either_is_not_found(name):
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)
