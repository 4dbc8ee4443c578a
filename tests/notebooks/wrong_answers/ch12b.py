"""Wrong answers of chapter 12b that no checker names, and that it must catch all the same."""

import torch


def _caption(words="they are guesses", kind="black and white", known=True):
    def caption(record):
        checked = f"; known: {record['checked']}" if known else ""
        return (f"{record['what']}. {record['photographer']}, {kind}. Colors by {record['program']}"
                f", {record['year']}; {words}{checked}. {record['original']}")
    return caption


WRONG = {
    "in_order": ["DBECF", "BDECFA", "DBGECFA", "DBECFAA", "DGBECFA", "EDBCFA", "XYZ", ""],
    "typology": [lambda L, b: L.mean(), lambda L, b: torch.rad2deg(torch.atan(b.mean()))],
    "largest_share": [lambda n: 1 / n, lambda n: 0.05 / n,
                      lambda n: 1 - 0.95 * (1 / n), lambda n: 0.05 ** n],
    "caption": [_caption(), _caption(words="their colors are real"), _caption(kind="1870"),
                _caption(known=False), lambda record: record],
}
