"""Models as folders: manifests, loading and what a loaded one must be, chat format, prompts, merging, embedding."""
