"""What tests ask of a page in its own language."""

PICTURES = """async () => {
  const images = [...document.images];
  images.forEach((image) => { image.loading = 'eager'; });
  await Promise.allSettled(images.map((image) => image.decode()));
  return images.filter((image) => !image.naturalWidth).map((image) => image.src);
}"""

NAMELESS = """() => {
  const named = 'a[href],button,input,select,table,video,[role=img],nav,summary';
  const said = (e) => e.textContent.trim() || e.ariaLabel || e.labels?.length || e.title;
  const name = (e) => said(e) || [...e.querySelectorAll('img')].some((image) => image.alt);
  return [...document.querySelectorAll(named)]
    .filter((e) => !name(e) && !e.closest('.modebar')).map((e) => e.outerHTML.slice(0, 120));
}"""

# WCAG 2.1, 1.4.3: the ratio of the relative luminances of text and ground is at least 4.5.
CONTRAST = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = parts(getComputedStyle(e).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return parts(getComputedStyle(document.body).backgroundColor);
  };
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim(), e = walk.currentNode.parentElement;
    if (!text || !e.getClientRects().length || e.closest('svg,script,[aria-disabled=true]')) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) bad.push(`${e.tagName}.${e.className}: ${text.slice(0, 30)}`);
  }
  return bad;
}"""

FOCUSED_PART = """() => {
  const focused = document.activeElement;
  if (focused.closest('label')) return 'filter';
  return focused.closest('tbody') ? 'row' : focused.closest('thead') ? 'head' : '';
}"""

SQL_AND_FILES = """() => [...document.querySelectorAll('details.sql')].map((details) => [
  details.querySelector('code[data-sql]').textContent,
  details.querySelector('a[download]').getAttribute('href'),
])"""

LIVE_SCRIPTS = """() => [...document.querySelectorAll('script')]
  .filter((script) => script.textContent.includes('alert') && script.type !== 'application/json').length"""

FILTER_AND_SORT = """() => {
  const input = document.querySelector('.dt-search input');
  const start = performance.now();
  input.value = 'decayed';
  input.dispatchEvent(new Event('input'));
  const filtered = performance.now();
  const table = new DataTable(document.querySelector('table.dataTable'), { retrieve: true });
  table.search('').order([[9, 'desc']]).draw();
  return [filtered - start, performance.now() - filtered];
}"""
