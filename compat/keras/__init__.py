"""The drop-in ``keras``: the names of Keras 2 and 3, on torchkeras."""

from torchkeras_shim.modules import mirror_package

mirror_package(__name__)
