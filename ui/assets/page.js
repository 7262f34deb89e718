// Markers open the source that they name, and Escape leads back. Gradio redraws what it likes when
// it likes, so everything here hangs on the document and finds its elements anew.
(() => {
  "use strict";
  const CHIP = "a[href^='#c-']";
  let from = null; // where the marker leads that was followed last
  let busy = false;
  let greeted = false;

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const target = (link) => document.getElementById(link.getAttribute("href").slice(1));

  function tell(text) {
    let line = document.getElementById("pq-status");
    if (!line) {
      line = Object.assign(document.createElement("div"), { id: "pq-status", className: "pq-unseen" });
      line.setAttribute("role", "status");
      document.body.append(line);
    }
    line.textContent = text;
  }

  function unmark() {
    for (const name of ["pq-open", "pq-here", "pq-flash", "pq-now"]) {
      document.querySelectorAll(`.${name}`).forEach((one) => one.classList.remove(name));
    }
  }

  function open(marker) {
    const quote = target(marker);
    if (!quote) {
      tell("The sources of this answer are no longer on the page.");
      return;
    }
    from = marker.getAttribute("href");
    const turn = quote.closest(".pq-turn");
    document.querySelectorAll("#pq-sources .pq-turn").forEach((one) => { one.hidden = one !== turn; });
    unmark();
    marker.classList.add("pq-now");
    if (quote.tagName === "DETAILS") quote.open = true;
    quote.closest(".pq-card")?.classList.add("pq-open");
    quote.classList.add("pq-here", "pq-flash");
    (quote.querySelector("summary") ?? quote).focus({ preventScroll: true });
    quote.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

  function goBack() {
    const marker = from && [...document.querySelectorAll(`#pq-chat ${CHIP}`)]
      .find((one) => one.getAttribute("href") === from);
    from = null;
    marker?.focus();
    marker?.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

  addEventListener("click", (event) => {
    const link = event.target.closest?.(`#pq-chat ${CHIP}, a.pq-back`);
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    if (link.matches(".pq-back")) {
      from = link.getAttribute("href").replace("#m-", "#c-");
      goBack();
    } else {
      open(link);
    }
  }, true);

  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement?.closest("#pq-sources")) goBack();
    const typing = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      document.querySelector("#pq-box textarea, #pq-box input")?.focus();
    }
  });

  // Names that Gradio does not give, or takes away.
  function name() {
    document.documentElement.lang ||= "en";
    const panel = document.getElementById("pq-sources");
    if (panel) {
      panel.setAttribute("role", "region");
      panel.setAttribute("aria-label", "Sources");
      panel.tabIndex = 0; // it scrolls
    }
    document.querySelectorAll(`#pq-chat ${CHIP}`).forEach((marker) => {
      const quote = target(marker);
      marker.removeAttribute("target");
      if (!quote || quote.tagName === "DETAILS") return;
      marker.setAttribute("aria-label", quote.getAttribute("aria-label"));
      marker.title = quote.querySelector("mark")?.textContent ?? "";
    });
    document.querySelectorAll("#pq-chat [data-testid][aria-label]").forEach((one) => {
      one.removeAttribute("aria-label"); // repeats the text as Markdown
    });
    document.querySelectorAll("#pq-chat [role='list']:has(> button)").forEach((one) => {
      one.setAttribute("role", "group");
      one.setAttribute("aria-label", "Example questions");
    });
  }

  function follow() {
    const running = Boolean(document.querySelector("#pq-box .stop-button"));
    if (busy && !running) {
      tell("The answer is complete."); // its words are read out as they come
      const active = document.activeElement;
      if (!active || active === document.body) document.querySelector("#pq-box textarea")?.focus();
    }
    if (!busy && running) {
      unmark();
      tell("Looking in the posts.");
    }
    busy = running;
  }

  let waiting = false;
  // On a phone the keyboard would cover half of the page.
  function greet() {
    const box = document.querySelector("#pq-box textarea");
    if (greeted || !box) return;
    greeted = true;
    if (matchMedia("(min-width: 861px)").matches) box.focus({ preventScroll: true });
  }

  function start() {
    name();
    new MutationObserver(() => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; name(); greet(); follow(); });
    }).observe(document.body, { childList: true, subtree: true });
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
