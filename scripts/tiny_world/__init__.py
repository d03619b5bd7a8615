"""A small world of text tasks with checkable answers, and the base model that is pretrained on it."""
