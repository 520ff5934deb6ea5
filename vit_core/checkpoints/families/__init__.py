"""One file a family of published names: how its weights become ours, and what its files leave open."""
