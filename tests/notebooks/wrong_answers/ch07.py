"""Wrong answers of chapter 07 that no checker names, and that it must catch all the same."""

WRONG = {
    "area": [lambda error: error.mean() / 150, lambda error: 1 - error.median() / 150],
    "rebalanced": [lambda score, bins, prior: (score * (1 - prior[bins])).mean(),
                   lambda score, bins, prior: score[bins > 0].mean()],
    "psnr": [lambda a, b: (a - b).square().mean(),
             lambda a, b: 10 * ((a.max() - b.max()).abs() + 1).log10()],
    "interval": [lambda score, pixels, picks: ((score / pixels).min(), (score / pixels).max()),
                 lambda score, pixels, picks: score.sum() / pixels.sum()],
}
