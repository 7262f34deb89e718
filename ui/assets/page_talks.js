// Conversations that this browser keeps, and what can be taken along of one: Markdown and links.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, words, say } = pq;
  const KEPT = "pullquote.talks";
  const NOW = "pullquote.now";
  const DRAFT = "pullquote.draft";
  const TAB = "sessionStorage";
  const MOST = 30;

  function listed(text) {
    try {
      const found = JSON.parse(text ?? "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return []; // somebody else wrote there
    }
  }

  const all = () => listed(pq.kept(KEPT));

  function put(talks) {
    for (let most = Math.min(MOST, talks.length); most >= 0; most -= 1) {
      // Where the browser's room is full: without the oldest.
      if (pq.keep(KEPT, JSON.stringify(talks.slice(0, most)))) return;
    }
  }

  // A server that was started again makes the browser load the page anew, in the middle of an answer or
  // not: what is asked is kept as a question that can be asked again.
  const lost = (turn) => ({ ...turn, over: true, failure: pq.lost() });

  pq.keepTalk = () => {
    const turns = pq.state.turns.map((turn) => (turn.over ? turn : lost(turn)));
    if (!turns.length) return;
    const found = pq.talk(pq.state.id);
    if (found && found.at !== pq.state.at) pq.state.id = pq.fresh(); // another tab went on with it: both are kept
    pq.state.at = new Date().toISOString();
    const talk = { id: pq.state.id, at: pq.state.at, turns };
    put([talk, ...all().filter((one) => one.id !== talk.id)]);
    pq.keep(NOW, talk.id, TAB);
  };

  // Another tab has deleted the chat that is open here, and has not merely made room for another one.
  pq.watchTalks = (deleted) => {
    addEventListener("storage", ({ key, oldValue }) => {
      if (key !== pq.nameKept(KEPT)) return;
      const [before, now] = [listed(oldValue), all()].map((talks) => new Map(talks.map(({ id, at }) => [id, at])));
      const fewer = [...now].every(([id, at]) => before.get(id) === at);
      if (before.has(pq.state.id) && !now.has(pq.state.id) && fewer) deleted();
    });
  };

  pq.lastTalk = () => all().find((one) => one.id === pq.kept(NOW, TAB));
  pq.leaveTalk = () => pq.keep(NOW, null, TAB);
  pq.talk = (id) => all().find((one) => one.id === id);
  // What was typed and not asked, where the page is loaded anew.
  pq.keepDraft = (text) => pq.keep(DRAFT, text || null, TAB);
  pq.keptDraft = () => pq.kept(DRAFT, TAB) ?? "";
  pq.dropTalk = (id) => put(id ? all().filter((one) => one.id !== id) : []);

  // Whether all of them shall go.
  pq.sure = () => new Promise((resolve) => {
    const dialog = pq.find("pq-sure");
    dialog.returnValue = "cancel";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "delete"), { once: true });
    dialog.showModal();
  });

  pq.listTalks = () => {
    const rows = all().map((talk) => make("li", {},
      make("button", { type: "button", class: "pq-row", "data-do": "open-talk", "data-id": talk.id },
        words("span", talk.turns[0].question), make("small", {}, pq.day(talk.at))),
      pq.button("drop-talk", "bin", `${say("delete")}: ${talk.turns[0].question}`, { class: "pq-icon", "data-id": talk.id })));
    const none = make("li", { class: "pq-dim" }, say("no_saved"));
    pq.find("pq-list").replaceChildren(...(rows.length ? rows : [none]));
    document.querySelector("[data-do=export]").disabled = !pq.state.turns.some((turn) => turn.answer?.markdown);
    document.querySelector("[data-do=forget-all]").disabled = !rows.length;
  };

  // ---------------------------------------------------------------- to take along

  const plain = (text) => text.replace(/\s+/g, " ").replace(/([!-/:-@[-`{-~])/g, "\\$1");

  // Footnotes of several answers must not be called the same. Those of posts are escaped.
  const apart = (text, number) => text.replace(/\[\^(\d+)\]/g, `[^${number}-$1]`);

  pq.talkAsMarkdown = () => {
    const turns = pq.state.turns.filter((turn) => turn.answer?.markdown);
    const parts = turns.map((turn, n) => `## ${plain(turn.question)}\n\n${apart(turn.answer.markdown, n + 1)}`);
    return [`# ${plain(say("ask_site", { name: pq.name }))}`, ...parts].join("\n\n") + "\n";
  };

  pq.download = (text, name) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
    const link = make("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };

  // ---------------------------------------------------------------- links

  // Behind the "#", a question is in no server's log.
  pq.linkTo = (question) => {
    const url = new URL(location.href);
    url.search = "";
    url.hash = new URLSearchParams({ ask: question }).toString();
    return url.href;
  };

  pq.linkedQuestion = () => (new URLSearchParams(location.hash.slice(1)).get("ask") ?? "").trim();

  // Once it is asked, or left: the page that is loaded anew would offer it in place of the conversation.
  pq.unlink = () => {
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  };

  pq.clip = async (text, told) => {
    try {
      await navigator.clipboard.writeText(text);
      pq.toast(told);
    } catch {
      prompt("", text); // no clipboard without https
    }
  };
})();
