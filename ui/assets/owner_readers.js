// What readers asked and voted, and the cases that are made of it.
(() => {
  "use strict";
  const own = window.owner;
  const { make, words, say, told, count, number, find, fill } = own;
  const REASONS = ["wrong-source", "out-of-date", "no-answer", "other"];
  const MOST = 200; // rows that are drawn at once
  const state = { groups: [], asked: 0, more: 0, votes: [], cases: [], keeps: null };

  // ---------------------------------------------------------------- cases

  const same = (question) => question.trim().toLowerCase();
  const isCase = (question) => state.cases.some((one) => same(one.question) === same(question));

  async function addCase(sent) {
    const made = await own.ask("cases", sent);
    own.toast(made.gold ? count("own_case_made", made.gold) : say("own_case_refused"));
    await loadCases();
    drawQuestions();
    drawVotes();
  }

  // The label tells a button's question apart; what is written on it comes first, as it is spoken.
  const button = (text, question, work, more = {}) => make("button", { type: "button", class: "plain", "aria-label": `${text}: ${question}`, click: own.doing(work), ...more }, text);

  const bin = (question, work) => make("button", { type: "button", class: "icon", title: `${say("delete")}: ${question}`, click: own.doing(work) }, own.icon("bin"));

  function making(question, kind, good) {
    return [
      make("span", { class: "told", "aria-hidden": "true" }, say("own_case")),
      good ? button(say("own_answered_well"), question, () => addCase({ question, kind, as_answered: true }), { title: say("own_answered_well_why") })
        : button(say("own_not_in_posts"), question, () => addCase({ question, kind }), { title: say("own_not_in_posts_why") }),
      button(say("own_choose"), question, () => choose(question, kind), { title: say("own_choose_why") }),
    ];
  }

  async function choose(question, kind) {
    const dialog = find("choose");
    find("choose-question").textContent = question;
    fill("choose-list", make("p", { class: "going" }, say("own_searching")));
    ticked();
    dialog.returnValue = "cancel";
    dialog.showModal();
    const closed = new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
    await own.part("choose-list", async () => {
      const found = await own.ask("sentences", { question });
      fill("choose-list", found.sections.length ? found.sections.map(offered) : make("p", { class: "nothing" }, say("own_nothing_near")));
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
    find("choose-count").textContent = n ? count("own_chosen", n) : "";
  }

  // A command for a file that is not there yet would only fail.
  function drawCasesFile() {
    if (!state.keeps) return;
    const { cases: file, index } = state.keeps;
    fill("cases-file", state.cases.length ? told("own_cases_how", { command: make("code", {}, `pullquote eval --cases ${file} --index ${index.folder}`) })
      : told("own_cases_none", { file: make("code", {}, file) }));
  }

  function drawCases() {
    drawCasesFile();
    const rows = state.cases.map((one) => make("li", {},
      make("span", { class: "count", "aria-hidden": "true" }, one.answerable ? number(one.gold) : "–"),
      make("div", {}, words("p", one.question, { class: "asked" }), make("p", { class: "told" }, one.answerable ? count("own_gold", one.gold) : say("own_not_in_posts"), " · ", words("bdi", one.id))),
      make("div", { class: "make" }, button(say("own_remove"), one.question, async () => {
        await own.ask("cases/delete", { id: one.id });
        await loadCases();
        drawQuestions();
        drawVotes();
      }))));
    fill("cases", rows);
    find("cases-bar").hidden = !rows.length;
    find("cases-count").textContent = rows.length ? count("own_case_count", rows.length) : "";
  }

  const loadCases = () => own.part("cases", async () => {
    state.cases = (await own.ask("cases")).cases;
    drawCases();
  });

  // ---------------------------------------------------------------- questions

  function group(one) {
    const others = one.members.slice(1);
    const asked = say(one.count === 1 ? "own_asked_once" : "own_asked_often", { n: number(one.count), day: own.day(one.last) });
    return make("li", {},
      make("span", { class: "count", "aria-hidden": "true" }, number(one.count)),
      make("div", {}, words("p", one.question, { class: "asked" }), make("p", { class: "told" }, asked, isCase(one.question) ? [" ", make("span", { class: "tag done" }, say("own_is_case"))] : null)),
      make("div", { class: "make" }, making(one.question, "unanswered", false), bin(one.question, () => drop(one))),
      others.length ? make("details", { class: "others" }, make("summary", {}, count("own_wordings", others.length)),
        make("ul", {}, others.map((other) => make("li", {}, words("span", other.question), make("span", { class: "told" }, ` ${say("own_wording", { n: number(other.count), day: own.day(other.last) })}`))))) : null);
  }

  async function drop(one) {
    if (!await own.sure(count("own_sure_question", one.members.length))) return;
    await own.ask("questions/delete", { questions: one.members.map((member) => member.question) });
    await loadQuestions();
  }

  function drawQuestions() {
    const wanted = same(find("questions-find").value);
    const found = state.groups.filter((one) => one.members.some((member) => same(member.question).includes(wanted)));
    const rows = found.slice(0, MOST).map(group);
    const rest = found.length - rows.length + (wanted ? 0 : state.more);
    const none = say(state.groups.length ? "own_no_match" : "own_none_yet");
    const note = rows.length ? rest ? make("li", { class: "nothing" }, say("own_more", { n: number(rest) })) : null : make("li", { class: "nothing" }, none);
    fill("questions", state.keeps?.keeps_questions || state.groups.length ? [rows, note].flat() : []);
    find("questions-bar").hidden = !state.groups.length;
    find("questions-count").textContent = state.asked ? count("own_question_count", state.asked, { groups: count("own_groups", state.groups.length) }) : "";
  }

  const loadQuestions = () => own.part("questions", async () => {
    if (!state.groups.length) fill("questions", make("li", { class: "going" }, say("own_grouping")));
    Object.assign(state, await own.ask("questions"));
    drawQuestions();
  });

  // ---------------------------------------------------------------- votes

  function vote(one) {
    return make("li", {},
      make("span", { class: `thumb ${one.good ? "good" : "bad"}` }, own.icon(one.good ? "good" : "bad"), make("span", { class: "unseen" }, say(one.good ? "helpful" : "not_helpful"))),
      make("div", {}, words("p", one.question, { class: "asked" }),
        make("p", { class: "told" }, own.day(one.day), one.reason ? [" ", words("span", REASONS.includes(one.reason) ? say(`reason_${one.reason}`) : one.reason, { class: "tag" })] : null, isCase(one.question) ? [" ", make("span", { class: "tag done" }, say("own_is_case"))] : null)),
      make("div", { class: "make" }, making(one.question, "feedback", one.good), bin(one.question, async () => {
        if (!await own.sure(say("own_sure_vote"))) return;
        await own.ask("votes/delete", { votes: [one] });
        await loadVotes();
      })));
  }

  function drawVotes() {
    const kind = find("votes-kind").value;
    const found = state.votes.filter((one) => !kind || (kind === "good" ? one.good : kind === "bad" ? !one.good : one.reason === kind));
    const rows = found.slice(0, MOST).map(vote);
    const none = say(state.votes.length ? "own_no_vote" : "own_none_yet");
    const note = rows.length ? found.length > MOST ? make("li", { class: "nothing" }, say("own_more", { n: number(found.length - MOST) })) : null : make("li", { class: "nothing" }, none);
    fill("votes", state.keeps?.keeps_votes || state.votes.length ? [rows, note].flat() : []);
    find("votes-bar").hidden = !state.votes.length;
    const good = state.votes.filter((one) => one.good).length;
    find("votes-count").textContent = state.votes.length ? say("own_vote_count", { good: number(good), bad: number(state.votes.length - good) }) : "";
  }

  const loadVotes = () => own.part("votes", async () => {
    state.votes = (await own.ask("votes")).votes;
    drawVotes();
  });

  // ---------------------------------------------------------------- what is kept

  const off = (key, setting) => told(key, { setting: make("code", {}, `${setting} = true`) });

  own.drawKept = (overview) => {
    state.keeps = overview;
    const { keep_days: days } = overview;
    fill("questions-kept", overview.keeps_questions ? count("own_questions_kept", days) : off("own_questions_off", "keep_questions"));
    fill("votes-kept", overview.keeps_votes ? count("own_votes_kept", days) : off("own_votes_off", "keep_feedback"));
    drawCasesFile();
    drawQuestions();
    drawVotes();
  };

  own.startReaders = () => {
    find("questions-find").addEventListener("input", drawQuestions);
    find("votes-kind").addEventListener("change", drawVotes);
    find("questions-delete").addEventListener("click", own.doing(async () => {
      if (!await own.sure(say("own_sure_all_questions"))) return;
      await own.ask("questions/delete", { everything: true });
      await loadQuestions();
    }));
    find("votes-delete").addEventListener("click", own.doing(async () => {
      if (!await own.sure(say("own_sure_all_votes"))) return;
      await own.ask("votes/delete", { everything: true });
      await loadVotes();
    }));
    return loadCases().then(() => Promise.all([loadVotes(), loadQuestions()]));
  };
})();
