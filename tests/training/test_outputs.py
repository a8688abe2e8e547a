import pytest
import torch

from torchkeras.training.outputs import Outputs

A, B, C = torch.zeros(1), torch.ones(1), torch.ones(2)


def test_outputs_go_by_their_keys_else_by_the_names_of_the_model():
    assert Outputs(A, ["head"]).names == ["head"]
    assert Outputs([A, B], ["a", "b"]).names == ["a", "b"]
    assert Outputs({"p": A, "q": B}, ["a", "b"]).names == ["p", "q"]
    assert Outputs([A, B]).names == [None, None]
    assert Outputs({"x": [A, B]}, ["a", "b"]).names == ["x/a", "x/b"]


@pytest.mark.parametrize(
    "y_pred, given, expected",
    [
        (A, "mse", ["mse"]),
        (A, ["mse"], ["mse"]),
        (A, ["mse", "mae"], [["mse", "mae"]]),
        (A, {"a": "mse"}, ["mse"]),
        ([A, B], "mse", ["mse", "mse"]),
        ([A, B], ["mse", None], ["mse", None]),
        ([A, B], {"b": "mae"}, [None, "mae"]),
        ([A, B], [["mse"], ["mae", "acc"]], [["mse"], ["mae", "acc"]]),
        ({"p": A, "q": B}, {"q": "mae", "p": "mse"}, ["mse", "mae"]),
        ({"p": A, "q": [B, C]}, {"p": "mse", "q": ["mae", "acc"]}, ["mse", "mae", "acc"]),
        ([A, [B, C]], ["mse", "mae"], ["mse", "mae", "mae"]),
        ([A, [B, C]], ["x", "y", "z"], ["x", "y", "z"]),
    ],
)
def test_each_output_gets_its_entry(y_pred, given, expected):
    names = ["a"] if y_pred is A else ["a", "b"]
    assert Outputs(y_pred, names).match(given, "loss") == expected


def test_one_flat_list_may_be_meant_for_every_output():
    outputs = Outputs([A, B])
    metrics = ["mae", "mse", "mape"]
    assert outputs.match(metrics, "metrics", repeats=True) == [metrics, metrics]
    with pytest.raises(ValueError, match="one entry for each of the 2 outputs"):
        outputs.match(metrics, "loss")


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(ValueError, match=r'Did you mean "value"\?'):
        Outputs([A, B], ["value", "kind"]).match({"valeu": "mse"}, "loss")
    with pytest.raises(ValueError, match=r'Did you mean "value"\?'):
        Outputs(A, ["value"]).match({"valeu": "mse"}, "loss")
    with pytest.raises(ValueError, match="a key of loss is 'other'; .* output: value"):
        Outputs(A, ["value"]).match({"value": "mse", "other": "mae"}, "loss")


def test_targets_are_aligned_by_order_by_name_and_by_need():
    outputs = Outputs([A, B], ["a", "b"])
    assert outputs.align(None, "y") == [None, None]
    assert outputs.align([A, B], "y") == [A, B]
    assert outputs.align({"b": B, "a": A}, "y") == [A, B]
    assert outputs.align({"b": B}, "y") == [None, B]
    assert outputs.align(C, "y", wanted=[1]) == [None, C]
    assert outputs.align(C, "sample_weight") == [C, C]


def test_targets_that_fit_no_output_are_refused():
    with pytest.raises(ValueError, match="different structures"):
        Outputs([A, B]).align([A, B, C], "y")
    with pytest.raises(ValueError, match="a key of y is 'c'"):
        Outputs([A, B], ["a", "b"]).align({"a": A, "c": B, "d": C}, "y")


def test_targets_for_an_unknown_output_are_refused():
    with pytest.raises(ValueError, match=r"a key of y is 'bb'; expected the name of an output"):
        Outputs([A, B], ["a", "b"]).align({"a": A, "bb": B}, "y")
