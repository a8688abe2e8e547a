"""Names find built-in classes and functions, and nothing else."""

import sys

import pytest

from torchkeras.core import registry, serialization
from torchkeras.core.configurable import Configurable
from torchkeras.core.registry import room_key


@pytest.fixture
def room(monkeypatch):
    """A room of its own, with a class and a function that share a name in snake case."""
    for table in ("_classes", "_spellings", "_functions", "_function_names"):
        monkeypatch.setattr(registry, table, dict(getattr(registry, table)))
    monkeypatch.setattr(registry, "_SERIALIZABLE_ROOMS", (*registry._SERIALIZABLE_ROOMS, "toys"))

    class BigDrum(Configurable):
        def __init__(self, size=3):
            self.size = size

    BigDrum.__module__ = "torchkeras.toys.drums"
    registry.register(BigDrum)

    def flute(x):
        return x + 1

    registry.register_function("toys", "flute", flute, aliases=("pipe",))
    return BigDrum, flute


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("keras.layers", "layers"),
        ("keras.src.layers.core.dense", "layers"),
        ("tensorflow.keras.layers", "layers"),
        ("tf_keras.src.layers", "layers"),
        ("keras.api._v2.keras.optimizers", "optimizers"),
        ("keras.optimizers.schedules", "optimizers.schedules"),
        ("keras.src.optimizers.schedules.learning_rate_schedule", "optimizers.schedules"),
        ("keras.src.backend.torch.optimizers.torch_adam", "optimizers"),
        ("keras.src.models.functional", ""),
        ("keras.src.engine.functional", ""),
        ("keras", ""),
        ("os", ""),
    ],
)
def test_module_paths_of_every_generation_name_a_room(path, expected):
    assert room_key(path) == expected


@pytest.mark.parametrize("path", ["keras.layers", "tensorflow.keras", "torchkeras.layers"])
def test_keras_paths_are_told_from_others(path):
    assert registry.is_keras_path(path)
    assert not registry.is_keras_path("kerasx.layers")
    assert not registry.is_keras_path(None)


@pytest.mark.parametrize("name", ["BigDrum", "big_drum", "bigdrum"])
def test_class_is_found_by_its_name_in_three_spellings(room, name):
    assert isinstance(registry.get(name, "toys", kind=room[0]), room[0])


def test_none_callables_classes_and_instances_are_taken_as_they_are(room):
    cls, flute = room
    drum = cls(5)
    assert registry.get(None, "toys") is None
    assert registry.get(flute, "toys") is flute
    assert registry.get(drum, "toys", kind=cls) is drum
    assert isinstance(registry.get(cls, "toys", kind=cls), cls)


def test_aliases_may_be_names_or_objects(room):
    cls, flute = room
    assert registry.get("pipe", "toys") is flute
    assert isinstance(registry.get("boom", "toys", aliases={"boom": "BigDrum"}, kind=cls), cls)
    assert registry.get("toot", "toys", aliases={"toot": flute}) is flute


def test_function_wins_over_class_of_the_same_snake_case_name(room):
    def big_drum(x):
        return x

    registry.register_function("toys", "big_drum", big_drum)
    assert registry.get("big_drum", "toys") is big_drum
    assert isinstance(registry.get("BigDrum", "toys", kind=room[0]), room[0])


def test_unknown_name_offers_the_nearest(room):
    with pytest.raises(ValueError, match=r"Could not interpret toy identifier: 'flut'.*flute"):
        registry.get("flut", "toys", what="toy")


def test_other_kinds_are_refused(room):
    with pytest.raises(TypeError, match="identifier is 3; expected"):
        registry.get(3, "toys", what="toy")


def test_custom_objects_come_first_for_plain_names(room):
    with serialization.custom_object_scope({"flute": len}):
        assert registry.get("flute", "toys") is len
    assert registry.get("flute", "toys") is room[1]


def test_keras_path_in_a_file_means_the_built_in_class_whatever_the_user_calls_theirs(room):
    class BigDrum(Configurable):
        pass

    config = {"module": "keras.toys", "class_name": "BigDrum", "config": {"size": 7}}
    with serialization.custom_object_scope({"BigDrum": BigDrum}):
        assert registry.from_dict(config).size == 7
        assert type(registry.from_dict({"class_name": "BigDrum", "config": {}})) is BigDrum


def test_foreign_module_never_falls_back_to_a_built_in_class(room):
    config = {
        "module": "my.package",
        "class_name": "BigDrum",
        "config": {},
        "registered_name": "BigDrum",
    }
    with pytest.raises(
        TypeError, match=r"Could not locate class 'BigDrum' of module 'my\.package'"
    ):
        registry.from_dict(config)


@pytest.mark.parametrize(
    ("module", "class_name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("builtins", "eval"),
        ("keras.src.utils.file_utils", "get_file"),
        ("torch.serialization", "load"),
        ("antigravity", "geohash"),
    ],
)
def test_modules_are_never_imported(module, class_name):
    before = set(sys.modules)
    for config in ({}, {"a": 1}, "rm -rf"):
        with pytest.raises(TypeError, match="Could not locate"):
            registry.from_dict({"module": module, "class_name": class_name, "config": config})
    assert set(sys.modules) == before


def test_only_rooms_of_plain_objects_can_be_named_by_data(room, monkeypatch):
    monkeypatch.setattr(registry, "_SERIALIZABLE_ROOMS", ("", "layers"))
    with pytest.raises(TypeError, match="Could not locate class"):
        registry.from_dict({"module": "keras.toys", "class_name": "BigDrum", "config": {}})


def test_users_classes_are_not_registered():
    class Mine(Configurable):
        pass

    assert all(Mine not in classes.values() for classes in registry._classes.values())
    assert registry.class_path(Mine) == (Mine.__module__, "Mine")


def test_build_and_compile_configurations_are_honoured(room, monkeypatch):
    calls = []
    cls = room[0]
    cls.built = False
    cls.build = lambda self, input_shape: None
    cls.build_from_config = lambda self, config: calls.append(config)
    cls.compile_from_config = lambda self, config: calls.append(config)
    registry.from_dict(
        {
            "module": "keras.toys",
            "class_name": "BigDrum",
            "config": {},
            "build_config": {"input_shape": [None, 2]},
            "compile_config": {"loss": "mse"},
        }
    )
    assert calls == [{"input_shape": [None, 2]}, {"loss": "mse"}]


def test_messages_have_the_right_article():
    with pytest.raises(ValueError, match="expected the name of an optimizer"):
        registry.get("adm", "optimizers", what="optimizer")
    with pytest.raises(ValueError, match="expected the name of a loss"):
        registry.get("mes", "losses", what="loss")
