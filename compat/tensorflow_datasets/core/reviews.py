"""Film reviews, good or bad, out of the archive of their authors."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from tensorflow_datasets.core.builder import BuilderConfig, GeneratorBasedBuilder
from tensorflow_datasets.core.download import DownloadManager
from tensorflow_datasets.core.info import DatasetInfo
from tensorflow_datasets.deprecated.text.encoders import ByteTextEncoder, TextEncoderConfig
from tensorflow_datasets.deprecated.text.subwords import SubwordTextEncoder
from tensorflow_datasets.features.nested import FeaturesDict
from tensorflow_datasets.features.tensors import ClassLabel, Text

ADDRESS = "http://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"


class ReviewsConfig(BuilderConfig):
    """How the texts are given: as such, or as numbers.

    Args:
        text_encoder_config: What makes numbers of them; None leaves them.
        options: Those of ``BuilderConfig``.
    """

    def __init__(
        self, *, text_encoder_config: TextEncoderConfig | None = None, **options: Any
    ) -> None:
        super().__init__(version="1.0.0", **options)
        self.text_encoder_config = text_encoder_config or TextEncoderConfig()


class ImdbReviews(GeneratorBasedBuilder):
    """50,000 film reviews, good or bad, and 50,000 more of which that isn't told."""

    BUILDER_CONFIGS: ClassVar[list[BuilderConfig]] = [
        ReviewsConfig(name="plain_text", description="Plain text"),
        ReviewsConfig(name="bytes", text_encoder_config=TextEncoderConfig(ByteTextEncoder())),
        *(
            ReviewsConfig(
                name=f"subwords{size}k",
                text_encoder_config=TextEncoderConfig(
                    encoder_cls=SubwordTextEncoder, vocab_size=size * 2**10
                ),
            )
            for size in (8, 32)
        ),
    ]

    def _info(self) -> DatasetInfo:
        text = Text(encoder_config=self.builder_config.text_encoder_config)
        return DatasetInfo(
            builder=self,
            description="25,000 reviews to train, as many to test, and 50,000 without a label.",
            homepage="http://ai.stanford.edu/~amaas/data/sentiment/",
            features=FeaturesDict({"text": text, "label": ClassLabel(names=["neg", "pos"])}),
            supervised_keys=("text", "label"),
        )

    def _split_generators(self, dl_manager: DownloadManager) -> dict[str, Any]:
        archive = dl_manager.download(ADDRESS)

        def part(folder: str, labels: str = "neg|pos") -> Iterator[tuple[str, Any]]:
            return self._generate_examples(
                archive=dl_manager.iter_archive(archive),
                pattern=re.compile(f"aclImdb/{folder}/({labels})/"),
            )

        self.info.features["text"].maybe_build_from_corpus(
            example["text"] for _, example in part("train")
        )
        return {
            "train": part("train"),
            "test": part("test"),
            "unsupervised": part("train", "unsup"),
        }

    def _generate_examples(self, archive: Any, pattern: re.Pattern[str]) -> Any:
        for path, file in archive:
            found = pattern.match(path)
            if found:
                label = -1 if found[1] == "unsup" else found[1]
                yield path, {"text": file.read().strip(), "label": label}
