"""Containers of weights, each read strictly: what is in a file is known and checked before a weight is read."""
