// The widget manager looks for its fonts beside itself, and RequireJS has to be told where that is.
require.config({ baseUrl: new URL("vendor/", document.currentScript.src).href });
