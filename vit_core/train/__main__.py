"""`python -m vit_core.train`."""

import sys

from vit_core.train.command import main

sys.exit(main())
