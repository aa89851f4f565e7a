// The page for questions: the editor, what can be asked, the answer as table, plot and file. All text goes in as text.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const { element, show } = window.porelakePage;  // of report.js
  const $ = (id) => document.getElementById(id);
  const there = JSON.parse($("catalogue").textContent);
  const queries = new Map(there.filter((one) => one.kind === "query").map((one) => [one.name, one]));
  const units = new Map(there.flatMap((one) => one.columns.map((column) => [column.unit, column.shown])));
  const FIRST = "SELECT kind, birth, death, count(*) AS tracks, median(lifetime_h) AS median_lifetime_h\nFROM tracks\nGROUP BY ALL\nORDER BY ALL";
  const NUMBERS = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w*INT|FLOAT|DOUBLE|DECIMAL.*)$/;
  let answer = null;

  // What stands between backticks is code.
  const worded = (text) => text.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));

  // ---- the question -------------------------------------------------------------------------------------

  for (const name of queries.keys()) $("query").append(element("option", { value: name }, name));

  const given = () => Object.fromEntries([...$("params").querySelectorAll("input")].map((input) => [input.name, input.value]));

  const offer = (name, values = {}) => {
    const query = queries.get(name);
    $("query").value = query ? name : "";
    $("about").hidden = !query;
    $("about").replaceChildren(...(query ? worded(`${query.description}.`) : []));
    const legend = $("params").firstElementChild;
    $("params").replaceChildren(legend);
    $("params").hidden = !query || !query.params.length;
    for (const param of query ? query.params : []) {
      const input = element("input", { name: param.name, autocomplete: "off", spellcheck: "false" });
      input.value = values[param.name] ?? param.default;
      $("params").append(element("label", {}, param.name, input, element("small", {}, ...worded(param.description))));
    }
  };

  const question = () => {
    const name = $("query").value;
    return name ? { sql: $("sql").value, query: name, params: given() } : { sql: $("sql").value };
  };

  const address = () => {
    const { sql, query, params } = question();
    const said = new URLSearchParams();
    if (query) said.set("query", query);
    if (!query || sql !== queries.get(query).sql) said.set("sql", sql);
    for (const [name, value] of Object.entries(params || {})) {
      if (value !== queries.get(query).params.find((one) => one.name === name).default) said.append("param", `${name}=${value}`);
    }
    return `${location.pathname}?${said}`;
  };

  const restore = () => {
    const said = new URLSearchParams(location.search);
    const query = queries.get(said.get("query"));
    offer(query ? query.name : "", Object.fromEntries(said.getAll("param").map((one) => one.split(/=(.*)/s).slice(0, 2))));
    $("sql").value = said.get("sql") ?? (query ? query.sql : FIRST);
    return said.has("sql") || Boolean(query);
  };

  const insert = (text) => {
    const editor = $("sql");
    editor.focus();
    editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
  };

  // ---- what can be asked --------------------------------------------------------------------------------

  const TITLES = { table: "Tables", view: "Views", macro: "Macros", query: "Named questions" };

  const listed = (one) => {
    const use = one.kind === "macro" ? `FROM ${one.name}(${one.params.map((p) => `'${p.name}'`).join(", ")})` : one.kind === "query" ? null : one.name;
    const columns = element("ul", {}, ...one.columns.map((column) => {
      const name = element("button", { type: "button", title: column.description }, column.name);
      name.addEventListener("click", () => insert(column.name));
      return element("li", {}, name, element("span", {}, column.shown));
    }));
    const about = element("p", {}, ...worded(`${one.description}. `));
    const action = element("button", { type: "button" }, use ? `insert ${use}` : "open");
    action.addEventListener("click", () => {
      if (use) return insert(use);
      choose(one.name);
      return $("sql").focus();
    });
    about.append(action);
    const made = element("details", {}, element("summary", {}, one.name), about, columns);
    made.words = [one.name, ...one.columns.map((column) => column.name)].join(" ").toLowerCase();
    return made;
  };

  for (const [kind, title] of Object.entries(TITLES)) {
    const of = there.filter((one) => one.kind === kind);
    if (of.length) $("tables").append(element("section", {}, element("h3", {}, title), ...of.map(listed)));
  }
  $("find").addEventListener("input", () => {
    const word = $("find").value.trim().toLowerCase();
    for (const one of $("tables").querySelectorAll("details")) one.hidden = !one.words.includes(word);
    for (const section of $("tables").children) section.hidden = ![...section.querySelectorAll("details")].some((one) => !one.hidden);
  });

  // ---- the answer ---------------------------------------------------------------------------------------

  const say = (text, wrong = false) => {
    $("status").textContent = text;
    $("status").classList.toggle("wrong", wrong);
  };

  const post = async (body) => {
    const response = await fetch("ask", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (response.ok) return response;
    const said = await response.json().catch(() => ({ error: `${response.status} ${response.statusText}` }));
    throw new Error(said.error.replace(/^sql: /, ""));
  };

  const busy = async (work) => {
    const buttons = [...document.querySelectorAll(".bar button")].filter((one) => one.id !== "link");
    const began = performance.now();
    const clock = setInterval(() => say(`Running … ${((performance.now() - began) / 1000).toFixed(0)} s`), 1000);
    for (const button of buttons) button.disabled = true;
    try {
      return await work();
    } catch (error) {
      say(error instanceof TypeError ? "The server does not answer; is it still running?" : error.message, true);
      return null;
    } finally {
      clearInterval(clock);
      for (const button of buttons) button.disabled = false;
    }
  };

  const run = async () => {
    if ($("run").disabled) return;
    history.replaceState(null, "", address());
    say("Running …");
    const asked = question();
    const found = await busy(async () => (await post(asked)).json());
    $("answer").hidden = !found;
    if (!found) return;
    answer = found;
    const n = answer.rows.length;
    const rows = `${n.toLocaleString("en").replaceAll(",", "\u2009")} row${n === 1 ? "" : "s"}`;
    say(`${answer.more ? `The first ${rows}; there are more, and a download has them all` : rows} · ${(answer.seconds * 1000).toFixed(0)} ms`);
    showTable();
    offerAxes();
    if (!$("as-plot").hidden) showPlot();
  };

  const download = (form) => busy(async () => {
    const response = await post({ ...question(), form });
    const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition"))[1];
    const link = element("a", { href: URL.createObjectURL(await response.blob()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(`${name} is downloaded`);
  });

  const unitOf = (column) => units.get(column.unit) ?? column.unit ?? "";
  const isNumber = (column) => NUMBERS.test(column.type);
  const isFraction = (column) => /^(FLOAT|DOUBLE|DECIMAL)/.test(column.type);

  // Decimals that all numbers of a column are written with, so that their points stand below one another; null:
  // each as it is, with six digits.
  const decimalsOf = (index) => {
    if (!isFraction(answer.columns[index])) return null;
    const sizes = answer.rows.map((row) => Math.abs(row[index])).filter((size) => size > 0);
    if (!sizes.every((size) => size < 1e7 && size >= 1e-4)) return null;
    return Math.max(0, ...sizes.map((size) => (String(Number(size.toPrecision(6))).split(".")[1] || "").length));
  };

  const shown = (value, decimals) => {
    if (value === null) return "NULL";
    if (typeof value !== "number") return String(value);
    const text = decimals === null ? String(Number.isInteger(value) ? value : Number(value.toPrecision(6))) : value.toFixed(decimals);
    return text.replaceAll("-", "−");
  };

  const showTable = () => {
    const anyUnit = answer.columns.some((column) => column.unit);
    const head = element("tr", {}, ...answer.columns.map((column) => element("th", { scope: "col", title: column.description || column.type },
      column.name, ...(anyUnit ? [element("span", { class: "unit" }, unitOf(column) || "\u00a0")] : []))));
    const grid = element("table", { class: "hover" }, element("thead", {}, head));
    $("as-table").replaceChildren(element("div", { class: "scroll" }, grid));
    const decimals = answer.columns.map((_, index) => decimalsOf(index));
    new window.DataTable(grid, {
      data: answer.rows,
      columns: answer.columns.map((column, index) => ({
        data: index,
        className: isNumber(column) ? "n" : "",
        type: isNumber(column) ? "num" : "string",
        render: (value, type) => (type === "display" ? document.createTextNode(shown(value, decimals[index])) : value),
        orderSequence: ["asc", "desc"],
      })),
      order: [],
      deferRender: true,
      autoWidth: false,
      pageLength: 25,
      lengthMenu: [10, 25, 50, 100, 500],
      language: { search: "Filter by word: ", lengthMenu: "_MENU_ rows a page", emptyTable: "No rows", zeroRecords: "No rows with that word", info: "Rows _START_ to _END_ of _TOTAL_", infoEmpty: "", thousands: "\u2009" },
    });
  };

  // ---- the plot -----------------------------------------------------------------------------------------

  const KINDS = { points: "points", line: "line", bars: "bars", histogram: "histogram" };
  const isTime = (column) => /^(TIMESTAMP|DATE)/.test(column.type);
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");  // plotly knows tags
  const label = (index) => {
    const column = answer.columns[index];
    return plain(column.unit ? `${column.name} [${unitOf(column)}]` : column.name);
  };

  const offerAxes = () => {
    const before = ["x", "y", "by", "kind"].map((id) => $(id).selectedOptions[0]?.textContent);
    const columns = answer.columns.map((column, index) => [index, column.name]);
    const fill = (select, options, chosen) => {
      select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
      select.value = String(chosen);
    };
    const numbers = columns.filter(([index]) => isNumber(answer.columns[index]));
    const times = columns.filter(([index]) => isTime(answer.columns[index]));
    const texts = columns.filter(([index]) => answer.columns[index].type === "VARCHAR");
    const distinct = (index) => new Set(answer.rows.map((row) => row[index])).size;
    const grouped = texts.filter(([index]) => distinct(index) <= 12);
    const named = texts.filter(([index]) => distinct(index) === answer.rows.length);
    const categorical = !times.length && named.length > 0 && answer.rows.length <= 60;
    const horizontal = (times[0] ?? (categorical ? named[0] : numbers[0]) ?? columns[0])[0];
    const measured = numbers.filter(([index, name]) => index !== horizontal && isFraction(answer.columns[index]) && !/_(to|low|high|err)$/.test(name));
    const vertical = (measured[0] ?? numbers.find(([index]) => index !== horizontal) ?? [""])[0];
    const kind = vertical === "" ? "histogram" : categorical ? "bars" : "points";
    const others = grouped.filter(([index]) => index !== horizontal);
    fill($("kind"), Object.entries(KINDS), kind);
    fill($("x"), columns, horizontal);
    fill($("y"), [["", "–"], ...numbers], vertical);
    fill($("by"), [["", "–"], ...columns.filter(([index]) => grouped.some(([one]) => one === index))], others.find(([index]) => distinct(index) > 1 && !categorical)?.[0] ?? "");
    ["x", "y", "by", "kind"].forEach((id, i) => {  // what was chosen before stays where it can
      const same = keep && [...$(id).options].find((option) => option.textContent === before[i]);
      if (same) $(id).value = same.value;
    });
  };
  let keep = false;

  const value = (cell, column) => {
    if (cell === null || (isNumber(column) && typeof cell !== "number")) return null;
    return typeof cell === "string" ? plain(cell) : cell;
  };

  const traces = () => {
    const [x, y, by] = ["x", "y", "by"].map((id) => ($(id).value === "" ? null : Number($(id).value)));
    const kind = $("kind").value;
    const groups = new Map();
    for (const row of answer.rows) {
      const name = by === null ? "" : plain(String(row[by] ?? "NULL"));
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(row);
    }
    return [...groups].map(([name, rows]) => {
      const trace = { name, x: rows.map((row) => value(row[x], answer.columns[x])) };
      if (kind === "histogram") return { ...trace, type: "histogram" };
      trace.y = rows.map((row) => (y === null ? 1 : value(row[y], answer.columns[y])));
      if (kind === "bars") return { ...trace, type: "bar" };
      return { ...trace, type: "scatter", mode: kind === "line" ? "lines" : "markers", marker: { size: 6, opacity: 0.75 } };
    });
  };

  const showPlot = () => {
    const axis = (id) => ({ title: { text: $(id).value === "" ? "number" : label(Number($(id).value)) } });
    const histogram = $("kind").value === "histogram";
    const layout = {
      height: 460, showlegend: $("by").value !== "", barmode: histogram ? "overlay" : "group",
      xaxis: axis("x"), yaxis: histogram ? { title: { text: "rows" } } : axis("y"),
    };
    const made = traces().map((trace) => (histogram ? { ...trace, opacity: 0.7 } : trace));
    $("plot").setAttribute("aria-label", `${$("kind").value}: ${$("y").selectedOptions[0].textContent} against ${$("x").selectedOptions[0].textContent}`);
    show($("plot"), made, layout, "answer");
  };

  // ---- the page -----------------------------------------------------------------------------------------

  const tabs = [["tab-table", "as-table"], ["tab-plot", "as-plot"]];
  const open = (chosen) => {
    for (const [tab, panel] of tabs) {
      $(tab).setAttribute("aria-selected", String(tab === chosen));
      $(tab).tabIndex = tab === chosen ? 0 : -1;
      $(panel).hidden = tab !== chosen;
    }
    if (chosen === "tab-plot" && answer) showPlot();
  };
  for (const [tab] of tabs) {
    $(tab).addEventListener("click", () => open(tab));
    $(tab).addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      const other = tabs.find(([one]) => one !== tab)[0];
      open(other);
      $(other).focus();
    });
  }
  for (const id of ["kind", "x", "y", "by"]) $(id).addEventListener("change", () => { keep = true; showPlot(); });
  const choose = (name) => {
    const left = queries.get($("query").dataset.chosen);
    offer(name);
    if (name) $("sql").value = queries.get(name).sql;
    else if (left && $("sql").value === left.sql) $("sql").value = FIRST;
    $("query").dataset.chosen = name;
  };
  $("query").addEventListener("change", () => choose($("query").value));
  $("ask").addEventListener("submit", (event) => { event.preventDefault(); run(); });
  $("ask").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  for (const button of document.querySelectorAll("[data-form]")) button.addEventListener("click", () => download(button.dataset.form));
  $("link").addEventListener("click", async () => {
    history.replaceState(null, "", address());
    await navigator.clipboard.writeText(location.href);
    say("The address of this question is copied: whoever opens it here sees the same");
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (answer && !$("as-plot").hidden) showPlot(); });
  if (restore()) run();
});
