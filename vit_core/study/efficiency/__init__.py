"""What makes a model cheaper or its answer surer, run and counted."""
