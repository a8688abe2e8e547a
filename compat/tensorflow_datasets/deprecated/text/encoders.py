"""Texts as numbers: of bytes, or of whole words."""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torchkeras_shim.text import as_octets

from torchkeras.core.checks import argument_error
from torchkeras.saving.files import replacing

BYTES = 256
_SEPARATORS = re.compile(r"\W+")
_SEPARATORS_KEPT = re.compile(r"(\W+)")
_HEADER, _METADATA = "### ", "### Metadata: "


def as_text(value: Any) -> str:
    """A text given as such, as bytes or as a tensor."""
    return value if isinstance(value, str) else as_octets(value).decode()


class TextEncoderConfig:
    """What encodes a ``tfds.features.Text``.

    Args:
        encoder: The encoder.
        encoder_cls: Its class, if it is made of the texts.
        vocab_size: How many parts it shall tell apart.
        name: Its name.
    """

    def __init__(
        self,
        encoder: Any = None,
        encoder_cls: type | None = None,
        vocab_size: int | None = None,
        name: str | None = None,
    ) -> None:
        if encoder is not None and (encoder_cls or vocab_size):
            raise argument_error(
                "TextEncoderConfig", "encoder_cls", encoder_cls, "None beside an encoder"
            )
        if encoder is None and encoder_cls is ByteTextEncoder:
            encoder = encoder_cls()
        self.encoder = encoder
        self.encoder_cls = encoder_cls if encoder is None else type(encoder)
        self.vocab_size = vocab_size if encoder is None else encoder.vocab_size
        self.name = name


class TextEncoder:
    """Makes numbers of texts and texts of numbers; 0 stands for filling."""

    ending = ""

    def encode(self, s: Any) -> list[int]:
        """Numbers of a text's parts, from 1."""
        raise argument_error(self, "encode", None, "a method of the subclass")

    def decode(self, ids: Any) -> str:
        """The text of numbers; zeros at the end are left out."""
        raise argument_error(self, "decode", None, "a method of the subclass")

    @property
    def vocab_size(self) -> int:
        """How many numbers there are, 0 among them."""
        raise argument_error(self, "vocab_size", None, "a property of the subclass")

    @classmethod
    def _path(cls, prefix: Any) -> Path:
        return Path(f"{prefix}{cls.ending}")

    @classmethod
    def _write(cls, prefix: Any, lines: Iterable[str], said: dict[str, Any] | None = None) -> None:
        head = [_HEADER + cls.__name__, _METADATA + json.dumps(said or {}, sort_keys=True)]
        text = "".join(f"{line}\n" for line in [*head, *lines])
        with replacing(cls._path(prefix)) as temporary:
            temporary.write_text(text, encoding="utf-8")

    @classmethod
    def _read(cls, prefix: Any) -> tuple[list[str], dict[str, Any]]:
        """Lines and settings of a file.

        Raises:
            ValueError: it is of another class.
        """
        path = cls._path(prefix)
        lines = path.read_text(encoding="utf-8").split("\n")
        if not lines[0].startswith(_HEADER + cls.__name__) or len(lines) < 2:
            raise argument_error(cls.__name__, path.name, lines[0][:80], f"a {cls.__name__}'s file")
        said = json.loads(lines[1].removeprefix(_METADATA))
        return lines[2:-1] if lines[-1] == "" else lines[2:], said

    def __repr__(self) -> str:
        return f"<{type(self).__name__} vocab_size={self.vocab_size}>"


class ByteTextEncoder(TextEncoder):
    """A number for each byte of UTF-8.

    Args:
        additional_tokens: Texts with numbers of their own, which come first.

    Example:
        >>> ByteTextEncoder().encode("ab")  # doctest: +SKIP
        [98, 99]
    """

    ending = ".bytes"

    def __init__(self, additional_tokens: Iterable[str] | None = None) -> None:
        self.additional_tokens, self._pattern = reserved(additional_tokens)

    def encode(self, s: Any) -> list[int]:
        tokens = self.additional_tokens
        parts = self._pattern.split(as_text(s)) if self._pattern else [as_text(s)]
        ids: list[int] = []
        for part in parts:
            if part in tokens:
                ids.append(tokens.index(part))
            else:
                ids += [octet + len(tokens) for octet in part.encode()]
        return shifted(ids)

    def decode(self, ids: Any) -> str:
        tokens, text, octets = self.additional_tokens, [], bytearray()
        for number in unshifted(ids):
            if number < len(tokens):
                text += [octets.decode("utf-8", "replace"), tokens[number]]
                octets = bytearray()
            else:
                octets.append(number - len(tokens))
        return "".join([*text, octets.decode("utf-8", "replace")])

    @property
    def vocab_size(self) -> int:
        return 1 + len(self.additional_tokens) + BYTES

    def save_to_file(self, filename_prefix: Any) -> None:
        """Write it to ``<prefix>.bytes``."""
        self._write(filename_prefix, self.additional_tokens)

    @classmethod
    def load_from_file(cls, filename_prefix: Any) -> "ByteTextEncoder":
        """Read what ``save_to_file`` wrote."""
        return cls(cls._read(filename_prefix)[0])


class Tokenizer(TextEncoder):
    """Cuts texts into words and what stands between them.

    Args:
        alphanum_only: Whether what stands between words is left out.
        reserved_tokens: Texts that are never cut.

    Example:
        >>> Tokenizer(alphanum_only=False).tokenize("hi, you")  # doctest: +SKIP
        ['hi', ', ', 'you']
    """

    ending = ".tokenizer"

    def __init__(
        self, alphanum_only: bool = True, reserved_tokens: Iterable[str] | None = None
    ) -> None:
        self.alphanum_only = alphanum_only
        tokens, self._pattern = reserved(reserved_tokens)
        self.reserved_tokens = set(tokens)

    def tokenize(self, s: Any) -> list[str]:
        """The parts of a text."""
        cut = _SEPARATORS if self.alphanum_only else _SEPARATORS_KEPT
        found: list[str] = []
        for part in self._pattern.split(as_text(s)) if self._pattern else [as_text(s)]:
            found += [part] if part in self.reserved_tokens else cut.split(part)
        return [part for part in found if part]

    def join(self, tokens: Iterable[str]) -> str:
        """The text of parts; words alone are set apart by spaces."""
        return (" " if self.alphanum_only else "").join(tokens)

    def save_to_file(self, filename_prefix: Any) -> None:
        """Write it to ``<prefix>.tokenizer``."""
        said = {
            "reserved_tokens": sorted(self.reserved_tokens),
            "alphanum_only": self.alphanum_only,
        }
        self._write(filename_prefix, [], said)

    @classmethod
    def load_from_file(cls, filename_prefix: Any) -> "Tokenizer":
        """Read what ``save_to_file`` wrote."""
        said = cls._read(filename_prefix)[1]
        return cls(bool(said["alphanum_only"]), said["reserved_tokens"])

    def __repr__(self) -> str:
        return f"<Tokenizer alphanum_only={self.alphanum_only}>"


class TokenTextEncoder(TextEncoder):
    """A number for each word of a list.

    Args:
        vocab_list: The words.
        oov_buckets: How many numbers other words share, chosen by a hash; 0 admits none.
        oov_token: What stands for such in a decoded text.
        lowercase: Whether all is made lower case.
        tokenizer: What cuts texts; None is ``Tokenizer``.
        strip_vocab: Whether spaces around the words are left out.
        decode_token_separator: What stands between words in a decoded text.

    Raises:
        ValueError: of ``encode``: a word isn't in the list, and there are no numbers for such.
    """

    ending = ".tokens"

    def __init__(
        self,
        vocab_list: Iterable[Any],
        oov_buckets: int = 1,
        oov_token: str = "UNK",
        lowercase: bool = False,
        tokenizer: Tokenizer | None = None,
        strip_vocab: bool = True,
        decode_token_separator: str = " ",
    ) -> None:
        words = [as_text(word) for word in vocab_list]
        words = [word.strip() for word in words] if strip_vocab else words
        self._words = [word.lower() for word in words] if lowercase else words
        self._numbers = {word: number for number, word in enumerate(self._words)}
        self.lowercase = lowercase
        self.oov_token = as_text(oov_token)
        self._buckets = oov_buckets
        self._is_own = tokenizer is None
        mixed = list(dict.fromkeys(word for word in self._words if is_mixed(word)))
        self.tokenizer = tokenizer or Tokenizer(reserved_tokens=mixed)
        self._separator = decode_token_separator

    @property
    def tokens(self) -> list[str]:
        """The words."""
        return list(self._words)

    @property
    def vocab_size(self) -> int:
        return 1 + len(self._words) + self._buckets

    def encode(self, s: Any) -> list[int]:
        text = as_text(s).lower() if self.lowercase else as_text(s)
        return shifted([self._number(word) for word in self.tokenizer.tokenize(text)])

    def _number(self, word: str) -> int:
        if word in self._numbers:
            return self._numbers[word]
        if self._buckets < 1:
            raise argument_error(self, "a word", word, "one of the vocabulary")
        digest = hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()
        return len(self._words) + (int(digest, 16) % self._buckets)

    def decode(self, ids: Any) -> str:
        known = len(self._words)
        return self._separator.join(
            self._words[number] if number < known else self.oov_token for number in unshifted(ids)
        )

    def save_to_file(self, filename_prefix: Any) -> None:
        """Write it to ``<prefix>.tokens``."""
        said = {
            "oov_buckets": self._buckets,
            "lowercase": self.lowercase,
            "oov_token": self.oov_token,
        }
        if not self._is_own:
            self.tokenizer.save_to_file(self._path(filename_prefix))
            said["has_tokenizer"] = True
        self._write(filename_prefix, self._words, said)

    @classmethod
    def load_from_file(cls, filename_prefix: Any) -> "TokenTextEncoder":
        """Read what ``save_to_file`` wrote."""
        words, said = cls._read(filename_prefix)
        tokenizer = None
        if said.get("has_tokenizer"):
            tokenizer = Tokenizer.load_from_file(cls._path(filename_prefix))
        return cls(
            words,
            oov_buckets=int(said.get("oov_buckets", 1)),
            oov_token=str(said.get("oov_token", "UNK")),
            lowercase=bool(said.get("lowercase", False)),
            tokenizer=tokenizer,
        )


def reserved(tokens: Iterable[Any] | None) -> tuple[list[str], re.Pattern[str] | None]:
    """Texts that are never cut, and what finds them.

    Raises:
        ValueError: one is there twice.
    """
    texts = [as_text(token) for token in tokens or ()]
    if len(set(texts)) != len(texts):
        raise argument_error("tfds.deprecated.text", "tokens", texts, "texts that differ")
    return texts, re.compile(f"({'|'.join(map(re.escape, texts))})") if texts else None


def is_mixed(token: str) -> bool:
    """Whether a text has letters as well as other signs."""
    return sum(map(bool, _SEPARATORS_KEPT.split(token))) > 1


def shifted(ids: Iterable[int]) -> list[int]:
    """Numbers made one larger, as 0 stands for filling."""
    return [number + 1 for number in ids]


def unshifted(ids: Any) -> list[int]:
    """Numbers made one smaller, without the zeros at the end."""
    numbers = [int(number) for number in ids]
    while numbers and not numbers[-1]:
        numbers.pop()
    return [number - 1 for number in numbers]
