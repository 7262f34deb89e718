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
  let opener = null; // what has opened the panel

  const button = () => document.querySelector("[data-do=sources]");
  const followed = () =>
    from && document.querySelector(`${MARK}[data-turn="${from.turn}"][data-number="${from.number}"]`);

  pq.markerOf = (turn, number, place) => make("button", {
    type: "button", class: "pq-mark", "data-do": "cite", "data-turn": turn, "data-number": number,
    "aria-label": say("source", { n: number, place }),
  }, String(number));

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
    const none = turn?.over && !cards.length ? make("p", { class: "pq-dim" }, say("no_sources")) : "";
    pq.find("pq-cards").replaceChildren(none, ...cards.map((card) => pq.cardOf(card, gone)));
  };

  pq.isOpen = () => !pq.find("pq-sources").hidden;

  function settle(open) {
    const modal = open && pq.narrow();
    pq.find("pq-sources").hidden = !open;
    pq.find("pq-veil").hidden = !modal;
    pq.find("pq-talk").inert = modal;
    pq.find("pq-head").inert = modal;
    button().setAttribute("aria-expanded", String(open));
  }

  pq.openSources = (number, { focus = false } = {}) => {
    if (focus) opener = document.activeElement;
    pq.fillSources(number);
    settle(true);
    if (focus) pq.find("pq-sources").focus({ preventScroll: true });
  };

  pq.closeSources = () => {
    settle(false);
    goBack();
  };

  // Beside a conversation that was drawn anew: the sources of its last answer, where there is room.
  pq.arrangeSources = () => {
    const last = pq.state.turns.length - 1;
    if (last >= 0) pq.fillSources(last);
    settle(last >= 0 && (pq.isOpen() || !pq.narrow()));
  };

  // Of one answer that has changed. Whoever looks at those of another one goes on doing so.
  pq.refillSources = (number) => {
    if (pq.isOpen() && (number === shown || pq.state.gone.length)) pq.fillSources(shown);
  };

  // A tablet that is turned: beside the conversation what lay over it, and the other way round out of the way.
  function turned() {
    const inside = pq.find("pq-sources").contains(document.activeElement);
    if (!pq.narrow() && pq.state.turns.length) pq.openSources(shown ?? pq.state.turns.length - 1);
    else if (pq.isOpen()) settle(inside);
  }

  pq.cite = (mark) => {
    hide();
    from = { turn: mark.dataset.turn, number: mark.dataset.number };
    pq.openSources(Number(from.turn));
    pq.tidyMarkers();
    const quote = pq.find(`pq-source-${from.number}`);
    quote.focus({ preventScroll: true });
    quote.scrollIntoView({ block: "nearest", behavior: pq.calm() ? "auto" : "smooth" });
  };

  // The marker that was followed, and its quote, look so, however often they are drawn anew.
  pq.tidyMarkers = () => {
    if (!document.querySelector(`${MARK}[aria-describedby]`)) hide(); // whose it was is gone
    document.querySelectorAll(".pq-now").forEach((one) => one.classList.remove("pq-now"));
    const quote = from && Number(from.turn) === shown ? pq.find(`pq-source-${from.number}`) : null;
    [followed(), quote, quote?.closest(".pq-card")].forEach((one) => one?.classList.add("pq-now"));
  };

  pq.unfollow = () => { from = null; };

  function goBack() {
    const back = followed() ?? (opener?.isConnected ? opener : button());
    from = null;
    pq.tidyMarkers();
    quiet = true; // its quote was just read
    back.focus();
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

  function show(mark) {
    if (!mark.isConnected) return;
    const number = Number(mark.dataset.number);
    const cards = pq.state.turns[mark.dataset.turn]?.answer?.cards ?? [];
    const card = cards.find((one) => one.quotes.some((quote) => quote.number === number));
    if (!card) return;
    const quote = card.quotes.find((one) => one.number === number);
    const pop = pq.find("pq-pop");
    pop.replaceChildren(
      words("strong", card.place), pq.factsOf(card) ?? "", pq.quoted(quote.text, { lang: card.language || null }));
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
    pq.onRoom(turned);
    const scrolled = () => {
      hovered = null; // so that the next move over the same marker shows its quote again
      hide();
    };
    pq.find("pq-scroll").addEventListener("scroll", scrolled, { passive: true });
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog[open]")) return;
      if (!pq.find("pq-pop").hidden) hide();
      else if (pq.narrow() && pq.isOpen()) pq.closeSources();
      else if (document.activeElement?.closest("#pq-sources")) goBack();
      else if (pq.state.editing) pq.unedit();
    });
  };
})();
