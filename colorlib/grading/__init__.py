"""For teachers: submitted notebooks in; grades, feedback and a picture of the class out."""
