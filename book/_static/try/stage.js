// The picture: gray left of the handle, color right of it, and a probe that picks a pixel.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Stage {
  constructor(root, onProbe) {
    this.root = root;
    this.onProbe = onProbe;
    [this.color, this.gray] = root.querySelectorAll("canvas");
    this.handle = root.querySelector("[role=slider]");
    this.picture = root.querySelector("[role=application]");
    this.marker = root.querySelector(".marker");
    this.handle.addEventListener("pointerdown", (event) => this.handle.setPointerCapture(event.pointerId));
    this.handle.addEventListener("pointermove", (event) => this.drag(event));
    this.handle.addEventListener("keydown", (event) => this.moveHandle(event));
    this.picture.addEventListener("click", (event) => this.pick(event));
    this.picture.addEventListener("keydown", (event) => this.moveProbe(event));
  }

  // A new photo, gray as yet; `cell` is set when the network has answered.
  open(gray) {
    for (const canvas of [this.gray, this.color]) {
      canvas.width = gray.width;
      canvas.height = gray.height;
      canvas.getContext("2d").putImageData(gray, 0, 0);
    }
    this.root.style.aspectRatio = `${gray.width} / ${gray.height}`;
    this.root.style.setProperty("--ratio", gray.width / gray.height);
    this.probe = { x: gray.width >> 1, y: gray.height >> 1 };
    this.cell = { width: 1, height: 1 };
    this.split(30);
  }

  setAnswer({ width, height }) {
    this.cell = { width: this.color.width / width, height: this.color.height / height };
    this.setProbe(this.probe.x, this.probe.y);
  }

  left(image) {
    this.gray.getContext("2d").putImageData(image, 0, 0);
  }

  right(image) {
    this.color.getContext("2d").putImageData(image, 0, 0);
  }

  split(percent) {
    this.at = Math.min(Math.max(percent, 0), 100);
    this.root.style.setProperty("--split", `${this.at}%`);
    this.handle.setAttribute("aria-valuenow", Math.round(this.at));
    this.handle.setAttribute("aria-valuetext", `${Math.round(100 - this.at)} % of the picture in color`);
  }

  drag(event) {
    if (!this.handle.hasPointerCapture(event.pointerId)) return;
    const { left, width } = this.root.getBoundingClientRect();
    this.split((100 * (event.clientX - left)) / width);
  }

  moveHandle(event) {
    const places = {
      ArrowLeft: this.at - 2, ArrowDown: this.at - 2, ArrowRight: this.at + 2, ArrowUp: this.at + 2,
      PageDown: this.at - 20, PageUp: this.at + 20, Home: 0, End: 100,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    this.split(places[event.key]);
  }

  pick(event) {
    const { left, top, width, height } = this.root.getBoundingClientRect();
    this.setProbe(((event.clientX - left) / width) * this.color.width,
      ((event.clientY - top) / height) * this.color.height);
  }

  // A step is one cell of the network's answer, with Shift five.
  moveProbe(event) {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    const step = event.shiftKey ? 5 : 1;
    const [dx, dy] = ARROWS[event.key];
    this.setProbe(this.probe.x + dx * step * this.cell.width, this.probe.y + dy * step * this.cell.height);
  }

  setProbe(x, y) {
    const { width, height } = this.color;
    this.probe = { x: Math.min(Math.max(x, 0), width - 1), y: Math.min(Math.max(y, 0), height - 1) };
    this.marker.style.left = `${(100 * (this.probe.x + 0.5)) / width}%`;
    this.marker.style.top = `${(100 * (this.probe.y + 0.5)) / height}%`;
    this.onProbe(this.pixel());
  }

  pixel() {
    return { x: Math.floor(this.probe.x), y: Math.floor(this.probe.y) };
  }
}
