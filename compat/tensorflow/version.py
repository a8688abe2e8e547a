"""``tf.version``: the TensorFlow whose names these are."""

VERSION = "2.21.0"
GIT_VERSION = "torchkeras"
COMPILER_VERSION = "none"
GRAPH_DEF_VERSION = 0
