// What the server says to a request that Gradio makes for the page. Gradio has no word of its own for a question
// that was not taken, where the page's reader would wait in vain.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { say, count } = pq;
  const ASKED = /\/gradio_api\/queue\/join$/; // a question
  const DONE = /\/gradio_api\/run\//; // what else a button does
  const given = window.fetch;

  const LOST = () => ({ problem: say("lost"), hint: say("lost_hint") });
  const TOLD = {
    0: LOST, // no answer at all
    413: () => ({ problem: say("too_long"), hint: say("too_long_hint") }),
    429: (wait) => ({ problem: say("too_often"), hint: count("too_often_wait", wait) }),
    502: LOST, // of a proxy whose server is gone
    503: () => ({ problem: say("too_busy"), hint: say("too_busy_hint") }),
    504: LOST,
  };
  const BROKEN = () => ({ problem: say("broken"), hint: say("broken_hint") });

  function refused(path, sent, status, wait) {
    if (status === 401) location.reload(); // the session has ended: the server leads to its log-in
    const failure = (TOLD[status] ?? BROKEN)(wait);
    if (ASKED.test(path)) pq.refuse(sent, failure);
    else pq.toast(failure.problem);
  }

  window.fetch = async (...request) => {
    const path = new URL(request[0]?.url ?? request[0], document.baseURI).pathname;
    const sent = request[1]?.body;
    const concerned = typeof sent === "string" && (ASKED.test(path) || DONE.test(path));
    try {
      const answer = await given.apply(window, request);
      if (concerned && !answer.ok) refused(path, sent, answer.status, Number(answer.headers.get("retry-after")) || 60);
      return answer;
    } catch (error) {
      if (concerned) refused(path, sent, 0);
      throw error;
    }
  };
  pq.lost = LOST;
})();
