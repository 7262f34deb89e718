// The page as a whole: its language, light and dark, its room, and what is told aloud.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, say } = pq;
  const root = document.documentElement;
  root.lang = pq.language;
  root.dir = pq.direction;

  pq.find = (id) => document.getElementById(id);
  const little = matchMedia("(max-width: 60rem)");
  pq.narrow = () => little.matches;
  pq.onRoom = (changed) => little.addEventListener("change", changed);

  // ---------------------------------------------------------------- what the browser keeps
  // Sites of one server share what it keeps for their address: below a path, names bear it.
  const home = new URL("./", location.href).pathname;
  const ours = (name) => (home === "/" ? name : `${name} ${home}`);
  pq.nameKept = ours;
  // Where it keeps nothing for pages, asking for the place is already an error.
  pq.kept = (name, where = "localStorage") => {
    try {
      return window[where].getItem(ours(name));
    } catch {
      return null;
    }
  };
  // Whether it is kept now; null takes it away.
  pq.keep = (name, value, where = "localStorage") => {
    try {
      if (value === null) window[where].removeItem(ours(name));
      else window[where].setItem(ours(name), value);
      return true;
    } catch {
      return false; // its room is full, or it keeps nothing
    }
  };

  // ---------------------------------------------------------------- light and dark
  const THEME = "pullquote.theme";
  const night = matchMedia("(prefers-color-scheme: dark)");
  let chosen = pq.kept(THEME);
  const paint = () => {
    root.dataset.pq = chosen ?? (night.matches ? "dark" : "light");
  };
  paint(); // before anything is shown
  night.addEventListener("change", paint);
  pq.turnLight = () => {
    chosen = root.dataset.pq === "dark" ? "light" : "dark";
    pq.keep(THEME, chosen);
    paint();
  };

  // ---------------------------------------------------------------- what stands in the markup
  pq.showFor = (whom, on) => {
    document.querySelectorAll(`#pq [data-for=${whom}]`).forEach((one) => { one.hidden = !on; });
  };

  pq.dress = () => {
    document.querySelectorAll("#pq [data-icon]").forEach((one) => one.append(pq.icon(one.dataset.icon)));
    document.querySelectorAll("#pq [data-text]").forEach((one) => {
      const text = say(one.dataset.text);
      one.append(one.dataset.icon ? make("span", {}, text) : text);
      if (one.dataset.icon) one.title = text;
    });
    document.querySelectorAll("#pq [data-label]").forEach((one) => one.setAttribute("aria-label", say(one.dataset.label)));
    pq.showFor("locked", pq.locked);
    document.querySelectorAll("#pq [data-hint]").forEach((one) => { one.placeholder = say(one.dataset.hint); });
    pq.find("pq-name").textContent = pq.name;
    pq.find("pq-logo").append(pq.logo ? make("img", { src: pq.logo, alt: "" }) : Array.from(pq.name)[0] ?? "");
    pq.find("pq-logo").setAttribute("aria-hidden", "true");
  };

  // ---------------------------------------------------------------- room
  // The last question can stand at the top, with the whole foot of the page in sight below its answer.
  pq.keepRoom = () => {
    const [scroll, ...below] = ["pq-scroll", "pq-foot", "pq-own"].map(pq.find);
    const measure = () => {
      const room = scroll.clientHeight - below.reduce((sum, one) => sum + one.offsetHeight, 0);
      pq.find("pq").style.setProperty("--pq-room", `${Math.max(0, room)}px`);
    };
    measure(); // which the observer does only when the first chat has found its place
    const watched = new ResizeObserver(measure);
    [scroll, ...below].forEach((one) => watched.observe(one));
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
