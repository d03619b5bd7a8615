"""Fine-tuning on given rows: what models that align themselves are compared with."""
