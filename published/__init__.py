"""What papers say about Vision Transformers, with its sources, and the guide that rests on it. Nothing here runs a model."""
