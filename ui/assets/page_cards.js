// A source as elements: its post, its date, and the words in their place.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, words, say } = pq;

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

  pq.factsOf = (card) => {
    const when = card.published ? `${pq.day(card.published)} (${pq.age(card.published)})` : "";
    const told = [when, card.authors.join(", ")].filter(Boolean).join(" · ");
    return told ? words("p", told, { class: "pq-facts" }) : null;
  };

  function linked(card, quote) {
    const here = pq.isHere?.(quote.url); // on the page that the widget stands on
    const where = make("span", { class: "pq-unseen" }, ` ${card.place}`);
    const link = pq.outward(quote.url, say(here ? "show_here" : "show_in_post"), where, pq.icon(here ? "down" : "out"));
    link?.classList.add("pq-link");
    return link ?? make("span", { class: "pq-dim" }, say("no_address"));
  }

  function quoted(card, quote, named) {
    const text = make("blockquote", { dir: "auto", lang: card.language || null },
      quote.before, make("mark", {}, quote.text), quote.after);
    const group = quote.number ? {
      id: `${named}-${quote.number}`, tabindex: "-1", role: "group",
      "aria-label": say("source", { n: quote.number, place: card.place }),
    } : {};
    const number = quote.number ? make("span", { class: "pq-number", "aria-hidden": "true" }, String(quote.number)) : null;
    return make("div", { class: "pq-quote", ...group }, number, make("div", {}, text, linked(card, quote)));
  }

  // The ids of its quotes begin with `named`, and end with their numbers.
  pq.cardOf = (card, gone, named = "pq-source") => {
    const path = card.headings.map((one) => make("span", { class: "pq-path" }, "› ", words("span", one)));
    return make("article", { class: "pq-card", "aria-label": card.place },
      make(`h${pq.level + 1}`, {}, words("span", card.title), ...path),
      pq.factsOf(card), ...badges(card, gone), ...card.quotes.map((one) => quoted(card, one, named)));
  };
})();
