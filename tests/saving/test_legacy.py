"""The older form of serialized objects, beside Keras."""

import keras
import pytest

import torchkeras
from torchkeras.saving import legacy


@pytest.mark.parametrize(
    "room, name, options",
    [
        ("regularizers", "L1L2", {"l1": 0.5}),
        ("constraints", "MaxNorm", {"max_value": 3.0}),
        ("layers", "Dropout", {"rate": 0.5, "name": "drop"}),
    ],
)
def test_objects_are_written_and_read_as_in_keras(room, name, options):
    ours, theirs = (
        getattr(getattr(package, room), name)(**options) for package in (torchkeras, keras)
    )
    written = legacy.serialize_keras_object(ours)
    wanted = keras.legacy.saving.serialize_keras_object(theirs)
    assert written["class_name"] == wanted["class_name"]
    assert {k: v for k, v in written["config"].items() if k in options} == {
        k: v for k, v in wanted["config"].items() if k in options
    }
    back = legacy.deserialize_keras_object(written)
    assert type(back) is type(ours)
    assert back.get_config() == ours.get_config()


class Twice:
    def __init__(self, inner=None):
        self.inner = inner

    def get_config(self):
        return {"inner": self.inner}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def test_users_objects_are_found_by_name_also_inside_others():
    written = legacy.serialize_keras_object(Twice(Twice(3)))
    assert written == keras.legacy.saving.serialize_keras_object(Twice(Twice(3)))
    back = legacy.deserialize_keras_object(written, module_objects={"Twice": Twice})
    assert back.inner.inner == 3
    assert isinstance(legacy.deserialize_keras_object("Twice", {"Twice": Twice}), Twice)
    assert legacy.deserialize_keras_object("f", {"f": max}, {"f": min}) is min


def test_functions_and_none_are_themselves():
    assert legacy.serialize_keras_object(None) is None
    assert legacy.serialize_keras_object(torchkeras.activations.relu) == "relu"
    assert legacy.deserialize_keras_object(None) is None
    assert legacy.deserialize_keras_object(legacy._name) is legacy._name


def test_what_is_not_known_is_named():
    with pytest.raises(ValueError, match=r"Unknown thing: 'Twise'.*Did you mean \"Twice\""):
        legacy.deserialize_keras_object("Twise", {"Twice": Twice}, printable_module_name="thing")
    with pytest.raises(ValueError, match="Unknown object: 'Nothing'"):
        legacy.deserialize_keras_object({"class_name": "Nothing", "config": {}})
    with pytest.raises(ValueError, match="identifier is 3"):
        legacy.deserialize_keras_object(3)
    with pytest.raises(ValueError, match="instance is 3"):
        legacy.serialize_keras_object(3)
