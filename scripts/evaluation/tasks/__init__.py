"""Tasks of our own in place of those of lm-eval that would run code unprotected, or fetch a program while scoring."""
