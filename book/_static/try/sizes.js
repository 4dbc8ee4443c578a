// Charts of size against quality, drawn from the tables beside them.

import { add } from "./plane.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [380, 270, 30, 84, 16, 44];
const MEGABYTES = [2, 10, 100, 1000];

// What was measured here goes into its table first.
export async function drawSizes(root) {
  const about = await (await fetch(new URL("./model/about.json", import.meta.url))).json();
  const own = root.querySelector("[data-part=own-sizes] tbody");
  own.replaceChildren(...Object.entries(about.networks).map(([name, network]) => {
    const { gain, low, high } = about.quality[name];
    const row = document.createElement("tr");
    const cells = [network.title, (network.parameters / 1e6).toFixed(1), (network.bytes / 1e6).toFixed(1),
      `${gain.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`];
    row.append(...cells.map((text, i) => {
      const cell = document.createElement(i ? "td" : "th");
      if (!i) cell.scope = "row";
      cell.textContent = text;
      return cell;
    }));
    Object.assign(row.dataset, { size: network.bytes / 1e6, value: gain, low, high });
    return row;
  }));
  for (const svg of root.querySelectorAll("svg[data-table]")) {
    chart(svg, [...root.querySelectorAll(`[data-part=${svg.dataset.table}] tbody tr`)]);
  }
}

function chart(svg, rows) {
  const [from, to] = svg.dataset.range.split(" ").map(Number); // from the lowest place to the highest
  const xOf = (size) => LEFT + ((Math.log(size / 2) / Math.log(1000)) * (WIDTH - LEFT - RIGHT));
  const yOf = (value) => HEIGHT - BOTTOM - ((value - from) / (to - from)) * (HEIGHT - TOP - BOTTOM);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.replaceChildren();
  const text = (x, y, said, anchor = "middle") => {
    add(svg, "text", { x, y, "text-anchor": anchor }).textContent = said;
  };
  for (const size of MEGABYTES) {
    add(svg, "path", { d: `M${xOf(size)} ${TOP}V${HEIGHT - BOTTOM}`, class: "rule" });
    text(xOf(size), HEIGHT - BOTTOM + 16, size);
  }
  for (let i = 0; i <= 3; i++) {
    const value = from + ((to - from) * i) / 3;
    add(svg, "path", { d: `M${LEFT} ${yOf(value)}H${WIDTH - RIGHT}`, class: "rule" });
    text(LEFT - 8, yOf(value) + 4, value, "end");
  }
  text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "MB");
  for (const row of rows) {
    const { size, value, low, high } = row.dataset;
    const [x, y] = [xOf(size), yOf(value)];
    if (low) add(svg, "path", { d: `M${x} ${yOf(low)}V${yOf(high)}`, class: "interval" });
    add(svg, "circle", { cx: x, cy: y, r: 5, class: "point" });
    text(x + 9, y + 4, row.cells[0].textContent, "start");
  }
}
