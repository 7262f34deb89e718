// What the widget asks of its server. No cookie goes along, and none is taken.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { say } = pq;
  const PATIENCE = 90_000; // ms for the first sign of life: other questions may come first
  const SILENCE = 40_000; // … and between two of them

  const call = (door, more = {}) =>
    fetch(new URL(door, pq.base), { mode: "cors", credentials: "omit", referrerPolicy: "no-referrer", ...more });

  // What is known of the posts; null where the server does not say. A question will say what is wrong.
  pq.about = async () => {
    try {
      const response = await call("api/widget");
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  };

  // Names and data of server-sent events; whatever comes is a sign of life.
  async function* eventsOf(body, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      alive();
      const blocks = (rest + read.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const [, name, data] = /^event: ([^\n]*)\ndata: ([^\n]*)$/.exec(block) ?? [];
        if (name) yield [name, JSON.parse(data)];
      }
    }
  }

  async function views(turn, asked, listen, grown) {
    const response = await call("api/ask", {
      method: "POST", signal: turn.calling.signal,
      headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
    });
    if (!response.ok) {
      const { problem, hint } = await response.json();
      if (typeof problem !== "string" || typeof hint !== "string") throw new Error("Not the server's own words.");
      turn.failure = { problem, hint };
      return;
    }
    for await (const [name, said] of eventsOf(response.body, () => listen(SILENCE))) {
      turn[name === "error" ? "failure" : "answer"] = said;
      grown();
    }
    if (!turn.failure && !turn.answer?.complete) throw new Error("The stream ended before its time.");
  }

  // Asks, and fills the turn as the answer comes: `answer`, or `failure`; in the end it is `over`.
  pq.receive = async (turn, asked, grown) => {
    let silence;
    const listen = (patience) => {
      clearTimeout(silence);
      silence = setTimeout(() => turn.calling.abort(), patience);
    };
    listen(PATIENCE);
    try {
      await views(turn, asked, listen, grown);
    } catch {
      if (!turn.stopped) turn.failure = { problem: say("lost"), hint: say("lost_hint") };
    }
    clearTimeout(silence);
    turn.over = true;
    grown();
  };
})();
