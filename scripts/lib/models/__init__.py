"""Models as folders: manifests, loading, chat format, prompts, merging, embedding."""
