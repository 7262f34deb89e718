// What the scripts of page and widget are made of: texts, dates, elements and icons.
(() => {
  "use strict";
  const pq = window.pullquote;
  pq.fresh = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  pq.calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  // ---------------------------------------------------------------- words
  const speech = pq.language === "en" ? "en-GB" : pq.language; // "3 May 2017", as records say it
  const plural = new Intl.PluralRules(speech);
  const numbers = new Intl.NumberFormat(speech);
  const days = new Intl.DateTimeFormat(speech, { dateStyle: "long", timeZone: "UTC" });
  const ages = new Intl.RelativeTimeFormat(speech, { numeric: "always" });
  const DAY = 86_400_000;
  const YEAR = 365.25 * DAY;

  pq.say = (key, values = {}) =>
    pq.texts[key].replace(/\{(\w+)\}/g, (gap, name) => String(values[name] ?? gap));
  // In the form that the language has for that number, where there is a text in it.
  pq.count = (key, n) => {
    const form = `${key}_${plural.select(n)}`;
    return pq.say(form in pq.texts ? form : `${key}_many`, { n: numbers.format(n) });
  };
  pq.listed = (texts) => new Intl.ListFormat(speech, { type: "conjunction" }).format(texts);
  pq.day = (moment) => (moment ? days.format(new Date(moment)) : "");
  // From one moment to the day before another; either may be missing.
  pq.span = (since, until) => {
    const end = until && new Date(new Date(until) - 1);
    if (since && end) return pq.say("limit_between", { value: days.formatRange(new Date(since), end) });
    return since ? pq.say("limit_since", { value: pq.day(since) }) : pq.say("limit_until", { value: pq.day(end) });
  };
  pq.years = (moment) => (Date.now() - new Date(moment)) / YEAR;
  pq.age = (moment) => {
    const past = Date.now() - new Date(moment);
    if (past >= YEAR) return ages.format(-Math.floor(past / YEAR), "year");
    if (past >= 60 * DAY) return ages.format(-Math.floor(past / (30.44 * DAY)), "month");
    return ages.format(-Math.max(0, Math.floor(past / DAY)), "day");
  };

  // ---------------------------------------------------------------- elements
  const ICONS = {
    plus: "M10 4v12M4 10h12",
    clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6v4l3 2",
    moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5Z",
    panel: "M4 4h12v12H4zM12 4v12",
    send: "M10 16V4M5 9l5-5 5 5",
    stop: "M6 6h8v8H6z",
    cross: "M5 5l10 10M15 5 5 15",
    copy: "M7 7h9v9H7zM13 7V4H4v9h3",
    share: "M10 12V3M6.5 6.5 10 3l3.5 3.5M4 11v5h12v-5",
    again: "M16 10a6 6 0 1 1-2-4.5M16 3v3.5h-3.5",
    edit: "M4 16l.8-3.5L13 4.3l2.7 2.7-8.2 8.2zM11.5 5.8l2.7 2.7",
    up: "M7 9v7H4V9zM7 9l3-6c1.6 0 2.2 1 1.9 2.4L11.5 8H15c1 0 1.6.9 1.4 1.8l-1 4.8c-.2.9-.8 1.4-1.6 1.4H7",
    down_thumb: "M7 11V4H4v7zM7 11l3 6c1.6 0 2.2-1 1.9-2.4L11.5 12H15c1 0 1.6-.9 1.4-1.8l-1-4.8C15.200 4.500 14.600 4 13.800 4H7",
    down: "M10 3v10M6 9.500l4 4 4-4M4 17h12",
    bin: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.600L14 6",
    bars: "M4 16V9M10 16V4M16 16v-5",
    leave: "M11 4H4v12h7M8 10h9M14 7l3 3-3 3",
    ask: "M4 4.500h12v9H9.500L6 16.500v-3H4zM7.500 8h5M7.500 10.500h3",
    out: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
  };

  pq.icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };

  // An element. Texts become text and nothing else: this is the only way into the page.
  pq.make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  };
  pq.words = (tag, text, attributes = {}) => pq.make(tag, { dir: "auto", ...attributes }, text);
  // In quotation marks, where it does not begin with some of its own.
  pq.quoted = (text, attributes = {}) =>
    pq.words("q", text, { class: /^["“”„«»‘’‚『「]/.test(text) ? "pq-marked" : null, ...attributes });

  pq.button = (action, icon, text, attributes = {}) => {
    const bare = attributes.class === "pq-icon";
    const label = pq.make("span", bare ? { class: "pq-unseen" } : {}, text);
    return pq.make(
      "button",
      { type: "button", "data-do": action, title: bare ? text : null, ...attributes },
      icon ? pq.icon(icon) : null,
      label,
    );
  };

  // Why a question cannot be sent as it is; empty where it is not too long.
  pq.tooLong = (question) => {
    const length = Array.from(question.trim().replace(/\s+/g, " ")).length; // as the server counts
    return length > pq.longest
      ? pq.say("question_long", { n: numbers.format(length), most: numbers.format(pq.longest) }) : "";
  };

  // Says so at `place`, and tells it once; whether there is anything to say.
  pq.checkLength = (box, place, tell) => {
    const long = pq.tooLong(box.value);
    const before = place.textContent;
    place.textContent = long;
    box.setAttribute("aria-invalid", String(Boolean(long)));
    if (long && !before) tell(long);
    return Boolean(long);
  };

  pq.outward = (url, ...children) => {
    if (!/^https?:\/\//.test(url)) return null;
    const elsewhere = pq.isHere?.(url) ? {} : { target: "_blank" };
    const told = elsewhere.target ? pq.make("span", { class: "pq-unseen" }, ` ${pq.say("opens_tab")}`) : "";
    return pq.make("a", { href: url, rel: "noopener", ...elsewhere }, ...children, told);
  };
})();
