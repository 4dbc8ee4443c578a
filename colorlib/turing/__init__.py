"""The Turing test: pairs, sessions, statistics, and a machine that takes it (chapter 08)."""
