"""Traces by torch's profiler."""

import json

import pytest
import tensorflow as tf

profiler = tf.profiler.experimental


def test_named_parts_are_in_the_trace(tmp_path):
    with profiler.Profile(tmp_path, profiler.ProfilerOptions(python_tracer_level=0)):
        for step in range(2):
            with profiler.Trace("train", step_num=step) as trace:
                trace.set_metadata(kind="first")
                tf.constant(1.0) + 1
    (file,) = tmp_path.glob("plugins/profile/*/*.json")
    names = [event.get("name") for event in json.loads(file.read_text())["traceEvents"]]
    assert names.count("train") == 2


def test_one_profiler_at_a_time(tmp_path):
    profiler.start(tmp_path)
    with pytest.raises(RuntimeError, match="another profiler is running"):
        profiler.start(tmp_path)
    profiler.stop(save=False)
    assert not list(tmp_path.iterdir())
    with pytest.raises(RuntimeError, match="no profiler is running"):
        profiler.stop()
    profiler.start(None)
    with pytest.raises(RuntimeError, match="no folder was named"):
        profiler.stop()
