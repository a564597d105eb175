"""Writes the dumps and the manifest: `python tests/first_try/make`; README.md says what it needs."""

from __future__ import annotations

import arrays
import frames
import further
import habits
import layouts
import models
import public
import strangers
import systems
import traps
import traps_files
import traps_names
from corpus import DUMPS, write_manifest

if __name__ == "__main__":
    DUMPS.mkdir(exist_ok=True)
    for maker in (
        frames,
        models,
        arrays,
        systems,
        layouts,
        public,
        traps,
        traps_names,
        traps_files,
        strangers,
        further,
        habits,
    ):
        maker.make()
    write_manifest()
