// A turn of the conversation as elements: the question and its answer.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, words, say, count } = pq;
  const BASES = { quoted: "is_quoted", supported: "is_supported", record: "from_record" };
  const FILTERS = { author: "authors", category: "categories", tag: "tags", title: "titles" };

  // ---------------------------------------------------------------- sentences

  pq.sentencesOf = (answer) => answer.shown.flatMap((part) => part.lines.flat());

  function emphasised(said) {
    if (!said.short) return [said.text];
    // Offsets count characters, as Python does, and not JavaScript's halves of them.
    const all = Array.from(said.text);
    const [start, end] = said.short;
    return [
      all.slice(0, start).join(""),
      make("strong", {}, all.slice(start, end).join("")),
      all.slice(end).join(""),
    ];
  }

  function around(key, text) {
    const name = make("span", { class: "pq-unseen" }, `${say(key)} `);
    return text ? make("span", { class: "pq-around" }, name, text) : null;
  }

  function sentence(said, turn, places, named) {
    return [
      around("before_it", said.before),
      said.before ? " " : null,
      make("span", { class: "pq-said" }, ...emphasised(said)),
      ...said.marks.flatMap((number) => [" ", pq.markerOf(turn, number, places.get(number) ?? "")]),
      named ? make("span", { class: "pq-basis" }, ` ${say(BASES[said.basis])}`) : null,
      said.after ? " " : null,
      around("behind_it", said.after),
    ];
  }

  function said(answer, turn) {
    const places = new Map(
      answer.cards.flatMap((card) => card.quotes.map((quote) => [quote.number, card.place])),
    );
    const all = pq.sentencesOf(answer);
    const named = all.some((one) => one.basis !== "quoted"); // else one line says it of all
    const line = (one) => one.flatMap((s, n) => [n ? " " : null, ...sentence(s, turn, places, named)]);
    return answer.shown.flatMap((part) => {
      if (!part.listed) return part.lines.map((one) => make("p", { dir: "auto" }, ...line(one)));
      const items = part.lines.map((one) => make("li", { dir: "auto" }, ...line(one)));
      const left = part.left ? make("p", { class: "pq-dim" }, say("left_in_list", { n: part.left })) : null;
      return [make("ul", {}, ...items), left].filter(Boolean);
    });
  }

  // ---------------------------------------------------------------- what was asked

  const limitWords = (limit) =>
    limit.kind === "dates" ? pq.span(limit.since, limit.until) : say(`limit_${limit.kind}`, { value: limit.name });

  function chip(limit, number, last) {
    const text = limitWords(limit);
    if (!last) return make("li", { class: "pq-chip" }, words("span", text));
    const off = make("button", {
      type: "button", "data-do": "unlimit", "data-number": number,
      title: say("without", { limit: text }),
    }, pq.icon("cross"));
    return make("li", { class: "pq-chip" }, words("span", text), off);
  }

  function searched(answer, last) {
    const same = answer.searched.length === 1 && answer.searched[0] === answer.question;
    if (same && !answer.limits.length && (answer.answered || !answer.complete)) return null;
    const texts = pq.listed(answer.searched.map((text) => `“${text}”`));
    const chips = answer.limits.map((limit, number) => chip(limit, number, last));
    return make("div", { class: "pq-searched" },
      words("p", say("searched_for", { texts })),
      chips.length ? make("ul", {}, ...chips) : null);
  }

  // ---------------------------------------------------------------- what is said beside it

  function checks(answer) {
    if (!answer.checked) return null;
    const shown = pq.sentencesOf(answer);
    const of = (basis) => shown.filter((one) => one.basis === basis).length;
    const kinds = Object.keys(BASES).filter(of).map((basis) => `${of(basis)} ${say(BASES[basis])}`);
    const out = answer.left_out.length;
    const each = say(shown.some((one) => one.row) ? "each_quoted_rows" : out ? "others_quoted" : "each_quoted");
    const how = !shown.length ? null : of("quoted") === shown.length ? each : pq.listed(kinds);
    const facts = [count("checked", answer.checked),
      ...(out ? [count("left_out", out), how] : [how, say("none_left_out")])];
    const line = facts.filter(Boolean).join(" · ");
    if (!out) return make("p", { class: "pq-checks" }, pq.icon("panel"), line);
    const rows = answer.left_out.map((one) =>
      make("li", {}, pq.quoted(one.text), " ", words("span", one.reason)));
    return make("details", { class: "pq-checks" }, make("summary", {}, line),
      make("p", {}, say("left_out_why")), make("ul", {}, ...rows));
  }

  function near(card) {
    const quote = card.quotes[0];
    const name = words("span", card.place);
    return make("li", {}, pq.outward(quote.url, name) ?? name,
      quote.text ? pq.quoted(quote.text, { lang: card.language || null }) : null);
  }

  function other(one) {
    const card = one.card;
    const name = words("span", card.place);
    return make("p", { class: "pq-note" }, say(one.older ? "an_older" : "a_newer"), " ",
      pq.quoted(card.quotes[0].text, { lang: card.language || null }), " ", pq.outward(card.quotes[0].url, name) ?? name,
      card.published ? `, ${pq.day(card.published)}` : null);
  }

  const isRefused = (answer) => answer.complete && !answer.answered;

  // The notes say why, so they stand above what is offered instead.
  function refusal(answer, notes) {
    const told = [make("p", { class: "pq-refused" }, say("refused")), ...notes];
    if (answer.nearest.length) {
      told.push(make("p", {}, say("nearest_hint")), make("ul", { class: "pq-near" }, ...answer.nearest.map(near)));
    }
    return told;
  }

  function allOf(answer, number, last) {
    const notes = answer.warnings.map((text) => words("p", say("note", { text }), { class: "pq-note" }));
    const others = answer.otherwise.map(other);
    const told = isRefused(answer) ? [...refusal(answer, notes), ...others]
      : answer.notes_first ? [...notes, ...said(answer, number), ...others]
        : [...said(answer, number), ...others, ...notes];
    return [searched(answer, last), ...told, checks(answer)];
  }

  function going(turn) {
    if (turn.failure) {
      return make("div", { class: "pq-failure", role: "alert" },
        words("p", turn.failure.problem), words("p", turn.failure.hint));
    }
    if (turn.stopped) return make("p", { class: "pq-dim" }, say("stopped"));
    if (turn.over) return null;
    return make("p", { class: "pq-going" }, say(turn.answer?.shown.length ? "checking" : "looking"));
  }

  pq.turnOf = (turn, number, last, ...below) => {
    const parts = turn.answer ? allOf(turn.answer, number, last && turn.over) : [];
    return make("article", { class: "pq-turn", "data-turn": number, "aria-label": say("question_number", { n: number + 1 }) },
      make(`h${pq.level}`, { class: "pq-question", dir: "auto" }, turn.question),
      make("div", { class: "pq-answer", "aria-busy": String(!turn.over) },
        ...parts.filter(Boolean), going(turn), ...below.filter(Boolean)));
  };

  // What is new to somebody who has heard the first sentences.
  pq.newsOf = (turn, heard) => {
    const { answer } = turn;
    const news = answer ? pq.sentencesOf(answer).slice(heard).map((one) => one.text) : [];
    if (!turn.over || turn.failure) return news; // which is an alert of its own
    if (turn.stopped) news.push(say("stopped"));
    else if (answer) {
      if (isRefused(answer)) news.push(say("refused"));
      if (isRefused(answer) || answer.notes_first) news.push(...answer.warnings);
      if (!isRefused(answer)) news.push(say("answer_complete"));
      if (answer.cards.length) news.push(count("answer_sources", answer.cards.length));
    }
    return news;
  };

  // How a question is asked again where one of its answer's limits, too, is taken off.
  pq.without = ({ answer, asked }, number) => {
    const { kind, name, since, until } = answer.limits[number];
    const off = asked.without ?? {}; // kept chats may have none
    const more = kind === "dates" ? { since: since || null, until: until || null }
      : { [FILTERS[kind]]: [...(off[FILTERS[kind]] ?? []), name] };
    return { without: { ...off, ...more }, again: true };
  };
})();
