// The index, its health, and its syncs.
(() => {
  "use strict";
  const own = window.owner;
  const { make, words, say, told, count, number, find, fill } = own;
  const EVERY = 1000; // ms between two looks at what is under way
  let looking = false;
  let known = null; // what the page shows of the index
  let synced = false; // a sync of this server was under way when it was last looked at

  const figure = (value, name) => make("div", { class: value ? "figure" : "figure none" }, make("b", {}, typeof value === "number" ? number(value) : value), make("span", {}, name));
  const fact = (name, ...value) => [make("dt", {}, name), make("dd", { dir: "auto" }, ...value)];

  // ---------------------------------------------------------------- the index

  function drawIndex({ index }) {
    fill("index", figure(index.posts, say("own_posts")), figure(index.sections, say("own_sections")), figure(index.passages, say("own_passages")), figure(own.size(index.bytes), say("own_bytes")));
    fill("facts",
      fact(count("own_sites", index.sites.length), index.sites.join(", ") || say("own_none")),
      fact(say("own_newest"), index.newest ? own.moment(index.newest) : say("own_none")),
      fact(say("own_model"), index.model || say("own_no_model")),
      fact(say("own_refusal"), index.refusal || say("own_as_shipped")),
      fact(say("own_folder"), make("code", {}, index.folder)));
    find("index-when").textContent = index.synced ? say("own_as_of", { moment: own.moment(index.synced), age: own.age(index.synced) }) : say("own_never_synced");
  }

  function checked(check) {
    return make("li", { class: check.ok ? "" : "wrong" }, make("span", { class: "mark" }, make("span", { "aria-hidden": "true" }, check.ok ? "✓" : "✗"), make("span", { class: "unseen" }, `${say(check.ok ? "own_well" : "own_wrong")} `)),
      words("span", check.what), check.ok ? null : words("small", check.hint));
  }

  const again = () => make("button", { type: "button", class: "plain", click: own.doing(async () => { drawWork(await own.ask("examine", {})); look(); }) }, say("own_check_again"));

  let shown = "";
  function drawHealth(health) {
    const state = JSON.stringify(health);
    if (state === shown) return;
    shown = state;
    if (health.running || !health.ended) {
      fill("health", make("p", { class: "going" }, `${say("own_checking")} ${health.checks.length ? count("own_checks", health.checks.length) : ""}`));
      return;
    }
    const wrong = health.checks.filter((check) => !check.ok);
    const pill = health.problem ? make("span", { class: "pill bad" }, health.problem)
      : wrong.length ? make("span", { class: "pill bad" }, count("own_failed", wrong.length, { all: number(health.checks.length) }))
        : make("span", { class: "pill good" }, say("own_healthy", { checks: count("own_checks", health.checks.length) }));
    fill("health",
      make("div", { class: "line" }, pill, make("span", { class: "dim" }, own.age(health.ended)), again()),
      wrong.length ? make("ul", { class: "checks" }, wrong.map(checked)) : null,
      make("details", {}, make("summary", {}, say("own_all_checks")), make("ul", { class: "checks" }, health.checks.map(checked))));
  }

  // ---------------------------------------------------------------- the last sync

  function table(head, rows) {
    return make("div", { class: "table", tabindex: "0", role: "group", "aria-label": head.join(", ") }, make("table", {},
      make("thead", {}, make("tr", {}, head.map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, rows)));
  }
  const counted = (told) => Object.entries(told).map(([name, n]) => make("tr", {}, make("td", { class: "number" }, number(n)), words("td", name)));

  function textLine(done) {
    if (!done.words) return null;
    const values = { kept: number(done.words - done.lost), words: count("own_words", done.words), posts: count("own_text_posts", done.text_posts) };
    return make("p", {}, say(done.lost ? "own_kept_some" : "own_kept_all", values));
  }

  function done(last) {
    if (!last) return [make("p", { class: "nothing" }, say("own_no_sync"))];
    const skipped = Object.values(last.skipped).reduce((all, n) => all + n, 0);
    const recovered = Object.values(last.recovered).reduce((all, n) => all + n, 0);
    return [
      make("p", { class: "dim when" }, told("own_sync_when", {
        moment: own.moment(last.ended), age: own.age(last.ended), span: own.lasted(last.began, last.ended), sources: words("bdi", last.sources.join(", ")),
      })),
      make("div", { class: "figures" }, figure(last.added, say("own_added")), figure(last.changed, say("own_changed")), figure(last.record_only, say("own_record_changed")), figure(last.unchanged, say("own_unchanged")),
        figure(last.removed, say("own_removed")), figure(skipped, say("own_skipped")), figure(recovered, say("own_recovered")), figure(last.embedded, say("own_embedded"))),
      make("h3", {}, say("own_text")), textLine(last) ?? make("p", { class: "dim" }, say("own_no_text")),
      Object.keys(last.left_out).length ? make("details", {}, make("summary", {}, say("own_left_out")), table([say("own_elements"), say("own_rule")], counted(last.left_out))) : null,
      skipped ? [make("h3", {}, say("own_skipped_head")), table([say("own_entries"), say("own_reason")], counted(last.skipped))] : null,
      notes(last),
    ];
  }

  function notes(last) {
    const noted = [
      last.empty ? count("own_empty", last.empty) : "",
      last.missing ? count("own_missing", last.missing) : "",
      last.forgotten ? count("own_forgotten", last.forgotten) : "",
    ].filter(Boolean);
    return noted.length ? [make("h3", {}, say("own_notes")), ...noted.map((text) => make("p", {}, text))] : null;
  }

  function quarantine({ quarantine: kept, quarantined: all }) {
    if (!all) return null;
    const rows = kept.map((one) => make("tr", {}, words("td", one.origin), words("td", one.reason), make("td", {}, one.seen_at ? own.day(one.seen_at.slice(0, 10)) : "")));
    return make("details", {}, make("summary", {}, count("own_quarantine", all)), table([say("own_where"), say("own_why"), say("own_since")], rows),
      all > rows.length ? make("p", { class: "dim" }, say("own_quarantine_rest", { n: number(all) })) : null);
  }

  function recovered({ recovered: posts, recovered_in_all: all }) {
    if (!posts.length) return null;
    const rows = posts.map((one) => make("tr", {}, make("td", {}, own.outward(one.url, one.title)), words("td", one.complete ? one.recovered : say("own_cut", { how: one.recovered }))));
    return make("details", {}, make("summary", {}, count("own_recovered_posts", all)), table([say("own_post"), say("own_how")], rows),
      all > rows.length ? make("p", { class: "dim" }, count("own_recovered_rest", all - rows.length)) : null);
  }

  function drawReport(overview) {
    const { done: last, failed } = overview.last;
    fill("report",
      failed ? make("div", { class: "banner bad" }, words("strong", say("own_sync_failed", { moment: own.moment(failed.at), problem: failed.problem })), words("span", failed.hint)) : null,
      done(last), quarantine(overview), recovered(overview),
      overview.sources.length ? null : make("p", { class: "dim" }, told("own_no_sources", { setting: make("code", {}, "sync_sources"), command: make("code", {}, "pullquote ingest") })));
  }

  // ---------------------------------------------------------------- what is under way

  function drawWork(work) {
    const { sync } = work;
    drawHealth(work.health);
    for (const button of ["sync", "sync-full"].map(find)) {
      const held = button === document.activeElement;
      button.disabled = sync.running || !known?.sources.length;
      if (held && button.disabled) own.headOf(button).focus({ preventScroll: true });
    }
    find("sync-full").hidden = !known?.sources.some((one) => /^https?:/i.test(one)); // files are always read whole
    if (sync.running) {
      const passages = sync.passages ? count("own_embedding", sync.passages, { done: number(sync.embedded) }) : "";
      const posts = sync.posts ? count("own_read", sync.posts) : say("own_reading");
      const text = `${say("own_syncing")} ${[posts, passages].filter(Boolean).join(", ")}`;
      if (find("sync-state").textContent !== text) fill("sync-state", make("p", { class: "going" }, text));
    } else if (synced) {
      // Said once the page shows what has become of the index.
      const state = sync.problem ? own.banner(sync.problem, sync.hint) : make("p", { class: "pill good" }, say("own_synced"));
      own.loadIndex().then(() => { if (!synced) fill("sync-state", state); });
    }
    synced = sync.running;
    return sync.running || work.health.running;
  }

  async function look() {
    if (looking) return;
    looking = true;
    try {
      while (drawWork(await own.ask("work"))) await new Promise((resolve) => { setTimeout(resolve, EVERY); });
    } catch (error) {
      fill("health", own.banner(error.message, error.hint));
    } finally {
      looking = false;
    }
  }

  const start = (full) => own.doing(async () => {
    fill("sync-state");
    drawWork(await own.ask("sync", { full }));
    look();
  });

  own.loadIndex = () => own.part("report", async () => {
    known = await own.ask("overview");
    drawIndex(known);
    drawReport(known);
    own.drawKept(known);
  });

  own.startIndex = async () => {
    find("sync").addEventListener("click", start(false));
    find("sync-full").addEventListener("click", start(true));
    await own.loadIndex();
    const work = await own.ask("work").catch(() => null);
    if (work && !work.health.ended && !work.health.running) await own.ask("examine", {}).catch(() => null);
    look();
  };
})();
