"""Every argument of every class that has a configuration reaches Keras through a file.

The tables of ``test_arguments`` say which values are tried.
"""

import importlib.util
import inspect
import json
from pathlib import Path

import keras as real
import pytest
from influence import Change, Fresh

import torchkeras

TESTS = Path(__file__).parents[1]
ROOMS = (
    "layers", "optimizers", "optimizers.schedules", "losses", "metrics", "initializers",
    "regularizers", "constraints",
)  # fmt: skip
TABLES = ("test_arguments", *(f"{room}/test_arguments" for room in ROOMS[:5] if "." not in room))
# Keras can't read what it writes of these, or needs TensorFlow for them.
UNREADABLE = {"RandomShear", "MeanMetricWrapper", "Hashing", "HashedCrossing"}
# What differs without a difference: Keras names optimizers after classes of its backend, and counts
# of metrics have its integers. Names are given in turn.
ASIDE = {"name", "module", "registered_name", "shared_object_id", "build_config", "dtype"}


def subjects():
    for table in TABLES:
        path = TESTS / f"{table}.py"
        spec = importlib.util.spec_from_file_location(table.replace("/", "_"), path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield from module.SUBJECTS


def in_room(package, room):
    for name in room.split("."):
        package = getattr(package, name)
    return package


def twin(cls):
    for room in ROOMS:
        if getattr(in_room(torchkeras, room), cls.__name__, None) is cls:
            return getattr(in_room(real, room), cls.__name__, None)
    return None


def in_words_of_keras(value):
    """An argument of ours for Keras's class."""
    if isinstance(value, Fresh):
        return in_words_of_keras(value.make())
    if isinstance(value, (list, tuple)):
        return type(value)(in_words_of_keras(item) for item in value)
    if isinstance(value, dict):
        return {key: in_words_of_keras(item) for key, item in value.items()}
    if getattr(value, "__module__", type(value).__module__).startswith("torchkeras."):
        return real.saving.deserialize_keras_object(written(torchkeras, value))
    return value


def written(package, value):
    return json.loads(json.dumps(package.saving.serialize_keras_object(value)))


def arguments_of(subject, argument):
    change = subject.changes[argument]
    change = change if isinstance(change, Change) else Change(change)
    given = change.value if argument.startswith("**") else {argument: change.value}
    arguments = {**subject.base, **change.given, **given}
    data = ("y_true", "y_pred")  # what losses are called with
    return change, {key: value for key, value in arguments.items() if key not in data}


def without_asides(value):
    if isinstance(value, dict):
        return {key: without_asides(item) for key, item in value.items() if key not in ASIDE}
    return [without_asides(item) for item in value] if isinstance(value, list) else value


SUBJECTS = [
    subject for subject in subjects() if inspect.isclass(subject.made) and twin(subject.made)
]


@pytest.mark.filterwarnings("ignore")  # Keras says what it is going to ignore
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.made.__name__)
def test_keras_makes_of_ours_what_it_makes_of_the_arguments(subject):
    if subject.made.__name__ in UNREADABLE:
        pytest.skip("Keras can't read it on torch")
    for argument in subject.changes:
        change, arguments = arguments_of(subject, argument)
        try:
            wanted = twin(subject.made)(
                **{key: in_words_of_keras(value) for key, value in arguments.items()}
            )
        except (TypeError, ValueError, AttributeError, ImportError):
            continue  # an argument or a value of tf.keras 2
        if change.raises:
            continue
        made = {k: v.make() if isinstance(v, Fresh) else v for k, v in arguments.items()}
        found = real.saving.deserialize_keras_object(written(torchkeras, subject.made(**made)))
        wanted, found = (without_asides(written(real, each)) for each in (wanted, found))
        if subject.made.__name__ == "RandomCrop" and argument != "seed":
            wanted["config"].pop("seed"), found["config"].pop("seed")  # drawn
        assert found == wanted, argument
