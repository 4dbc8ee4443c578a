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

// A page opened from a disk may not fetch another file.
if (location.protocol === "file:") {
  if (typeof DOCUMENTATION_OPTIONS !== "undefined") { DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false; }
  var tryIt = document.getElementById("try");
  if (tryIt) {
    tryIt.insertAdjacentHTML("beforebegin", "<p><strong>From a disk, this page needs a server of " +
      "its own:</strong> run <code>python -m http.server</code> in the folder <code>site</code>, " +
      "then open <code>http://localhost:8000/book/try.html</code>.</p>");
  }
}
