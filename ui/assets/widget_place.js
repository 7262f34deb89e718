// The page that the widget stands on: does a link lead into it, and where do the link's words stand?
// Links have the words behind "#…:~:text=" as rag/links.py writes them:
// https://wicg.github.io/scroll-to-text-fragment/
(() => {
  "use strict";
  const pq = window.pullquote;
  const CHOOSES = ["p", "page_id", "attachment_id", "page", "paged", "name", "s", "cat", "tag"]; // a page of WordPress
  const UNREAD = "script, style, noscript, template, textarea, select, svg, iframe, object, pullquote-widget";
  const LETTER = /[\p{L}\p{N}]/u;
  const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
  const MARK = "pullquote-words";

  // ---------------------------------------------------------------- which page

  const known = (path) => {
    try {
      return decodeURIComponent(path);
    } catch {
      return path;
    }
  };
  const parsed = (address) => {
    try {
      return new URL(address);
    } catch {
      return null;
    }
  };
  const place = (url) => url.host.replace(/^www\./, "") + known(url.pathname).replace(/\/(index\.php)?$/, "");

  function isPage(link, page) {
    if (place(link) !== place(page)) return false;
    const own = page.searchParams;
    const same = [...link.searchParams].every(([name, value]) => own.get(name) === value);
    return same && CHOOSES.every((name) => !own.has(name) || link.searchParams.has(name));
  }

  pq.isHere = (url) => {
    const link = /^https?:\/\//.test(url) && parsed(url);
    const canonical = parsed(document.querySelector("link[rel=canonical]")?.href);
    return Boolean(link) && (isPage(link, parsed(location.href)) || (canonical !== null && isPage(link, canonical)));
  };

  // ---------------------------------------------------------------- the page's text

  // Letters as a reader takes them: without case, accents, and signs that are not seen.
  const folded = (text) =>
    text.normalize("NFKD").replace(/[\p{M}\p{Cf}]/gu, "").replace(/[‘’‚′]/g, "'").replace(/[“”„″]/g, '"')
      .replace(/[‐‑‒–—]/g, "-").toLowerCase().replace(/ς/g, "σ");
  const plain = (text) => folded(text).replace(/\s+/g, " ").trim();

  const isDrawn = (element) => element.checkVisibility?.() ?? element.getClientRects().length > 0;

  // All that can be seen, as one line of folded letters, and where in the page each of them stands.
  function textOfPage() {
    const shown = new Map();
    const isShown = (element) => {
      if (!shown.has(element)) {
        const closed = element.closest("details:not([open])");
        shown.set(element, !element.closest(UNREAD) && (Boolean(closed) || isDrawn(element)));
      }
      return shown.get(element);
    };
    const blocks = new Map();
    const blockOf = (element) => {
      if (!blocks.has(element)) {
        const inline = /^(inline|contents|ruby)/.test(getComputedStyle(element).display);
        blocks.set(element, inline && element.parentElement ? blockOf(element.parentElement) : element);
      }
      return blocks.get(element);
    };
    let text = "";
    const at = [];
    const add = (letters, node, start, end) => {
      for (const letter of letters) {
        const one = /\s/.test(letter) ? " " : letter;
        if (one === " " && text.endsWith(" ")) continue;
        text += one;
        for (let n = 0; n < one.length; n += 1) at.push([node, start, end]);
      }
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    let block = null;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeName === "BR") add(" ", null, 0, 0);
      if (node.nodeType !== Node.TEXT_NODE || !node.data || !isShown(node.parentElement)) continue;
      if (blockOf(node.parentElement) !== block) add(" ", null, 0, 0);
      block = blockOf(node.parentElement);
      let start = 0;
      for (const letter of node.data) {
        add(/[\w\s.,]/.test(letter) ? letter.toLowerCase() : folded(letter), node, start, start + letter.length);
        start += letter.length;
      }
    }
    return { text, at };
  }

  // ---------------------------------------------------------------- the words

  function termsOf(url) {
    const said = /:~:(?:.*&)?text=([^&]*)/.exec(url.hash)?.[1];
    if (!said) return null;
    const parts = said.split(",");
    const before = parts[0].endsWith("-") ? parts.shift().slice(0, -1) : "";
    const behind = parts.at(-1)?.startsWith("-") ? parts.pop().slice(1) : "";
    const [before_, start, end, behind_] = [before, parts[0] ?? "", parts[1] ?? "", behind].map((one) => plain(known(one)));
    return start ? { before: before_, start, end, behind: behind_ } : null;
  }

  const joins = (one, other) =>
    LETTER.test(one) && LETTER.test(other) && !UNSPACED.test(one) && !UNSPACED.test(other);
  const isWhole = (text, start, end) =>
    !joins(text[start - 1] ?? "", text[start]) && !joins(text[end - 1], text[end] ?? "");

  function* allOf(text, term, from) {
    for (let at = text.indexOf(term, from); at >= 0; at = text.indexOf(term, at + 1)) {
      if (isWhole(text, at, at + term.length)) yield at;
    }
  }

  function spanOf(text, { before, start, end, behind }) {
    for (const first of allOf(text, start, 0)) {
      if (!text.slice(Math.max(0, first - before.length - 1), first).trimEnd().endsWith(before)) continue;
      let last = first + start.length;
      if (end) {
        const found = allOf(text, end, last).next().value;
        if (found === undefined) return null;
        last = found + end.length;
      }
      if (text.slice(last, last + behind.length + 1).trimStart().startsWith(behind)) return [first, last];
    }
    return null;
  }

  function rangeOf(terms) {
    const { text, at } = textOfPage();
    const span = spanOf(text, terms) ?? spanOf(text, { ...terms, before: "", behind: "" });
    if (!span) return null;
    const [first, last] = [at.slice(...span).find(([node]) => node), at.slice(...span).findLast(([node]) => node)];
    const range = document.createRange();
    range.setStart(first[0], first[1]);
    range.setEnd(last[0], last[2]);
    return range;
  }

  function rangeOfSection(url) {
    const id = url.hash.slice(1).split(":~:")[0];
    const element = id && (document.getElementById(known(id)) ?? document.getElementsByName(known(id))[0]);
    if (!element) return null;
    const range = document.createRange();
    range.selectNodeContents(element);
    return range;
  }

  // ---------------------------------------------------------------- showing them

  function mark(range) {
    if (!CSS.highlights) {
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return;
    }
    if (!CSS.highlights.has(MARK)) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`::highlight(${MARK}) { background-color: #ffe68a; color: #1c1b19; }`);
      document.adoptedStyleSheets.push(sheet);
    }
    CSS.highlights.set(MARK, new Highlight(range));
  }

  // Scrolls to the words of a link into this page, or to its section, and marks them; the element that
  // they stand in, or null where neither is here.
  pq.land = (address) => {
    const url = new URL(address);
    const terms = termsOf(url);
    const range = (terms && rangeOf(terms)) ?? rangeOfSection(url);
    if (!range) return null;
    const inside = range.startContainer;
    const element = inside.nodeType === Node.ELEMENT_NODE ? inside : inside.parentElement;
    for (let one = element.closest("details:not([open])"); one; one = one.parentElement?.closest("details:not([open])")) {
      one.open = true;
    }
    mark(range);
    const behavior = pq.calm() ? "instant" : "smooth";
    if (element.getBoundingClientRect().height < innerHeight / 2) element.scrollIntoView({ block: "center", behavior });
    else scrollBy({ top: range.getBoundingClientRect().top - innerHeight / 3, behavior });
    return element;
  };
})();
