"""Wrong answers of chapter 04b that no checker names, and that it must catch all the same."""

WRONG = {
    "dense_loss": [lambda logits, target: (logits.softmax(1) - target).square().sum(1),
                   lambda logits, target: target.sum(1),
                   lambda logits, target: -(target * logits).sum(1)],
    "sparse_loss": [lambda logits, indices, shares: logits.logsumexp(1),
                    lambda logits, indices, shares: logits.exp().sum(1)
                    - (shares * logits.gather(1, indices)).sum(1)],
    "pixel_weight": [lambda indices, shares, weights: weights[indices].mean(1),
                     lambda indices, shares, weights: weights[indices[:, 4]]],
    "found": [(1, 2, 3), (3, 4), 3, (5, 5, 5), lambda: "abc"],
}
