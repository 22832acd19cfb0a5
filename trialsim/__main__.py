"""`python -m trialsim`: the same as the command `trialsim`."""

import sys

from trialsim.cli import main

sys.exit(main())
