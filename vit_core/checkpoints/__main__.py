"""`python -m vit_core.checkpoints PATH` says what a file or folder of weights is; `… fetch NAME` downloads published ones."""

import sys

from vit_core.checkpoints.command import main

sys.exit(main())
