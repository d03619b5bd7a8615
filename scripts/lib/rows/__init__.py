"""Rows in and out, and what is decided about them: files, verdicts, counts, novelty, few-shot choice."""
