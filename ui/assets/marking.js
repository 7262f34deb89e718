// A sheet, line by line. What stands in it becomes text and nothing else.
(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const { sheets, then } = JSON.parse(find("told").textContent);
  const night = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => { document.documentElement.dataset.pq = night.matches ? "dark" : "light"; };
  paint();
  night.addEventListener("change", paint);

  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  };
  const count = (n, one, many) => `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;

  let number; // of the sheet
  let sheet;
  let lines = [];
  let at = 0;
  const isOpen = (line) => sheet.asks.some((ask) => ask.opens && !line[ask.column]);

  // ---------------------------------------------------------------- the server

  async function asked(options) {
    let answer;
    try {
      answer = await fetch(`sheets/${number}`, { credentials: "same-origin", ...options });
    } catch {
      throw new Error("The server does not answer. Start it again; what was saved is in the file.");
    }
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    const told = await answer.json().catch(() => ({}));
    throw new Error(`${told.problem ?? "Something went wrong."} ${told.hint ?? ""}`);
  }

  const trouble = (error) => find("trouble").replaceChildren(...(error ? [make("p", { class: "banner bad" }, error.message)] : []));

  // One after another, so that a later answer is never overtaken by an earlier one.
  let saving = Promise.resolve();
  // What is written is told by what stands in the line when its turn has come.
  function save(place, told) {
    find("saved").textContent = "Saving …";
    const line = lines[place];
    let cells;
    saving = saving.then(() => {
      cells = told(line);
      return asked({
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ place, id: line.id, cells }),
      });
    }).then(() => {
      keep(line, cells);
      trouble(null);
      find("saved").textContent = "Saved";
      return true;
    }, (error) => {
      trouble(error);
      find("saved").textContent = "Not saved";
      return false;
    });
    return saving;
  }

  // What lines of one id have in common is in all of them, here as in the file.
  function keep(line, cells) {
    for (const [column, cell] of Object.entries(cells)) {
      const common = line.id && sheet.common.includes(column);
      for (const one of common ? lines.filter((other) => other.id === line.id) : [line]) one[column] = cell;
    }
    for (const one of document.querySelectorAll("#parts textarea, #asks > *")) one.refresh();
    counted();
  }

  // ---------------------------------------------------------------- a line

  function shownPart(part, line) {
    const text = line[part.column];
    if (!part.mended) return text ? [make("div", {}, make("dt", {}, part.name), make("dd", { class: part.column, dir: "auto" }, text))] : [];
    const id = `cell-${part.column}`;
    const place = at;
    const box = make("textarea", { id, dir: "auto", rows: "2", change });
    box.value = text;
    let known = text;
    async function change() {
      const value = box.value;
      if (await save(place, () => ({ [part.column]: value }))) known = value;
    }
    box.refresh = () => { // what somebody is typing stays
      if (box.value === known && document.activeElement !== box) box.value = known = line[part.column];
    };
    return [make("div", {}, make("dt", {}, make("label", { for: id }, part.name)), make("dd", {}, box))];
  }

  function shownAsk(ask, line) {
    const name = `ask-${ask.column}`;
    const place = at;
    const buttons = [["Yes", ask.yes], ["No", ask.no]].map(([text, value]) => make("button", { type: "button", class: "plain", click: () => say(value) }, text));
    const row = make("div", { role: "group", "aria-labelledby": name }, ...buttons);
    let last; // of what was said and is not saved yet
    async function say(value) {
      if (last?.value === value) return; // twice in one go is once; the second would take it back
      const own = last = { value };
      let taken;
      const good = await save(place, () => {
        taken = ask.opens && line[ask.column] === value;
        return { [ask.column]: taken ? "" : value };
      });
      if (last === own) last = undefined;
      if (good && place === at && ask.opens && !taken) onward();
    }
    const all = make("div", { class: "ask" }, make("p", { id: name }, ask.words), row);
    all.open = () => ask.opens && !line[ask.column];
    all.first = buttons[0];
    all.refresh = () => buttons.forEach((one, n) => one.setAttribute("aria-pressed", String(line[ask.column] === [ask.yes, ask.no][n])));
    all.refresh();
    row.addEventListener("keydown", (event) => {
      const key = event.key.toLowerCase();
      if (event.repeat) { // a key that is held was meant for what had the focus when it went down
        if (key === "enter") event.preventDefault();
        return;
      }
      const value = { y: ask.yes, n: ask.no }[key];
      if (!value || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      say(value);
    });
    return all;
  }

  // To the next question of this line that is open, else to what leads on.
  function onward() {
    const open = [...find("asks").children].find((one) => one.open());
    if (open) open.first.focus();
    else (find("next").disabled ? find("where") : find("next")).focus();
  }

  function counted() {
    const left = lines.filter(isOpen).length;
    find("progress").max = Math.max(1, lines.length);
    find("progress").value = lines.length - left;
    find("counted").textContent = `${(lines.length - left).toLocaleString("en-GB")} of ${count(lines.length, "line", "lines")} answered`;
    find("open").disabled = !lines.some((line, n) => n !== at && isOpen(line));
    find("done").hidden = left > 0;
    find("done").replaceChildren("Every line is answered. When all is done, end this with Ctrl-C in the terminal, then: ", make("code", {}, then));
  }

  function show(place, focus = true) {
    at = place;
    const line = lines[at];
    find("where").textContent = `Line ${(at + 1).toLocaleString("en-GB")} of ${lines.length.toLocaleString("en-GB")}`;
    find("saved").textContent = "";
    find("parts").replaceChildren(...sheet.parts.flatMap((part) => shownPart(part, line)));
    find("asks").replaceChildren(...sheet.asks.map((ask) => shownAsk(ask, line)));
    find("before").disabled = at === 0;
    find("next").disabled = at === lines.length - 1;
    find("line").hidden = false;
    find("tools").hidden = false;
    find("keys").hidden = false;
    counted();
    if (focus) {
      find("where").focus(); // read first …
      if (isOpen(line)) onward();
    }
  }

  // ---------------------------------------------------------------- who it is

  async function begin(chosen) {
    number = chosen;
    sheet = sheets[number];
    find("people").hidden = true;
    find("head").textContent = sheet.head;
    find("how").textContent = sheet.how;
    find("file").textContent = sheet.file;
    document.title = `${sheet.head}: ${sheet.name}`;
    try {
      lines = await asked({});
    } catch (error) {
      trouble(error);
      return;
    }
    const open = lines.findIndex(isOpen);
    if (lines.length) show(Math.max(0, open));
    else trouble(new Error("The sheet has no line."));
  }

  find("before").addEventListener("click", () => show(at - 1));
  find("next").addEventListener("click", () => show(at + 1));
  find("open").addEventListener("click", () => {
    const behind = lines.findIndex((line, n) => n > at && isOpen(line));
    show(behind >= 0 ? behind : lines.findIndex(isOpen));
  });
  if (sheets.length === 1) begin(0);
  else {
    find("how").textContent = "Two people judge the same sentences, each for themselves: neither sees what the other said.";
    find("people").replaceChildren(...sheets.map((one, n) => make("button", { type: "button", class: "first", click: () => begin(n) }, one.name)));
    find("people").hidden = false;
  }
})();
