"""Where coloring fails, and how that is measured (chapter 12)."""
