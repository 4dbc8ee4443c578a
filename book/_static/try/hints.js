// How the hints of a person spread over a picture, as colorlib.rivals.hints does it (chapter 10).

import { rgbToLab } from "./color.js";
import { bytesOf } from "./strokes.js";

const WIDTH = 1 / 80; // of the photo's long side: a stroke's width
const SIGMA = 5; // ab units: width of the distribution around a wanted color
const CERTAIN = 1 - 1e-4; // largest share of the hints in a place's mixture

// The cells of the network's answer that hints touch, each with the (a, b) wanted there: a Map.
export function onGrid(hints, size, grid) {
  const cell = [size.width / grid.width, size.height / grid.height];
  const radius = (Math.max(size.width, size.height) * WIDTH) / 2;
  const wanted = new Map();
  for (const { color, points } of hints) {
    const ab = rgbToLab(...bytesOf(color)).slice(1);
    for (const [x, y] of along(points, Math.min(...cell) / 4)) {
      for (let row = 0; row < grid.height; row++) {
        const down = beyond(y + 0.5 - row * cell[1], cell[1]);
        if (down >= radius) continue;
        for (let column = 0; column < grid.width; column++) {
          const across = beyond(x + 0.5 - column * cell[0], cell[0]);
          if (across * across + down * down < radius * radius) {
            wanted.set(row * grid.width + column, ab);
          }
        }
      }
    }
  }
  return wanted;
}

// Points at most `step` apart along a line through all of the given ones.
function* along(points, step) {
  for (let i = 1; i < points.length; i++) {
    const [[x, y], [toX, toY]] = [points[i - 1], points[i]];
    const count = Math.ceil(Math.hypot(toX - x, toY - y) / step);
    for (let j = 0; j < count; j++) yield [x + ((toX - x) * j) / count, y + ((toY - y) * j) / count];
  }
  yield points[points.length - 1];
}

// How far a point lies outside [0, side], from its offset to 0.
function beyond(offset, side) {
  return Math.max(-offset, offset - side, 0);
}

// Which hints each cell takes its color from: their mean ab, and their share in its mixture.
export function attend({ keys, alone }, { width, height }, wanted, near) {
  const cells = width * height;
  const depth = keys.length / cells;
  const hints = [...wanted].map(([cell, [a, b]]) => ({
    a, b, x: cell % width, y: Math.floor(cell / width),
    key: Float32Array.from({ length: depth }, (_, k) => keys[k * cells + cell]),
  }));
  const found = ["a", "b", "listens"].map(() => new Float32Array(cells));
  const own = new Float32Array(depth);
  const scores = new Float64Array(hints.length);
  for (let cell = 0; cell < cells; cell++) {
    for (let k = 0; k < depth; k++) own[k] = keys[k * cells + cell];
    let top = alone[cell];
    hints.forEach(({ key, x, y }, i) => {
      let unlike = 0;
      for (let k = 0; k < depth; k++) unlike += (own[k] - key[k]) ** 2;
      const far = (x - (cell % width)) ** 2 + (y - Math.floor(cell / width)) ** 2;
      scores[i] = -unlike - near * far;
      top = Math.max(top, scores[i]);
    });
    let [a, b, sum] = [0, 0, 0];
    for (let i = 0; i < hints.length; i++) {
      const share = Math.exp(scores[i] - top);
      a += share * hints[i].a;
      b += share * hints[i].b;
      sum += share;
    }
    const all = sum + Math.exp(alone[cell] - top);
    const listens = sum / all;
    const scale = 1 / all / Math.max(listens, 1 - CERTAIN);
    [a * scale, b * scale, listens].forEach((value, i) => { found[i][cell] = value; });
  }
  return { a: found[0], b: found[1], listens: found[2] };
}

// Log-probabilities of the bins: of the network's own distribution and one around what is wanted.
export function mix(logits, bins, { a, b, listens }) {
  const cells = listens.length;
  const sums = [new Float64Array(cells), new Float64Array(cells)];
  const asked = new Float32Array(logits.length);
  const mixed = new Float32Array(logits.length);
  const top = logits.slice(0, cells);
  for (let i = cells; i < logits.length; i++) top[i % cells] = Math.max(top[i % cells], logits[i]);
  bins.forEach(([binA, binB], q) => {
    for (let cell = 0, i = q * cells; cell < cells; cell++, i++) {
      mixed[i] = Math.exp(logits[i] - top[cell]);
      sums[0][cell] += mixed[i];
      asked[i] = Math.exp(-((a[cell] - binA) ** 2 + (b[cell] - binB) ** 2) / (2 * SIGMA ** 2));
      sums[1][cell] += asked[i];
    }
  });
  for (let cell = 0; cell < cells; cell++) {
    sums[0][cell] = (1 - Math.min(listens[cell], CERTAIN)) / sums[0][cell];
    sums[1][cell] = Math.max(listens[cell], 1 - CERTAIN) / sums[1][cell];
  }
  for (let q = 0, i = 0; q < bins.length; q++) {
    for (let cell = 0; cell < cells; cell++, i++) {
      mixed[i] = Math.log(mixed[i] * sums[0][cell] + asked[i] * sums[1][cell] + 1e-38);
    }
  }
  return mixed;
}
