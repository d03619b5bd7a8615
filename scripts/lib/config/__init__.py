"""The configuration: its shared chapters, reading it, and what each artifact depends on."""
