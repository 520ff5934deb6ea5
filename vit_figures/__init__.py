"""Charts with axes as Plotly figures: arrays and words in, a `go.Figure` out. For the app, for notebooks and for scripts alike.

One look for all (`vit_figures.look`): the app's colours in light and dark, axes with units, and one manner of telling what a point is.
"""
