"""Experiments on a model and its trace: what is taken away, changed, measured or compared, each through the forward's own edits."""
