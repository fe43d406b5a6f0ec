"""A trial for which the memory does not suffice fails with advice, and the next one has all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import RunStore
from tests.faults.sweeps import Shell

PRESET = """
title = "One network that is too wide"
why = "To see what happens."
source = "made up"
group = "First steps"

[config.data]
name = "digits"
train_limit = 256
test_limit = 64

[config.optim]
name = "sgd"
lr = 0.05
momentum = 0.9

[config.train]
epochs = 2
batch_size = 128

[[trials]]
label = "wide"
set = { "model.name" = "mlp", "model.hidden" = [65536, WIDTH] }

[[trials]]
label = "narrow"
set = { "model.name" = "mlp", "model.hidden" = [16] }
"""
MIB = 2**20
LIMITS = [
    pytest.param(2048, id="the weights"),  # 528 MiB
    pytest.param(500, id="the first step"),  # 141 MiB of weights, as much of gradients, and of momentum
]


@pytest.fixture
def environment(own_config_folder: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    folder = own_config_folder / "termlab" / "presets"
    folder.mkdir(parents=True)
    (folder / "wide.toml").write_text(PRESET.replace("WIDTH", str(request.param)))
    return {"XDG_CONFIG_HOME": str(own_config_folder)}


@pytest.mark.parametrize("environment", LIMITS, indirect=True)
def test_the_trial_fails_with_advice_and_the_next_one_is_trained(environment: dict[str, str], shell: Shell) -> None:
    before = f"leave_memory({400 * MIB}); hold('engine.runner', '_begin', call=2, block=require_no_network)"
    program = shell.start("run", "wide", before=before, environment=environment)
    assert program.wait() == 1, program.err
    assert shell.statuses() == [("wide", 0, "failed"), ("narrow", 0, "done")], program.err
    failed = RunStore(shell.results).summaries()[-1]
    assert failed.reason.startswith("out of memory: ")
    assert "A smaller train.batch_size needs less" in failed.reason
    assert "out of memory" in program.err
    assert "Traceback" not in program.err


@pytest.mark.parametrize("environment", LIMITS[1:], indirect=True)
def test_the_sweep_ends_there_if_asked_to(environment: dict[str, str], shell: Shell) -> None:
    before = f"leave_memory({400 * MIB})"
    program = shell.start("run", "wide", "--on-error", "stop", before=before, environment=environment)
    assert program.wait() == 1, program.err
    assert shell.statuses() == [("wide", 0, "failed")]
