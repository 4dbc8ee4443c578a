"""Claims about the rows of the table, and whether they hold (chapters 07 and 10)."""

from dataclasses import dataclass

from .sums import Evaluation


@dataclass(frozen=True)
class Claim:
    """That a figure of one row is above that of another, or below it.

    Attributes
    ----------
    text : the claim in words.
    of, less : names of the two rows; the difference is `of` minus `less`.
    figure : the column of the table, see `sums.Evaluation.figures`.
    above : True if the claim is that the difference is above 0, False if below.
    """

    text: str
    of: str
    less: str
    figure: str
    above: bool = True


CLAIMS = (
    Claim("full beats gray on rebalanced AuC", "full", "gray", "auc_rebalanced"),
    Claim("classification beats L2 on rebalanced AuC", "classification", "l2", "auc_rebalanced"),
    Claim("full is below classification on plain AuC", "full", "classification", "auc", False),
    Claim("full beats classification on rebalanced AuC", "full", "classification",
          "auc_rebalanced"),
    Claim("full is more colorful than classification", "full", "classification", "colorfulness"),
    Claim("L2 is less colorful than the truth", "l2", "truth", "colorfulness", above=False),
    Claim("L2 is less colorful than classification", "l2", "classification", "colorfulness", False),
    Claim("fine-tuned L2 beats L2 on rebalanced AuC", "l2_finetuned", "l2", "auc_rebalanced"),
    Claim("without color the classifier is wrong more often", "gray", "truth", "top1", False),
    Claim("with full's colors it is right more often than with gray", "full", "gray", "top1"),
    Claim("PSNR, a mean of decibels, puts gray above full", "gray", "full", "psnr"),
    Claim("PSNR, squares pooled, puts gray above full", "gray", "full", "psnr_pooled"),
    # The paper's own recipe; written down before its training was done.
    Claim("lambda 1/2 throughout is more colorful than full", "lambda_half", "full",
          "colorfulness"),
    Claim("lambda 1/2 throughout is below full on plain AuC", "lambda_half", "full", "auc",
          above=False),
    Claim("lambda 1/2 throughout beats gray on rebalanced AuC", "lambda_half", "gray",
          "auc_rebalanced"),
    # Of chapter 10; written down before its networks were trained by this recipe.
    Claim("Larsson beats gray on rebalanced AuC", "larsson", "gray", "auc_rebalanced"),
    Claim("Larsson beats L2 on rebalanced AuC", "larsson", "l2", "auc_rebalanced"),
    Claim("Larsson is below full on rebalanced AuC", "larsson", "full", "auc_rebalanced",
          above=False),
    Claim("Dahl is less colorful than full", "dahl", "full", "colorfulness", above=False),
    Claim("Dahl beats transfer on AuC", "dahl", "transfer", "auc"),
    Claim("Iizuka beats L2 on AuC", "iizuka", "l2", "auc"),
    Claim("transfer beats the autoencoder on rebalanced AuC", "transfer", "autoencoder",
          "auc_rebalanced"),
    Claim("the autoencoder is below L2 on AuC", "autoencoder", "l2", "auc", above=False),
    Claim("Cheng beats gray on rebalanced AuC", "cheng", "gray", "auc_rebalanced"),
    # Beside an L2 that is as narrow; written down before that one was trained.
    Claim("the narrow L2 is below L2 on AuC", "l2_narrow", "l2", "auc", above=False),
    Claim("Larsson beats the narrow L2 on rebalanced AuC", "larsson", "l2_narrow",
          "auc_rebalanced"),
    Claim("Iizuka beats the narrow L2 on AuC", "iizuka", "l2_narrow", "auc"),
    Claim("Dahl beats the narrow L2 on AuC", "dahl", "l2_narrow", "auc"),
    Claim("the autoencoder is below the narrow L2 on AuC", "autoencoder", "l2_narrow", "auc",
          above=False),
)


def check(claim: Claim, evaluations: dict[str, Evaluation]) -> dict:
    """The difference that a claim is about, its interval, and whether the claim holds.

    A claim holds if the whole interval of the difference is on the claimed side of 0, fails if
    all of it is on the other side, and is open otherwise.

    Notes
    -----
    It holds for these weights: the interval is over photographs alone. What other seeds say is in
    ``results/seeds.json``. The kind of interval is that of `sums.INTERVAL_KINDS`. Nothing is
    corrected for the number of claims, which is `len(CLAIMS)`: of so many at 95%, without any true
    difference, one or two would still miss 0.
    """
    both = evaluations[claim.of].difference(evaluations[claim.less])
    low, high = both[f"{claim.figure}_interval"]
    sure = low > 0 or high < 0
    return {"claim": claim.text, "figure": claim.figure, "of": claim.of, "less": claim.less,
            "difference": both[claim.figure], "interval": [low, high],
            "says": ("holds" if (low > 0) == claim.above else "fails") if sure else "open"}
