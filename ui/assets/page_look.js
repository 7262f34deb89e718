// The page as a whole: its language, light and dark, and what is told aloud.
(() => {
  "use strict";
  const pq = window.pullquote;
  const root = document.documentElement;
  root.lang = pq.language;
  root.dir = pq.direction;

  pq.find = (id) => document.getElementById(id);
  pq.narrow = () => matchMedia("(max-width: 60rem)").matches;

  // ---------------------------------------------------------------- light and dark
  const THEME = "pullquote.theme";
  const night = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    root.dataset.pq = localStorage.getItem(THEME) ?? (night.matches ? "dark" : "light");
  };
  paint(); // before anything is shown
  night.addEventListener("change", paint);
  pq.turnLight = () => {
    localStorage.setItem(THEME, root.dataset.pq === "dark" ? "light" : "dark");
    paint();
  };

  // ---------------------------------------------------------------- what is told
  pq.tell = (text) => { pq.find("pq-status").textContent = text; };
  let fading;
  pq.toast = (text) => {
    const toast = pq.find("pq-toast");
    toast.textContent = text;
    toast.classList.add("pq-on");
    clearTimeout(fading);
    fading = setTimeout(() => toast.classList.remove("pq-on"), 3500);
    pq.tell(text);
  };
})();
