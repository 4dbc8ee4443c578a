"""Color before neural networks: by example, and by scribbles (chapter 09)."""
