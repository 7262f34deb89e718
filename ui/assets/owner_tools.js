// What the owner's page is made of: light and dark, elements, dates, and asking the server.
(() => {
  "use strict";
  const own = (window.owner = {});
  const root = document.documentElement;
  const { texts, language } = JSON.parse(document.getElementById("texts").textContent);

  // ---------------------------------------------------------------- light and dark, as on the chat page
  const home = new URL("./", location.href).pathname;
  const THEME = home === "/" ? "pullquote.theme" : `pullquote.theme ${home}`;
  // Where a browser keeps nothing for pages, asking for the place is already an error.
  const kept = () => { try { return localStorage.getItem(THEME); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(THEME, theme); } catch { /* it holds until the page is closed */ } };
  let chosen = kept();
  const night = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    root.dataset.pq = chosen ?? (night.matches ? "dark" : "light");
  };
  paint(); // before anything is shown
  night.addEventListener("change", paint);
  own.turnLight = () => {
    chosen = root.dataset.pq === "dark" ? "light" : "dark";
    keep(chosen);
    paint();
  };

  // ---------------------------------------------------------------- words
  const speech = language === "en" ? "en-GB" : language;
  const plural = new Intl.PluralRules(speech);
  const numbers = new Intl.NumberFormat(speech);
  const days = new Intl.DateTimeFormat(speech, { dateStyle: "long" });
  const moments = new Intl.DateTimeFormat(speech, { dateStyle: "long", timeStyle: "short" });
  const ages = new Intl.RelativeTimeFormat(speech, { numeric: "auto" });
  const measured = (n, unit, unitDisplay) => new Intl.NumberFormat(speech, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 }).format(n);
  const SPANS = [[31_557_600, "year"], [2_629_800, "month"], [86_400, "day"], [3600, "hour"], [60, "minute"]];

  // A text in parts, whose gaps are filled with texts or with elements.
  own.told = (key, values = {}) => texts[key].split(/\{(\w+)\}/).map((part, n) => (n % 2 ? values[part] ?? `{${part}}` : part)).filter((part) => part !== "");
  own.say = (key, values = {}) => own.told(key, values).join("");
  own.number = (n) => numbers.format(n);
  // In the form that the language has for that number, where there is a text in it.
  own.count = (key, n, values = {}) => {
    const form = `${key}_${plural.select(n)}`;
    return own.say(form in texts ? form : `${key}_many`, { n: numbers.format(n), ...values });
  };
  own.day = (day) => days.format(new Date(`${day}T12:00:00`));
  own.moment = (moment) => moments.format(new Date(moment));
  own.age = (moment) => {
    const past = (Date.now() - new Date(moment)) / 1000;
    const [seconds, unit] = SPANS.find(([span]) => past >= span) ?? [1, "second"];
    return ages.format(-Math.max(0, Math.floor(past / seconds)), unit);
  };
  own.lasted = (from, to) => {
    const seconds = Math.max(0, (new Date(to) - new Date(from)) / 1000);
    return seconds < 90 ? measured(Math.round(seconds), "second", "long") : measured(Math.round(seconds / 60), "minute", "long");
  };
  own.size = (bytes) => (bytes < 1e6 ? measured(Math.ceil(bytes / 1e3), "kilobyte", "short")
    : bytes < 1e9 ? measured(bytes / 1e6, "megabyte", "short") : measured(bytes / 1e9, "gigabyte", "short"));

  // ---------------------------------------------------------------- elements
  own.find = (id) => document.getElementById(id);

  // An element. Texts become text and nothing else: this is the only way into the page.
  own.make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };
  own.words = (tag, text, attributes = {}) => own.make(tag, { dir: "auto", ...attributes }, text);
  own.outward = (url, text) => (/^https?:\/\//.test(url)
    ? own.make("a", { href: url, target: "_blank", rel: "noopener noreferrer", dir: "auto" }, text, own.make("span", { class: "unseen" }, ` ${own.say("opens_tab")}`))
    : own.words("span", text));

  const ICONS = {
    moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5Z",
    cross: "M5 5l10 10M15 5 5 15",
    good: "M7 9v7H4V9zM7 9l3-6c1.6 0 2.2 1 1.9 2.4L11.5 8H15c1 0 1.6.9 1.4 1.8l-1 4.8c-.2.9-.8 1.4-1.6 1.4H7",
    bad: "M7 11V4H4v7zM7 11l3 6c1.6 0 2.2-1 1.9-2.4L11.5 12H15c1 0 1.6-.9 1.4-1.800l-1-4.800C15.200 4.500 14.600 4 13.800 4H7",
    bin: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.600L14 6",
  };
  own.icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };
  own.fill = (id, ...children) => {
    const place = own.find(id);
    place.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
    place.removeAttribute("aria-busy");
    return place;
  };
  own.banner = (problem, hint) => own.make("div", { class: "banner bad", role: "alert" }, own.words("strong", problem), own.words("span", hint ?? ""));

  // ---------------------------------------------------------------- what is told
  let fading;
  own.toast = (text) => {
    const toast = own.find("toast");
    toast.textContent = text;
    toast.classList.add("on");
    clearTimeout(fading);
    fading = setTimeout(() => toast.classList.remove("on"), 5000);
  };
  own.sure = (question) => new Promise((resolve) => {
    const dialog = own.find("sure");
    own.find("sure-name").textContent = question;
    dialog.returnValue = "cancel";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "delete"), { once: true });
    dialog.showModal();
  });

  // ---------------------------------------------------------------- the server
  class Told extends Error {
    constructor(problem, hint) {
      super(problem);
      this.hint = hint;
    }
  }
  own.ask = async (path, sent) => {
    const options = sent === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) };
    let answer;
    try {
      answer = await fetch(`owner/${path}`, { ...options, credentials: "same-origin" });
    } catch {
      throw new Told(own.say("own_no_server"), own.say("own_no_server_hint"));
    }
    if (answer.status === 401) location.assign("owner/login"); // the session has ended
    if (!answer.ok) {
      const told = await answer.json().catch(() => ({}));
      throw new Told(told.problem ?? own.say("broken"), told.hint ?? own.say("own_log"));
    }
    return answer.status === 204 ? null : answer.json();
  };
  // What a button does, once at a time; a failure is told. Parts of the page are drawn anew by it: then focus
  // goes to the button that stands in this one's place, else to the heading.
  own.doing = (work) => async (event) => {
    const button = event.currentTarget;
    const part = button.closest("section");
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await work(event);
    } catch (error) {
      own.toast(`${error.message} ${error.hint ?? ""}`);
    } finally {
      button.removeAttribute("aria-disabled");
      if (!button.isConnected && !document.activeElement?.closest("main *")) instead(button, part).focus({ preventScroll: true });
    }
  };
  function instead(button, part) {
    const name = button.getAttribute("aria-label");
    const same = name && [...part.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === name);
    return same ?? own.headOf(part);
  }
  own.headOf = (one) => {
    const head = one.closest("section").querySelector("h2");
    head.tabIndex = -1;
    return head;
  };
  // What fills a part of the page; a failure stands in its place.
  own.part = async (id, work) => {
    try {
      await work();
    } catch (error) {
      own.fill(id, own.make(own.find(id).tagName === "UL" ? "li" : "div", {}, own.banner(error.message, error.hint)));
    }
  };
})();
