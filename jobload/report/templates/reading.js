// Reads figures off charts, by pointer and by keyboard, and shows one stage of them by itself. All
// that it says stands in the table below each chart, which is there without it as well.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  const WHOLE = "";

  function made(element, attributes, text) {
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  const make = (name, ...given) => made(document.createElement(name), ...given);
  const draw = (name, ...given) => made(document.createElementNS(SVG, name), ...given);

  // Where the lines of a picture lie, and which stretch of its x axis is shown.
  function plotOf(view) {
    const [left, right, bottom, low, high] = view.dataset.plot.split(" ").map(Number);
    const [first, last] = view.closest("figure").shown ?? [low, high];
    return { left, right, bottom, low, high, first, last };
  }

  const viewsOf = (figure) => [...figure.querySelectorAll("[data-plot]")];

  function rowsOf(figure) {
    return [...figure.querySelectorAll(".values tbody tr")].filter((row) => !row.hidden);
  }

  function sentence(figure, row) {
    const [, ...names] = figure.querySelectorAll(".values thead th");
    const [place, ...values] = row.cells;
    const figures = values.map((cell, at) => `${names[at].textContent} ${cell.textContent}`);
    return `${place.textContent}: ${figures.join(", ")}`;
  }

  function mark(figure, row) {
    for (const view of viewsOf(figure)) {
      const plot = plotOf(view);
      const share = (Number(row.dataset.x) - plot.first) / (plot.last - plot.first || 1);
      const x = plot.left + share * (plot.right - plot.left);
      view.querySelector(".mark")?.remove();
      const line = draw("line", { class: "mark", x1: x, x2: x, y1: 0, y2: plot.bottom });
      view.querySelector("svg").append(line);
    }
  }

  function read(figure, at) {
    const rows = rowsOf(figure);
    const slider = figure.querySelector(".reader input");
    slider.max = Math.max(0, rows.length - 1);
    slider.value = at;
    const row = rows[slider.value];
    if (!row) return;
    figure.isRead = true;
    const text = sentence(figure, row);
    slider.setAttribute("aria-valuetext", text);
    figure.querySelector(".reader span").textContent = text;
    mark(figure, row);
  }

  function nearest(figure, view, event) {
    const svg = view.querySelector("svg");
    const box = svg.getBoundingClientRect();
    const plot = plotOf(view);
    const x = ((event.clientX - box.left) * svg.viewBox.baseVal.width) / box.width;
    const share = (x - plot.left) / (plot.right - plot.left);
    const place = plot.first + share * (plot.last - plot.first);
    const far = rowsOf(figure).map((row) => Math.abs(Number(row.dataset.x) - place));
    return far.indexOf(Math.min(...far));
  }

  function makeReadable(figure) {
    const plots = figure.querySelector(".plots");
    const title = figure.querySelector("[aria-label]").getAttribute("aria-label");
    const reader = make("div", { class: "reader" });
    const slider = make("input", { type: "range", min: 0, value: 0, "aria-label": `Read ${title}` });
    slider.max = Math.max(0, rowsOf(figure).length - 1);
    slider.setAttribute("aria-valuetext", "nothing read yet");
    reader.append(slider, make("span", {}, "Point at the chart, or move the slider."));
    plots.after(reader);
    slider.addEventListener("input", () => read(figure, slider.value));
    slider.addEventListener("focus", () => read(figure, slider.value));
    for (const view of viewsOf(figure)) {
      view.addEventListener("pointermove", (event) => read(figure, nearest(figure, view, event)));
    }
    // Of a run that goes on: there is more of it now, and a picture without the mark.
    figure.addEventListener("redrawn", () => {
      slider.max = Math.max(0, rowsOf(figure).length - 1);
      if (figure.isRead) read(figure, slider.value);
    });
  }

  // --- a stage by itself ---------------------------------------------------------------------

  function stagesOf(figure) {
    const said = JSON.parse(figure.querySelector(".plots").dataset.stages ?? "[]");
    return said.map(([name, first, last]) => ({ name, first, last }));
  }

  // Bands and lines in a frame of their own, of which a part can be shown.
  function frameOf(view) {
    const svg = view.querySelector("svg");
    const known = svg.querySelector("svg");
    if (known) return known;
    const { left, right } = plotOf(view);
    const box = { x: left, y: 0, width: right - left, height: svg.viewBox.baseVal.height };
    const frame = draw("svg", { ...box, preserveAspectRatio: "none" });
    frame.append(...svg.querySelectorAll(".bands, [class^=line-]"));
    svg.append(frame);
    return frame;
  }

  function timeText(seconds) {
    if (seconds < 60) return `${seconds}s`;
    const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
    if (minutes < 60) return rest ? `${minutes}m${String(rest).padStart(2, "0")}` : `${minutes}m`;
    const over = minutes % 60;
    return over ? `${Math.floor(minutes / 60)}h${String(over).padStart(2, "0")}` : `${minutes / 60}h`;
  }

  function relabel(view, plot) {
    const axis = view.querySelector(".axis.x");
    view.ticks ??= [...axis.childNodes];
    if (plot.first === plot.low && plot.last === plot.high) return axis.replaceChildren(...view.ticks);
    const y = view.ticks[0]?.getAttribute("y") ?? plot.bottom + 18;
    const step = STEPS.find((s) => (plot.last - plot.first) / s <= 5) ?? STEPS.at(-1);
    const ticks = [];
    for (let at = Math.ceil(plot.first / step) * step; at <= plot.last; at += step) {
      const share = (at - plot.first) / (plot.last - plot.first);
      const x = plot.left + share * (plot.right - plot.left);
      ticks.push(draw("text", { x, y }, timeText(at)));
    }
    axis.replaceChildren(...ticks);
  }

  function show(figure, stage) {
    figure.shown = stage ? [stage.first, stage.last] : undefined;
    for (const view of viewsOf(figure)) {
      const plot = plotOf(view);
      const x = (at) => plot.left + ((at - plot.low) / (plot.high - plot.low)) * (plot.right - plot.left);
      const [left, width] = [x(plot.first), x(plot.last) - x(plot.first)];
      const frame = frameOf(view);
      frame.setAttribute("viewBox", `${left} 0 ${width} ${frame.getAttribute("height")}`);
      view.classList.toggle("zoomed", Boolean(stage));
      view.querySelector(".mark")?.remove();
      relabel(view, plot);
    }
    for (const row of figure.querySelectorAll(".values tbody tr")) {
      const at = Number(row.dataset.x);
      row.hidden = Boolean(stage) && !(at >= stage.first && at <= stage.last);
    }
    read(figure, 0);
  }

  function makeZoomable(section) {
    const figures = [...section.querySelectorAll("figure:has(.plots)")].filter((f) => stagesOf(f).length);
    const stages = figures.length ? stagesOf(figures[0]) : [];
    if (stages.length < 2) return;
    const choice = make("select", {});
    choice.append(make("option", { value: WHOLE }, "all stages"));
    stages.forEach((stage, at) => choice.append(make("option", { value: at }, stage.name)));
    choice.addEventListener("change", () => {
      for (const figure of figures) show(figure, stages[choice.value]);
    });
    const label = make("label", { class: "zoom" }, "Charts of ");
    label.append(choice);
    figures[0].before(label);
  }

  globalThis.readCharts = () => {
    for (const figure of document.querySelectorAll("figure:not(:has(.reader))")) {
      if (figure.querySelector(".values")) makeReadable(figure);
    }
    for (const section of document.querySelectorAll("section:not(:has(.zoom))")) makeZoomable(section);
  };
  readCharts();
})();
