"""Wrong answers of chapter 08 that no checker names, and that it must catch all the same."""

WRONG = {
    "labeled_real": [lambda practice, catch, fooled: fooled[practice].float().mean(),
                      lambda practice, catch, fooled: fooled[catch].float().mean()],
    "passes": [lambda p, trials, allowed: 1 - p ** (trials - allowed),
               lambda p, trials, allowed: (1 - p) ** trials],
    "interval": [lambda rates, picks: rates.mean() + 1.96 * rates.std() * (rates[:2] * 0 + 1),
                 lambda rates, picks: rates[picks].mean(1)[:2]],
    "order": [lambda: "AEBCD", lambda: "ABCD", lambda: 5, lambda: "EADCB", lambda: ["A"] * 5],
    "power": [lambda low, high: ((high - low) < 0.1).float().mean(),
              lambda low, high: (high < 0).float().mean()],
}
