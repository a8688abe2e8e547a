"""``tf.feature_column``: columns of features, for ``keras.layers.DenseFeatures``."""

from torchkeras_shim.names import missing

from tensorflow.feature_column.categorical import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
    categorical_column_with_vocabulary_file,
    categorical_column_with_vocabulary_list,
    crossed_column,
    weighted_categorical_column,
)
from tensorflow.feature_column.columns import (
    bucketized_column,
    embedding_column,
    indicator_column,
    make_parse_example_spec,
    numeric_column,
)

__getattr__ = missing(__name__)
