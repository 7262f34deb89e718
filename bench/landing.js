// The letters of a page as a reader sees them, where words stand among them, and in the window.
() => {
window.pqText = () => {
  const squeezed = s => s.normalize('NFD').replace(  // as `_squeezed` does
    /[|\s\u0000-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069]/gu, '');
  const root = document.querySelector('.entry-content') || document.querySelector('main')
    || document.body;
  const seen = new Map();
  const shown = e => {
    if (!e || e === root.parentElement) return true;
    if (!seen.has(e)) seen.set(e, getComputedStyle(e).display !== 'none'
      && !e.matches('script,style,noscript,svg,iframe,form,template,rt,rp,a[data-fn]')
      && !(e.matches('sup') && e.querySelector('a[href*="#"]')) && shown(e.parentElement));
    return seen.get(e);
  };
  let text = '';
  const at = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    if (!shown(node.parentElement)) continue;
    let offset = 0;
    for (const sign of node.data) {
      for (const one of squeezed(sign)) {
        text += one;
        for (let n = 0; n < one.length; n++) at.push([node, offset, offset + sign.length]);
      }
      offset += sign.length;
    }
  }
  return [text, at];
};
window.pqFind = needles => {
  const [text] = pqText();
  let from = 0;
  return needles.map(pieces => {
    const whole = pieces.join('');
    const place = [text.indexOf(whole, from), text.indexOf(whole)].find(n => n >= 0);
    if (place !== undefined) {
      from = place + whole.length;
      return [place, from];
    }
    // Something else stands in it, and a cell over several rows stands above: piece by piece, near.
    let start = null, end = from;
    for (const piece of pieces) {
      const next = text.indexOf(piece, end);
      if (next < 0 || next > from + 300) continue;
      start = start ?? next;
      end = next + piece.length;
    }
    from = end;
    return start === null ? null : [start, end];
  });
};
window.pqRects = ([start, end]) => {
  const [, at] = pqText();
  const range = document.createRange();
  range.setStart(at[start][0], at[start][1]);
  range.setEnd(at[end - 1][0], at[end - 1][2]);
  return [...range.getClientRects()].map(r => [r.left, r.top, r.right, r.bottom]);
};
}
