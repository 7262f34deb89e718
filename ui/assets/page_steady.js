// What is drawn anew stays for its reader as it was: where the focus stands, and what is unfolded.
(() => {
  "use strict";
  const pq = window.pullquote;
  const PLACES = "a[href], button, summary, textarea, [tabindex]";
  const nameOf = (one) =>
    [one.tagName, one.id, one.dataset.do, one.closest("[data-turn]")?.dataset.turn, one.textContent].join();
  const isThere = (one) => one.getClientRects().length > 0 && !one.disabled;
  const folded = (one) => `.pq-turn[data-turn="${one.closest(".pq-turn").dataset.turn}"] details`;

  // In `root`, a document or the root of a shadow. `rest` moves the focus whose place is gone.
  pq.steady = (root, change, rest) => {
    const on = root.activeElement;
    const held = on && on !== document.body;
    const name = held ? nameOf(on) : "";
    const alike = () => [...root.querySelectorAll(PLACES)].filter((one) => isThere(one) && nameOf(one) === name);
    const at = held ? alike().indexOf(on) : -1;
    const unfolded = [...root.querySelectorAll(".pq-turn details[open]")].map(folded);
    change();
    unfolded.forEach((where) => root.querySelector(where)?.setAttribute("open", ""));
    if (!held || isThere(on)) return;
    const same = alike()[at];
    if (same) same.focus({ preventScroll: true });
    else rest();
  };
})();
