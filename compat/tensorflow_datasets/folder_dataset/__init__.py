"""``tfds.folder_dataset``: data sets of folders that people made by hand."""

from torchkeras_shim.names import missing

from tensorflow_datasets.folders import ImageFolder, TranslateFolder

__getattr__ = missing(__name__)
