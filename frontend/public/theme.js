// Runs before the first paint, so that a dark page never flashes light. Kept apart because the page allows no inline script.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("mcm.theme");
  } catch {
    // storage may be forbidden; the system's theme then
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
