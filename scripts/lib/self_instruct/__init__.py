"""New instructions from few-shot prompts (Self-Instruct): prompts, parsing, rules."""
