"""Training: rows to tokens, their order, checkpoints, and the trainers."""
