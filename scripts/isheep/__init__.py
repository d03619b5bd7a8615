"""I-SHEEP (arXiv 2408.08072): the model rates its own answers, and trains on those that it rates highly."""
