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
