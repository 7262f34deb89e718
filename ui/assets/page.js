// The page: what is asked, what comes back, and what its buttons do.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { say, find } = pq;
  pq.pulse = 15_000; // ms without a sign of life from a server that has begun to answer
  const PATIENCE = 90_000; // … and from one that has not: other questions may come first
  const CITED = 500;
  pq.state = { id: pq.fresh(), at: null, turns: [], gone: [], editing: false, about: null };
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
    pq.unlink();
    pq.unfollow();
    const before = pq.state.turns.filter((turn) => turn.answer);
    const turn = { id: pq.fresh(), question: text, asked: { without }, over: false, answer: null };
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
    lastDrawn().scrollIntoView({ block: "start", behavior: pq.calm() ? "auto" : "smooth" });
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
    draw(last());
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
    draw(turn);
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

  const lastDrawn = () => find("pq-turns").lastElementChild;

  // On a phone the keyboard would cover half of the page.
  const rest = () => find(pq.narrow() ? "pq-scroll" : "pq-box").focus({ preventScroll: true });

  // All of it; or the one turn that has changed, so that a reader is not disturbed elsewhere.
  function draw(changed) {
    const turns = pq.state.turns;
    const drawn = (turn, number) => pq.pageTurn(turn, number, number === turns.length - 1);
    pq.steady(document, () => {
      if (changed) {
        const number = turns.indexOf(changed);
        find("pq-turns").children[number].replaceWith(drawn(changed, number));
        pq.refillSources(number);
      } else {
        find("pq-turns").replaceChildren(...turns.map(drawn));
        pq.arrangeSources();
      }
      pq.tidyMarkers();
      find("pq-empty").hidden = turns.length > 0;
      find("pq").classList.toggle("pq-has-turns", turns.length > 0);
      find("pq-send").hidden = busy();
      find("pq-stop").hidden = !busy();
    }, rest);
  }

  function hear(told) {
    if (told?.reply) reply(told.reply);
    if (told?.voted) voted(told.voted);
    if (!told?.about) return;
    pq.state.about = told.about;
    pq.showFor("owner", told.about.owner);
    pq.aboutLine(told.about);
    pq.welcome();
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

  function leave() {
    if (busy()) wire.say("stop", {});
    clearTimeout(silence);
    pq.leaveTalk();
    pq.unfollow();
    Object.assign(pq.state, { id: pq.fresh(), at: null, turns: [], gone: [] });
    edit(false);
    pq.welcome();
    draw();
  }

  function renew() {
    pq.unlink();
    leave();
    find("pq-box").focus();
  }

  function openTalk(talk) {
    if (busy()) wire.say("stop", {});
    clearTimeout(silence);
    pq.unlink();
    pq.unfollow();
    Object.assign(pq.state, { id: talk.id, at: talk.at, turns: talk.turns, gone: [] });
    edit(false);
    draw();
    lastDrawn()?.scrollIntoView({ block: "start" });
  }

  // The open chat would be kept again with its next question.
  function drop(id) {
    if (pq.state.turns.length && (!id || id === pq.state.id)) renew();
    pq.dropTalk(id);
    pq.steady(document, pq.listTalks, () => document.querySelector("[data-do=close-talks]").focus());
  }

  function follow() {
    if (pq.linkedQuestion() && pq.state.turns.length) leave(); // what was talked of is among the saved ones
    else pq.welcome();
  }

  const vote = (turn, good, reason = "") => wire.say("like", { id: turn.id, question: turn.question, good, reason });

  // Thanks are said for what has arrived.
  function voted({ id, good, reason }) {
    const turn = pq.state.turns.find((one) => one.id === id);
    if (!turn) return; // of a chat that was left
    Object.assign(turn, { vote: good ? "yes" : "no", reason });
    draw(turn);
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
    else if (busy()) pq.tell(say(begun ? "checking" : "looking")); // what was typed stays
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
    addEventListener("hashchange", follow);
    addEventListener("pagehide", () => pq.keepDraft(box.value));
    pq.watchTalks(renew);
  }

  pq.connect = (given) => {
    wire = given;
    pq.dress();
    hang();
    pq.watchMarkers();
    pq.keepRoom();
    wire.hear(hear);
    const kept = pq.lastTalk();
    pq.welcome();
    if (kept && !pq.linkedQuestion()) openTalk(kept);
    else draw();
    find("pq-box").value = pq.keptDraft();
    grow();
    find("pq").classList.add("pq-ready");
    if (!pq.narrow()) find("pq-box").focus({ preventScroll: true });
  };
})();
