"""`termlab run-exp`: one run of the architecture experiments under the flags of their old command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.run import join_changes, show_plan
from tui.headless import Progress, train_and_print
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.trial import Trial
    from tui.workspace import Workspace

COMMAND = "run-exp"
"""Name of the command, and the preset that its runs say they are of."""

_KEY_OF = {
    "--model-type": "model.name",
    "--filters-per-layer": "model.filters",
    "--layers-per-block": "model.layers_per_filter",
    "--pool-every": "model.pool_every",
    "--hidden-dims": "model.hidden",
    "--batches": "train.batches_per_epoch",
    "--epochs": "train.epochs",
    "--early-stopping": "train.early_stopping_epochs",
    "--lr": "optim.lr",
    "--reg": "optim.weight_decay",
    "--bs-train": "train.batch_size",
    "--bs-test": "data.test_limit",
    "--seed": "seed",
    "--device": "device",
}
_BATCHES, _TEST_BATCH_SIZE = 100, 12
_DEFAULTS = {
    "data.name": "cifar10",
    "data.test_limit": _BATCHES * _TEST_BATCH_SIZE,
    "model.pool_every": 2,
    "model.hidden": (100,),
    "optim.name": "adam",
    "optim.lr": 1e-3,
    "optim.weight_decay": 1e-3,
    "train.epochs": 100,
    "train.batch_size": 50,
    "train.batches_per_epoch": _BATCHES,
    "train.early_stopping_epochs": 3,
}
"""What a run has where neither an option nor KEY=VALUE says otherwise.

Source: experiments of CS236781 homework 2. It leaves the optimiser open; Adam is what its code uses at this rate.
"""


_FAMILIES = {"cnn": "cnn", "resnet": "resnet", "ycn": "your_cnn", "your_cnn": "your_cnn", "yourcnn": "your_cnn"}
"""Family by what `-M` may say: its own name, that of the old command line, that of its class; case does not count."""
_LISTS = ("-K", "--filters-per-layer", "-H", "--hidden-dims")
_GLUED = re.compile(r"(-[KH])(\d+)")


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(COMMAND)(run_exp)


def spread_values(arguments: Sequence[str]) -> list[str]:
    """Repeat a flag for each of its values, as Typer reads lists: `-K 32 64` becomes `-K 32 -K 64`.

    Only for `run-exp`; what follows `--` is left alone.
    """
    if COMMAND not in arguments:
        return list(arguments)
    start = arguments.index(COMMAND) + 1
    spread, remaining = list(arguments[:start]), list(arguments[start:])
    flag = ""
    while remaining:
        argument = remaining.pop(0)
        name, equals, value = argument.partition("=")
        glued = _GLUED.fullmatch(argument)
        if argument == "--":
            return [*spread, argument, *remaining]
        if argument in _LISTS and remaining:
            flag = argument
            spread += [flag, remaining.pop(0)]
        elif glued or (equals and name in _LISTS):
            flag, first = glued.groups() if glued else (name, value)
            spread += [flag, first]
        elif flag and argument.isdecimal():
            spread += [flag, argument]
        else:
            flag = ""
            spread.append(argument)
    return spread


def run_exp(
    context: typer.Context,
    name: Annotated[str, typer.Option("--run-name", "-n", metavar="NAME", help="What the run is called.")],
    filters: Annotated[
        list[int], typer.Option("--filters-per-layer", "-K", metavar="K...", help="Filters of each group: -K 32 64.")
    ],
    layers: Annotated[
        int, typer.Option("--layers-per-block", "-L", metavar="L", help="Convolutions in each group of filters.")
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Settings without a flag here, such as data.name=folder:PATH."),
    ] = None,
    pool_every: Annotated[
        int | None, typer.Option("--pool-every", "-P", metavar="P", help="Convolutions before each pool. [default: 2]")
    ] = None,
    hidden: Annotated[
        list[int] | None,
        typer.Option("--hidden-dims", "-H", metavar="H...", help="Units of the hidden linear layers. [default: 100]"),
    ] = None,
    model_type: Annotated[
        str | None,
        typer.Option(
            "--model-type", "-M", metavar="NAME", help="Family of models: cnn, resnet or your_cnn (ycn). [default: cnn]"
        ),
    ] = None,
    batches: Annotated[
        int | None, typer.Option(help="Batches an epoch, of training and of test. [default: 100]")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="At most this many epochs. [default: 100]")] = None,
    early_stopping: Annotated[
        int | None, typer.Option(help="Stop after this many epochs without a lower test loss. [default: 3]")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate. [default: 0.001]")] = None,
    reg: Annotated[float | None, typer.Option(help="L2 coefficient. [default: 0.001]")] = None,
    bs_train: Annotated[int | None, typer.Option(help="Examples of a training batch. [default: 50]")] = None,
    bs_test: Annotated[
        int | None, typer.Option(help="Examples of a test batch: the test set is BATCHES times as many. [default: 12]")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", "-s", help="Seed. [default: 0]")] = None,
    device: Annotated[
        str | None, typer.Option("--device", "-d", metavar="NAME", help="auto, cpu, cuda or cuda:N.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and train nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as a JSON object.")] = False,
    progress: Annotated[Progress, typer.Option(help="How progress is told on stderr.")] = Progress.AUTO,
) -> None:
    """Train one network of the architecture experiments, CIFAR-10 by default: channels are each K, L times.

    termlab run-exp -n exp1_1 -K 32 64 -L 2 -P 2 -H 100. The run is called exp1_1_L2_K32-64.
    """
    from engine.overrides import parse_assignments
    from engine.remainder import Work
    from engine.store import RunStore

    options = {
        # An unknown one is left as it is, to be refused with whatever else is wrong.
        "--model-type": None if model_type is None else _FAMILIES.get(model_type.casefold(), model_type),
        "--filters-per-layer": filters,
        "--layers-per-block": layers,
        "--pool-every": pool_every,
        "--hidden-dims": hidden,
        "--batches": batches,
        "--epochs": epochs,
        "--early-stopping": early_stopping,
        "--lr": lr,
        "--reg": reg,
        "--bs-train": bs_train,
        "--bs-test": None if bs_test is None else bs_test * (batches or _BATCHES),
        "--seed": seed,
        "--device": device,
    }
    changes = join_changes(parse_assignments(overrides or ()), options, _KEY_OF)
    if batches:
        changes.setdefault("data.test_limit", str(batches * _TEST_BATCH_SIZE))
    trials = [_trial(name, f"_L{layers}_K{'-'.join(map(str, filters))}", changes, model_type)]
    workspace: Workspace = context.obj
    store = RunStore(workspace.results)
    raise typer.Exit(
        show_plan(trials, workspace, TableFormat.JSON if as_json else TableFormat.TABLE)
        if dry_run
        else train_and_print(Work(tuple(trials)), store, workspace, as_json=as_json, progress=progress)
    )


def _trial(name: str, shape: str, changes: dict[str, str], model_type: str | None) -> Trial:
    """Return the run that is asked for, called by its name and `shape`; no preset has to exist for it.

    Raises: ConfigError with every fault at once.
    """
    from engine.config import RunConfig
    from engine.errors import ConfigError
    from engine.model_config import CNNConfig
    from engine.overrides import apply_overrides
    from engine.trial import Trial

    problems, hint = _faults_of_name(name), ""
    if model_type is not None and model_type.casefold() not in _FAMILIES:
        problems.append(_unknown_family(model_type))
        changes = {key: value for key, value in changes.items() if key != "model.name"}
    config = RunConfig(model=CNNConfig(name="cnn"))
    try:
        config = apply_overrides(config, {**_DEFAULTS, **changes})
    except ConfigError as error:
        problems += error.problems
        hint = error.hint
    if problems:
        raise ConfigError(problems, hint)
    return Trial(preset=COMMAND, label=f"{name}{shape}", config=config)


def _faults_of_name(name: str) -> list[str]:
    if not name.strip():
        return ["--run-name is empty; the run needs a name, such as -n exp1_1"]
    if not name.isprintable():  # a byte that is not UTF-8 arrives as a lone surrogate, which no file can hold
        return [f"--run-name: {name!a} holds characters that cannot be shown or saved"]
    return []


def _unknown_family(model_type: str) -> str:
    from engine.errors import suggest

    nearest = suggest(model_type.casefold(), _FAMILIES)
    return f'--model-type: "{model_type}" is not a known family. Known: cnn, resnet, your_cnn (or ycn).{nearest}'
