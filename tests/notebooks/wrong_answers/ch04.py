"""Wrong answers of chapter 04 that no checker names, and that it must catch all the same."""

WRONG = {
    "convolve": [lambda image, kernel: image, lambda image, kernel: (image.sum() * kernel).sum()],
    "cost": [lambda fan_in, fan_out, kernel, height, width: fan_in * fan_out * kernel**2,
             lambda *sizes: (0, 0)],
    "receptive_field": [lambda layers: 2 * len(layers) + 1,
                        lambda layers: sum(kernel for kernel, _, _ in layers)],
    "faults": [lambda: (5, 2, 4), lambda: 5, lambda: (3, 2, 5)],
}
