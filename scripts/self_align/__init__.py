"""SELF-ALIGN (Dromedary, arXiv 2305.03047): topics, questions, answers under principles, engraving, verbose cloning."""
