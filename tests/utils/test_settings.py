import keras as real
import pytest

from torchkeras.utils import Config


def story(kind):
    """What a config answers to a number of questions."""
    config = kind(b=1, a="x")
    config.seed = 3
    config["rate"] = 0.5
    said = [
        config.seed, config["b"], list(config), len(config), "seed" in config, repr(config),
        list(config.keys()), list(config.values()), list(config.items()), config.to_json(),
        config.get("none", 7), config.pop("b"), config.pop("none", 8), config.frozen,
    ]  # fmt: skip
    config.update({"c": 1}, d=2)
    del config["c"]
    config.as_dict()["gone"] = 1
    said.append(config.as_dict())
    config.freeze()
    for change in (
        lambda: setattr(config, "seed", 1),
        lambda: config.update(e=1),
        lambda: config.pop("d"),
        lambda: config.__delitem__("d"),
        lambda: config.__setitem__("d", 1),
    ):
        with pytest.raises(ValueError, match="the config is frozen"):
            change()
    config.unfreeze()
    config.d = 9
    return [*said, config.d]


def test_it_answers_as_that_of_keras():
    assert story(Config) == story(real.utils.Config)


def test_a_misspelt_name_offers_the_right_one():
    with pytest.raises(AttributeError, match="Unknown attribute: 'lerning_rate'.*learning_rate"):
        _ = Config(learning_rate=1).lerning_rate
