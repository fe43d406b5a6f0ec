"""The settings of a run as TensorBoard's HPARAMS tab takes them; the seeds of a recipe are one group there."""

from __future__ import annotations

from typing import Any

from engine.columns import flat_settings, value_text
from engine.export.run_columns import writable
from engine.summary import MOST_COUNTED, RunSummary


def hparams_summary(summary: RunSummary) -> Any:
    """Return the message that begins a session of the HPARAMS tab."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    start = SessionStartInfo(group_name=summary.fingerprint, start_time_secs=summary.created)
    values = {"preset": summary.preset, "trial": summary.label, **flat_settings(summary.config)}
    for name, value in values.items():
        if value is None:  # beside numbers a word for it would make all of them words
            continue
        entry = start.hparams[writable(name)]
        if isinstance(value, bool):
            entry.bool_value = value
        elif isinstance(value, float) or (isinstance(value, int) and abs(value) <= MOST_COUNTED):
            entry.number_value = value
        else:
            entry.string_value = writable(value_text(value))
    described = metadata.create_summary_metadata(HParamsPluginData(session_start_info=start))
    tag = metadata.SESSION_START_INFO_TAG
    return Summary(value=[Summary.Value(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)])
