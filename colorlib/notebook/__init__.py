"""What only a notebook shows: figures, sliders, quizzes, the checkers of exercises."""
