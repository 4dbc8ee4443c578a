// The distribution behind a pixel, over the ab plane: each bin a square, the likelier the larger.

import { cssOf } from "./color.js";

const SVG = "http://www.w3.org/2000/svg";
const BIN = 10; // side of a bin in ab units
const REACH = 124; // half the plane's side, with a margin

// Ways to mark a color, told apart by form: drawn around (0, 0), also in the table beside.
const MARKS = {
  annealed: "M-6-6 6 6M-6 6 6-6",
  mean: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0",
  mode: "M-6.5-6.5h13v13h-13z",
  photo: "M0-7.5 7.5 0 0 7.5-7.5 0z",
};

export class Plane {
  // `onPick` is told the (a, b) that someone touches; `table` says in numbers where the marks are.
  constructor(svg, { table, onPick, marks = Object.keys(MARKS) }) {
    this.table = table;
    svg.addEventListener("click", ({ clientX, clientY }) => {
      const { left, top, width, height } = svg.getBoundingClientRect();
      onPick?.(((2 * (clientX - left)) / width - 1) * REACH, (1 - (2 * (clientY - top)) / height) * REACH);
    });
    svg.setAttribute("viewBox", `${-REACH} ${-REACH} ${2 * REACH} ${2 * REACH}`);
    add(svg, "rect", { x: -REACH, y: -REACH, width: 2 * REACH, height: 2 * REACH, class: "ground" });
    add(svg, "path", { d: `M${-REACH} 0H${REACH}M0 ${-REACH}V${REACH}`, class: "axis" });
    add(svg, "text", { x: REACH - 4, y: -5, "text-anchor": "end" }).textContent = "a →";
    add(svg, "text", { x: 5, y: 14 - REACH }).textContent = "b ↑";
    this.bins = add(svg, "g");
    this.curve = marked(svg, "");
    this.marks = Object.fromEntries(marks.map((name) => [name, marked(svg, MARKS[name])]));
    for (const row of table?.querySelectorAll("[data-mark]") ?? []) {
      const icon = document.createElementNS(SVG, "svg");
      icon.setAttribute("viewBox", "-9 -9 18 18");
      icon.setAttribute("aria-hidden", "true");
      add(icon, "path", { d: MARKS[row.dataset.mark] });
      row.querySelector("th").prepend(icon);
    }
  }

  // `found` is the worker's answer to "probe".
  show({ bins, shares, lab: [L, ...own], ...colors }) {
    const largest = Math.max(...shares);
    while (this.bins.childElementCount < 2 * bins.length) {
      add(this.bins, "rect", { class: "cell" });
      add(this.bins, "rect");
    }
    bins.forEach(([a, b], q) => {
      const [cell, square] = [this.bins.children[2 * q], this.bins.children[2 * q + 1]];
      place(cell, a, b, BIN);
      place(square, a, b, BIN * Math.sqrt(shares[q] / largest));
      square.setAttribute("fill", cssOf(L, a, b));
    });
    for (const [name, mark] of Object.entries(this.marks)) {
      const [a, b] = name === "photo" ? own : colors[name];
      mark.setAttribute("transform", `translate(${a} ${-b})`);
      if (!this.table) continue;
      const row = this.table.querySelector(`[data-mark=${name}]`);
      row.querySelector(".swatch").style.background = cssOf(L, a, b);
      row.querySelector(".a").textContent = signed(a);
      row.querySelector(".b").textContent = signed(b);
    }
  }

  // A line through these (a, b).
  trace(points) {
    const d = `M${points.map(([a, b]) => `${a.toFixed(1)} ${(-b).toFixed(1)}`).join("L")}`;
    for (const path of this.curve.children) path.setAttribute("d", d);
  }
}

// A path in white, with a dark rim.
function marked(svg, d) {
  const mark = add(svg, "g", { class: "mark" });
  add(mark, "path", { d, class: "halo" });
  add(mark, "path", { d });
  return mark;
}

function place(square, a, b, side) {
  square.setAttribute("x", a - side / 2);
  square.setAttribute("y", -b - side / 2);
  square.setAttribute("width", side);
  square.setAttribute("height", side);
}

export function signed(value) {
  return value.toFixed(0).replace("-", "−").replace(/^−0$/, "0");
}

export function nameOf([a, b]) {
  return `a ${signed(a)}, b ${signed(b)}`;
}

export function percent(share) {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function swatch(L, ab) {
  const patch = document.createElement("span");
  patch.className = "swatch";
  patch.style.background = cssOf(L, ...ab);
  return patch;
}

export function add(parent, name, attributes = {}) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return parent.appendChild(node);
}
