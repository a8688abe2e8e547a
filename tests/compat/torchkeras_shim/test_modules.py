import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import torchkeras

FORMS = Path(__file__).with_name("import_forms.py").read_text(encoding="utf-8")
# Each form in its turn, all of the package's modules forgotten before it.
EACH = """
import sys, warnings
warnings.simplefilter("error")
def forget():
    for name in list(sys.modules):
        if name.split(".")[0] in ("tensorflow", "keras", "tf_keras"):
            del sys.modules[name]
for imports, used in FORMS:
    forget(); scope = {}; exec(imports, scope); eval(used, scope)
for imports, used in INSIDE:
    forget(); scope = {}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        exec(imports, scope)
    assert any("inside" in str(one.message) for one in told), imports
    eval(used, scope)
print(len(FORMS) + len(INSIDE))
"""


def test_every_form_of_import_works_by_itself():
    done = subprocess.run(
        [sys.executable, "-m", "torchkeras", "run", "-"],
        input=FORMS + EACH,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


@pytest.mark.filterwarnings("ignore:.*TensorFlow's inside")
@pytest.mark.parametrize(
    "root", ["tensorflow.keras", "keras", "tf_keras", "tensorflow.python.keras"]
)
def test_every_form_of_import_gives_the_same_class(root):
    layers = importlib.import_module(f"{root}.layers")
    whole = importlib.import_module(root)
    scope = {}
    exec(f"from {root}.layers import Dense; from {root} import layers as other", scope)
    assert layers.Dense is whole.layers.Dense is scope["Dense"] is torchkeras.layers.Dense
    assert scope["other"] is layers


def test_names_of_tensorflow_lead_to_keras():
    import tensorflow as tf
    import tensorflow.keras.backend as K
    from tensorflow.keras import Model
    from tensorflow.keras.optimizers import Adam

    assert tf.keras.Model is Model is torchkeras.Model
    assert tf.optimizers.Adam is Adam
    assert K.epsilon() == 1e-7
    assert tf.zeros_initializer is torchkeras.initializers.Zeros


@pytest.mark.parametrize(
    "path, name",
    [
        ("keras.layers.core", "Dense"),
        ("keras.layers.convolutional", "Conv2D"),
        ("keras.layers.merge", "concatenate"),
        ("keras.layers.normalization", "BatchNormalization"),
        ("keras.layers.embeddings", "Embedding"),
        ("keras.layers.recurrent", "LSTM"),
        ("keras.layers.wrappers", "Bidirectional"),
        ("keras.layers.advanced_activations", "LeakyReLU"),
        ("keras.layers.experimental.preprocessing", "Rescaling"),
        ("keras.layers.experimental", "SyncBatchNormalization"),
        ("keras.utils.np_utils", "to_categorical"),
        ("keras.optimizers.legacy", "Adam"),
        ("keras.engine.base_layer", "Layer"),
        ("keras.src.layers", "Dense"),
    ],
)
def test_paths_of_older_generations(path, name):
    module = importlib.import_module(path)
    assert callable(getattr(module, name))


def test_star_imports_bring_the_public_names():
    scope = {}
    exec("from keras.layers import *", scope)
    assert scope["Dense"] is torchkeras.layers.Dense


def test_a_missing_name_offers_the_nearest_in_every_form():
    import keras

    with pytest.raises(AttributeError, match="keras.layers has no 'Dence'.*Dense"):
        keras.layers.Dence  # noqa: B018
    with pytest.raises(ImportError, match="keras.layers has no 'Dence'.*Dense"):
        exec("from keras.layers import Dence")
    with pytest.raises(ModuleNotFoundError, match="keras has no 'lossez'.*losses"):
        importlib.import_module("keras.lossez")
    assert not hasattr(keras.layers, "Dence")


def test_a_broken_module_is_not_reported_as_missing(monkeypatch):
    from torchkeras_shim import modules

    assert modules.find_module("torchkeras.layers") is torchkeras.layers
    assert modules.find_module("torchkeras.nothing.below") is None


def test_inner_paths_of_older_releases_lead_to_what_they_hold_now():
    saving_lib = importlib.import_module("keras.src.saving.saving_lib")
    assert saving_lib.save_model is torchkeras.saving.save_model
    merge = importlib.import_module("tensorflow.keras.layers.merge")
    assert merge.Concatenate is torchkeras.layers.Concatenate


def test_the_shape_of_the_backend_is_a_tensor():
    backend = importlib.import_module("tensorflow.keras.backend")
    assert backend.shape(torchkeras.ops.ones((2, 3))).numpy().tolist() == [2, 3]
