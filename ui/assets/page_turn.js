// What can be done with an answer of the page.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, say, count } = pq;
  const REASONS = ["wrong-source", "out-of-date", "no-answer", "other"];

  function votes(turn, number) {
    const thumb = (good, icon, text) => pq.button("vote", icon, text, {
      class: "pq-icon", "data-turn": number, "data-good": good ? "yes" : "no",
      "aria-pressed": String(turn.vote === (good ? "yes" : "no")),
    });
    return [thumb(true, "up", say("helpful")), thumb(false, "down_thumb", say("not_helpful"))];
  }

  function reasons(turn, number) {
    if (turn.vote !== "no" || turn.reason) return null;
    const buttons = REASONS.map((one) => pq.button("reason", null, say(`reason_${one}`),
      { class: "pq-plain", "data-turn": number, "data-reason": one }));
    return make("div", { class: "pq-reasons", role: "group", "aria-label": say("reasons") },
      make("span", {}, say("reasons")), ...buttons);
  }

  function actions(turn, number, last) {
    const one = (action, icon, key) => pq.button(action, icon, say(key), { class: "pq-icon", "data-turn": number });
    return make("div", { class: "pq-actions" },
      turn.answer?.markdown ? one("copy", "copy", "copy") : null,
      one("share", "share", "share"),
      ...(last ? [one("again", "again", "ask_again"), one("edit", "edit", "edit")] : []),
      ...(pq.votes && turn.answer ? votes(turn, number) : []),
      turn.answer?.cards.length ? pq.button("show", null, count("answer_sources", turn.answer.cards.length).replace(/\.$/, ""), { class: "pq-plain", "data-turn": number }) : null);
  }

  function following(turn) {
    if (!turn.followUps?.length) return null;
    const offers = turn.followUps.map((text) => make("button", { type: "button", class: "pq-offer", dir: "auto", "data-do": "offer" }, text));
    return make("div", { class: "pq-offers", role: "group", "aria-label": say("follow_ups") },
      make("p", { class: "pq-dim" }, say("follow_ups")), ...offers);
  }

  pq.pageTurn = (turn, number, last) => {
    const done = turn.over ? [actions(turn, number, last), reasons(turn, number), last ? following(turn) : null] : [];
    return pq.turnOf(turn, number, last, ...done);
  };
})();
