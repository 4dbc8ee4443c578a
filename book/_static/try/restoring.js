// The scan of an old print: turned, cropped and repaired as the reader wants it, before it is colored.

import { straightened } from "./straighten.js";

const WHOLE = { left: 0, top: 0, right: 0, bottom: 0 };

export class Restoring {
  // `onRestore` is told the settings, or null for the scan as it came.
  constructor(root, onRestore) {
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    [this.canvas, this.repairs, this.undoes, this.said] = ["scan", "repair", "unrepair", "cut"].map(part);
    this.scale = part("scale");
    this.scale.addEventListener("change", () => this.draw());
    this.sliders = [...root.querySelectorAll("[data-set]")];
    this.steps = [...root.querySelectorAll("[data-step]")];
    this.sliders.forEach((slider) => slider.addEventListener("input", () => this.draw()));
    part("quarter").addEventListener("click", () => {
      this.quarters = (this.quarters + 1) % 4;
      this.draw();
    });
    this.repairs.addEventListener("click", () => onRestore(this.settings()));
    this.undoes.addEventListener("click", () => onRestore(null));
  }

  // A new photo: its preview as it came, and its own sides.
  open({ original, width, height }) {
    this.size = { width, height };
    this.picture = new OffscreenCanvas(original.width, original.height);
    this.picture.getContext("2d").putImageData(original, 0, 0);
    this.quarters = 0;
    this.sliders.forEach((slider) => { slider.value = 0; });
    this.scale.value = 1;
    this.undoes.disabled = true;
    this.draw();
  }

  // While one repair is on its way, no other is asked for.
  lock(locked) {
    this.repairs.disabled = locked;
  }

  // The photo that is shown is now a restored one, or the scan.
  done(restored) {
    this.undoes.disabled = !restored;
  }

  settings() {
    const set = Object.fromEntries(this.sliders.map(({ dataset, value }) => [dataset.set, Number(value)]));
    const { angle, ...percents } = set;
    const crop = Object.fromEntries(Object.entries(percents).map(([side, value]) => [side, value / 100]));
    const steps = this.steps.filter(({ checked }) => checked).map(({ dataset }) => dataset.step);
    return { quarters: this.quarters, angle, scale: Number(this.scale.value), crop, steps };
  }

  // The whole turned scan, in which what will be cut away is dark.
  draw() {
    const { canvas, picture, size } = this;
    const settings = this.settings();
    const whole = straightened(picture, { ...settings, scale: 1, crop: WHOLE });
    [canvas.width, canvas.height] = [whole.width, whole.height];
    const context = canvas.getContext("2d");
    whole.draw(context, picture);
    const { left, top, right, bottom } = settings.crop;
    context.fillStyle = "rgb(0 0 0 / 70%)";
    context.beginPath();
    context.rect(0, 0, canvas.width, canvas.height);
    context.rect(left * canvas.width, top * canvas.height, (1 - left - right) * canvas.width,
      (1 - top - bottom) * canvas.height);
    context.fill("evenodd");
    for (const slider of this.sliders) {
      const unit = slider.dataset.set === "angle" ? "°" : " %";
      slider.nextElementSibling.textContent = `${Number(slider.value).toFixed(1).replace("-", "−")}${unit}`;
      slider.setAttribute("aria-valuetext", slider.nextElementSibling.textContent);
    }
    const { width, height } = straightened(size, settings);
    this.said.textContent = `Of ${size.width} × ${size.height} pixels it makes ${width} × ${height}.`;
  }
}
