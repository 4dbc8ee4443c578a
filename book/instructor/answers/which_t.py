"""Which T is best? The code of model answer C, as it was handed in but for its layout."""

from colorlib import AbGamut, Colorizer
from colorlib.color import rgb_to_lab
from colorlib.images import as_rgb, sample, samples
from colorlib.metrics import ab_error, auc
from colorlib.rebalancing import course_prior


def main(temperatures=(0.1, 0.2, 0.38, 0.6, 0.8, 1)):
    colorizer = Colorizer.from_pretrained("course")
    prior, gamut = course_prior(), AbGamut()
    best, best_T = 0, None
    for T in temperatures:
        plain, rebalanced = [], []
        for name in samples():
            photo = as_rgb(sample(name))
            lab = rgb_to_lab(photo)
            error = ab_error(rgb_to_lab(colorizer(photo, T=T)), lab)
            p = prior[gamut.nearest(lab[1:])]
            plain.append(100 * auc(error))
            rebalanced.append(100 * auc(error, 1 / p.clamp(min=1e-9)))
        score = sum(rebalanced) / len(rebalanced)
        print(f"T = {T:4}: AuC {sum(plain) / len(plain):.2f}, rebalanced AuC {score:.2f}")
        if score > best:
            best, best_T = score, T
    print(f"best T: {best_T}")
    return best_T


def picture(best_T, path):
    from PIL import Image

    china = sample("china")
    both = Image.new("RGB", (2 * china.width, china.height))
    both.paste(colorizer_at(china, 0.1), (0, 0))
    both.paste(colorizer_at(china, best_T), (china.width, 0))
    both.save(path, quality=85)


def colorizer_at(photo, T):
    return Colorizer.from_pretrained("course")(photo, T=T)


if __name__ == "__main__":
    picture(main(), "which_t.jpg")
