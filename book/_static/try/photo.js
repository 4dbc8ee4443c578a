// A photograph in memory: decoded once, read and painted in strips, so that a large one fits.

import { lightnessOf, writeLab } from "./color.js";
import { prepared } from "./old_print.js";
import { Enlarger, Reducer } from "./resize.js";
import { straightened } from "./straighten.js";

const ROWS = 256; // of a strip
const PREVIEW = 800; // long side in pixels of what is shown: a slider redraws it in time
const STRIDE = 8; // the network's sides are multiples of it

export class Photo {
  // `before` is the same picture before it was repaired, by those `steps`.
  constructor(bitmap, before = bitmap, steps = []) {
    Object.assign(this, { bitmap, before, steps });
    const scale = Math.min(1, PREVIEW / Math.max(bitmap.width, bitmap.height));
    const [width, height] = sides(bitmap, (side) => Math.max(1, Math.round(side * scale)));
    this.preview = pixelsOf(bitmap, width, height);
    this.original = before === bitmap ? this.preview : pixelsOf(before, width, height);
    this.previewLightness = lightnessOf(this.preview.data);
  }

  // Another photo: this one straightened, cropped and repaired; see straighten.js and old_print.js.
  restored({ steps, ...wanted }, onProgress) {
    const { width, height, draw } = straightened(this.bitmap, wanted);
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    draw(context, this.bitmap);
    const before = canvas.transferToImageBitmap();
    if (!steps.length) return new Photo(before);
    const lightness = new Float32Array(width * height);
    for (const { strip, top } of strips(before)) lightness.set(lightnessOf(strip.data), top * width);
    prepared(lightness, width, height, steps, onProgress);
    for (const { strip, top } of strips(before)) {
      const from = top * width;
      for (let i = 0; i < strip.width * strip.height; i++) writeLab(lightness[from + i], 0, 0, strip.data, 4 * i);
      context.putImageData(strip, 0, top);
    }
    return new Photo(canvas.transferToImageBitmap(), before, steps);
  }

  // What the network is shown: L, reduced to `size` pixels on its long side.
  forNetwork(size) {
    const { bitmap } = this;
    const scale = size / Math.max(bitmap.width, bitmap.height);
    const toStride = (side) => Math.max(1, roundHalfEven((side * scale) / STRIDE)) * STRIDE;
    const [width, height] = sides(bitmap, toStride);
    const reducer = new Reducer(bitmap.width, bitmap.height, width, height);
    for (const { strip } of strips(bitmap)) {
      const lightness = lightnessOf(strip.data);
      for (let y = 0; y < strip.height; y++) {
        reducer.add(lightness.subarray(y * strip.width, (y + 1) * strip.width));
      }
    }
    return { lightness: reducer.result, width, height };
  }

  gray() {
    const { data, width, height } = this.preview;
    const gray = new ImageData(new Uint8ClampedArray(data), width, height);
    this.previewLightness.forEach((L, i) => writeLab(L, 0, 0, gray.data, 4 * i));
    return gray;
  }

  // The preview with its own L and the colors of `ab`: { a, b, width, height }, of any size.
  colored(ab) {
    const { data, width, height } = this.preview;
    const result = new ImageData(new Uint8ClampedArray(data), width, height);
    paint(result, this.previewLightness, enlarge(ab, width, height), 0);
    return result;
  }

  // The same at the photo's own size, as a file.
  async save(ab, type) {
    const { width, height } = this.bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    const maps = enlarge(ab, width, height);
    for (const { strip, top } of strips(this.bitmap)) {
      paint(strip, lightnessOf(strip.data), maps, top);
      context.putImageData(strip, 0, top);
    }
    return canvas.convertToBlob({ type, quality: 0.93 });
  }

  close() {
    this.bitmap.close();
    this.before.close();
  }
}

function enlarge({ a, b, width, height }, toWidth, toHeight) {
  return [a, b].map((map) => new Enlarger(map, width, height, toWidth, toHeight));
}

function paint(image, lightness, [mapA, mapB], top) {
  for (let y = 0, i = 0; y < image.height; y++) {
    const [a, b] = [mapA.row(top + y), mapB.row(top + y)];
    for (let x = 0; x < image.width; x++, i++) writeLab(lightness[i], a[x], b[x], image.data, 4 * i);
  }
}

function* strips(bitmap) {
  const { width, height } = bitmap;
  for (let top = 0; top < height; top += ROWS) {
    const rows = Math.min(ROWS, height - top);
    yield { top, strip: pixelsOf(bitmap, width, rows, 0, -top, width, height) };
  }
}

// Pixels of a canvas of that size, on which the bitmap was drawn; over all of it if not told.
function pixelsOf(bitmap, width, height, left = 0, top = 0, drawnWide = width, drawnHigh = height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, left, top, drawnWide, drawnHigh);
  return context.getImageData(0, 0, width, height);
}

function sides({ width, height }, change) {
  return [width, height].map(change);
}

// As Python rounds.
function roundHalfEven(value) {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}
