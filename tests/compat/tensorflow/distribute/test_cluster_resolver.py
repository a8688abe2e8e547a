"""Which processes there are."""

import json

import pytest
import tensorflow as tf

resolvers = tf.distribute.cluster_resolver


def test_processes_as_told():
    spec = tf.train.ClusterSpec({"worker": ["a", "b"]})
    resolver = resolvers.SimpleClusterResolver(spec, master="a", num_accelerators={"GPU": 2})
    assert resolver.cluster_spec() == spec
    assert (resolver.master(), resolver.master("worker", 1)) == ("a", "b")
    assert resolver.num_accelerators() == {"GPU": 2}


def test_processes_of_the_environment(monkeypatch):
    told = {"cluster": {"worker": ["a", "b"]}, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(told))
    resolver = resolvers.TFConfigClusterResolver()
    assert (resolver.task_type, resolver.task_id) == ("worker", 1)
    assert resolver.cluster_spec().num_tasks("worker") == 2


def test_there_are_no_tpus():
    for make in (resolvers.TPUClusterResolver, resolvers.TPUClusterResolver.connect):
        with pytest.raises(ValueError, match="there are no TPUs here"):
            make(tpu="")
