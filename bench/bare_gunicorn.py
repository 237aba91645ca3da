"""gunicorn's settings for the floor: those of leadflow, less the hooks that are about Django."""

import runpy
from pathlib import Path

_ours = runpy.run_path(str(Path(__file__).resolve().parents[1] / "gunicorn.conf.py"))
_plain = (str, int, float, bool)
globals().update(
    {name: value for name, value in _ours.items() if isinstance(value, _plain) and name[0] != "_"}
)
