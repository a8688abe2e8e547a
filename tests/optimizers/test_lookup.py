import pytest

import torchkeras as keras
from torchkeras import optimizers


@pytest.mark.parametrize(
    "name, kind",
    [
        ("sgd", "SGD"),
        ("SGD", "SGD"),
        ("rmsprop", "RMSprop"),
        ("adamw", "AdamW"),
        ("Adam_W", "AdamW"),
        ("ScheduleFreeAdamW", "ScheduleFreeAdamW"),
        ("ftrl", "Ftrl"),
        ("lossscaleoptimizer", None),
    ],
)
def test_optimizers_are_found_by_name(name, kind):
    if kind is None:
        with pytest.raises(TypeError):
            optimizers.get(name)
    else:
        assert type(optimizers.get(name)).__name__ == kind


def test_none_and_objects_pass_through():
    adam = optimizers.Adam()
    assert optimizers.get(None) is None
    assert optimizers.get(adam) is adam
    assert isinstance(optimizers.get(optimizers.Adam), optimizers.Adam)


@pytest.mark.parametrize("identifier", ["typo", len])
def test_what_is_no_optimizer_is_refused(identifier):
    with pytest.raises(ValueError, match="Could not interpret optimizer identifier"):
        optimizers.get(identifier)


def test_a_wrong_name_offers_the_nearest():
    with pytest.raises(ValueError, match='Did you mean "adam"'):
        optimizers.get("adan")


def test_configurations_of_any_generation_are_read():
    config = {"learning_rate": 0.5, "decay": 0.0, "is_legacy_optimizer": False, "jit_compile": True}
    for data in (
        {"class_name": "adam", "config": config},
        {"class_name": "Adam", "config": config, "module": "keras.optimizers.legacy"},
        {"class_name": "Adam", "config": config, "module": "keras.optimizers.experimental"},
        {
            "class_name": "Adam",
            "config": config,
            "module": "keras.src.backend.torch.optimizers.torch_adam",
            "registered_name": "Adam",
        },
    ):
        assert float(optimizers.get(data).learning_rate) == 0.5


def test_data_names_keras_own_path():
    data = optimizers.serialize(optimizers.Adam())
    assert (data["module"], data["class_name"]) == ("keras.optimizers", "Adam")
    assert sorted(optimizers.serialize(optimizers.Adam(), use_legacy_format=True)) == [
        "class_name",
        "config",
    ]


def test_data_of_something_else_is_refused():
    with pytest.raises(TypeError, match="optimizer"):
        optimizers.deserialize(
            {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}}
        )
    assert keras.optimizers.get is optimizers.get
