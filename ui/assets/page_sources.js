// The panel of sources, and the quote that a marker shows when it is hovered or focused.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, words, say } = pq;
  const MARK = ".pq-mark";
  let from = null; // turn and number of the marker that was followed last
  let shown = null; // number of the turn whose sources are in the panel
  let timer;
  let hovered = null;
  let quiet = false;

  // ---------------------------------------------------------------- cards

  function badges(card, gone) {
    const told = [];
    const age = card.modified || card.published;
    if (gone.has(card.post)) told.push(say("gone"));
    if (card.recovered) {
      told.push(say(card.cut ? "recovered_cut" : "recovered", { how: card.recovered }));
    }
    if (age && pq.oldYears && pq.years(age) > pq.oldYears) {
      told.push(say("old", { changed: say("changed", { age: pq.age(age) }) }));
    }
    return told.map((text) => words("p", text, { class: "pq-badge" }));
  }

  function facts(card) {
    const when = card.published ? `${pq.day(card.published)} (${pq.age(card.published)})` : "";
    const told = [when, card.authors.join(", ")].filter(Boolean).join(" · ");
    return told ? words("p", told, { class: "pq-facts" }) : null;
  }

  function linked(card, quote) {
    const unseen = make("span", { class: "pq-unseen" }, ` ${card.place} ${say("opens_tab")}`);
    const link = pq.outward(quote.url, say("show_in_post"), unseen, pq.icon("out"));
    link?.classList.add("pq-link");
    return link ?? make("span", { class: "pq-dim" }, say("no_address"));
  }

  function quoted(card, quote) {
    const text = make("blockquote", { dir: "auto", lang: card.language || null },
      quote.before, make("mark", {}, quote.text), quote.after);
    const named = quote.number ? {
      id: `pq-source-${quote.number}`, tabindex: "-1", role: "group",
      "aria-label": say("source", { n: quote.number, place: card.place }),
    } : {};
    const number = quote.number ? make("span", { class: "pq-number", "aria-hidden": "true" }, String(quote.number)) : null;
    return make("div", { class: "pq-quote", ...named }, number, make("div", {}, text, linked(card, quote)));
  }

  pq.cardOf = (card, gone) => {
    const path = card.headings.map((one) => make("span", { class: "pq-path", dir: "auto" }, make("span", { "aria-hidden": "true" }, "› "), one));
    return make("article", { class: "pq-card" },
      make("h3", {}, words("span", card.title), ...path),
      facts(card), ...badges(card, gone), ...card.quotes.map((one) => quoted(card, one)));
  };

  // ---------------------------------------------------------------- the panel

  pq.fillSources = (number) => {
    shown = number;
    const turn = pq.state.turns[number];
    const answer = turn?.answer;
    const gone = new Set(pq.state.gone);
    const cards = answer?.cards.length ? answer.cards : answer?.nearest ?? [];
    pq.find("pq-which").replaceChildren(
      say(answer && !answer.cards.length && cards.length ? "nearest" : "sources"),
      turn ? words("small", say("sources_for", { question: turn.question })) : "");
    pq.find("pq-cards").replaceChildren(...cards.map((card) => pq.cardOf(card, gone)));
  };

  pq.isOpen = () => !pq.find("pq-sources").hidden;

  pq.openSources = (number, { focus = false } = {}) => {
    pq.fillSources(number);
    const modal = pq.narrow();
    pq.find("pq-sources").hidden = false;
    pq.find("pq-veil").hidden = !modal;
    pq.find("pq-talk").inert = modal;
    pq.find("pq-head").inert = modal;
    document.querySelector("[data-do=sources]").setAttribute("aria-expanded", "true");
    if (focus) pq.find("pq-sources").focus({ preventScroll: true });
  };

  pq.closeSources = () => {
    pq.find("pq-sources").hidden = true;
    pq.find("pq-veil").hidden = true;
    pq.find("pq-talk").inert = false;
    pq.find("pq-head").inert = false;
    document.querySelector("[data-do=sources]").setAttribute("aria-expanded", "false");
    goBack();
  };

  pq.cite = (mark) => {
    hide();
    from = { turn: mark.dataset.turn, number: mark.dataset.number };
    pq.openSources(Number(from.turn));
    document.querySelectorAll(".pq-now").forEach((one) => one.classList.remove("pq-now"));
    mark.classList.add("pq-now");
    const quote = pq.find(`pq-source-${from.number}`);
    quote.classList.add("pq-now");
    quote.closest(".pq-card").classList.add("pq-now");
    quote.focus({ preventScroll: true });
    quote.scrollIntoView({ block: "nearest", behavior: pq.calm() ? "auto" : "smooth" });
  };

  function goBack() {
    if (!from) return;
    const mark = document.querySelector(`${MARK}[data-turn="${from.turn}"][data-number="${from.number}"]`);
    from = null;
    document.querySelectorAll(".pq-now").forEach((one) => one.classList.remove("pq-now"));
    quiet = true; // its quote was just read
    mark?.focus();
    quiet = false;
  }

  pq.shownTurn = () => shown;

  // ---------------------------------------------------------------- the quote beside a marker

  const hide = () => {
    clearTimeout(timer);
    const pop = pq.find("pq-pop");
    if (pop.hidden) return;
    pop.hidden = true;
    document.querySelectorAll(`${MARK}[aria-describedby]`).forEach((one) => one.removeAttribute("aria-describedby"));
  };
  pq.hideQuote = hide;

  function show(mark) {
    const number = Number(mark.dataset.number);
    const cards = pq.state.turns[mark.dataset.turn]?.answer?.cards ?? [];
    const card = cards.find((one) => one.quotes.some((quote) => quote.number === number));
    if (!card) return;
    const quote = card.quotes.find((one) => one.number === number);
    const pop = pq.find("pq-pop");
    pop.replaceChildren(
      words("strong", card.place), facts(card) ?? "", words("q", `${quote.text}`, { lang: card.language || null }));
    pop.hidden = false;
    mark.setAttribute("aria-describedby", "pq-pop");
    const at = mark.getBoundingClientRect();
    const left = Math.min(at.left - 24, innerWidth - pop.offsetWidth - 8);
    pop.style.left = `${Math.max(8, left)}px`;
    const above = at.top - pop.offsetHeight - 6;
    pop.style.top = `${above > 8 ? above : at.bottom + 6}px`;
  }

  // A marker that is drawn under a mouse at rest was not pointed at: hence no "mouseover".
  function moved(event) {
    const on = event.target.closest?.(`${MARK}, #pq-pop`) ?? null;
    if (on === hovered) return;
    hovered = on;
    clearTimeout(timer);
    if (on?.matches(MARK)) timer = setTimeout(() => show(on), 120);
    else if (!on) timer = setTimeout(hide, 200); // time to move onto it
  }

  function focused(event) {
    const mark = event.target.closest?.(MARK);
    if (mark?.matches(":focus-visible") && !quiet) show(mark);
    else if (!mark) hide();
  }

  pq.watchMarkers = () => {
    const page = pq.find("pq");
    if (matchMedia("(hover: hover)").matches) page.addEventListener("mousemove", moved);
    page.addEventListener("focusin", focused);
    pq.find("pq-scroll").addEventListener("scroll", hide, { passive: true });
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
      if (!pq.find("pq-pop").hidden) hide();
      else if (pq.narrow() && pq.isOpen()) pq.closeSources();
      else if (document.activeElement?.closest("#pq-sources")) goBack();
    });
  };
})();
