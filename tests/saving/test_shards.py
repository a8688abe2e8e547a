"""Weights cut into several files, both ways with Keras."""

import json
import os

import keras
import numpy as np
import pytest

import torchkeras


def make(library):
    layers = [library.layers.Dense(8) for _ in range(4)]
    return library.Sequential([library.Input((8,)), *layers])


SIZE = 400 / 1024**3  # GB: one Dense layer of 72 numbers


@pytest.mark.parametrize("writer, reader", [(torchkeras, keras), (keras, torchkeras)])
def test_shards_go_both_ways(tmp_path, writer, reader):
    first, second = make(writer), make(reader)
    first.save_weights(tmp_path / "m.weights.json", max_shard_size=SIZE)
    assert len(list(tmp_path.glob("m_*.weights.h5"))) >= 3
    second.load_weights(tmp_path / "m.weights.json")
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_shards_written_over_others_are_found_by_keras(tmp_path):
    path = tmp_path / "m.weights.json"
    first, second = make(torchkeras), make(keras)
    first.save_weights(path, max_shard_size=SIZE)
    names = sorted(os.listdir(tmp_path))
    for left in ("m_00000-2.weights.h5", "m_00000_mine.weights.h5"):
        (tmp_path / left).touch()
    first = make(torchkeras)
    first.save_weights(path, max_shard_size=SIZE)
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "m_00000_mine.weights.h5"])
    second.load_weights(path)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_fewer_shards_leave_none_of_the_old_ones(tmp_path):
    path = tmp_path / "m.weights.json"
    make(torchkeras).save_weights(path, max_shard_size=SIZE)
    make(torchkeras).save_weights(path, max_shard_size=1)
    assert sorted(os.listdir(tmp_path)) == ["m.weights.json", "m_00000.weights.h5"]


def test_a_disk_without_links_serves(tmp_path, monkeypatch):
    def refuse(old, new):
        raise OSError("no links")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "m.weights.json"
    for _ in range(2):
        first, second = make(torchkeras), make(torchkeras)
        first.save_weights(path, max_shard_size=SIZE)
        second.load_weights(path)
        np.testing.assert_array_equal(first.get_weights()[0], second.get_weights()[0])
    assert not list(tmp_path.glob("*-*"))


def test_index_says_where_each_place_is(tmp_path):
    make(torchkeras).save_weights(tmp_path / "m.weights.json", max_shard_size=SIZE)
    index = json.loads((tmp_path / "m.weights.json").read_text())
    assert index["metadata"] == {"total_size": 4.0 * 288}
    assert sorted(index["weight_map"]) == [
        "/layers/dense/vars", "/layers/dense_1/vars", "/layers/dense_2/vars",
        "/layers/dense_3/vars",
    ]  # fmt: skip
    assert index["weight_map"]["/layers/dense/vars"] == ["m_00000.weights.h5"]


def test_variable_larger_than_a_shard_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"max_shard_size.*the size of layers/dense/vars/0"):
        make(torchkeras).save_weights(tmp_path / "m.weights.json", max_shard_size=100 / 1024**3)


@pytest.mark.parametrize("name", ["../secret.weights.h5", "/etc/passwd"])
def test_index_cannot_name_files_elsewhere(tmp_path, name):
    index = {"metadata": {}, "weight_map": {"/layers/dense/vars": [name]}}
    (tmp_path / "m.weights.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="relative name within the archive"):
        make(torchkeras).load_weights(tmp_path / "m.weights.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": 3}', "[" * 100_000])
def test_index_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "m.weights.json").write_text(text)
    with pytest.raises(ValueError, match="weight_map"):
        make(torchkeras).load_weights(tmp_path / "m.weights.json")
