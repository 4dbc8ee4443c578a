"""The Turing test: its pictures, its answers, its statistics, and a network that takes it."""
