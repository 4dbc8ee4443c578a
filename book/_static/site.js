// Pictures load when they are seen. The other frames of a figure with sliders load as soon as
// someone reaches for it, so that none is blank when the slider moves.
document.querySelectorAll(".colorlib").forEach(function (figure) {
  function load() {
    figure.querySelectorAll("img[loading=lazy]").forEach(function (img) { img.loading = "eager"; });
  }
  ["pointerenter", "focusin", "touchstart"].forEach(function (event) {
    figure.addEventListener(event, load, { once: true, passive: true });
  });
});

// Formulas are set when they are about to be seen, and all of them as soon as the reader does
// anything: MathJax weighs 1 MB, and takes a second of a phone's time.
(function () {
  var waiting = new Set(document.querySelectorAll(".math"));
  var page = document.documentElement, script, done = Promise.resolve();
  var later = window.requestIdleCallback || function (f) { setTimeout(f, 50); };
  if (!waiting.size) { return; }

  function load() {
    return script = script || new Promise(function (resolve, reject) {
      var tag = document.createElement("script");
      window.MathJax = {
        options: { ignoreHtmlClass: "mathjax_ignore", processHtmlClass: "math" },
        startup: { typeset: false, ready: function () {
          MathJax.startup.defaultReady();
          MathJax.startup.promise.then(resolve);
        } }
      };
      tag.src = page.dataset.content_root + "_static/vendor/mathjax/tex-chtml.js";
      tag.onerror = reject;
      document.head.append(tag);
    });
  }

  function set(formulas) {
    var some = formulas.filter(function (f) { return waiting.delete(f); });
    if (some.length) {
      done = done.then(load).then(function () { return MathJax.typesetPromise(some); });
    }
    return done;
  }

  var near = new IntersectionObserver(function (entries) {
    set(entries.filter(function (e) { return e.isIntersecting; }).map(function (e) {
      near.unobserve(e.target);
      return e.target;
    }));
  }, { rootMargin: "50%" });
  waiting.forEach(function (formula) { near.observe(formula); });

  function rest() {
    if (waiting.size) { set(Array.from(waiting).slice(0, 5)).then(function () { later(rest); }); }
  }
  var events = ["scroll", "pointermove", "touchstart", "keydown"];
  function begin() {
    events.forEach(function (event) { removeEventListener(event, begin); });
    later(rest);
  }
  events.forEach(function (event) { addEventListener(event, begin, { passive: true }); });

  // For who prints the page: a promise of all of them.
  window.setFormulas = function () { return set(Array.from(waiting)); };
  addEventListener("beforeprint", window.setFormulas);
})();

// The theme's buttons.
document.querySelectorAll("[data-call]").forEach(function (button) {
  button.addEventListener("click", function () { window[button.dataset.call](); });
});

// A page opened from a disk may not fetch another file.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  var tryIt = document.getElementById("try");
  if (tryIt) {
    tryIt.insertAdjacentHTML("beforebegin", "<p><strong>From a disk, this page needs a server of " +
      "its own:</strong> run <code>python -m http.server</code> in the folder <code>site</code>, " +
      "then open <code>http://localhost:8000/book/try.html</code>.</p>");
  }
}
