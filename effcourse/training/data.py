"""Real pictures to train on: scikit-learn's digits, which need no download, and Fashion-MNIST."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..common.errors import check_count, unknown_name
from ..common.files import data_folder

NAMES = ("digits", "fashion_mnist")

# name of a Fashion-MNIST file: SHA-256 of the .gz as published, and of what is in it (Debian packs it anew)
FASHION_MNIST = {
    "train-images-idx3-ubyte": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    "train-labels-idx1-ubyte": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    "t10k-images-idx3-ubyte": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    "t10k-labels-idx1-ubyte": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}
FASHION_MNIST_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
MIRRORS = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
DIGITS_ABOUT: dict[str, Any] = {
    "class_names": tuple("0123456789"),
    "source": "scikit-learn, load_digits: the test part of UCI's optdigits (Alpaydin and Kaynak, 1998)",
    "license": "CC BY 4.0, https://doi.org/10.24432/C50P49",
}
FASHION_MNIST_ABOUT: dict[str, Any] = {
    "class_names": FASHION_MNIST_CLASSES,
    "source": "https://github.com/zalandoresearch/fashion-mnist (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747)",
    "license": "MIT, © 2017 Zalando SE",
}
HOW_TO_GET_IT = (
    "Three ways to get it: connect this computer to the network and load it again (31 MB, once); on Debian or Ubuntu, "
    "sudo apt install dataset-fashion-mnist; or copy the four files {files} from "
    "https://github.com/zalandoresearch/fashion-mnist (folder data/fashion) to {folder}. "
    'load_dataset("digits") works without any of them.'
)


class DatasetError(RuntimeError):
    """A data set is not there and cannot be had, or a file of it is damaged."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures with their classes, a part to train on and a part held out.

    Attributes:
        train_images, test_images: (N, channels, height, width), float32, 0 to 1.
        train_labels, test_labels: (N,), int64, from 0 to ``num_classes - 1``.
        source: where it comes from. license: under which it may be passed on.

    Raises:
        ValueError: the tensors do not fit each other, or are not of these types and ranges.
    """

    name: str
    train_images: Tensor = field(repr=False)
    train_labels: Tensor = field(repr=False)
    test_images: Tensor = field(repr=False)
    test_labels: Tensor = field(repr=False)
    class_names: tuple[str, ...]
    source: str = ""
    license: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_names", tuple(self.class_names))
        for part in ("train", "test"):
            check_images(images := getattr(self, f"{part}_images"), f"{part}_images")
            check_labels(getattr(self, f"{part}_labels"), len(images), self.num_classes, f"{part}_labels")
        if self.train_images.shape[1:] != self.test_images.shape[1:]:
            raise ValueError(
                f"pictures to train on are {tuple(self.train_images.shape[1:])} and pictures held out "
                f"{tuple(self.test_images.shape[1:])} (channels, height, width); they must be alike"
            )

    @property
    def input_size(self) -> tuple[int, ...]:
        """Shape of one picture, (channels, height, width), as ``trace`` and ``SmallNet`` take it."""
        return tuple(self.train_images.shape[1:])

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    def __str__(self) -> str:
        channels, height, width = self.input_size
        return (
            f"{self.name}: {len(self.train_labels):,} pictures to train on and {len(self.test_labels):,} held out, "
            f"{height} × {width} pixels, {channels} channel{'s' * (channels > 1)}, {self.num_classes} classes\n"
            f"from {self.source or 'a source that is not stated'}; license: {self.license or 'not stated'}"
        )


def load_dataset(
    name: str = "digits",
    *,
    max_train: int | None = None,
    max_test: int | None = None,
    pad: int = 0,
    seed: int = 0,
    folder: str | Path | None = None,
    download: bool = True,
    progress: bool = True,
) -> Dataset:
    """Load a data set whole, in memory.

    ``digits`` comes with scikit-learn: 1,797 handwritten digits of 8 × 8 pixels, three quarters to train on and a
    quarter held out, all classes in the same shares. Both parts have digits by the same 13 people, so what is
    measured here says nothing on digits by somebody new. ``fashion_mnist`` has 60,000 and 10,000 pieces of
    clothing of 28 × 28 pixels (arXiv:1708.07747). It is looked for in the course's own data folder, where Debian's
    package ``dataset-fashion-mnist`` puts it, and in torchvision's layout (``data/FashionMNIST/raw`` here, one folder
    up and at home); if it is nowhere, it is downloaded, once, and checked.

    Args:
        name: ``digits`` or ``fashion_mnist``.
        max_train: at most so many pictures to train on, with the classes in the same shares (all by default).
        max_test: likewise for those held out.
        pad: black pixels to add on every side, e.g. 2 for 32 × 32 out of 28 × 28.
        seed: chooses which digits are held out, and which pictures ``max_train`` and ``max_test`` leave.
        folder: the only place to look for Fashion-MNIST's files; torchvision's ``root`` will do, too.
        download: False to never use the network.
        progress: bars while downloading.

    Raises:
        ValueError: an unknown name, or a number that makes no sense.
        DatasetError: Fashion-MNIST is not here and cannot be downloaded, or a file of it is damaged.

    >>> data = load_dataset("digits")
    >>> data.train_images.shape, data.test_images.shape
    (torch.Size([1347, 1, 8, 8]), torch.Size([450, 1, 8, 8]))
    """
    if name not in NAMES:
        raise unknown_name("data set", name, NAMES)
    if isinstance(pad, bool) or not isinstance(pad, int) or pad < 0:
        raise ValueError(f"pad must be a whole number of pixels, 0 or more, got {pad!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, got {seed!r}")
    if name == "digits":
        arrays, about = _digits(seed), DIGITS_ABOUT
    else:
        arrays = _fashion_mnist(None if folder is None else Path(folder), download, progress)
        about = FASHION_MNIST_ABOUT
    train_images, train_labels, test_images, test_labels = arrays
    train_images, train_labels = _part(train_images, train_labels, max_train, "max_train", seed)
    test_images, test_labels = _part(test_images, test_labels, max_test, "max_test", seed)
    return Dataset(
        name,
        F.pad(train_images, (pad,) * 4),
        train_labels,
        F.pad(test_images, (pad,) * 4),
        test_labels,
        **about,
    )


def check_images(images: Tensor, name: str = "images") -> None:
    """Raise ValueError unless ``images`` are (N, C, H, W) float32 numbers from 0 to 1, at least one picture."""
    if not isinstance(images, Tensor):
        raise ValueError(f"{name} must be a tensor (N, channels, height, width), got {type(images).__name__}")
    if images.ndim != 4 or 0 in images.shape:
        hint = "; add the channels: images.unsqueeze(1)" if images.ndim == 3 else ""
        raise ValueError(f"{name} must have the shape (N, channels, height, width), got {tuple(images.shape)}{hint}")
    if images.dtype != torch.float32:
        hint = "images.float() / 255" if images.dtype == torch.uint8 else "images.float()"
        raise ValueError(f"{name} must be float32 numbers from 0 to 1, got {images.dtype}; use {hint}")
    low, high = images.aminmax()
    if not (low >= 0 and high <= 1):  # false for NaN, too
        raise ValueError(f"{name} must be from 0 to 1 and finite, got {low:g} to {high:g}; divide by the largest value")


def check_labels(labels: Tensor, count: int, num_classes: int, name: str = "labels") -> None:
    """Raise ValueError unless ``labels`` are ``count`` whole numbers (int64) from 0 to ``num_classes - 1``."""
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        got = labels.dtype if isinstance(labels, Tensor) else type(labels).__name__
        raise ValueError(f"{name} must be a tensor of int64, got {got}; use labels.long()")
    if labels.shape != (count,):
        raise ValueError(f"{name} must have the shape ({count},), one for each picture, got {tuple(labels.shape)}")
    low, high = labels.min().item(), labels.max().item()
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"{name} must be from 0 to {num_classes - 1} for {num_classes} classes, got {low} to {high}; "
            "classes count from 0"
        )


Arrays = tuple[Tensor, Tensor, Tensor, Tensor]


def _digits(seed: int) -> Arrays:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels / 16).float().view(-1, 1, 8, 8)
    labels = torch.from_numpy(labels).long()
    held_out = len(labels) // 4 + 1
    kept, rest = _split(labels, held_out, seed)
    return images[rest], labels[rest], images[kept], labels[kept]


def _part(images: Tensor, labels: Tensor, at_most: int | None, name: str, seed: int) -> tuple[Tensor, Tensor]:
    if at_most is None:
        return images, labels
    check_count(**{name: at_most})
    classes = len(labels.unique())
    if at_most < classes:
        raise ValueError(f"{name} must be at least {classes}, one picture a class, got {at_most}")
    if at_most > len(labels) - classes:
        return (images, labels) if at_most >= len(labels) else (images[:at_most], labels[:at_most])
    kept, _ = _split(labels, at_most, seed)
    return images[kept], labels[kept]


def _split(labels: Tensor, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Two sets of places, ``count`` and the rest, with every class in the same share in both."""
    from sklearn.model_selection import train_test_split

    places = range(len(labels))
    rest, kept = train_test_split(places, test_size=count, stratify=labels.numpy(), random_state=seed)
    return torch.tensor(kept), torch.tensor(rest)


def _fashion_mnist(folder: Path | None, download: bool, progress: bool) -> Arrays:
    own = data_folder() / "fashion_mnist"
    places = _places(folder) if folder else [own, *_usual_places()]
    found = next((paths for place in places if (paths := _files_in(place))), None)
    if found is None:
        if folder and not folder.is_dir():
            raise DatasetError(f"folder {folder} does not exist. {_how_to_get_it(folder)}")
        if folder or not download:
            where = ", ".join(map(str, places))
            raise DatasetError(f"Fashion-MNIST's four files are not all in {where}. {_how_to_get_it(folder or own)}")
        found = [_download(name, own, progress) for name in FASHION_MNIST]
    train_images, train_labels, test_images, test_labels = (_read_idx(path) for path in found)
    return _to_unit(train_images), train_labels.long(), _to_unit(test_images), test_labels.long()


def _usual_places() -> Iterator[Path]:
    yield Path("/usr/share/datasets/fashion-mnist")  # Debian's package
    for root in (Path("data"), Path("../data"), Path.home() / "data"):
        yield root / "FashionMNIST" / "raw"  # torchvision's layout under the roots that its examples use


def _places(folder: Path) -> list[Path]:
    return [folder, folder / "raw", folder / "FashionMNIST" / "raw"]


def _files_in(place: Path) -> list[Path]:
    """The four files, packed or not; nothing if one is missing."""
    paths = []
    for name in FASHION_MNIST:
        path = next((p for p in (place / f"{name}.gz", place / name) if p.is_file()), None)
        if path is None:
            return []
        paths.append(path)
    return paths


def _read_idx(path: Path) -> Tensor:
    """The bytes of an IDX file as a tensor, after a check that they are the published ones.

    Format: two zeros, 8 for bytes, the number of axes; a big-endian int32 for each axis; the bytes.
    """
    name = path.name.removesuffix(".gz")
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read ({error}). {_repair(path)}") from error
    if hashlib.sha256(content).hexdigest() != FASHION_MNIST[name][1]:
        raise DatasetError(f"{path} is damaged: it is not the {name} that was published. {_repair(path)}")
    axes = content[3]
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes)]
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=4 + 4 * axes).view(shape)


def _to_unit(images: Tensor) -> Tensor:
    return images.unsqueeze(1).float() / 255  # (N, 28, 28) -> (N, 1, 28, 28)


def _download(name: str, folder: Path, progress: bool) -> Path:
    """Fetch a file of Fashion-MNIST, whole and checked, or raise and leave nothing."""
    import pooch

    failures: list[Exception] = []
    for mirror in MIRRORS:
        try:
            return Path(
                pooch.retrieve(
                    f"{mirror}{name}.gz",
                    known_hash=f"sha256:{FASHION_MNIST[name][0]}",
                    fname=f"{name}.gz",
                    path=folder,
                    downloader=pooch.HTTPDownloader(progressbar=progress, timeout=30),
                )
            )
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong hash is a ValueError
            failures.append(error)
    raise DatasetError(
        f"Fashion-MNIST is not on this computer and cannot be downloaded ({_reason(failures[-1])}). "
        f"{_how_to_get_it(folder)}"
    ) from failures[-1]


def _how_to_get_it(folder: Path) -> str:
    return HOW_TO_GET_IT.format(files=_and([f"{name}.gz" for name in FASHION_MNIST]), folder=folder)


def _repair(path: Path) -> str:
    if path.is_relative_to("/usr/share"):
        return "Install it anew: sudo apt install --reinstall dataset-fashion-mnist"
    return "Delete that file and load the data set again."


def _reason(error: Exception) -> str:
    """requests nests its errors; the innermost one says what happened."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return f"{type(error).__name__}: {error}"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
