// How photos come in: chosen, dropped, pasted.

import { isTooLarge, Problem } from "./problem.js";

// `onFiles` gets a list of files that is not empty.
export function listen(root, input, onFiles) {
  const take = (files) => {
    if (files.length) onFiles([...files]);
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = ""; // the same file again is a change, too
  });
  document.addEventListener("paste", ({ clipboardData }) => take(clipboardData.files));
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      root.classList.add("dropping");
    });
  }
  document.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) root.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    root.classList.remove("dropping");
    take(event.dataTransfer.files);
  });
}

// What can be known before a large file fills the memory.
export function check(blob) {
  const image = new Image();
  return new Promise((resolve, reject) => {
    image.onload = () => {
      if (isTooLarge(image.naturalWidth, image.naturalHeight)) reject(new Problem("large"));
      else resolve();
    };
    image.onerror = () => reject(new Problem("image"));
    image.src = URL.createObjectURL(blob);
  }).finally(() => URL.revokeObjectURL(image.src));
}

// Hands the reader a file.
export function give(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
