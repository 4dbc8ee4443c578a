// The page of the Turing test. Nothing leaves the reader's machine: results are kept in localStorage.
"use strict";

(() => {
  const root = document.getElementById("turing");
  const part = name => root.querySelector(`[data-part="${name}"]`);
  const folder = new URL("pictures/", document.currentScript.src);
  const pictures = window.TURING_PICTURES;
  const asked = new URLSearchParams(location.search);
  const KEY = "colorful-turing";
  const WAIT = 400; // milliseconds before the first picture: time to look there

  // --- what is kept in this browser ---

  let kept = { rater: randomHex(8), open: null, sessions: [] };
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    if (Array.isArray(found?.sessions)) { kept = found; }
  } catch { /* nothing kept, or not ours */ }

  function save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      part("problem").textContent = "This browser keeps nothing for this page: download your " +
        "result before you leave it.";
    }
  }

  function randomHex(bytes) {
    return Array.from(crypto.getRandomValues(new Uint8Array(bytes)),
      byte => byte.toString(16).padStart(2, "0")).join("");
  }

  // --- a sitting ---

  const number = (name, low, high, otherwise) => {
    const value = asked.has(name) ? Number(asked.get(name)) : NaN;
    return Number.isInteger(value) && value >= low && value <= high ? value : otherwise;
  };

  const counts = () => {
    const test = number("test", 1, 40, Turing.COUNTS.test);
    return { practice: number("practice", 0, 10, Turing.COUNTS.practice), test,
      catch: Math.min(Turing.COUNTS.catch, Math.ceil(test / 10)) };
  };

  function begin(vision, group) {
    const method = pictures.methods.includes(asked.get("method")) ? asked.get("method") :
      pictures.methods[0];
    const drawn = crypto.getRandomValues(new Uint32Array(1))[0];
    kept.open = { counts: counts(), session: { format: Turing.FORMAT, rater: kept.rater,
      seed: number("seed", 0, 2 ** 32 - 1, drawn), method, pictures: pictures.id,
      group: group.replace(/[^\p{L}\p{N}_ .-]/gu, ""), vision, source: "site",
      started: new Date().toISOString().slice(0, 10), frame_ms: null, trials: [] } };
    save();
  }

  async function run() {
    const { session, counts } = kept.open;
    const due = Turing.plan(session.seed, counts);
    show("trial");
    part("trial").scrollIntoView();
    part("trial").focus({ preventScroll: true });
    while (session.trials.length < due.length) {
      const trial = due[session.trials.length];
      await ask(trial, due.length, session);
      session.trials.push(trial);
      save();
      if (trial.phase === "practice") { await tell(trial); }
    }
    kept.sessions.push(session);
    kept.open = null;
    save();
    finish(session);
  }

  // The photograph is the file whose hash is the pair's key: no list in this page says which.
  const isReal = (name, pair) => Turing.fnv1a(pictures.salt + name) === pair.key;

  function files(trial, method) {
    const pair = pictures[trial.kind][trial.pair];
    const real = pair.files[method].find(name => isReal(name, pair));
    const fake = pair.files[method].find(name => name !== real);
    trial.scene = pair.scene;
    return trial.real === "first" ? [real, fake] : [fake, real];
  }

  async function ask(trial, of, session) {
    say(`Pair ${trial.trial} of ${of}${trial.phase === "practice" ? ", practice" : ""}.`);
    const images = await Promise.all(files(trial, session.method).map(load));
    for (const [i, image] of images.entries()) {
      image.alt = ["first picture", "second picture"][i];
      root.querySelectorAll(".frame")[i].replaceChildren(image);
    }
    session.frame_ms = await wait(WAIT);
    trial.first_ms = await expose(images[0], session.frame_ms);
    trial.second_ms = await expose(images[1], session.frame_ms);
    root.querySelectorAll(".frame").forEach(frame => frame.replaceChildren());
    const start = performance.now();
    say(`Pair ${trial.trial} of ${of}. Which one had its colors made by a computer?`);
    trial.fake_is = await answer();
    trial.response_ms = rounded(performance.now() - start);
  }

  async function load(name) {
    const image = new Image(256, 256);
    image.src = new URL(name, folder);
    image.style.visibility = "hidden";
    try {
      await image.decode(); // else its first frames would be lost to decoding
    } catch {
      part("problem").textContent = "A picture could not be loaded. Reload the page to go on.";
      await new Promise(() => {});
    }
    return image;
  }

  const rounded = value => Math.round(value * 10) / 10;
  const frame = () => new Promise(requestAnimationFrame);

  // Waits, and returns the time between two frames of the screen: the median of what it saw.
  async function wait(time) {
    const start = await frame();
    const steps = [];
    for (let last = start; last - start < time;) {
      const now = await frame();
      steps.push(now - last);
      last = now;
    }
    return rounded(steps.sort((a, b) => a - b)[steps.length >> 1]);
  }

  // Shows a picture for a second. Both changes are made before a frame is drawn, and the times are
  // those of the frames: what is counted is how long the picture stood on the screen.
  async function expose(image, frameTime) {
    const start = await frame();
    image.style.visibility = "visible";
    let now = start;
    while (now - start < Turing.EXPOSURE - frameTime / 2) { now = await frame(); }
    image.style.visibility = "hidden";
    return rounded(now - start);
  }

  const SIDES = { 1: "first", ArrowLeft: "first", 2: "second", ArrowRight: "second" };

  function answer() {
    const buttons = root.querySelectorAll("[data-side]");
    buttons.forEach(button => { button.disabled = false; });
    return new Promise(resolve => {
      const done = side => {
        document.removeEventListener("keydown", key, true);
        buttons.forEach(button => { button.disabled = true; button.onclick = null; });
        part("trial").focus({ preventScroll: true }); // a disabled button would drop the focus
        resolve(side);
      };
      const key = event => {
        const side = SIDES[event.key];
        if (!side || event.ctrlKey || event.metaKey || event.altKey) { return; }
        event.preventDefault();
        event.stopPropagation();
        done(side);
      };
      document.addEventListener("keydown", key, true);
      buttons.forEach(button => { button.onclick = () => done(button.dataset.side); });
    });
  }

  function tell(trial) {
    const other = trial.real === "first" ? "second" : "first";
    say(`${trial.fake_is === trial.real ? "No" : "Right"}: the ${other} had made colors, the ` +
      `${trial.real} was the photograph.`);
    const next = part("next");
    next.hidden = false;
    next.focus();
    return new Promise(resolve => {
      next.onclick = () => {
        next.hidden = true;
        part("trial").focus({ preventScroll: true });
        resolve();
      };
    });
  }

  function say(text) { part("status").textContent = text; }

  function show(name) {
    for (const other of ["start", "trial", "result"]) { part(other).hidden = other !== name; }
  }

  // --- the result ---

  const judged = session => session.trials.filter(t =>
    t.phase === "test" && t.kind === "colorized" && onTime(t));
  const onTime = trial => [trial.first_ms, trial.second_ms].every(ms =>
    Math.abs(ms - Turing.EXPOSURE) <= Turing.TOLERANCE);
  const fooled = trials => trials.filter(trial => trial.fake_is === trial.real).length;

  function finish(session) {
    const trials = judged(session), caught = session.trials.filter(t => t.kind === "catch");
    const late = session.trials.filter(trial => !onTime(trial)).length;
    const share = fooled(trials) / trials.length;
    const error = 100 * Math.sqrt(share * (1 - share) / trials.length);
    const lines = trials.length ? [
      `You took ${fooled(trials)} of ${trials.length} colorized pictures for photographs: ` +
      `${(100 * share).toFixed(0)}% labeled real, ± ${error.toFixed(0)} (standard error). ` +
      "50% is what a perfect colorizer would get, and what guessing gives.",
      `Of ${caught.length} pictures in the colors of another photo you found ` +
      `${caught.length - fooled(caught)}.`,
      "This number is about you and eight scenes. It takes a class to say something about people."
    ] : ["No pair could be counted."];
    if (session.vision === "different") {
      lines.push("You see some colors in your own way, so your answers are kept as a group of their " +
        "own. They answer another question than those of the others, not a lesser one.");
    }
    if (late) {
      lines.push(`${late} pairs were not seen for one second each and do not count. Did the page lie ` +
        "in the background, or was the machine busy?");
    }
    part("summary").replaceChildren(...lines.map(line => element("p", line)));
    show("result");
    list();
    part("result").focus();
  }

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function download(session, kind) {
    const text = kind === "csv" ? Turing.toCSV(session) : Turing.toJSON(session);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {
      type: kind === "csv" ? "text/csv" : "application/json" }));
    link.download = `turing-${session.rater}-${session.seed}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function list() {
    part("kept").hidden = !kept.sessions.length;
    part("sessions").replaceChildren(...kept.sessions.map((session, i) => {
      const item = element("li", `${session.started}, ${session.method}: ` +
        `${session.trials.length} pairs `);
      for (const kind of ["json", "csv"]) {
        const button = element("button", kind.toUpperCase());
        button.type = "button";
        button.setAttribute("aria-label", `Download result ${i + 1} as ${kind.toUpperCase()}`);
        button.onclick = () => download(session, kind);
        item.append(button, " ");
      }
      return item;
    }));
  }

  // --- the start ---

  part("start").addEventListener("submit", event => {
    event.preventDefault();
    begin(new FormData(event.target).get("vision"), part("group").value);
    run();
  });
  part("resume").onclick = run;
  part("again").onclick = () => { show("start"); part("go").focus(); };
  part("delete").onclick = () => {
    if (!confirm("Delete every result of this test from this browser?")) { return; }
    kept = { rater: randomHex(8), open: null, sessions: [] };
    try { localStorage.removeItem(KEY); } catch { /* nothing was kept */ }
    part("resume").hidden = true;
    list();
    show("start");
    part("go").focus();
  };
  part("group").value = asked.get("group") ?? "";
  if (!pictures) {
    part("problem").textContent = "The pictures of the test are not here.";
    return;
  }
  if (kept.open && kept.open.session.pictures === pictures.id) {
    const { session, counts } = kept.open;
    part("resume").textContent =
      `Go on at pair ${session.trials.length + 1} of ${counts.practice + counts.test}`;
    part("resume").hidden = false;
  }
  show("start");
  list();
})();
