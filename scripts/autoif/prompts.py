"""What AutoIF's prompt templates leave open."""

INSTRUCTIONS_SLOTS, INSTRUCTIONS_OPTIONAL = ("examples",), ("wanted",)
VERIFIERS_SLOTS = ("instruction",)
BACK_TRANSLATION_SLOTS = ("function",)
CONSISTENCY_SLOTS = ("instruction", "back_translation")
ANSWERING_SLOTS = ("query", "constraint")
SCORING_SLOTS = ("query", "constraint", "response")
