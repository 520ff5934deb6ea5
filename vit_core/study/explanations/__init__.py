"""Where an answer comes from: ways by fixed gates and by masks, a list of all with those of `gradients`, and their tests."""
