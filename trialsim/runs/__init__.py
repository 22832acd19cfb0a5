"""The results store: chunks, manifests, atomic files, progress, documented columns."""
