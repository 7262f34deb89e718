// The index, its health, and its syncs.
(() => {
  "use strict";
  const own = window.owner;
  const { make, words, count, number, find, fill } = own;
  const EVERY = 1000; // ms between two looks at what is under way
  let looking = false;
  let known = null; // what the page shows of the index
  let synced = false; // a sync of this server was under way when it was last looked at

  const figure = (value, name) => make("div", { class: value ? "figure" : "figure none" }, make("b", {}, typeof value === "number" ? number(value) : value), make("span", {}, name));
  const fact = (name, ...value) => [make("dt", {}, name), make("dd", { dir: "auto" }, ...value)];

  // ---------------------------------------------------------------- the index

  function drawIndex({ index }) {
    fill("index", figure(index.posts, "Posts"), figure(index.sections, "Sections"), figure(index.passages, "Passages"), figure(own.size(index.bytes), "On disk"));
    fill("facts",
      fact(index.sites.length === 1 ? "Site" : "Sites", index.sites.join(", ") || "none"),
      fact("Newest post", index.newest ? own.moment(index.newest) : "none"),
      fact("Model", index.model || "none yet"),
      fact("Refusal", index.refusal || "as shipped"),
      fact("Folder", make("code", {}, index.folder)));
    find("index-when").textContent = index.synced ? `as of ${own.moment(index.synced)}, ${own.age(index.synced)}` : "never synced to the end";
  }

  function checked(check) {
    return make("li", { class: check.ok ? "" : "wrong" }, make("span", { class: "mark" }, make("span", { "aria-hidden": "true" }, check.ok ? "✓" : "✗"), make("span", { class: "unseen" }, check.ok ? "Well: " : "Wrong: ")),
      words("span", check.what), check.ok ? null : words("small", check.hint));
  }

  const again = () => make("button", { type: "button", class: "plain", click: own.doing(async () => { drawWork(await own.ask("examine", {})); look(); }) }, "Check again");

  let shown = "";
  function drawHealth(health) {
    const state = JSON.stringify(health);
    if (state === shown) return;
    shown = state;
    if (health.running || !health.ended) {
      fill("health", make("p", { class: "going" }, `Checking installation and index … ${health.checks.length ? count(health.checks.length, "check") : ""}`));
      return;
    }
    const wrong = health.checks.filter((check) => !check.ok);
    const pill = health.problem ? make("span", { class: "pill bad" }, health.problem)
      : wrong.length ? make("span", { class: "pill bad" }, `✗ ${count(wrong.length, "check")} of ${health.checks.length} failed`)
        : make("span", { class: "pill good" }, `✓ Healthy: ${count(health.checks.length, "check")}`);
    fill("health",
      make("div", { class: "line" }, pill, make("span", { class: "dim" }, own.age(health.ended)), again()),
      wrong.length ? make("ul", { class: "checks" }, wrong.map(checked)) : null,
      make("details", {}, make("summary", {}, "Everything that was checked"), make("ul", { class: "checks" }, health.checks.map(checked))));
  }

  // ---------------------------------------------------------------- the last sync

  function table(head, rows) {
    return make("div", { class: "table", tabindex: "0", role: "group", "aria-label": head.join(", ") }, make("table", {},
      make("thead", {}, make("tr", {}, head.map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, rows)));
  }
  const counted = (told) => Object.entries(told).map(([name, n]) => make("tr", {}, make("td", { class: "number" }, number(n)), words("td", name)));

  function textLine(done) {
    if (!done.words) return null;
    const kept = done.lost ? `${number(done.words - done.lost)} of ${count(done.words, "word")}` : `All ${count(done.words, "word")}`;
    return make("p", {}, `${kept} of ${count(done.text_posts, "new or changed post")} are in their sections.`);
  }

  function done(last) {
    if (!last) return [make("p", { class: "nothing" }, "No sync was noted yet. Whoever runs “pullquote ingest” finds its report here.")];
    const skipped = Object.values(last.skipped).reduce((all, n) => all + n, 0);
    const recovered = Object.values(last.recovered).reduce((all, n) => all + n, 0);
    return [
      make("p", { class: "dim when" }, `${own.moment(last.ended)}, ${own.age(last.ended)}; it took ${own.lasted(last.began, last.ended)}. Read from `, words("bdi", last.sources.join(", ")), "."),
      make("div", { class: "figures" }, figure(last.added, "added"), figure(last.changed, "changed"), figure(last.record_only, "record changed"), figure(last.unchanged, "unchanged"),
        figure(last.removed, "removed"), figure(skipped, "skipped"), figure(recovered, "recovered"), figure(last.embedded, "passages embedded")),
      make("h3", {}, "Text"), textLine(last) ?? make("p", { class: "dim" }, "No post was new or changed."),
      Object.keys(last.left_out).length ? make("details", {}, make("summary", {}, "Left out of the posts, by rule"), table(["Elements", "Rule"], counted(last.left_out))) : null,
      skipped ? [make("h3", {}, "Skipped"), table(["Entries", "Reason"], counted(last.skipped))] : null,
      notes(last),
    ];
  }

  function notes(last) {
    const told = [
      last.empty ? `${count(last.empty, "post has", "posts have")} no text, so nothing of ${last.empty === 1 ? "it" : "them"} can be found.` : "",
      last.missing ? `${count(last.missing, "post is", "posts are")} no longer named by the site, and will be deleted if so next time.` : "",
      last.forgotten ? `${count(last.forgotten, "post was", "posts were")} left out, as forgotten.` : "",
    ].filter(Boolean);
    return told.length ? [make("h3", {}, "Notes"), ...told.map((text) => make("p", {}, text))] : null;
  }

  function quarantine(told) {
    if (!told.quarantined) return null;
    const rows = told.quarantine.map((one) => make("tr", {}, words("td", one.origin), words("td", one.reason), make("td", {}, one.seen_at ? own.day(one.seen_at.slice(0, 10)) : "")));
    return make("details", {}, make("summary", {}, `Quarantine: ${count(told.quarantined, "entry", "entries")} could not be read or must not be shown`), table(["Where", "Why", "Since"], rows),
      told.quarantined > rows.length ? make("p", { class: "dim" }, `“pullquote status --quarantine” lists all ${number(told.quarantined)}.`) : null);
  }

  function recovered(told) {
    if (!told.recovered.length) return null;
    const rows = told.recovered.map((one) => make("tr", {}, make("td", {}, own.outward(one.url, one.title)), words("td", one.recovered + (one.complete ? "" : "; text may be missing"))));
    return make("details", {}, make("summary", {}, `Recovered from damaged files: ${count(told.recovered.length, "post")}`), table(["Post", "How"], rows));
  }

  function drawReport(told) {
    const failed = told.last.failed;
    fill("report",
      failed ? make("div", { class: "banner bad" }, words("strong", `${own.moment(failed.at)}: ${failed.problem}`), words("span", failed.hint)) : null,
      done(told.last.done), quarantine(told), recovered(told),
      told.sources.length ? null : make("p", { class: "dim" }, "This server does not know what to sync with: set ", make("code", {}, "sync_sources"), " to what ", make("code", {}, "pullquote ingest"), " was given."));
  }

  // ---------------------------------------------------------------- what is under way

  function drawWork(work) {
    const { sync } = work;
    drawHealth(work.health);
    for (const id of ["sync", "sync-full"]) find(id).disabled = sync.running || !known?.sources.length;
    find("sync-full").hidden = !known?.sources.some((one) => /^https?:/i.test(one)); // files are always read whole
    if (sync.running) {
      const passages = sync.passages ? `, ${number(sync.embedded)} of ${count(sync.passages, "passage")} embedded` : "";
      const text = `Syncing … ${sync.posts ? count(sync.posts, "post") + " read" : "reading"}${passages}`;
      if (find("sync-state").textContent !== text) fill("sync-state", make("p", { class: "going" }, text));
    } else if (synced) {
      fill("sync-state", sync.problem ? own.banner(sync.problem, sync.hint) : make("p", { class: "pill good" }, "✓ Synced"));
      own.loadIndex();
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
