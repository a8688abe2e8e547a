"""Objects to dictionaries and back, beside real Keras."""

import json
import marshal

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.core import scopes, serialization
from torchkeras.core.configurable import Configurable
from torchkeras.core.dtypes import DTypePolicy
from torchkeras.core.serialization import (
    deserialize_keras_object,
    register_keras_serializable,
    serialize_keras_object,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=4).filter(lambda k: k != "class_name"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_registrations():
    before = dict(scopes.global_custom_objects)
    yield
    scopes.global_custom_objects.clear()
    scopes.global_custom_objects.update(before)


class Pair(Configurable):
    def __init__(self, first=None, second=None):
        self.first, self.second = first, second


@given(plain)
def test_plain_data_come_back_through_json(value):
    text = json.dumps(serialize_keras_object(value))
    assert deserialize_keras_object(json.loads(text)) == value


@pytest.mark.parametrize(
    "value",
    [
        slice(1, None, 2), ..., b"ab", np.arange(6, dtype="int16").reshape(2, 3), np.float32(1.5),
        (1, [2.5, None], {"a": True}), "text",
    ],
    ids=str,
)  # fmt: skip
def test_markers_are_those_of_keras(value):
    ours = json.loads(json.dumps(serialize_keras_object(value)))
    theirs = json.loads(json.dumps(keras.saving.serialize_keras_object(value)))
    assert ours == theirs
    back = deserialize_keras_object(ours)
    expected = keras.saving.deserialize_keras_object(theirs)
    np.testing.assert_equal(back, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.bfloat16, torch.bool])
def test_tensors_keep_values_and_type(dtype):
    tensor = torch.tensor([[1, 0], [1, 1]]).to(dtype)
    back = deserialize_keras_object(json.loads(json.dumps(serialize_keras_object(tensor))))
    assert back.dtype is dtype
    assert torch.equal(back, tensor)


def test_dtypes_become_their_names():
    assert serialize_keras_object([torch.float16, np.dtype("int8")]) == ["float16", "int8"]


def test_policies_are_written_as_keras_writes_them():
    ours = serialize_keras_object(DTypePolicy("mixed_bfloat16"))
    assert ours == keras.saving.serialize_keras_object(keras.DTypePolicy("mixed_bfloat16"))
    assert deserialize_keras_object(ours) == DTypePolicy("mixed_bfloat16")


def test_registered_class_goes_by_its_registered_name():
    @register_keras_serializable("music", "Duo")
    class Couple(Pair):
        pass

    config = serialize_keras_object(Couple(1, [2]))
    assert config["registered_name"] == "music>Duo"
    assert serialization.get_registered_object("music>Duo") is Couple
    config["module"] = "somewhere.else"
    back = deserialize_keras_object(json.loads(json.dumps(config)))
    assert type(back) is Couple
    assert (back.first, back.second) == (1, [2])


def test_unregistered_class_needs_custom_objects():
    config = serialize_keras_object(Pair(Pair(1), 2))
    with pytest.raises(TypeError, match=r"Could not locate class 'Pair'.*custom_objects"):
        deserialize_keras_object(config)
    back = deserialize_keras_object(config, custom_objects={"Pair": Pair})
    assert back.first.first == 1
    with serialization.CustomObjectScope({"Pair": Pair}):
        assert deserialize_keras_object(config).second == 2


def test_registration_asks_for_a_configuration():
    with pytest.raises(ValueError, match="does not have a get_config"):
        register_keras_serializable()(type("Bare", (), {}))


def test_functions_are_found_among_custom_objects():
    @register_keras_serializable("music")
    def loud(x):
        return 2 * x

    config = serialize_keras_object(loud)
    assert config == {
        "module": "builtins",
        "class_name": "function",
        "config": "music>loud",
        "registered_name": "function",
    }
    assert deserialize_keras_object(config) is loud


def test_objects_mentioned_twice_stay_one_object():
    shared = Pair(1)
    with serialization.numbering_scope():
        config = json.loads(json.dumps(serialize_keras_object([shared, shared, Pair(1)])))
    with serialization.sharing_scope(), serialization.CustomObjectScope({"Pair": Pair}):
        first, second, third = deserialize_keras_object(config)
    assert first is second
    assert third is not first


def test_unserializable_objects_are_named():
    with pytest.raises(TypeError, match=r"serializable object, not object.*get_config"):
        serialize_keras_object([object()])


@pytest.fixture
def no_bytecode(monkeypatch):
    def refuse(*args):
        raise AssertionError("marshal.loads was called")

    monkeypatch.setattr(marshal, "loads", refuse)


@pytest.mark.parametrize("form", ["value", "code"])
def test_bytecode_is_refused_before_it_is_read(no_bytecode, form):
    code, defaults, closure = serialization.dump_code(lambda x: x + 1)
    inner = (
        {"value": [code, defaults, closure]}
        if form == "value"
        else {"code": code, "defaults": defaults, "closure": closure}
    )
    config = {"class_name": "__lambda__", "config": inner}
    for hidden in (config, [config], {"a": {"b": config}}):
        with pytest.raises(ValueError, match="safe_mode=False"):
            deserialize_keras_object(hidden)


@pytest.mark.usefixtures("written_elsewhere")
def test_bytecode_runs_only_when_the_caller_says_so():
    def lambda_of(n):
        return lambda x, m=3: x * n + m

    with pytest.warns(UserWarning, match="lambda"):
        config = json.loads(json.dumps(serialize_keras_object(lambda_of(5))))
    assert deserialize_keras_object(config, safe_mode=False)(2) == 13
    assert serialization.in_safe_mode()
    with serialization.SafeModeScope(False):
        assert deserialize_keras_object(config)(1) == 8
    with pytest.raises(ValueError, match="lambda"):
        deserialize_keras_object(config)


def test_a_process_reads_its_own_lambdas_again():
    def lambda_of(n):
        return lambda x, m=3: helper(x) * n + m

    with pytest.warns(UserWarning, match="another process"):
        config = json.loads(json.dumps(serialize_keras_object(lambda_of(5))))
    assert deserialize_keras_object(config)(2) == 23
    code = config["config"]["value"][0]
    config["config"]["value"][0] = ("B" if code[0] == "A" else "A") + code[1:]
    with pytest.raises(ValueError, match="safe_mode=False"):
        deserialize_keras_object(config)


def helper(x):
    """A name that a lambda of this file sees."""
    return x + 2


def test_data_cannot_reach_the_switch():
    config = {
        "module": "keras.config",
        "class_name": "function",
        "config": "enable_unsafe_deserialization",
    }
    with pytest.raises(TypeError, match="Could not locate function"):
        deserialize_keras_object(config)
    assert serialization.in_safe_mode()


def test_arrays_of_objects_cannot_be_asked_for():
    config = {"class_name": "__numpy__", "config": {"value": [1], "dtype": "nonsense"}}
    with pytest.raises(TypeError):
        deserialize_keras_object(config)
    config = {"class_name": "__tensor__", "config": {"value": [1], "dtype": "load"}}
    with pytest.raises(ValueError, match="dtype is 'load'"):
        deserialize_keras_object(config)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="nonsense"):
        deserialize_keras_object([], nonsense=1)


class Raw(Pair):
    """A user's class whose configuration holds objects as they are."""

    def get_config(self):
        return {"first": self.first, "second": self.second}


def test_objects_left_in_a_users_configuration_are_written():
    raw = Raw(np.float32(0.5), [slice(1, 2), Pair(1)])
    text = json.dumps(serialize_keras_object(raw))
    config = json.loads(text)["config"]
    assert config["first"] == 0.5
    assert [entry["class_name"] for entry in config["second"]] == ["__slice__", "Pair"]


def test_what_can_not_be_written_is_told_with_its_owner():
    with pytest.raises(TypeError, match=r"Raw: its configuration can't be written.*\{1\}"):
        serialize_keras_object(Raw({1}))
