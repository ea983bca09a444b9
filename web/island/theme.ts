// Sets the theme before the first paint; loaded as a classic blocking script.
// ?theme= wins, then the saved choice, then the system's.
(() => {
  let theme = new URLSearchParams(location.search).get("theme");
  try {
    theme ??= localStorage.getItem("sonde-theme");
  } catch {
    // no storage: the system decides
  }
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
})();
