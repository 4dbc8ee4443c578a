// The reader's hints on the page: pins on the photo, colors to choose from, undo, a file of them.

import { cssOf } from "./color.js";
import { nameOf, percent, swatch } from "./plane.js";
import { bytesOf, parse, textOf } from "./strokes.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Hinting {
  // `onChange` is called after each change of `list`; `onTouch` when a pin is reached.
  constructor(root, stage, { onChange, onTouch }) {
    Object.assign(this, { stage, onChange, onTouch, list: [], past: [] });
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    [this.pins, this.choices, this.said, this.mixed] = ["pins", "choices", "hinted", "mixed"].map(part);
    [this.undoes, this.removes, this.clears, this.saves] = ["undo", "remove", "clear", "keep"].map(part);
    this.axes = ["a", "b"].map((axis) => root.querySelector(`[data-axis=${axis}]`));
    this.axes.forEach((slider) => slider.addEventListener("input", () => this.showMixed()));
    part("take").addEventListener("click", () => this.choose(...this.axes.map((s) => Number(s.value))));
    this.undoes.addEventListener("click", () => this.undo());
    this.removes.addEventListener("click", () => this.remove(this.here()));
    this.clears.addEventListener("click", () => this.change([], "All hints are gone."));
    root.addEventListener("keydown", (event) => {
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.undo();
    });
  }

  // A new photo, of that many pixels.
  open({ width, height }) {
    this.size = { width, height };
    this.list = [];
    this.past = [];
    this.said.textContent = "";
    this.show();
  }

  // What the network thinks of the place that is touched: the worker's answer to "probe".
  offer({ lab: [L, ...own], choices, annealed }, pixel) {
    this.L = L;
    this.place = pixel;
    this.choices.replaceChildren(...choices.map(({ ab, share }) => {
      const button = document.createElement("button");
      const belief = percent(share);
      button.type = "button";
      button.append(swatch(L, ab), belief);
      button.setAttribute("aria-label", `${nameOf(ab)}, ${belief} of the belief`);
      button.addEventListener("click", () => this.choose(...ab));
      return button;
    }));
    this.axes.forEach((slider, i) => { slider.value = Math.round(annealed[i]); });
    this.showMixed();
    this.removes.disabled = this.here() < 0;
  }

  showMixed() {
    const ab = this.axes.map((slider) => Number(slider.value));
    this.mixed.replaceChildren(swatch(this.L, ab), nameOf(ab));
  }

  // The hint at the place that is touched, if there is one: its number, or -1.
  here() {
    const reach = Math.max(this.size.width, this.size.height) / 80;
    const [x, y] = this.toPhoto(this.place);
    return this.list.findIndex(({ points: [[px, py]] }) => Math.hypot(px - x, py - y) < reach);
  }

  toPhoto({ x, y }) {
    const scale = this.size.width / this.stage.color.width;
    return [Math.min(Math.floor((x + 0.5) * scale), this.size.width - 1),
      Math.min(Math.floor((y + 0.5) * scale), this.size.height - 1)];
  }

  choose(a, b) {
    if (!this.place) return;
    const bytes = cssOf(this.L, a, b).match(/\d+/g).map(Number);
    const color = `#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    const at = this.here();
    const number = at < 0 ? this.list.length : at;
    const points = at < 0 ? [this.toPhoto(this.place)] : this.list[at].points;
    const next = [...this.list];
    next[number] = { color, points };
    this.change(next, `Hint ${number + 1}, ${nameOf([a, b])}, at ${points[0].join(", ")}.`);
  }

  move(number, dx, dy) {
    const { width, height } = this.size;
    const next = [...this.list];
    const points = next[number].points.map(([x, y]) => [
      Math.min(Math.max(Math.round(x + dx), 0), width - 1),
      Math.min(Math.max(Math.round(y + dy), 0), height - 1)]);
    next[number] = { ...next[number], points };
    this.change(next, `Hint ${number + 1} is now at ${points[0].join(", ")}.`);
  }

  remove(number) {
    if (number >= 0) this.change(this.list.filter((_, i) => i !== number), `Hint ${number + 1} is gone.`);
  }

  undo() {
    if (!this.past.length) return;
    this.revert();
    this.said.textContent = "Undone.";
    this.onChange();
  }

  // As it was before the last change, of which nobody was told.
  revert() {
    this.list = this.past.pop() ?? [];
    this.said.textContent = "";
    this.show();
  }

  change(list, said) {
    this.past.push(this.list);
    this.list = list;
    this.said.textContent = said;
    this.show();
    this.onChange();
  }

  // Hints from the text of a file; throws what is wrong with it.
  read(text) {
    const list = parse(text, this.size);
    this.change(list, list.length === 1 ? "1 hint opened." : `${list.length} hints opened.`);
  }

  text() {
    return textOf(this.list);
  }

  show() {
    const focused = [...this.pins.children].indexOf(document.activeElement);
    this.pins.replaceChildren(...this.list.map((hint, i) => this.pin(hint, i)));
    if (focused >= 0) { // the pin that had it is another one now, or gone
      const next = this.pins.children[Math.min(focused, this.list.length - 1)] ?? this.stage.picture;
      next.focus({ preventScroll: true });
    }
    this.undoes.disabled = !this.past.length;
    this.clears.disabled = this.saves.disabled = !this.list.length;
    if (this.place) this.removes.disabled = this.here() < 0;
  }

  pin({ color, points: [[x, y]] }, number) {
    const pin = document.createElement("button");
    pin.type = "button";
    pin.style.left = `${(100 * (x + 0.5)) / this.size.width}%`;
    pin.style.top = `${(100 * (y + 0.5)) / this.size.height}%`;
    pin.style.setProperty("--color", `rgb(${bytesOf(color).join(" ")})`);
    pin.setAttribute("aria-label",
      `Hint ${number + 1}, ${color}, at ${x}, ${y}. Arrow keys move it, Delete removes it.`);
    pin.addEventListener("keydown", (event) => this.key(event, number));
    pin.addEventListener("click", () => this.onTouch(x, y));
    pin.addEventListener("pointerdown", (event) => this.drag(event, pin, number));
    return pin;
  }

  key(event, number) {
    const step = (event.shiftKey ? 5 : 1) * Math.max(1, Math.round(this.size.width / 64));
    if (event.key in ARROWS) this.move(number, ...ARROWS[event.key].map((way) => way * step));
    else if (event.key === "Delete" || event.key === "Backspace") this.remove(number);
    else return;
    event.preventDefault();
  }

  // A pin follows the pointer, and the hint is where it is let go.
  drag(start, pin, number) {
    pin.setPointerCapture(start.pointerId);
    const scale = this.size.width / this.pins.getBoundingClientRect().width;
    const way = (event) => [event.clientX - start.clientX, event.clientY - start.clientY];
    const follow = (event) => { pin.style.translate = way(event).map((d) => `${d}px`).join(" "); };
    pin.addEventListener("pointermove", follow);
    pin.addEventListener("pointerup", (event) => {
      const [dx, dy] = way(event);
      if (Math.hypot(dx, dy) > 3) this.move(number, dx * scale, dy * scale);
    }, { once: true });
  }
}
