"""Programs that train, measure and write `results/`. They import colorlib; nothing imports them."""
