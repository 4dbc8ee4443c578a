"""How fast colorlib is beside the plain way of doing the same: `make bench`.

One module a benchmark, each with ``run(tiny)``, which gives the rows of the table. `plain` holds
the plain way; `measure` times two ways in turns.
"""
