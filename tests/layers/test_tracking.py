import copy
import json
import pickle

import pytest
import torch

import torchkeras as keras
from torchkeras import layers
from torchkeras.layers.tracking import TrackedDict, TrackedList


class Holder(keras.Layer):
    def __init__(self):
        super().__init__()
        self.items_ = []
        self.table = {}
        self.fixed = (layers.Dense(2), layers.Dense(3))

    def call(self, x):
        for layer in self.items_:
            x = layer(x)
        return x


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda v, a, b: v.append(a), ["a"]),
        (lambda v, a, b: v.extend([a, b]), ["a", "b"]),
        (lambda v, a, b: v.insert(0, a), ["a"]),
        (lambda v, a, b: (v.append(a), v.pop()), []),
        (lambda v, a, b: (v.append(a), v.remove(a)), []),
        (lambda v, a, b: (v.extend([a, b]), v.reverse()), ["b", "a"]),
        (lambda v, a, b: (v.append(a), v.__setitem__(0, b)), ["b"]),
        (lambda v, a, b: (v.extend([a, b]), v.__delitem__(0)), ["b"]),
        (lambda v, a, b: (v.append(a), v.clear()), []),
        (lambda v, a, b: v.__iadd__([a, b]), ["a", "b"]),
    ],
)
def test_changes_of_a_list_are_seen_by_torch(change, left):
    holder = Holder()
    a, b = layers.Dense(2, name="a"), layers.Dense(3, name="b")
    change(holder.items_, a, b)
    assert [layer.name for layer in holder.items_] == left
    inside = [layer.name for layer in holder._layers if layer.name in "ab"]
    assert inside == left


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda v, a, b: v.update(x=a), ["a"]),
        (lambda v, a, b: v.__setitem__("x", a), ["a"]),
        (lambda v, a, b: (v.update(x=a), v.pop("x")), []),
        (lambda v, a, b: (v.update(x=a, y=b), v.__delitem__("x")), ["b"]),
        (lambda v, a, b: v.setdefault("x", a), ["a"]),
        (lambda v, a, b: (v.update(x=a), v.popitem()), []),
        (lambda v, a, b: (v.update(x=a), v.clear()), []),
    ],
)
def test_changes_of_a_dict_are_seen_by_torch(change, left):
    holder = Holder()
    a, b = layers.Dense(2, name="a"), layers.Dense(3, name="b")
    change(holder.table, a, b)
    assert [layer.name for layer in holder._layers if layer.name in "ab"] == left


def test_nested_containers_and_tuples_are_seen():
    holder = Holder()
    holder.items_.append([layers.Dense(2), {"deep": layers.Dense(3)}])
    holder.table["more"] = {"list": [layers.Dense(4)]}
    assert len(holder._layers) == 5
    holder.items_[0].append(layers.Dense(5))
    assert len(holder._layers) == 6
    assert isinstance(holder.fixed, tuple)


def test_containers_stay_what_they_are():
    holder = Holder()
    holder.items_.extend([1, 2])
    holder.table["a"] = 1
    assert isinstance(holder.items_, list)
    assert isinstance(holder.table, dict)
    assert json.dumps([holder.items_, holder.table]) == '[[1, 2], {"a": 1}]'
    assert holder.items_ == [1, 2]
    assert holder.items_[:1] + [3] == [1, 3]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_hold_copies(duplicate):
    holder = Holder()
    holder.items_ += [layers.Dense(4), layers.Dense(4)]
    x = torch.ones(1, 4)
    y = holder(x)
    twin = duplicate(holder)
    torch.testing.assert_close(twin(x), y)
    assert twin.items_[0] is not holder.items_[0]
    assert twin.items_[0] in twin._layers
    twin.items_.append(layers.Dense(2))
    assert len(holder.items_) == 2
    assert len(twin._layers) == len(holder._layers) + 1


def test_containers_stand_alone_too():
    assert copy.deepcopy(TrackedList([1, [2]])) == [1, [2]]
    assert pickle.loads(pickle.dumps(TrackedDict({"a": [1]}))) == {"a": [1]}


def test_keys_with_dots_are_no_paths():
    holder = Holder()
    holder.table["v1.0"] = layers.Dense(2)
    holder.table["v1.0"](torch.ones(1, 3))
    assert "table_items.v1_0.linear.weight" in holder.state_dict()
