/* Search is off: it runs in a worker made from a blob, which the page's policy forbids. */
window.addEventListener("load", () => {
  const font = "system-ui, sans-serif";
  const options = {
    disableSearch: true,
    theme: { typography: { fontFamily: font, headings: { fontFamily: font } } },
  };
  Redoc.init("/openapi.json", options, document.getElementById("ui"));
});
