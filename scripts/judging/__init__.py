"""Judged quality: a model compares answers with reference answers, or scores them, of any recipe's models."""
