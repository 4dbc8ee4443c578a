// A slide that holds more than others gets smaller letters, but never too small for the back row.
function fit() {
  document.querySelectorAll(".slides section:not(.stack)").forEach(function (slide) {
    var hidden = slide.style.display, size = 34;
    slide.style.display = "block";
    while (slide.scrollHeight > 640 && size > 27) {
      size -= 1;
      slide.style.fontSize = size + "px";
    }
    slide.style.display = hidden;
  });
  Reveal.layout();
}

// Slides start when their formulas are set, so that a slide's height is known.
window.addEventListener("load", function () {
  var ready = window.MathJax && MathJax.startup ? MathJax.startup.promise : Promise.resolve();
  ready.then(function () {
    return Reveal.initialize({
      width: 1280, height: 720, margin: 0.03, hash: true, slideNumber: "c/t", transition: "none",
      controlsTutorial: false, navigationMode: "linear", plugins: [RevealNotes]
    });
  }).then(fit).then(function () { document.body.dataset.ready = "yes"; });
});
