import gc
import gzip
import hashlib
import http.server
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from effcourse.training import data
from effcourse.training.data import FASHION_MNIST, Dataset, DatasetError, load_dataset

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # requests leaves a failed answer's socket to gc
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def idx(shape):
    count = 1
    for n in shape:
        count *= n
    body = bytes(i % 10 if len(shape) == 1 else i * 7 % 256 for i in range(count))
    return bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + body


def packed(content):
    return gzip.compress(content, mtime=0)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Fashion-MNIST in miniature: its files' content by name, with the checksums to match, and nothing installed."""
    shapes = [(40, 28, 28), (40,), (20, 28, 28), (20,)]
    files = {name: idx(shape) for name, shape in zip(FASHION_MNIST, shapes, strict=True)}
    sums = {
        name: tuple(hashlib.sha256(c).hexdigest() for c in (packed(content), content))
        for name, content in files.items()
    }
    monkeypatch.setattr(data, "FASHION_MNIST", sums)
    monkeypatch.setattr(data, "_usual_places", lambda: iter([tmp_path / "debian"]))
    monkeypatch.setenv("EFFCOURSE_DATA", str(tmp_path / "own"))
    monkeypatch.setattr(data, "MIRRORS", ())  # a test that downloads says from where
    return files


def write(folder, files, suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(packed(content) if suffix else content)
    return folder


class Server:
    """Serves ``files`` on this machine; ``fault`` breaks them."""

    def __init__(self, files):
        self.asked, self.fault = [], lambda name, body: body
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rpartition("/")[2]
                outer.asked.append(name)
                body = packed(files[name.removesuffix(".gz")])
                sent = outer.fault(name, body)
                self.send_response(200 if sent is not None else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(sent or b"")

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server(small, monkeypatch):
    server = Server(small)
    monkeypatch.setattr(data, "MIRRORS", (server.url,))
    yield server
    server.close()
    gc.collect()


@pytest.fixture
def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_digits():
    digits = load_dataset()
    assert digits.name == "digits"
    assert digits.train_images.shape == (1347, 1, 8, 8)
    assert digits.test_images.shape == (450, 1, 8, 8)
    assert digits.input_size == (1, 8, 8)
    assert digits.class_names == tuple("0123456789")
    assert digits.train_images.aminmax() == (0, 1)
    held_out, kept = (labels.bincount() for labels in (digits.test_labels, digits.train_labels))
    assert (held_out / (held_out + kept)).tolist() == pytest.approx([0.25] * 10, abs=0.005)  # stratified
    assert "1,347 pictures to train on and 450 held out, 8 × 8 pixels" in str(digits)
    assert "CC BY 4.0" in str(digits)


def test_digits_are_scikit_learns_and_no_picture_is_in_both_parts():
    from sklearn.datasets import load_digits

    digits = load_dataset()
    ours = torch.cat([digits.train_images, digits.test_images]).flatten(1)
    theirs = torch.from_numpy(load_digits().data / 16).float()
    labels = torch.cat([digits.train_labels, digits.test_labels])

    def sorted_rows(pixels, labels):
        return sorted([*p, y] for p, y in zip(pixels.tolist(), labels.tolist(), strict=True))

    assert sorted_rows(ours, labels) == sorted_rows(theirs, torch.from_numpy(load_digits().target))


def test_the_split_is_fixed_and_the_seed_changes_it():
    first, again, other = load_dataset(seed=3), load_dataset(seed=3), load_dataset(seed=4)
    assert torch.equal(first.test_images, again.test_images)
    assert torch.equal(first.train_labels, again.train_labels)
    assert not torch.equal(first.test_images, other.test_images)


def test_fewer_pictures_keep_the_shares():
    digits = load_dataset(max_train=200, max_test=50)
    assert digits.train_labels.bincount().tolist() == pytest.approx([20] * 10, abs=1)
    assert digits.test_labels.bincount().tolist() == [5] * 10
    assert len(load_dataset(max_train=10**6, max_test=449).test_labels) == 449


def test_pad_adds_black():
    plain, padded = load_dataset(), load_dataset(pad=2)
    assert padded.input_size == (1, 12, 12)
    assert torch.equal(padded.test_images[..., 2:-2, 2:-2], plain.test_images)
    assert padded.test_images.sum() == plain.test_images.sum()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"name": "digit"}, "unknown data set 'digit'; did you mean digits"),
        ({"pad": -1}, "pad must be a whole number of pixels, 0 or more, got -1"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": "0"}, "seed must be a whole number from 0"),
        ({"max_train": 0}, "max_train must be a whole number of at least 1, got 0"),
        ({"max_test": 9}, "max_test must be at least 10, one picture a class, got 9"),
    ],
)
def test_wrong_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        load_dataset(**kwargs)


def fashion(**kwargs):
    return load_dataset("fashion_mnist", progress=False, **kwargs)


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_debians_fashion_mnist(tmp_path):
    clothes = fashion(folder=DEBIAN)
    assert clothes.train_images.shape == (60000, 1, 28, 28)
    assert clothes.test_images.shape == (10000, 1, 28, 28)
    assert clothes.train_labels.bincount().tolist() == [6000] * 10
    assert clothes.class_names[clothes.test_labels[0]] == "Ankle boot"
    assert clothes.train_images.aminmax() == (0, 1)
    assert "MIT" in clothes.license


@pytest.mark.parametrize("suffix", [".gz", ""])
@pytest.mark.parametrize("below", [".", "raw", "FashionMNIST/raw"])
def test_found_in_a_folder(small, tmp_path, below, suffix):
    write(tmp_path / "mine" / below, small, suffix)
    clothes = fashion(folder=tmp_path / "mine")
    assert clothes.train_images.shape == (40, 1, 28, 28)
    assert clothes.train_images[0, 0, 0, :3].tolist() == pytest.approx([0, 7 / 255, 14 / 255])
    assert clothes.test_labels.tolist() == [*range(10)] * 2


def test_found_where_debian_puts_it_without_a_download(small, tmp_path):
    write(tmp_path / "debian", small)
    assert len(fashion().train_labels) == 40
    assert not (tmp_path / "own").exists()


def test_usual_places_hold_debians_and_torchvisions():
    places = [str(place) for place in data._usual_places()]
    assert places[0] == str(DEBIAN)
    assert str(Path("data/FashionMNIST/raw")) in places


def test_downloaded_once(server, tmp_path):
    assert len(fashion().train_labels) == 40
    assert sorted(p.name for p in (tmp_path / "own" / "fashion_mnist").iterdir()) == sorted(
        f"{name}.gz" for name in data.FASHION_MNIST
    )
    assert len(fashion().test_labels) == 20
    assert len(server.asked) == 4


def test_downloading_shows_how_far_it_is(server, capsys):
    load_dataset("fashion_mnist")
    assert capsys.readouterr().err.count("100%") == 4


def test_another_mirror_takes_over(server, monkeypatch, closed_port):
    monkeypatch.setattr(data, "MIRRORS", (f"http://127.0.0.1:{closed_port}/", server.url))
    assert len(fashion().train_labels) == 40


def test_download_goes_on_with_what_is_missing(server, tmp_path):
    server.fault = lambda name, body: None if name.startswith("t10k") else body
    with pytest.raises(DatasetError, match="404"):
        fashion()
    server.fault = lambda name, body: body
    server.asked.clear()
    fashion()
    assert all(name.startswith("t10k") for name in server.asked)


@pytest.mark.parametrize(
    "fault",
    [lambda name, body: body[: len(body) // 2], lambda name, body: b"x" * len(body), lambda name, body: None],
    ids=["cut off", "something else", "404"],
)
def test_a_failed_download_leaves_nothing(server, tmp_path, fault):
    server.fault = fault
    with pytest.raises(DatasetError, match=r"cannot be downloaded.*apt install dataset-fashion-mnist.*digits"):
        fashion()
    folder = tmp_path / "own" / "fashion_mnist"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_offline(small, monkeypatch, closed_port, tmp_path):
    monkeypatch.setattr(data, "MIRRORS", (f"http://127.0.0.1:{closed_port}/",))
    with pytest.raises(DatasetError, match="not on this computer") as caught:
        fashion()
    for hint in ("apt install dataset-fashion-mnist", str(tmp_path / "own"), "train-images-idx3-ubyte.gz", '"digits"'):
        assert hint in str(caught.value)


def test_no_download_where_none_is_wanted(small, server, tmp_path):
    with pytest.raises(DatasetError, match=r"four files are not all in .*debian"):
        fashion(download=False)
    with pytest.raises(DatasetError, match="does not exist"):
        fashion(folder=tmp_path / "nowhere")
    write(tmp_path / "half", dict(list(small.items())[:2]))
    with pytest.raises(DatasetError, match="not all in"):
        fashion(folder=tmp_path / "half")
    assert server.asked == []


BREAK = {
    "cut off": lambda raw: raw[: len(raw) // 2],
    "empty": lambda raw: b"",
    "not gzip": lambda raw: b"<html>404</html>",
    "a bit flipped": lambda raw: raw[:14] + bytes([raw[14] ^ 1]) + raw[15:],
    "another file": lambda raw: packed(idx((3, 28, 28))),
}


@pytest.mark.parametrize("fault", BREAK)
@pytest.mark.parametrize("name", list(FASHION_MNIST)[:2])
def test_a_damaged_file_is_named(small, tmp_path, fault, name):
    folder = write(tmp_path / "mine", small)
    path = folder / f"{name}.gz"
    path.write_bytes(BREAK[fault](path.read_bytes()))
    with pytest.raises(DatasetError, match="Delete that file and load the data set again") as caught:
        fashion(folder=folder)
    assert str(path) in str(caught.value)


def test_a_damaged_unpacked_file_is_named(small, tmp_path):
    folder = write(tmp_path / "mine", small, suffix="")
    path = folder / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DatasetError, match=r"t10k-labels-idx1-ubyte is damaged"):
        fashion(folder=folder)


def dataset(**changes):
    parts = {
        "train_images": torch.rand(4, 1, 8, 8),
        "train_labels": torch.tensor([0, 1, 2, 1]),
        "test_images": torch.rand(2, 1, 8, 8),
        "test_labels": torch.tensor([0, 1]),
    }
    return Dataset("mine", **(parts | changes), class_names=("a", "b", "c"))


def test_your_own_data():
    mine = dataset()
    assert (mine.input_size, mine.num_classes) == ((1, 8, 8), 3)
    assert "a source that is not stated" in str(mine)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_images": [[1]]}, "train_images must be a tensor"),
        ({"train_images": torch.rand(4, 8, 8)}, r"got \(4, 8, 8\); add the channels: images.unsqueeze\(1\)"),
        ({"train_images": torch.ones(4, 1, 8, 8, dtype=torch.uint8)}, r"got torch.uint8; use images.float\(\) / 255"),
        ({"train_images": torch.rand(4, 1, 8, 8) * 255}, "train_images must be from 0 to 1 and finite"),
        ({"test_images": torch.full((2, 1, 8, 8), torch.nan)}, "test_images must be from 0 to 1 and finite"),
        ({"test_images": torch.rand(2, 3, 8, 8)}, "they must be alike"),
        ({"train_labels": torch.tensor([0.0, 1, 2, 1])}, r"tensor of int64, got torch.float32; use labels.long\(\)"),
        ({"train_labels": torch.tensor([0, 1])}, r"must have the shape \(4,\), one for each picture, got \(2,\)"),
        ({"test_labels": torch.tensor([1, 3])}, "test_labels must be from 0 to 2 for 3 classes, got 1 to 3"),
    ],
)
def test_data_that_does_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        dataset(**changes)


def test_digits_need_no_network_library():
    code = "import sys; from effcourse import load_dataset; load_dataset(); assert 'pooch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
