// Hints as text: a line for each, a color and its points, as colorlib.classic.scribbles.parse has it.

import { Problem } from "./problem.js";

const LINE = /^#[0-9a-f]{6}(\s+\d+(\.\d+)?,\d+(\.\d+)?)+$/i;
const MOST = 1000; // lines

// Text to hints, [{ color: "#rrggbb", points: [[x, y], ...] }], in pixels of a photo of that size.
export function parse(text, { width, height }) {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  if (lines.length > MOST) throw new Problem("strokes");
  const hints = lines.flatMap((line, i) => {
    if (!line.trim()) return [];
    if (!LINE.test(line.trim())) throw new Problem("stroke", { detail: i + 1 });
    const [color, ...points] = line.trim().split(/\s+/);
    return [{ color: color.toLowerCase(), points: points.map((point) => point.split(",").map(Number)) }];
  });
  if (!hints.length) throw new Problem("strokes");
  if (hints.some(({ points }) => points.some(([x, y]) => x >= width || y >= height))) {
    throw new Problem("outside");
  }
  return hints;
}

export function textOf(hints) {
  return hints.map(({ color, points }) => `${color} ${points.join(" ")}\n`).join("");
}

export function bytesOf(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}
