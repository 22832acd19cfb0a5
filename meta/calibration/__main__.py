"""``python -m meta.calibration FOLDER COUNT [NAME ...]``: names by their beginning; default, all."""

import sys
from pathlib import Path

from meta.calibration.designs import DESIGNS
from meta.calibration.run import write_calibration

folder, count, *starts = sys.argv[1:]
names = [name for name in DESIGNS if not starts or name.startswith(tuple(starts))]
write_calibration(Path(folder), names, int(count))
