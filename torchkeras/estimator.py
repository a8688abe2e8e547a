"""``keras.estimator`` of tf.keras 2, whose estimators TensorFlow has given up."""

from typing import Any

from torchkeras.core.checks import moment_error


def model_to_estimator(
    keras_model: Any = None,
    keras_model_path: str | None = None,
    custom_objects: Any = None,
    model_dir: str | None = None,
    config: Any = None,
    checkpoint_format: str = "checkpoint",
    metric_names_map: Any = None,
    export_outputs: Any = None,
) -> Any:
    """Nothing: there are no estimators.

    Args:
        keras_model, keras_model_path, custom_objects, model_dir, config, checkpoint_format,
            metric_names_map, export_outputs: What it used to take.

    Raises:
        RuntimeError: always; it says what to use instead.

    Source: tf.keras 2 ``estimator.model_to_estimator``, which raises where TensorFlow's estimators
    aren't installed; TensorFlow 2.16 and later have none.
    """
    raise moment_error(
        "model_to_estimator",
        "tf.keras.estimator.model_to_estimator function not available in your installation: "
        "TensorFlow has given up its estimators",
        "Call fit, evaluate and predict of the model itself.",
    )
