import pytest
import tensorflow_files


@pytest.fixture(scope="session")
def of_tensorflow(tmp_path_factory):
    """Folder of what real TensorFlow wrote."""
    folder = tmp_path_factory.mktemp("tensorflow")
    tensorflow_files.extract(folder)
    return folder
