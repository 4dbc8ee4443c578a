// Two things that the widget manager expects of a page.

// It looks for its fonts beside itself, and RequireJS has to be told where that is.
require.config({ baseUrl: new URL("vendor/", document.currentScript.src).href });

// It sets formulas in labels by the call that MathJax had in its version 2.
window.addEventListener("load", function () {
  if (window.MathJax && MathJax.typesetPromise) {
    MathJax.Hub = { Queue: function (job) { MathJax.typesetPromise([job[2]]); } };
  }
});
