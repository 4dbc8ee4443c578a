"""The paper's table: how each row is trained, measured and reported (chapter 07)."""
