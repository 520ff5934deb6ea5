"""What the pages share: the shell around them, the selection, caches, browser components and figures."""
