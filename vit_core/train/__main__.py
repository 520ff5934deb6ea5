"""`python -m vit_core.train`."""

from vit_core.train.command import main

main()
