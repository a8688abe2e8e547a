"""Graphs and times of what was computed."""

import pytest
import tensorflow as tf

loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")


def test_operations_become_a_graph(tmp_path):
    from tensorboard.compat.proto import config_pb2

    @tf.function
    def compute(x):
        return x * 2.0 + 1.0

    writer = tf.summary.create_file_writer(tmp_path)
    tf.summary.trace_on(graph=True)
    compute(tf.constant([2.0, 3.0]))
    with writer.as_default(step=0):
        tf.summary.trace_export("trace")
    writer.close()
    (file,) = tmp_path.iterdir()
    (value,) = [v for e in loader.EventFileLoader(str(file)).Load() for v in e.summary.value]
    assert value.metadata.plugin_data.plugin_name == "graph_run_metadata_graph"
    metadata = config_pb2.RunMetadata.FromString(value.tensor.string_val[0])
    nodes = {node.name: node for node in metadata.function_graphs[0].pre_optimization_graph.node}
    assert nodes["mul"].op == "aten.mul"
    assert list(nodes["add"].input) == ["mul"]


def test_the_profiler_writes_where_it_is_told(tmp_path):
    writer = tf.summary.create_file_writer(tmp_path)
    tf.summary.trace_on(graph=False, profiler=True)
    with writer.as_default(step=0):
        tf.summary.trace_export("trace", profiler_outdir=str(tmp_path))
    assert len(list(tmp_path.glob("plugins/profile/*/*.pt.trace.json"))) == 1


def test_wrong_moments():
    with pytest.raises(RuntimeError, match="no trace is on"):
        tf.summary.trace_export("trace", step=0)
    tf.summary.trace_on()
    with pytest.raises(RuntimeError, match="no default writer found"):
        tf.summary.trace_export("trace", step=0)
    tf.summary.trace_off()
    tf.summary.trace_on(graph=False, profiler=True)
    tf.summary.trace_off()
