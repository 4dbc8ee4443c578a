"""Other networks that color photographs, one file each (chapter 10)."""
