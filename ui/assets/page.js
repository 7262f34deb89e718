// The page: what is asked, what comes back, and what its buttons do.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, words, say, count, find } = pq;
  pq.pulse = 15_000; // ms without a sign of life from a server that has begun to answer
  const PATIENCE = 90_000; // … and from one that has not: other questions may come first
  const CITED = 500;
  const fresh = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  pq.state = { id: fresh(), turns: [], gone: [], editing: false, about: null };
  let wire;
  let silence;
  let read = 0; // sentences of the growing answer that were told
  let draft = ""; // what stood in the box before the last question was changed
  let begun = false; // the server has said a word of the question

  const last = () => pq.state.turns.at(-1);
  const busy = () => Boolean(last() && !last().over);

  // ---------------------------------------------------------------- asking

  function ask(question, { without = {}, again = false } = {}) {
    const text = question.trim();
    if (!text || busy()) return;
    if (again || pq.state.editing) pq.state.turns.pop();
    const before = pq.state.turns.filter((turn) => turn.answer);
    const turn = { id: fresh(), question: text, asked: { without }, over: false, answer: null };
    pq.state.turns.push(turn);
    edit(false);
    find("pq-box").value = "";
    grow();
    read = 0;
    begun = false;
    wire.say("submit", {
      id: turn.id, question: text, without,
      history: before.map((one) => ({ question: one.question, answer: one.answer.text })).slice(-50),
      cited: [...new Set(before.flatMap((one) => one.answer.cards.map((card) => card.post)))].slice(-CITED),
    });
    listen(PATIENCE);
    pq.keepTalk();
    draw();
    pq.tell(say("looking"));
    const drawn = document.querySelector(`.pq-turn[data-turn="${pq.state.turns.length - 1}"]`);
    drawn.scrollIntoView({ block: "start", behavior: pq.calm() ? "auto" : "smooth" });
  }

  function listen(patience) {
    clearTimeout(silence);
    silence = setTimeout(() => finish({ failure: pq.lost() }), patience);
  }

  // The question is over, whether the server has said so or not.
  function finish(how) {
    clearTimeout(silence);
    if (!busy()) return;
    Object.assign(last(), { over: true, ...how });
    draw();
    pq.keepTalk();
  }

  // The server has not taken what was sent.
  pq.refuse = (sent, failure) => { if (busy() && sent.includes(last().id)) finish({ failure }); };

  function stop() {
    wire.say("stop", {});
    if (begun) return; // what was checked so far is still to come
    finish({ stopped: true });
    pq.tell(say("stopped"));
  }

  function reply(told) {
    const turn = last();
    if (!turn || turn.id !== told.id || turn.stopped) return; // of a chat that was left, or nobody waits
    begun = true;
    listen(pq.pulse);
    if (told.answer) turn.answer = told.answer;
    if (!told.over && !told.answer && turn.answer) return; // still at work
    Object.assign(turn, { over: told.over, stopped: told.stopped, failure: told.failure, followUps: told.follow_ups });
    if (told.gone.length) pq.state.gone = [...new Set([...pq.state.gone, ...told.gone])];
    tellSentences(turn);
    draw();
    if (told.over) {
      clearTimeout(silence);
      pq.keepTalk();
    }
  }

  function tellSentences(turn) {
    const news = pq.newsOf(turn, read);
    if (turn.answer) read = pq.sentencesOf(turn.answer).length;
    if (news.length) pq.tell(news.join(" "));
  }

  // ---------------------------------------------------------------- drawing

  function draw() {
    pq.hideQuote();
    const turns = pq.state.turns;
    const held = document.activeElement?.closest?.(".pq-turn [data-do]");
    const drawn = turns.map((turn, number) => pq.pageTurn(turn, number, number === turns.length - 1));
    find("pq-turns").replaceChildren(...drawn);
    if (held) refocus(held);
    find("pq-empty").hidden = turns.length > 0;
    find("pq").classList.toggle("pq-has-turns", turns.length > 0);
    find("pq-send").hidden = busy();
    find("pq-stop").hidden = !busy();
    if (!turns.length) {
      if (pq.isOpen()) pq.closeSources();
    } else if (!pq.narrow()) pq.openSources(turns.length - 1);
    else if (pq.isOpen()) pq.fillSources(turns.length - 1);
  }

  function refocus(held) {
    const same = [...document.querySelectorAll(".pq-turn [data-do]")].find((one) =>
      ["do", "turn", "number", "good", "reason"].every((name) => one.dataset[name] === held.dataset[name]));
    (same ?? find("pq-box")).focus({ preventScroll: true });
  }

  function welcome() {
    const about = pq.state.about;
    const empty = about && !about.posts;
    const sent = pq.linkedQuestion();
    const offer = (text) => make("button", { type: "button", class: "pq-offer", dir: "auto", "data-do": "offer" }, text);
    const long = pq.tooLong(sent);
    const card = sent && !empty ? make("div", { class: "pq-sent" }, make("p", {}, say("sent_question")),
      words("p", sent, { class: `pq-sent-question${long ? " pq-clamped" : ""}` }),
      long ? make("p", { class: "pq-long" }, long) : "",
      long ? pq.button("edit-sent", "edit", say("edit"), { class: "pq-button pq-first" })
        : pq.button("ask-sent", "send", say("ask"), { class: "pq-button pq-first" })) : null;
    const offers = (about?.examples ?? []).map(offer);
    find("pq-empty").replaceChildren(
      make("h2", {}, say(empty ? "empty_title" : "welcome")),
      make("p", { class: "pq-dim" }, empty ? say("empty_hint") : say("welcome_hint", { name: pq.name })),
      card ?? "",
      empty || !offers.length ? "" : make("div", { class: "pq-examples", role: "group", "aria-label": say("examples") }, ...offers));
  }

  function aboutLine(about) {
    const posts = count("posts", about.posts);
    const of = about.sites.length ? say("of_sites", { posts, sites: pq.listed(about.sites) }) : posts;
    const when = about.synced ? say("posts_as_of", { date: pq.day(about.synced) }) : "";
    const line = [of, when].filter(Boolean).join(", ");
    find("pq-line").textContent = line;
    const told = [about.chat_model ? say("foot_model", { model: about.chat_model }) : "", say("foot_promise"),
      say("foot_judge"), pq.votes ? count("foot_votes", pq.days) : "", pq.questions ? count("foot_questions", pq.days) : ""];
    find("pq-foot").replaceChildren(make("span", { id: "pq-also" }, `${line}. `), told.filter(Boolean).join(" "));
  }

  function hear(told) {
    if (told?.reply) reply(told.reply);
    if (told?.voted) voted(told.voted);
    if (!told?.about) return;
    pq.state.about = told.about;
    pq.showFor("owner", told.about.owner);
    aboutLine(told.about);
    welcome();
  }

  // ---------------------------------------------------------------- doing

  function edit(on) {
    if (on && !pq.state.editing) draft = find("pq-box").value;
    pq.state.editing = on;
    find("pq-editing").hidden = !on;
    if (on) write(last().question);
  }

  pq.unedit = () => {
    edit(false);
    write(draft);
  };

  function write(text) {
    find("pq-box").value = text;
    grow();
    find("pq-box").focus();
  }

  function renew() {
    if (busy()) wire.say("stop", {});
    clearTimeout(silence);
    pq.leaveTalk();
    Object.assign(pq.state, { id: fresh(), turns: [], gone: [] });
    edit(false);
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    welcome();
    draw();
    find("pq-box").focus();
  }

  function openTalk(talk) {
    if (busy()) wire.say("stop", {});
    Object.assign(pq.state, { id: talk.id, turns: talk.turns, gone: [] });
    edit(false);
    draw();
  }

  // The open chat would be kept again with its next question.
  function drop(id) {
    if (pq.state.turns.length && (!id || id === pq.state.id)) renew();
    pq.dropTalk(id);
    pq.listTalks();
  }

  const vote = (turn, good, reason = "") => wire.say("like", { id: turn.id, question: turn.question, good, reason });

  // Thanks are said for what has arrived.
  function voted({ id, good, reason }) {
    const turn = pq.state.turns.find((one) => one.id === id);
    if (!turn) return; // of a chat that was left
    Object.assign(turn, { vote: good ? "yes" : "no", reason });
    draw();
    pq.toast(say("thanks"));
    pq.keepTalk();
  }

  const DOINGS = {
    renew,
    talks: () => { pq.listTalks(); find("pq-talks").showModal(); },
    "close-talks": () => find("pq-talks").close(),
    "open-talk": (on) => { find("pq-talks").close(); openTalk(pq.talk(on.dataset.id)); },
    "drop-talk": (on) => drop(on.dataset.id),
    "forget-all": async () => { if (await pq.sure()) drop(); },
    export: () => pq.download(pq.talkAsMarkdown(), "answers.md"),
    theme: pq.turnLight,
    sources: () => (pq.isOpen() ? pq.closeSources() : pq.openSources(pq.shownTurn() ?? pq.state.turns.length - 1, { focus: true })),
    close: () => pq.closeSources(),
    cite: pq.cite,
    show: (on) => pq.openSources(Number(on.dataset.turn), { focus: true }),
    stop,
    again: () => ask(last().question, { ...last().asked, again: true }),
    edit: () => edit(true),
    unedit: pq.unedit,
    offer: (on) => ask(on.textContent),
    "ask-sent": () => ask(pq.linkedQuestion()),
    "edit-sent": () => write(pq.linkedQuestion()),
    unlimit: (on) => ask(last().question, pq.without(last(), Number(on.dataset.number))),
    copy: (on) => pq.clip(pq.state.turns[on.dataset.turn].answer.markdown, say("copied")),
    share: (on) => pq.clip(pq.linkTo(pq.state.turns[on.dataset.turn].question), say("link_copied")),
    vote: (on) => vote(pq.state.turns[on.dataset.turn], on.dataset.good === "yes"),
    reason: (on) => vote(pq.state.turns[on.dataset.turn], false, on.dataset.reason),
  };

  function grow() {
    const box = find("pq-box");
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
    return pq.checkLength(box, find("pq-long"), pq.tell);
  }

  function send() {
    if (grow()) pq.tell(find("pq-long").textContent);
    else ask(find("pq-box").value);
  }

  function hang() {
    find("pq").addEventListener("click", (event) => {
      const on = event.target.closest("[data-do]");
      if (on && DOINGS[on.dataset.do]) DOINGS[on.dataset.do](on);
    });
    const box = find("pq-box");
    box.addEventListener("input", grow);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      send();
    });
    find("pq-form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
    addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, dialog");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.focus();
    });
    addEventListener("hashchange", welcome);
  }

  pq.connect = (given) => {
    wire = given;
    pq.dress();
    hang();
    pq.watchMarkers();
    pq.keepRoom();
    wire.hear(hear);
    const kept = pq.lastTalk();
    if (kept && !pq.linkedQuestion()) openTalk(kept);
    else { welcome(); draw(); }
    find("pq").classList.add("pq-ready");
    // On a phone the keyboard would cover half of the page.
    if (!pq.narrow()) find("pq-box").focus({ preventScroll: true });
  };
})();
