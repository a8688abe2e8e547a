"""``tf.tpu``: TPUs, which torch reaches by the package ``torch_xla``."""

from torchkeras_shim.names import missing

from tensorflow.tpu import experimental

__getattr__ = missing(__name__)
