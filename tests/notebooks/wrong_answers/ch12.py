"""Wrong answers of chapter 12 that no checker names, and that it must catch all the same."""

WRONG = {
    "entropy_map": [lambda logits: logits.softmax(0).amax(0),
                    # 0 log 0 where a bin has no probability left
                    lambda logits: -((p := (4 * logits).softmax(0)) * p.log2()).sum(0),
                    lambda logits: 2 ** -(logits.softmax(0) * logits.log_softmax(0)).sum(0)],
    "ece": [lambda confidence, right: 1 - right.float().mean(),
            lambda confidence, right: (right.float().mean() - confidence.mean()).abs() * 2],
    "bleed": [lambda ab, inside, distance: ab[:, ~inside].std(),
              lambda ab, inside, distance: (distance <= 6).float().mean()],
    "temperatures": [(1, 1, 1), (0.38, 2.5), (0.38, 2.5, 2.5), 0.38],
}
