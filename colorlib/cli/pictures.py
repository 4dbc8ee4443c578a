"""Pictures that the command line puts together."""

ROWS = 256  # of a picture that are worked on at a time


def side_by_side(photo, colorized, repaired: bool = False):
    """Gray, colorized and the photo as it came, in one picture.

    `repaired`: the photo was repaired first, so gray is what the colors were given to.
    """
    from PIL import Image

    from ..images import to_rgb8

    original = to_rgb8(photo)
    width, height = original.size
    row = Image.new(original.mode, (3 * width, height))
    for top in range(0, height, ROWS):  # in strips: large photos need no further copies
        window = (0, top, width, min(top + ROWS, height))
        strip = original.crop(window)
        gray = without_color(colorized.crop(window)) if repaired else strip.convert(
            "LA" if strip.mode == "RGBA" else "L")
        for i, picture in enumerate((gray, colorized.crop(window), strip)):
            row.paste(picture.convert(row.mode), (i * width, top))
    return row


def without_color(picture):
    """A Pillow picture of the same L, in gray."""
    import torch

    from ..color import lightness_of, painted
    from ..io.pixels import Pixels, filled

    pixels = Pixels(picture)
    lightness = lightness_of(pixels)
    return filled(painted(lightness, torch.zeros(2, 1, 1)), lightness, pixels.alpha, picture)


def contact_sheet(rows, columns: int = 3, size: tuple[int, int] = (480, 120)):
    """Pictures in a grid, each made to fit its place."""
    from PIL import Image, ImageOps

    height = size[1] * -(-len(rows) // columns)
    sheet = Image.new("RGB", (size[0] * columns, height), "white")
    for i, row in enumerate(rows):
        place = (i % columns * size[0], i // columns * size[1])
        sheet.paste(ImageOps.pad(row.convert("RGB"), size, color="white"), place)
    return sheet
