"""The same numbers several times as fast. Nothing here imports the rest of colorlib."""
