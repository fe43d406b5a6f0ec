"""What ten thousand saved runs cost: `termlab ls --json`, and the look of the application at rest.

    python -m pytest -m bench -s tests/bench/listing.py

Every figure is the best of several, as the machine may be shared. The first listings have no index of earlier ones, and
read the files from the disk or from memory. Beside them stands what Python takes to read and parse every summary and do
nothing with it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual.message import Message

from engine.store import RunStore
from tests.bench.many_runs import make_many_runs
from tui.worker import StoreThread

RUNS = 10_000
ROUNDS = 5
MOST_COLD, MOST_WARM = 1.5, 0.5
MOST_BYTES = 500e6
BARE = """\
import json, sys
from pathlib import Path
for path in Path(sys.argv[1]).glob("*/summary.json"):
    json.loads(path.read_bytes())
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("TERMLAB_BENCH_RUNS")  # a folder that was made before
    folder = Path(given) if given else tmp_path_factory.mktemp("many")
    if not given:
        make_many_runs(folder, RUNS)
        time.sleep(3)  # what was changed a moment ago is not kept in an index
    return folder


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_ten_thousand_runs_are_listed_at_once(many: Path, own_cache_folder: Path) -> None:
    index = own_cache_folder / "termlab" / "listings"
    bare, from_disk, first, warm = [], [], [], []
    for _ in range(ROUNDS):
        bare.append(seconds_of(sys.executable, "-c", BARE, str(many)))
        drop_from_memory(many)
        forget(index)
        from_disk.append(listing_seconds(many))
        forget(index)
        first.append(listing_seconds(many))
        warm.append(listing_seconds(many))
    print()
    for name, figures in (("bare Python", bare), ("disk, no index", from_disk), ("no index", first), ("warm", warm)):
        ratio = f"{min(figures) / min(bare):.2f} times bare Python"
        print(f"{name}: {min(figures):.2f} s ({max(figures):.2f} s at most, {len(figures)} rounds), {ratio}")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"memory of a listing: {most / 1e6:.0f} MB")
    assert min(first) <= MOST_COLD
    assert min(warm) <= MOST_WARM
    assert most <= MOST_BYTES


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_the_application_looks_at_ten_thousand_runs_almost_for_nothing(many: Path) -> None:
    began = time.perf_counter()
    RunStore(many).summaries()
    first = time.perf_counter() - began
    thread = StoreThread(Nobody(), many)
    thread.start()
    time.sleep(15)  # the first looks
    before, seconds = thread_seconds(thread), 40
    time.sleep(seconds)
    used = thread_seconds(thread) - before
    thread.close()
    thread.join()
    print(f"\nfirst look {first:.2f} s; at rest the thread works {used / seconds:.1%} of the time")
    assert used / seconds <= 0.05


class Nobody:
    def post_message(self, message: Message) -> bool:  # noqa: ARG002 - nobody hears
        return True


def thread_seconds(thread: StoreThread) -> float:
    """Return the processor time that a thread has had."""
    assert thread.native_id is not None
    fields = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def listing_seconds(many: Path) -> float:
    return seconds_of(sys.executable, "-m", "tui", "--results", str(many), "ls", "--json")


def seconds_of(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def drop_from_memory(many: Path) -> None:
    """Have the system forget what the files hold; it still knows where they lie."""
    os.sync()
    for path in many.glob("*/*"):
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def forget(index: Path) -> None:
    for path in index.glob("*"):
        path.unlink()
