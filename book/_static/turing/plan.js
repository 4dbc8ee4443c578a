// One sitting of the Turing test: its plan and its file. This is colorlib/sessions.py once more, and
// tests/browser/test_turing.py holds the two together.
"use strict";

const Turing = (() => {
  const FORMAT = "colorful-turing-1";
  const COUNTS = { practice: 10, test: 40, catch: 4 };
  const PAIRS = 50, CATCH_PAIRS = 8;
  const EXPOSURE = 1000, TOLERANCE = 50; // milliseconds
  const HEAD = ["format", "rater", "seed", "method", "pictures", "group", "vision", "source",
    "started", "frame_ms"];
  const COLUMNS = ["trial", "phase", "kind", "pair", "real", "scene", "fake_is", "first_ms",
    "second_ms", "response_ms"];

  // Mulberry32: pseudorandom numbers in [0, 1) from a seed of 32 bits.
  function randomNumbers(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6D2B79F5) | 0;
      let mixed = Math.imul(state ^ state >>> 15, state | 1);
      mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
      return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
    };
  }

  function shuffled(items, random) {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }

  function plan(seed, counts = COUNTS) {
    const random = randomNumbers(seed);
    const order = shuffled(Array(PAIRS).keys(), random);
    const caught = shuffled(Array(CATCH_PAIRS).keys(), random).slice(0, counts.catch);
    const judged = order.slice(counts.practice, counts.practice + counts.test - counts.catch);
    const rows = order.slice(0, counts.practice).map(pair => ["practice", "colorized", pair]);
    const tested = shuffled([...judged.map(pair => ["test", "colorized", pair]),
      ...caught.map(pair => ["test", "catch", pair])], random);
    return [...rows, ...tested].map(([phase, kind, pair], i) => ({ trial: i + 1, phase, kind, pair,
      real: random() < 0.5 ? "first" : "second", scene: "", fake_is: "",
      first_ms: null, second_ms: null, response_ms: null }));
  }

  // Fowler, Noll and Vo's 32-bit hash of a text in UTF-8.
  function fnv1a(text) {
    let value = 0x811C9DC5;
    for (const byte of new TextEncoder().encode(text)) {
      value = Math.imul(value ^ byte, 0x01000193) >>> 0;
    }
    return value.toString(16).padStart(8, "0");
  }

  const cell = value => value === null ? "" : String(value);

  function rows(session) {
    const head = HEAD.map(name => cell(session[name]));
    return [[...HEAD, ...COLUMNS],
      ...session.trials.map(trial => [...head, ...COLUMNS.map(name => cell(trial[name]))])];
  }

  const checksum = session => fnv1a(rows(session).map(row => row.join(",")).join("\n"));

  const toJSON = session =>
    JSON.stringify({ ...session, checksum: checksum(session) }, null, 1);

  function toCSV(session) {
    const sum = checksum(session);
    return rows(session).map((row, i) => `${row.join(",")},${i ? sum : "checksum"}\n`).join("");
  }

  return { FORMAT, COUNTS, EXPOSURE, TOLERANCE, plan, fnv1a, checksum, toJSON, toCSV };
})();
