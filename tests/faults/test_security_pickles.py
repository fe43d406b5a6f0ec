"""Nothing that termlab reads can run: its source has no loader of code, and a bomb in any file is refused."""

from __future__ import annotations

import ast
import io
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.config import DataConfig, RunConfig
from engine.data.catalog import SOURCES
from engine.data.cifar_batch import read_cifar_batch
from engine.data.decoded_cache import cache_file
from engine.data.image_tree import scan
from engine.data.load import load_dataset
from engine.errors import ConfigError, DamagedError, DataError, PresetError, TermlabError
from engine.models import build_model
from engine.presets import read_preset
from engine.store import RunStore
from engine.store.requests import REQUEST, take_request
from engine.summary import RunStatus
from engine.tensor_file import load_tensors
from engine.weights import load_weights
from tests.faults.hostile import Bomb, bomb, short_trial, train
from tui.workspace import resolve_workspace

ROOT = Path(__file__).parents[2]
SOURCE_FILES = sorted(path for folder in ("engine", "tui", "presets") for path in (ROOT / folder).rglob("*.py"))
LOADERS_OF_CODE = {
    "_pickle", "cPickle", "cloudpickle", "code", "dbm", "dill", "joblib", "jsonpickle", "marshal", "pickle", "pty",
    "runpy", "shelve", "xmlrpc",
}  # fmt: skip
RUNNERS = {"__import__", "breakpoint", "compile", "eval", "exec"}
SHELLS = {"os.popen", "os.system", "pandas.read_pickle", "subprocess.getoutput", "subprocess.getstatusoutput"}
UNSAFE_LOADS = {"joblib.load", "numpy.load", "torch.hub.load", "torch.jit.load", "yaml.load", "yaml.unsafe_load"}


def dangers(source: str) -> Iterator[str]:
    """Yield what in this source could run what it reads."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for name in names.values():
        if name.partition(".")[0] in LOADERS_OF_CODE:
            yield f"imports {name}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        head, dot, rest = ast.unparse(node.func).partition(".")
        called = f"{names.get(head, head)}{dot}{rest}"
        literal = {word.arg: word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
        given = {word.arg for word in node.keywords}
        if called in RUNNERS | SHELLS | UNSAFE_LOADS or called.startswith(("os.exec", "os.spawn", "os.posix_spawn")):
            yield f"calls {called}"
        if called == "torch.load" and literal.get("weights_only") is not True:
            yield "calls torch.load without weights_only=True"
        if "shell" in given and literal.get("shell") is not False:
            yield f"calls {called} with a shell"
        if "allow_pickle" in given and literal.get("allow_pickle") is not False:
            yield f"calls {called} with pickles"


@pytest.mark.parametrize("path", SOURCE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_file_can_run_what_it_reads(path: Path) -> None:
    assert list(dangers(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads as read", "import dill as json", "import torch\ntorch.load(path)",
        "import torch as t\nt.load(path, weights_only=False)", "from torch import load\nload(path)",
        "import torch\ntorch.load(path, weights_only=is_safe)", "import torch\ntorch.load(path, **options)",
        "eval(text)", "exec(text)", "compile(text, '', 'exec')", "__import__(name)", "import os\nos.system(text)",
        "from os import system\nsystem(text)", "import subprocess\nsubprocess.run(text, shell=True)",
        "import numpy as np\nnp.load(path)", "import numpy\nnumpy.lib.npyio.NpzFile(path, allow_pickle=True)",
        "import yaml\nyaml.load(text)", "import torch\ntorch.jit.load(path)", "import os\nos.execv(path, [])",
    ],
)  # fmt: skip
def test_every_danger_is_recognised(source: str) -> None:
    assert len(list(dangers(source))) == 1


def zip_bomb(target: Path, *, is_inside: bool = False, legacy: bool = False) -> bytes:
    """A bomb in the format of `torch.save`."""
    buffer = io.BytesIO()
    document = {"format": 1, "weights": Bomb(target)} if is_inside else Bomb(target)
    torch.save(document, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


BOMBS: dict[str, Callable[[Path], bytes]] = {
    **{f"protocol {number}": lambda target, number=number: bomb(target, protocol=number) for number in range(6)},  # type: ignore[misc]
    "zip": zip_bomb,
    "zip, inside": lambda target: zip_bomb(target, is_inside=True),
    "legacy": lambda target: zip_bomb(target, legacy=True),
    "legacy, inside": lambda target: zip_bomb(target, is_inside=True, legacy=True),
}  # fmt: skip
over_bombs = pytest.mark.parametrize("kind", BOMBS)


@over_bombs
def test_the_bombs_go_off_for_whoever_trusts_them(kind: str, tmp_path: Path) -> None:
    content = BOMBS[kind](tmp_path / "crater")
    if kind.startswith("protocol"):
        pickle.loads(content)  # noqa: S301 - that is the point
    else:
        torch.load(io.BytesIO(content), weights_only=False)
    assert (tmp_path / "crater").is_dir()


@over_bombs
@pytest.mark.parametrize("name", ["checkpoint.pt", "weights.pt", "best.pt"])
def test_a_file_of_tensors_is_no_way_in(kind: str, name: str, run: Path, tmp_path: Path) -> None:
    (run / name).write_bytes(BOMBS[kind](tmp_path / "crater"))
    with pytest.raises(DamagedError, match=name):
        load_tensors(run / name, what="anything")
    with pytest.raises(DamagedError, match=name):
        load_weights(run / name, build_model(RunConfig().model, (1, 8, 8), 10))
    log = (run / "events.jsonl").read_bytes()
    if name == "checkpoint.pt":
        with pytest.raises(DamagedError, match=r"cannot be gone on with: checkpoint\.pt does not hold a checkpoint"):
            train(RunStore(run.parent), [short_trial()], interrupted=run.name)
        assert (run / "events.jsonl").read_bytes() == log
    else:
        train(RunStore(run.parent), [short_trial()], interrupted=run.name)
    assert not (tmp_path / "crater").exists()


@pytest.mark.parametrize("kind", ["protocol 0", "protocol 5", "zip"])
@pytest.mark.parametrize("name", ["config.json", "events.jsonl", "summary.json", "writer.1.json", REQUEST])
def test_a_file_of_text_is_no_way_in(kind: str, name: str, run: Path, tmp_path: Path) -> None:
    (run / name).write_bytes(BOMBS[kind](tmp_path / "crater") + b"\n")
    store = RunStore(run.parent)
    is_damaged = name in ("config.json", "events.jsonl")
    if is_damaged:
        with pytest.raises(DamagedError, match=name):
            store.load(run.name)
    (summary,) = store.summaries()
    assert (summary.status is RunStatus.DAMAGED) == (name in ("config.json", "events.jsonl"))
    assert take_request(run) is None
    try:
        train(store, [short_trial()], interrupted=run.name)
    except TermlabError:
        assert is_damaged or name == "writer.1.json"
    assert not (tmp_path / "crater").exists()


@over_bombs
def test_the_cache_of_decoded_images_is_no_way_in(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "cache"))
    tree = image_tree(tmp_path / "tree")
    config = DataConfig(name=f"folder:{tree}")
    before = load_dataset(config, tmp_path)
    content = BOMBS[kind](tmp_path / "crater")
    path = cache_file(scan(tree), None)
    header, _, pixels = path.read_bytes().partition(b"\n")
    for instead in (content, header + b"\n" + content, content + pixels):
        path.write_bytes(instead)
        assert torch.equal(load_dataset(config, tmp_path).train.images, before.train.images)
        assert path.read_bytes() == header + b"\n" + pixels
    assert not (tmp_path / "crater").exists()


def image_tree(root: Path) -> Path:
    noise = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            (root / split / name).mkdir(parents=True)
            Image.fromarray(noise.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(root / split / name / "0.png")
    return root


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(x) (w) file pop\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("kind", ["protocol 0", "protocol 5", "zip", "PostScript"])
def test_an_image_is_no_way_in(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow would give PostScript, whatever its file is called, to a program that runs it."""

    def run_program(*_: object, **__: object) -> None:
        (tmp_path / "crater").mkdir()

    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", run_program)
    monkeypatch.setattr("subprocess.Popen", run_program)
    tree = image_tree(tmp_path / "tree")
    content = POSTSCRIPT if kind == "PostScript" else BOMBS[kind](tmp_path / "crater")
    (tree / "train" / "cat" / "0.png").write_bytes(content)
    with pytest.raises(DataError, match=r"cat/0\.png cannot be read as an image: it is of no known format"):
        load_dataset(DataConfig(name=f"folder:{tree}"), tmp_path)
    assert not (tmp_path / "crater").exists()


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_a_downloaded_set_is_no_way_in(name: str, tmp_path: Path) -> None:
    source = SOURCES[name]
    for file in source.files:
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bomb(tmp_path / "crater"))
        with path.open("r+b") as stream:
            stream.truncate(file.size_bytes)
    processed = tmp_path / "MNIST" / "processed"  # where torchvision looks for pickles of its own first
    processed.mkdir(parents=True, exist_ok=True)
    for file_name in ("training.pt", "test.pt"):
        (processed / file_name).write_bytes(zip_bomb(tmp_path / "crater"))
    with pytest.raises(DataError, match=f"{Path(source.files[0].path).name} is damaged: its MD5 is"):
        load_dataset(DataConfig(name=name), tmp_path)
    assert not (tmp_path / "crater").exists()


@pytest.mark.parametrize("kind", [kind for kind in BOMBS if kind.startswith("protocol")])
def test_a_batch_of_cifar_is_read_and_not_obeyed(kind: str, tmp_path: Path) -> None:
    """Were the sums of MD5 of no use, there would still be nobody who does what the pickle says."""
    batch = {"labels": [3], "data": bytes(3072), "more": Bomb(tmp_path / "crater")}
    content = pickle.dumps(batch, protocol=max(1, int(kind[-1])))
    images, labels = read_cifar_batch(content, 1, what="batch")
    assert (int(images.sum()), labels.tolist()) == (0, [3])
    with pytest.raises(DataError):
        read_cifar_batch(BOMBS[kind](tmp_path / "crater"), 1, what="batch")
    assert not (tmp_path / "crater").exists()


@over_bombs
def test_presets_and_settings_are_no_way_in(kind: str, own_config_folder: Path, tmp_path: Path) -> None:
    content = BOMBS[kind](tmp_path / "crater")
    (tmp_path / "stranger.toml").write_bytes(content)
    with pytest.raises(PresetError, match=r"stranger\.toml"):
        read_preset("stranger", tmp_path / "stranger.toml")
    (own_config_folder / "termlab").mkdir()
    (own_config_folder / "termlab" / "config.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        resolve_workspace(None, None)
    assert not (tmp_path / "crater").exists()
