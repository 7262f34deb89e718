"use strict";
// Questions stand in the page as JSON, in parts: a part is read when one of its questions is opened.
(() => {
  const STEP = 50, PART = 50, TEXTS = 100;
  const GOOD = ["right", "rightly refused", "answered, not graded"];
  const ORDER = ["failed", "wrongly answered", "wrong", "wrongly refused", "partly right", "answered, not graded", "rightly refused", "right"];
  const BASES = { quoted: "Quoted", supported: "Supported (estimated)", record: "From the post's record",
    unchecked: "Not checked" };
  const at = (id) => document.getElementById(id);
  const parts = new Map();
  const part = (name, number) => {
    const key = `${name}-${number}`;
    if (!parts.has(key)) parts.set(key, JSON.parse(at(key).textContent));
    return parts.get(key);
  };
  const rows = part("rows", 0);
  rows.forEach((row, place) => {
    row.place = place;
    row.words = `${row.id}\n${row.q}\n${row.a}`.toLocaleLowerCase();
  });
  const detail = (place) => part("details", Math.floor(place / PART))[place % PART];
  const text = (number) => part("texts", Math.floor(number / TEXTS))[number % TEXTS];

  // Every word of posts and cases becomes a text node: none of it is read as HTML.
  const make = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };
  const chip = (words, kind = "") => make("span", `chip ${kind}`.trim(), words);
  const cssName = (outcome) => `o-${outcome.replaceAll(" ", "-")}`;
  const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

  // ---------------------------------------------------------------- an opened question

  const marked = (words, quotes) => {
    const found = [];
    for (const [quote, kind] of quotes) {
      const start = quote ? words.indexOf(quote) : -1;
      if (start >= 0 && !found.some((one) => start < one.end && one.start < start + quote.length)) {
        found.push({ start, end: start + quote.length, kind });
      }
    }
    found.sort((a, b) => a.start - b.start);
    const pieces = [];
    let done = 0;
    for (const one of found) {
      pieces.push(words.slice(done, one.start), make("mark", one.kind, words.slice(one.start, one.end)));
      done = one.end;
    }
    return [...pieces, words.slice(done)];
  };

  const evidence = (one) => {
    const place = make("span", "place");
    if (one.url) {
      const link = make("a", "", one.place);
      link.href = one.url;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      place.append(link);
    } else place.append(one.place);
    if (one.date) place.append(` · ${one.date}`);
    const words = one.field
      ? make("span", "", `Field of the post's record: ${one.field}`)
      : make("span", "", one.header ? `${one.header}: ` : null, one.before ? `${one.before} ` : null,
          make("mark", one.gold === 2 ? "gold" : "", one.quote), one.after ? ` ${one.after}` : null);
    const verdict = one.gold === 2 ? chip("gold sentence", "yes")
      : one.gold === 1 ? chip("gold section, other sentence", "so") : null;
    return make("div", "evidence", place, words, verdict ? make("div", "chips", verdict) : null);
  };

  const sentence = (one, answerable) => {
    const words = make("p", "said");
    if (one.short) {
      const [start, end] = one.short;
      words.append(one.t.slice(0, start), make("span", "short", one.t.slice(start, end)), one.t.slice(end));
    } else words.append(one.t);
    const chips = make("div", "chips", chip(BASES[one.basis] || one.basis));
    if (one.basis === "supported") chips.append(chip(`support ${one.support.toFixed(2)}`));
    if (!one.cites.length) chips.append(chip("cites nothing", "no"));
    else if (answerable && !one.cites.some((cite) => cite.gold)) chips.append(chip("cites no gold", "no"));
    const left = make("div", "", words, chips, one.reason ? make("p", "reason", one.reason) : null);
    return make("div", "pair", left, make("div", "", ...one.cites.map(evidence)));
  };

  const gold = (found) => make("ul", "plain", ...found.gold.map((one) => {
    const chips = make("div", "chips",
      one.rank ? chip(`found at ${one.rank}`, one.rank <= 10 ? "yes" : "so") : chip("not found", "no"),
      one.cited ? chip("cited", "yes") : one.section ? chip("its section is cited", "so") : chip("not cited", "no"));
    const place = [`post ${one.post}`, one.heading].filter(Boolean).join(" › ");
    return make("li", "", make("div", "evidence", make("span", "place", place),
      one.quote ? make("mark", "gold", one.quote)
        : one.whole ? "Any text of this post." : "The index does not hold this sentence."), chips);
  }));

  const hits = (found) => found.hits.map(([number, relevance, golds], place) => {
    const [title, words] = text(number);
    const cited = found.sentences.flatMap((one) => one.cites.map((cite) => [cite.quote, ""]));
    const wanted = golds.map((i) => [found.gold[i].quote, "gold"]);
    const chips = make("span", "chips", golds.length ? chip("gold", "yes") : null,
      cited.some(([quote]) => quote && words.includes(quote)) ? chip("cited") : null);
    const summary = make("summary", "", make("span", "rank", `${place + 1}.`), title,
      make("span", "reason", ` · ${relevance.toFixed(3)}`), chips);
    const box = make("details", "hit", summary);
    box.addEventListener("toggle", () => {
      if (box.childElementCount === 1) box.append(make("p", "text", ...marked(words, [...wanted, ...cited])));
    });
    return box;
  });

  const section = (title, ...content) => [make("h3", "", title), ...content];

  const list = (items) => make("ul", "plain", ...items);

  const filled = (row) => {
    const found = detail(row.place);
    const out = make("div", "inside");
    if (found.history.length) {
      out.append(...section("Before it in the conversation", list(found.history.map(([asked, told]) =>
        make("li", "", make("p", "said", asked), told ? make("p", "reason", told) : null)))));
    }
    if (found.failed !== null) out.append(...section("It failed", make("p", "said", found.failed)));
    else if (found.sentences.length) {
      out.append(...section("Answer, and what each sentence rests on",
        make("div", "", ...found.sentences.map((one) => sentence(one, found.answerable)))));
    } else {
      out.append(...section("Answer", make("p", "said", "Refused: no answer was found in the posts.")));
    }
    if (found.gold.length) out.append(...section("Gold, as a person marked it", gold(found)));
    else if (!found.answerable) out.append(...section("Gold", make("p", "said", "The posts do not answer this question.")));
    if (found.reference) out.append(...section("Reference answer", make("p", "said", found.reference)));
    if (found.must.length) {
      out.append(...section("What it must say", make("div", "chips", ...found.must.map(([words, said]) =>
        chip(`${words.join(" or ")} ${said ? "✓" : "✗"}`, said ? "yes" : "no")))));
    }
    if (found.mustNot.length) {
      out.append(...section("What it must not say", make("div", "chips", ...found.mustNot.map(([words, said]) =>
        chip(`${words} ${said ? "✗" : "✓"}`, said ? "no" : "yes")))));
    }
    if (found.sentences) rest(out, found);
    const earned = Object.entries(found.earned).filter(([, value]) => value !== null);
    if (earned.length) {
      out.append(make("p", "earned", ...earned.map(([name, value]) => make("span", "", `${name} ${value.toFixed(3)}`))));
    }
    return out;
  };

  const rest = (out, found) => {
    if (found.rejected.length) {
      out.append(...section("Left out by the check", list(found.rejected.map(([words, reason]) =>
        make("li", "", make("p", "said", words), make("p", "reason", reason))))));
    }
    if (found.disagreements.length) {
      out.append(...section("Posts that say otherwise", ...found.disagreements.map(([cited, older, other]) =>
        make("div", "pair", make("p", "said", cited), make("div", "", chip(older ? "older" : "newer"), evidence(other))))));
    }
    if (found.nearest.length) out.append(...section("Nearest, as the refusal shows it", ...found.nearest.map(evidence)));
    if (found.searches.length) out.append(...section("Also searched for", list(found.searches.map((one) => make("li", "", one)))));
    if (found.warnings.length) out.append(...section("Notes of the answer", list(found.warnings.map((one) => make("li", "", one)))));
    if (found.hits.length) {
      const all = found.more ? ` (${found.hits.length} of ${found.hits.length + found.more})` : "";
      out.append(...section(`Sections found, best first${all}`, ...hits(found)));
    }
  };

  // ---------------------------------------------------------------- the list

  const item = (row) => {
    const meta = [row.id, row.kind, `score ${row.s.toFixed(2)}`];
    if (row.ms !== null) meta.push(`${row.ms.toLocaleString("en")} ms`);
    const summary = make("summary", "", make("span", "ask", row.q), make("span", "verdict", row.o),
      make("span", "meta", meta.join(" · ")));
    const box = make("details", `case ${cssName(row.o)}`, summary);
    box.dataset.place = row.place;
    box.addEventListener("toggle", () => {
      if (!box.open) return;
      if (box.childElementCount === 1) box.append(filled(row));
      history.replaceState(null, "", `#case=${encodeURIComponent(row.id)}`);
    });
    return make("li", "", box);
  };

  const state = { outcome: "", shown: 0, found: rows };

  const wanted = (row) => state.outcome === "" || row.o === state.outcome
    || (state.outcome === "not right" && !GOOD.includes(row.o));

  const sorted = (found) => {
    const by = {
      worst: (a, b) => ORDER.indexOf(a.o) - ORDER.indexOf(b.o),
      slow: (a, b) => (b.ms ?? -1) - (a.ms ?? -1),
      low: (a, b) => a.s - b.s,
    }[at("order").value];
    return by ? [...found].sort((a, b) => by(a, b) || a.place - b.place) : found;
  };

  const grow = () => {
    const next = state.found.slice(state.shown, state.shown + STEP);
    at("list").append(...next.map(item));
    state.shown += next.length;
    const left = state.found.length - state.shown;
    at("more").hidden = left === 0;
    at("more").textContent = `Show ${Math.min(STEP, left)} more of ${left.toLocaleString("en")}`;
  };

  const search = () => {
    const words = at("words").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const kind = at("kind").value;
    const fitting = rows.filter((row) => (!kind || row.kind === kind) && words.every((one) => row.words.includes(one)));
    state.found = sorted(fitting.filter(wanted));
    state.shown = 0;
    at("list").replaceChildren();
    at("count").textContent = state.found.length === rows.length
      ? `All ${count(rows.length, "question", "questions")}`
      : `${count(state.found.length, "question", "questions")} of ${rows.length.toLocaleString("en")}`;
    grow();
    label(fitting);
  };

  const label = (fitting) => {
    for (const button of at("filters").children) {
      const name = button.dataset.outcome;
      const n = fitting.filter((row) => name === "" || row.o === name || (name === "not right" && !GOOD.includes(row.o))).length;
      button.textContent = `${name === "" ? "All" : name[0].toUpperCase() + name.slice(1)} ${n.toLocaleString("en")}`;
      button.setAttribute("aria-pressed", String(name === state.outcome));
    }
  };

  const filters = () => {
    const there = new Set(rows.map((row) => row.o));
    const names = ["", ...(rows.some((row) => !GOOD.includes(row.o)) ? ["not right"] : []),
      ...[...ORDER].reverse().filter((name) => there.has(name))];
    for (const name of names) {
      const button = make("button", name && name !== "not right" ? cssName(name) : "");
      button.type = "button";
      button.dataset.outcome = name;
      button.addEventListener("click", () => {
        state.outcome = name;
        search();
      });
      at("filters").append(button);
    }
    for (const kind of [...new Set(rows.map((row) => row.kind))].sort()) {
      const option = make("option", "", kind);
      option.value = kind;
      at("kind").append(option);
    }
  };

  const named = () => {
    const asked = /^#case=(.+)$/.exec(location.hash);
    if (!asked) return;
    let id;
    try { id = decodeURIComponent(asked[1]); } catch { return; }
    const place = state.found.findIndex((row) => row.id === id);
    if (place < 0) return;
    while (state.shown <= place) grow();
    const box = at("list").children[place].firstElementChild;
    box.open = true;
    box.firstElementChild.focus();
    box.scrollIntoView({ block: "start" });
  };

  // From question to question by the arrow keys, where a question has the focus.
  at("list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const box = event.target.parentElement;
    if (!step || event.target.tagName !== "SUMMARY" || !box.classList.contains("case")) return;
    const place = [...at("list").children].indexOf(box.parentElement) + step;
    if (place === state.shown && state.shown < state.found.length) grow();
    const next = at("list").children[place];
    if (!next) return;
    event.preventDefault();
    next.firstElementChild.firstElementChild.focus();
  });

  const theme = () => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const now = () => document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
    const tell = () => { at("theme").textContent = now() === "dark" ? "Light theme" : "Dark theme"; };
    at("theme").hidden = false;
    at("theme").addEventListener("click", () => {
      document.documentElement.dataset.theme = now() === "dark" ? "light" : "dark";
      tell();
    });
    dark.addEventListener("change", tell);
    tell();
  };

  theme();
  filters();
  at("find").hidden = false;
  at("find").addEventListener("submit", (event) => event.preventDefault());
  let waiting;
  at("words").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 120);
  });
  at("kind").addEventListener("change", search);
  at("order").addEventListener("change", search);
  at("more").addEventListener("click", () => {
    const first = state.shown;
    grow();
    at("list").children[first].firstElementChild.firstElementChild.focus();
  });
  addEventListener("hashchange", named);
  search();
  named();
})();
