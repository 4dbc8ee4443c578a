// Several photos one after the other, into one zip.

import { ask } from "./client.js";
import { check } from "./intake.js";
import { Zip } from "./zip.js";

// What a colored photo is saved as: a JPEG as one, all else as PNG, which keeps transparency.
export function typeOf({ type }) {
  return type === "image/jpeg" ? type : "image/png";
}

export function fileName({ name, type }) {
  return `${name.replace(/\.\w+$/, "")}_color.${typeOf({ type }) === "image/png" ? "png" : "jpg"}`;
}

// Resolves to { zip, problems }, a sentence for each photo that could not be colored; to undefined if
// `isWanted` has turned false in between. `onStep` is told the number of each photo before its turn.
export async function colorAll(files, { T, provider, onProgress, onStep, isWanted }) {
  const zip = new Zip();
  const problems = [];
  await ask("load", { provider }, { onProgress });
  for (const [i, file] of files.entries()) {
    if (!isWanted()) return undefined;
    onStep(i);
    try {
      await check(file);
      const steps = [["open", file], ["think", null], ["save", { T, type: typeOf(file) }]];
      let blob;
      for (const step of steps) {
        if (!isWanted()) return undefined; // or another photo would come between
        blob = await ask(...step, { onProgress });
      }
      await zip.add(fileName(file), blob);
    } catch (error) {
      problems.push(`${file.name}: ${error.message}`);
    }
  }
  return isWanted() ? { zip, problems } : undefined;
}
