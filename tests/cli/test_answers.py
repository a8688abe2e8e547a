import pytest

ARGUMENTS = {
    "tensorflow.cast": ({"x", "dtype"}, {"bogus"}, 3),
    "keras.layers.Dense": ({"units", "input_shape", "name", "weights"}, {"unit"}, 13),
    "keras.layers.LSTM": ({"unroll", "implementation"}, {"unrol"}, ...),
    "keras.optimizers.Adam": ({"lr", "decay", "learning_rate"}, {"learning_rat"}, 15),
    "keras.Sequential().fit": ({"x", "epochs", "validation_data"}, {"nb_epoch"}, 19),
    "keras.layers.add": ({"inputs", "name"}, {"axis"}, 1),
    "keras.layers.Layer().__call__": (None, None, None),
    "keras.Model": (None, None, None),
}
THERE = [
    "tensorflow",
    "tensorflow.float32",
    "tensorflow.__version__",
    "tensorflow.keras.layers.experimental.preprocessing.Rescaling",
    "tensorflow.data.Dataset.from_tensor_slices().shuffle().batch().map",
    "tensorflow.GradientTape().__enter__().gradient",
    "tensorflow.compat.v1.logging.set_verbosity",
    "keras.layers.Dense().kernel",
    "keras.layers.RMSNormalization().scale",
    "keras.Model.from_config().fit",
]
MISSING = {
    "tensorflow.log": "There is tf.math.log. In torch: torch.log.",
    "tensorflow.contrib.learn": "In torch: what it had",
    "keras.layers.Dence": 'Did you mean "Dense"?',
    "keras.layers.relu": "There is keras.activations.relu.",
    "keras.Sequential().fitt": 'Did you mean "fit"?',
    "tensorflow.data.Dataset.from_tensor_slices().bach": 'Did you mean "batch"?',
    "keras_nowhere": "",
    "tensorflow_addons_nowhere": "",
}
HOMES = {
    "tensorflow.keras": "torchkeras",
    "keras.layers.Dense": "torchkeras.layers.Dense",
    "keras.models.Model": "torchkeras.models.Model",
    "keras.utils.np_utils": "torchkeras.utils",
    "keras.utils.np_utils.to_categorical": "torchkeras.utils.to_categorical",
    "tensorflow.keras.layers.experimental.preprocessing.Rescaling": "torchkeras.layers.Rescaling",
    "tensorflow.cast": None,
}
NAMES = {
    "tensorflow.keras.Sequential().fit": "keras.models.Sequential.fit",
    "tensorflow.data.Dataset.from_tensor_slices().batch": "tf.data.Dataset.batch",
    "tensorflow.keras.layers.Dense": "keras.layers.Dense",
    "tensorflow.math.log": "tf.math.log",
}


@pytest.fixture(scope="module")
def answers(ask):
    return ask([*ARGUMENTS, *THERE, *MISSING, *HOMES, *NAMES, "keras.Model().__call__().foo"])


@pytest.mark.parametrize("path", ARGUMENTS)
def test_arguments_are_read_off_signatures(path, answers):
    taken, refused, positional = ARGUMENTS[path]
    known = answers[path]["arguments"]
    if taken is None:
        assert known is None
    else:
        assert taken <= set(known)
        assert not refused & set(known)
    assert positional in (..., answers[path]["positional"])


@pytest.mark.parametrize("path", THERE)
def test_what_is_there(path, answers):
    assert answers[path]["is_there"]


@pytest.mark.parametrize("path", MISSING)
def test_what_is_missing_and_what_to_use_instead(path, answers):
    assert not answers[path]["is_there"]
    assert answers[path]["hint"].startswith(MISSING[path])


@pytest.mark.parametrize("path", HOMES)
def test_where_torchkeras_has_it(path, answers):
    assert answers[path]["home"] == HOMES[path]


@pytest.mark.parametrize("path", NAMES)
def test_what_it_is_called(path, answers):
    assert answers[path]["name"] == NAMES[path]


def test_what_cannot_be_told_is_said_so(answers):
    answer = answers["keras.Model().__call__().foo"]
    assert answer["is_there"]
    assert not answer["is_known"]
