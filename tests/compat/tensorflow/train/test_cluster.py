"""``tf.train.ClusterSpec``."""

import pytest
import tensorflow as tf


def test_addresses_by_job():
    spec = tf.train.ClusterSpec({"worker": ["a:1", "b:1"], "ps": {3: "c:1"}})
    assert spec.as_dict() == {"worker": ["a:1", "b:1"], "ps": {3: "c:1"}}
    assert (spec.jobs, spec.num_tasks("worker")) == (["worker", "ps"], 2)
    assert spec.task_indices("ps") == [3]
    assert spec.task_address("ps", 3) == "c:1"
    assert spec.job_tasks("worker") == ["a:1", "b:1"]
    assert spec == tf.train.ClusterSpec(spec)
    assert not tf.train.ClusterSpec({})


def test_unknown_jobs_and_numbers():
    spec = tf.train.ClusterSpec({"worker": ["a"]})
    for call in (lambda: spec.num_tasks("ps"), lambda: spec.task_address("worker", 1)):
        with pytest.raises(ValueError, match="expected one of"):
            call()
    with pytest.raises(ValueError, match="a dict of jobs"):
        tf.train.ClusterSpec(["a"])
