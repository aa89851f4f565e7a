// Tables, plots and copy buttons of a porelake report. All text goes in as text, never as markup.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const missing = "–";

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  // ---- tables -------------------------------------------------------------------------------------------

  const written = (column, value, bound) => {
    if (value === null || value === undefined || value === "") return missing;
    if (column.kind !== "number") return String(value);
    const text = value.toFixed(column.digits).replace("-", "−").replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, "\u2009");
    return column.bound && bound ? `≥ ${text}` : text;
  };

  const renderer = (column) => (value, type, row) => {
    const plain = column.kind === "link" ? value[0] : value;
    if (type !== "display") return plain;
    const text = written(column, plain, row[row.length - 1]);
    if (column.kind !== "link") return document.createTextNode(text);
    return element("a", { href: value[1] }, text);
  };

  const choices = (table, spec, index) => {
    const values = [...new Set(spec.rows.map((row) => row[index]))].filter((value) => value !== null).sort();
    if (values.length < 2) return null;
    const select = element("select", { "aria-label": spec.columns[index].title }, element("option", { value: "" }, "any"));
    for (const value of values) select.append(element("option", { value }, value));
    select.addEventListener("change", () => {
      table.search.fixed(`is-${index}`, select.value === "" ? null : (_, row) => row[index] === select.value).draw();
    });
    return element("label", {}, spec.columns[index].title, select);
  };

  const least = (table, spec, index) => {
    const input = element("input", { type: "number", step: "any", placeholder: "any" });
    input.addEventListener("input", () => {
      const low = input.valueAsNumber;
      table.search.fixed(`least-${index}`, Number.isNaN(low) ? null : (_, row) => row[index] !== null && row[index] >= low).draw();
    });
    return element("label", {}, `${spec.columns[index].title} at least`, input);
  };

  const build = (place) => {
    const name = place.dataset.table;
    const inline = document.getElementById(`table-${name}`);
    const spec = inline ? JSON.parse(inline.textContent) : window.porelake[name];
    const caption = element("caption", {}, place.dataset.caption);
    const grid = element("table", { class: "hover" }, caption);
    const filters = element("div", { class: "filters", role: "group", "aria-label": "Filters" });
    place.replaceChildren(filters, element("div", { class: "scroll" }, grid));
    const table = new window.DataTable(grid, {
      data: spec.rows,
      columns: spec.columns.map((column, index) => ({
        data: index,
        title: column.title,
        className: column.kind === "number" ? "n" : "",
        type: column.kind === "number" || column.numeric ? "num" : "string",
        render: renderer(column),
        orderSequence: column.kind === "number" ? ["desc", "asc"] : ["asc", "desc"],
      })),
      order: [],
      deferRender: true,
      autoWidth: false,
      pageLength: 25,
      lengthMenu: [10, 25, 50, 100, 500],
      language: { search: "Filter by word: ", lengthMenu: "_MENU_ rows a page", emptyTable: "No rows", thousands: "\u2009" },
    });
    spec.columns.forEach((column, index) => {
      const filter = column.kind === "choice" ? choices(table, spec, index) : column.least ? least(table, spec, index) : null;
      if (filter) filters.append(filter);
    });
    if (!filters.children.length) filters.remove();
  };

  // ---- plots --------------------------------------------------------------------------------------------

  const coloured = (trace) => {
    if (trace.colour === undefined) return trace;
    const colour = css(`--c${trace.colour % 5}`);
    const made = { ...trace, line: { ...trace.line, color: colour }, marker: { ...trace.marker, color: colour } };
    if (trace.band) Object.assign(made, { fillcolor: `${colour}30` });
    if (trace.error_y) made.error_y = { ...trace.error_y, color: colour };
    delete made.colour; delete made.band;
    return made;
  };

  const shaded = (shape) => {
    if (!shape.shade) return shape;
    const { shade, ...rest } = shape;
    return { ...rest, fillcolor: css("--band"), opacity: Number(css("--band-opacity")), line: { width: 0 }, layer: "below" };
  };

  const themed = (layout) => {
    const axis = { gridcolor: css("--grid"), linecolor: css("--muted"), zerolinecolor: css("--rule"), showline: true, ticks: "outside", tickcolor: css("--muted"), automargin: true, exponentformat: "power" };
    const made = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: [0, 1, 2, 3, 4].map((i) => css(`--c${i}`)),
      font: { family: css("--sans"), size: 13, color: css("--ink") }, margin: { l: 62, r: 18, t: 34, b: 52 },
      hoverlabel: { bgcolor: css("--card"), font: { color: css("--ink") } },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, height: 440, ...layout,
    };
    const keys = new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))]);
    for (const key of keys) made[key] = { ...axis, ...layout[key] };
    made.shapes = (layout.shapes || []).map(shaded);
    return made;
  };

  const show = (place, traces, layout, filename) => window.Plotly.react(place, traces, themed(layout), {
    responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"], toImageButtonOptions: { format: "svg", filename },
  });

  const draw = (script) => {
    const figure = JSON.parse(script.textContent);
    const place = document.getElementById(script.dataset.plot);
    return show(place, figure.data.map(coloured), figure.layout, script.dataset.plot);
  };

  const drawWhenSeen = (scripts) => {
    const drawn = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        watch.unobserve(entry.target);
        const script = scripts.find((one) => one.dataset.plot === entry.target.id);
        drawn.add(script);
        draw(script);
      }
    }, { rootMargin: "500px" });
    for (const script of scripts) watch.observe(document.getElementById(script.dataset.plot));
    dark.addEventListener("change", () => drawn.forEach(draw));
  };

  // ---- the page -----------------------------------------------------------------------------------------

  window.porelakePage = { element, show };  // for the page that asks

  const copyButtons = () => {
    for (const button of document.querySelectorAll(".copy")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const code = button.parentElement.querySelector("code");
        try {
          await navigator.clipboard.writeText(code.textContent);
        } catch {
          getSelection().selectAllChildren(code);
          document.execCommand("copy");
        }
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
    }
  };

  const theme = () => document.documentElement.classList.toggle("dark", dark.matches);
  theme();
  dark.addEventListener("change", theme);
  document.addEventListener("DOMContentLoaded", () => {
    copyButtons();
    document.querySelectorAll("[data-table]").forEach(build);
    if (window.Plotly) drawWhenSeen([...document.querySelectorAll("script[data-plot]")]);
  });
})();
