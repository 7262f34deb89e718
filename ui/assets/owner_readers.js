// What readers asked and voted, and the cases that are made of it.
(() => {
  "use strict";
  const own = window.owner;
  const { make, words, count, number, find, fill } = own;
  const REASONS = { "wrong-source": "Wrong source", "out-of-date": "Out of date", "no-answer": "Does not answer", other: "Something else" };
  const MOST = 200; // rows that are drawn at once
  const state = { groups: [], asked: 0, more: 0, votes: [], cases: [], keeps: null };

  // ---------------------------------------------------------------- cases

  const same = (question) => question.trim().toLowerCase();
  const isCase = (question) => state.cases.some((one) => same(one.question) === same(question));

  async function addCase(sent) {
    const made = await own.ask("cases", sent);
    const gold = made.gold ? `${count(made.gold, "sentence")} as its answer` : "the posts do not answer it";
    own.toast(`Case added: ${gold}.`);
    await loadCases();
    drawQuestions();
    drawVotes();
  }

  // The label tells a button's question apart; what is written on it comes first, as it is spoken.
  const button = (text, question, work, more = {}) => make("button", { type: "button", class: "plain", "aria-label": `${text}: ${question}`, click: own.doing(work), ...more }, text);

  const bin = (question, work) => make("button", { type: "button", class: "icon", title: "Delete", "aria-label": `Delete: ${question}`, click: own.doing(work) }, own.icon("bin"));

  function making(question, kind, good) {
    return [
      make("span", { class: "told", "aria-hidden": "true" }, "Case:"),
      good ? button("Answered well", question, () => addCase({ question, kind, as_answered: true }), { title: "Make a case: what the answer cites now is right" })
        : button("Not in the posts", question, () => addCase({ question, kind }), { title: "Make a case: the posts do not answer it" }),
      button("Choose sentences …", question, () => choose(question, kind), { title: "Make a case: these sentences answer it" }),
    ];
  }

  async function choose(question, kind) {
    const dialog = find("choose");
    find("choose-question").textContent = question;
    fill("choose-list", make("p", { class: "going" }, "Searching the posts …"));
    ticked();
    dialog.returnValue = "cancel";
    dialog.showModal();
    const closed = new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
    await own.part("choose-list", async () => {
      const found = await own.ask("sentences", { question });
      fill("choose-list", found.sections.length ? found.sections.map(offered) : make("p", { class: "nothing" }, "Nothing in the posts is near."));
    });
    await closed;
    if (dialog.returnValue !== "save") return;
    const gold = [...find("choose-list").querySelectorAll("input:checked")].map((one) => one.gold);
    if (gold.length) await addCase({ question, kind, gold });
  }

  function offered(section) {
    const sentences = section.sentences.map((quote) => {
      const box = make("input", { type: "checkbox", change: ticked });
      box.gold = { post_id: section.post_id, heading: section.headings.at(-1) ?? "", quote };
      return make("label", { class: "choice" }, box, words("span", quote));
    });
    return make("fieldset", {}, words("legend", [section.title, ...section.headings].join(" › ")), sentences);
  }

  function ticked() {
    const n = find("choose-list").querySelectorAll("input:checked").length;
    find("choose-save").disabled = !n;
    find("choose-count").textContent = n ? `${count(n, "sentence")} chosen` : "";
  }

  function drawCases() {
    const rows = state.cases.map((one) => make("li", {},
      make("span", { class: "count", "aria-hidden": "true" }, one.answerable ? number(one.gold) : "–"),
      make("div", {}, words("p", one.question, { class: "asked" }), make("p", { class: "told" }, one.answerable ? `${count(one.gold, "sentence")} in the posts` : "Not in the posts", " · ", words("bdi", one.id))),
      make("div", { class: "make" }, button("Remove", one.question, async () => {
        await own.ask("cases/delete", { id: one.id });
        await loadCases();
        drawQuestions();
        drawVotes();
      }))));
    fill("cases", rows);
    find("cases-bar").hidden = !rows.length;
    find("cases-count").textContent = rows.length ? count(rows.length, "case") : "";
  }

  const loadCases = () => own.part("cases", async () => {
    state.cases = (await own.ask("cases")).cases;
    drawCases();
  });

  // ---------------------------------------------------------------- questions

  function group(one) {
    const others = one.members.slice(1);
    const asked = one.count === 1 ? `asked on ${own.day(one.last)}` : `asked ${number(one.count)} times, last on ${own.day(one.last)}`;
    return make("li", {},
      make("span", { class: "count", "aria-hidden": "true" }, number(one.count)),
      make("div", {}, words("p", one.question, { class: "asked" }), make("p", { class: "told" }, asked, isCase(one.question) ? [" ", make("span", { class: "tag done" }, "✓ case")] : null)),
      make("div", { class: "make" }, making(one.question, "unanswered", false), bin(one.question, () => drop(one))),
      others.length ? make("details", { class: "others" }, make("summary", {}, `and in ${count(others.length, "other wording")}`),
        make("ul", {}, others.map((other) => make("li", {}, words("span", other.question), make("span", { class: "told" }, ` ${number(other.count)} ×, ${own.day(other.last)}`))))) : null);
  }

  async function drop(one) {
    const wordings = one.members.length > 1 ? `, in ${count(one.members.length, "wording")}` : "";
    if (!await own.sure(`Delete this question${wordings}?`)) return;
    await own.ask("questions/delete", { questions: one.members.map((member) => member.question) });
    await loadQuestions();
  }

  function drawQuestions() {
    const wanted = same(find("questions-find").value);
    const found = state.groups.filter((one) => one.members.some((member) => same(member.question).includes(wanted)));
    const rows = found.slice(0, MOST).map(group);
    const rest = found.length - rows.length + (wanted ? 0 : state.more);
    const none = state.groups.length ? "No question has these words." : "None so far.";
    const told = rows.length ? rest ? make("li", { class: "nothing" }, `${number(rest)} more: the CSV has all of them.`) : null : make("li", { class: "nothing" }, none);
    fill("questions", state.keeps?.keeps_questions || state.groups.length ? [rows, told].flat() : []);
    find("questions-bar").hidden = !state.groups.length;
    find("questions-count").textContent = state.asked ? `${count(state.asked, "question")} in ${count(state.groups.length, "group")}` : "";
  }

  const loadQuestions = () => own.part("questions", async () => {
    if (!state.groups.length) fill("questions", make("li", { class: "going" }, "Putting together what asks alike …"));
    Object.assign(state, await own.ask("questions"));
    drawQuestions();
  });

  // ---------------------------------------------------------------- votes

  function vote(one) {
    return make("li", {},
      make("span", { class: `thumb ${one.good ? "good" : "bad"}` }, own.icon(one.good ? "good" : "bad"), make("span", { class: "unseen" }, one.good ? "Helpful" : "Not helpful")),
      make("div", {}, words("p", one.question, { class: "asked" }),
        make("p", { class: "told" }, own.day(one.day), one.reason ? [" ", words("span", REASONS[one.reason] ?? one.reason, { class: "tag" })] : null, isCase(one.question) ? [" ", make("span", { class: "tag done" }, "✓ case")] : null)),
      make("div", { class: "make" }, making(one.question, "feedback", one.good), bin(one.question, async () => {
        if (!await own.sure("Delete this vote?")) return;
        await own.ask("votes/delete", { votes: [one] });
        await loadVotes();
      })));
  }

  function drawVotes() {
    const kind = find("votes-kind").value;
    const found = state.votes.filter((one) => !kind || (kind === "good" ? one.good : kind === "bad" ? !one.good : one.reason === kind));
    const rows = found.slice(0, MOST).map(vote);
    const none = state.votes.length ? "No vote is of this kind." : "None so far.";
    const told = rows.length ? found.length > MOST ? make("li", { class: "nothing" }, `${number(found.length - MOST)} more: the CSV has all of them.`) : null : make("li", { class: "nothing" }, none);
    fill("votes", state.keeps?.keeps_votes || state.votes.length ? [rows, told].flat() : []);
    find("votes-bar").hidden = !state.votes.length;
    const good = state.votes.filter((one) => one.good).length;
    find("votes-count").textContent = state.votes.length ? `${number(good)} helpful, ${number(state.votes.length - good)} not` : "";
  }

  const loadVotes = () => own.part("votes", async () => {
    state.votes = (await own.ask("votes")).votes;
    drawVotes();
  });

  // ---------------------------------------------------------------- what is kept

  const off = (setting, what) => [`${what} are not kept. To keep them, set `, make("code", {}, `${setting} = true`), " and start the server again; the page then says so to its readers."];

  own.drawKept = (told) => {
    state.keeps = told;
    const days = count(told.keep_days, "day");
    fill("questions-kept", told.keeps_questions ? `Of questions that the posts do not answer, the words and the day are kept for ${days}, and nothing about who asked. The chat page says so.` : off("keep_questions", "Questions"));
    fill("votes-kept", told.keeps_votes ? `Of a vote, the question, the reason and the day are kept for ${days}, and nothing about who voted. The chat page says so.` : off("keep_feedback", "Votes"));
    fill("cases-file", "Questions become cases of an evaluation here. Run them with ", make("code", {}, `pullquote eval --cases ${told.cases} --index ${told.index.folder}`), ".");
    drawQuestions();
    drawVotes();
  };

  own.startReaders = () => {
    find("questions-find").addEventListener("input", drawQuestions);
    find("votes-kind").addEventListener("change", drawVotes);
    find("questions-delete").addEventListener("click", own.doing(async () => {
      if (!await own.sure("Delete all questions without an answer?")) return;
      await own.ask("questions/delete", { everything: true });
      await loadQuestions();
    }));
    find("votes-delete").addEventListener("click", own.doing(async () => {
      if (!await own.sure("Delete all votes?")) return;
      await own.ask("votes/delete", { everything: true });
      await loadVotes();
    }));
    return loadCases().then(() => Promise.all([loadVotes(), loadQuestions()]));
  };
})();
