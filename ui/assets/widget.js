// The widget: a button and a panel on a page of somebody else's. Nothing is asked of the server, and nothing
// kept in the browser, before the panel is opened.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, words, say, count } = pq;
  const NAME = "pullquote-widget";
  const own = document.currentScript?.src ? document.currentScript : document.querySelector("script[src*='/widget.js']");
  if (!own) {
    console.error("The widget is loaded from its server, by a script tag of its own.");
    return;
  }
  const { label, position = "", theme = "" } = own.dataset;
  pq.base = new URL("./", own.src);
  const SENT = 20; // earlier turns that go with a question
  const small = matchMedia("(max-width: 520px), (max-height: 420px)");
  const night = matchMedia("(prefers-color-scheme: dark)");

  const kept = pq.questions ? count("foot_questions", pq.days) : "";
  const turns = [];
  const root = make("div", { id: "pq", class: "pq-widget", lang: pq.language, dir: pq.direction, "data-position": position });
  let shadow;
  let panel;
  let about = null;
  let heard = 0; // sentences of the growing answer that were told

  const find = (id) => shadow.getElementById(id);
  const last = () => turns.at(-1);
  const busy = () => Boolean(last() && !last().over);
  const tell = (text) => { find("pq-status").textContent = text; };
  // On a phone the keyboard would cover half of the panel.
  const rest = () => (small.matches ? panel : find("pq-box")).focus({ preventScroll: true });

  // ---------------------------------------------------------------- asking

  function ask(question, { without = {}, again = false } = {}) {
    const text = question.trim();
    if (!text || busy()) return;
    if (again) turns.pop();
    const history = turns.filter((turn) => turn.answer)
      .map((turn) => ({ question: turn.question, answer: turn.answer.text })).slice(-SENT);
    const turn = { question: text, asked: { without }, over: false, answer: null, calling: new AbortController() };
    turns.push(turn);
    heard = 0;
    find("pq-box").value = "";
    grow();
    draw();
    tell(say("looking"));
    const scroll = find("pq-scroll");
    scroll.scrollTo({ top: find("pq-turns").lastElementChild.offsetTop, behavior: pq.calm() ? "instant" : "smooth" });
    pq.receive(turn, { question: text, history, without, stream: true, view: true }, () => grown(turn));
  }

  function stop() {
    if (!busy()) return;
    last().stopped = true;
    last().calling.abort();
  }

  function renew() {
    stop();
    turns.length = 0;
    welcome();
    draw();
    rest();
  }

  function grown(turn) {
    if (turn !== last()) return; // of a conversation that was left
    const news = pq.newsOf(turn, heard);
    if (turn.answer) heard = pq.sentencesOf(turn.answer).length;
    if (news.length) tell(news.join(" "));
    draw();
  }

  // ---------------------------------------------------------------- drawing

  pq.markerOf = (number_, number, place) => {
    const quotes = turns[number_].answer.cards.flatMap((card) => card.quotes);
    const link = pq.outward(quotes.find((one) => one.number === number)?.url ?? "", String(number));
    const where = say("source", { n: number, place });
    if (!link) return make("span", { class: "pq-mark", role: "img", "aria-label": where }, String(number));
    link.className = "pq-mark";
    link.replaceChildren(String(number)); // its label says the rest
    link.dataset.quote = `pq-source-${number_}-${number}`;
    link.setAttribute("aria-label", link.target ? `${where} ${say("opens_tab")}` : where);
    return link;
  };

  function sources(turn, number) {
    const cards = turn.over ? turn.answer?.cards ?? [] : []; // until then they would move about
    if (!cards.length) return null;
    return make("section", { class: "pq-sources", "aria-label": say("sources") },
      ...cards.map((card) => pq.cardOf(card, new Set(), `pq-source-${number}`)));
  }

  function draw() {
    const drawn = turns.map((turn, number) => {
      const isLast = number === turns.length - 1;
      const again = isLast && turn.over && (turn.failure || turn.stopped)
        ? pq.button("again", "again", say("ask_again"), { class: "pq-plain" }) : null;
      return pq.turnOf(turn, number, isLast, sources(turn, number), again);
    });
    pq.steady(shadow, () => {
      find("pq-turns").replaceChildren(...drawn);
      find("pq-empty").hidden = turns.length > 0;
      find("pq-renew").hidden = turns.length === 0;
      find("pq-send").hidden = busy();
      find("pq-stop").hidden = !busy();
    }, rest);
  }

  function welcome() {
    const empty = about && !about.posts;
    const offers = (about?.examples ?? []).slice(0, 3).map((text) =>
      make("button", { type: "button", class: "pq-offer", dir: "auto", "data-do": "offer" }, text));
    find("pq-empty").replaceChildren(
      words(`h${pq.level}`, say(empty ? "empty_title" : "welcome")),
      words("p", empty ? say("empty_hint") : say("welcome_hint", { name: pq.name }), { class: "pq-dim" }),
      offers.length ? make("div", { class: "pq-examples", role: "group", "aria-label": say("examples") }, ...offers) : "");
    if (!about) return;
    const when = about.synced ? say("posts_as_of", { date: pq.day(about.synced) }) : "";
    find("pq-line").textContent = [count("posts", about.posts), when].filter(Boolean).join(", ");
    find("pq-notice").textContent = [about.chat_model ? say("foot_model", { model: about.chat_model }) : "", kept].filter(Boolean).join(" ");
  }

  function grow() {
    const box = find("pq-box");
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
    return pq.checkLength(box, find("pq-long"), tell);
  }

  function send() {
    if (grow()) tell(find("pq-long").textContent);
    else ask(find("pq-box").value);
  }

  // ---------------------------------------------------------------- opening and closing

  async function learn() {
    about ??= await pq.about();
    welcome();
  }

  function open() {
    if (small.matches) panel.showModal();
    else panel.show();
    root.classList.add("pq-open");
    find("pq-launch").setAttribute("aria-expanded", "true");
    rest();
    learn();
  }

  function closed() {
    if (panel.open || !root.classList.contains("pq-open")) return; // told late
    root.classList.remove("pq-open");
    find("pq-launch").setAttribute("aria-expanded", "false");
    find("pq-launch").focus({ preventScroll: true });
  }

  function follow(event) {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !pq.isHere(link.href)) return;
    const element = pq.land(link.href);
    if (!element) {
      link.target = "_blank"; // the words have left the page since
      return;
    }
    event.preventDefault();
    tell(say("shown_here"));
    if (!small.matches) return;
    panel.close(); // which covers the words
    closed();
    const bare = !element.hasAttribute("tabindex");
    if (bare) element.tabIndex = -1;
    element.focus({ preventScroll: true });
    if (bare) element.addEventListener("blur", () => element.removeAttribute("tabindex"), { once: true });
  }

  function point(event) {
    const link = event.target.closest?.("a[data-quote]");
    shadow.querySelectorAll(".pq-quote.pq-now").forEach((one) => one.classList.remove("pq-now"));
    if (link) find(link.dataset.quote)?.classList.add("pq-now");
  }

  const DOINGS = {
    open,
    close: () => panel.close(),
    renew,
    stop,
    again: () => ask(last().question, { ...last().asked, again: true }),
    offer: (on) => ask(on.textContent),
    unlimit: (on) => ask(last().question, pq.without(last(), Number(on.dataset.number))),
  };

  function hang() {
    root.addEventListener("click", (event) => {
      const on = event.target.closest("[data-do]");
      if (on) DOINGS[on.dataset.do](on);
      else if (event.target === panel) panel.close(); // beside it, on a phone
      else follow(event);
    });
    root.addEventListener("mouseover", point);
    root.addEventListener("focusin", point);
    panel.addEventListener("close", closed);
    const box = find("pq-box");
    box.addEventListener("input", grow);
    find("pq-form").addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    root.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape" && panel.open && !small.matches) panel.close();
      if (event.key !== "Enter" || event.target !== box || event.shiftKey) return;
      event.preventDefault();
      send();
    });
    // A page's own shortcuts are not meant for what is typed here.
    for (const kind of ["keydown", "keyup", "keypress"]) root.addEventListener(kind, (event) => event.stopPropagation());
    small.addEventListener("change", () => {
      if (!panel.open) return;
      panel.close();
      open();
    });
  }

  // ---------------------------------------------------------------- its elements

  function build() {
    const bare = (id, action, icon, key) => pq.button(action, icon, say(key), { id, class: "pq-icon" });
    const sender = (id, icon, key, more) =>
      make("button", { id, title: say(key), ...more }, pq.icon(icon));
    panel = make("dialog", { id: "pq-panel", tabindex: "-1", "aria-labelledby": "pq-name" },
      make("header", { id: "pq-head" },
        make("span", { id: "pq-logo", "aria-hidden": "true" }, Array.from(pq.name)[0] ?? ""),
        make("div", {}, words("h2", say("ask_site", { name: pq.name }), { id: "pq-name" }), make("p", { id: "pq-line" })),
        bare("pq-renew", "renew", "plus", "new_chat"), bare("pq-close", "close", "cross", "close")),
      make("div", { id: "pq-scroll", role: "region", tabindex: "0", "aria-label": say("conversation") },
        make("div", { id: "pq-empty" }), make("div", { id: "pq-turns" }),
        make("p", { id: "pq-foot" }, `${say("foot_promise")} ${say("foot_judge")}`)),
      make("form", { id: "pq-form" },
        make("p", { id: "pq-long" }),
        make("div", { id: "pq-ask" },
          make("textarea", { id: "pq-box", rows: 1, dir: "auto", enterkeyhint: "send", placeholder: say("ask_hint"), "aria-describedby": "pq-long", "aria-label": say("your_question") }),
          sender("pq-send", "send", "ask", { type: "submit" }),
          sender("pq-stop", "stop", "stop", { type: "button", "data-do": "stop" })),
        make("p", { id: "pq-notice" }, kept)),
      make("div", { id: "pq-status", class: "pq-unseen", role: "status", "aria-live": "polite" }));
    const launch = make("button", { type: "button", id: "pq-launch", "data-do": "open", "aria-haspopup": "dialog", "aria-expanded": "false" },
      pq.icon("ask"), words("span", label || say("ask_site", { name: pq.name })));
    root.append(launch, panel);
  }

  function paint() {
    root.dataset.pq = ["light", "dark"].includes(theme) ? theme : night.matches ? "dark" : "light";
  }

  function mount() {
    if (document.querySelector(NAME)) return;
    const host = document.createElement(NAME);
    shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(pq.css);
    shadow.adoptedStyleSheets = [sheet];
    build();
    shadow.append(root);
    paint();
    night.addEventListener("change", paint);
    // In the top layer, nothing of the page's own can cover it, clip it or move it.
    host.setAttribute("popover", "manual");
    document.body.append(host);
    host.showPopover?.();
    root.style.setProperty("--pq-rem", getComputedStyle(root).fontSize);
    hang();
    welcome();
    draw();
  }

  if (document.body) mount();
  else addEventListener("DOMContentLoaded", mount);
})();
