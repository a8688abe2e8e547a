"""The drop-in ``tf_keras``: the names of Keras 2, on torchkeras."""

from torchkeras_shim.modules import mirror_package

mirror_package(__name__)
