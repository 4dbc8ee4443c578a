"""What a network that colors has learned to see (chapter 11)."""
