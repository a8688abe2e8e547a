"""Pipelines, records and tables against what TensorFlow gave."""

import base64
import json
from pathlib import Path

import numpy as np
import oracle
import pipeline_cases
import pytest
import tensorflow as tf

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())


def same(mine, recorded, place):
    """Equal, numbers within the rounding of float32."""
    assert type(mine) is type(recorded), (place, mine, recorded)
    if isinstance(mine, dict):
        assert list(mine) == list(recorded), place
        for key in mine:
            same(mine[key], recorded[key], f"{place}: {key}")
    elif isinstance(mine, list):
        assert len(mine) == len(recorded), (place, mine, recorded)
        for number, pair in enumerate(zip(mine, recorded, strict=True)):
            same(*pair, f"{place}: {number}")
    elif isinstance(mine, float):
        np.testing.assert_allclose(mine, recorded, rtol=1e-6, err_msg=place)
    else:
        assert mine == recorded, place


@pytest.mark.parametrize("name", RECORDED["data"])
def test_pipelines_give_what_tensorflow_gave(name, tmp_path):
    case = pipeline_cases.data_cases(tf, tmp_path)[name]
    same(pipeline_cases.plain(case()), RECORDED["data"][name], name)


@pytest.mark.parametrize("name", RECORDED["spec"])
def test_pipelines_are_described_as_in_tensorflow(name, tmp_path):
    dataset = pipeline_cases.spec_cases(tf, tmp_path)[name]()
    found = [pipeline_cases.shown(dataset.element_spec), int(dataset.cardinality())]
    same(found, RECORDED["spec"][name], name)


@pytest.mark.parametrize("name", RECORDED["io"])
def test_records_and_tables_give_what_tensorflow_gave(name, tmp_path):
    case = pipeline_cases.io_cases(tf, tmp_path)[name]
    same(pipeline_cases.plain(case()), RECORDED["io"][name], name)


def test_record_files_are_those_of_tensorflow(tmp_path):
    for kind, content in RECORDED["records"].items():
        path = tmp_path / "theirs"
        path.write_bytes(base64.b64decode(content))
        read = list(tf.data.TFRecordDataset(str(path), kind).as_numpy_iterator())
        assert read == [b"", b"a", b"bc" * 700]
    assert pipeline_cases.records(tf, tmp_path)[""] == RECORDED["records"][""]


@pytest.mark.tensorflow
def test_tensorflow_still_gives_what_was_recorded_and_reads_our_files(tmp_path):
    files = []
    for kind in ("", "GZIP", "ZLIB"):
        files.append(str(tmp_path / f"ours{kind}"))
        with tf.io.TFRecordWriter(files[-1], kind) as writer:
            writer.write(b"x" * 5000)
    reader = (
        "import sys, tensorflow as tf\n"
        "for path, kind in zip(sys.argv[1:], ('', 'GZIP', 'ZLIB')):\n"
        "    records = tf.data.TFRecordDataset(path, kind).as_numpy_iterator()\n"
        "    assert list(records) == [b'x' * 5000]\n"
    )
    oracle.output_of("-c", reader, *files)
    found = json.loads(oracle.output_of(pipeline_cases.__file__))
    for group in ("data", "spec", "io"):
        for name, recorded in RECORDED[group].items():
            same(found[group][name], recorded, name)
    for kind, content in found["records"].items():
        (tmp_path / "theirs").write_bytes(base64.b64decode(content))
        assert len(list(tf.data.TFRecordDataset(str(tmp_path / "theirs"), kind))) == 3
