"""Wrong answers of chapter 07 that no checker names, and that it must catch all the same."""

WRONG = {
    "area": [lambda error: error.mean() / 150, lambda error: 1 - error.median() / 150],
    "rebalanced": [lambda score, bins, prior: (score * (1 - prior[bins])).mean(),
                   lambda score, bins, prior: score[bins > 0].mean()],
    "reading": [lambda: (0.58, 37), lambda: (0.47, 43), lambda: (0.47, 33), lambda: 0.47],
    "interval": [lambda score, pixels, picks: ((score / pixels).min(), (score / pixels).max()),
                 lambda score, pixels, picks: score.sum() / pixels.sum()],
}
