// The page of a run that goes on: tables and charts follow it, and its report replaces them.

const live = document.querySelector("script[data-live]").dataset.live;
const POLL_MS = 1000;
const HEIGHT = { rate: 240, latency: 240, observed: 180, users: 140 };
const RATES = ["offered", "started", "completed", "failed"];
const MOST_POINTS = 300;
const MOST_NEW = 1000;
const TIME_STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600];
const LEFT = 48, RIGHT = 8, TOP = 20, BOTTOM = 22;
const SVG = "http://www.w3.org/2000/svg";

const seconds = [];
let bands = [];

function node(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

// A few seconds as one point: rates are means, times are the worst, as a chart can't hide a peak.
function points(key) {
  const step = Math.max(1, Math.ceil(seconds.length / MOST_POINTS));
  const found = [];
  for (let first = 0; first < seconds.length; first += step) {
    const values = seconds.slice(first, first + step).map((s) => s[key]).filter((v) => v !== null);
    const sum = values.reduce((a, b) => a + b, 0);
    const value = RATES.includes(key) ? sum / values.length : Math.max(...values);
    found.push([first + step / 2, values.length ? value : null]);
  }
  return found;
}

function niceTop(top) {
  const unit = 10 ** Math.floor(Math.log10(top));
  return [1, 2, 2.5, 5, 10].map((m) => m * unit).find((candidate) => candidate >= top);
}

function numberText(value) {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}

// No longer than there is room beside a chart.
function axisText(value) {
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"]]) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${unit}`;
  }
  return numberText(value);
}

function draw(place) {
  const kinds = place.dataset.kinds.split(" ");
  const keys = place.dataset.keys.split(" ");
  const width = Math.max(280, place.clientWidth);
  const height = HEIGHT[place.dataset.chart];
  const lines = kinds.map((kind, at) => [kind, points(keys[at])]);
  const values = lines.flatMap(([, of]) => of.map(([, y]) => y ?? 0));
  const largest = Math.max(0, ...values.map(Math.abs));
  const top = niceTop(place.dataset.chart === "observed" ? largest || 1 : Math.max(largest, 1));
  const foot = Math.min(...values, 0) < 0 ? -top : 0;
  const length = Math.max(seconds.length, 10);
  const x = (s) => LEFT + ((width - LEFT - RIGHT) * Math.min(s, length)) / length;
  const y = (v) => height - BOTTOM - ((height - TOP - BOTTOM) * (v - foot)) / (top - foot);
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  drawBands(svg, x, height);
  drawAxes(svg, x, y, { width, height, foot, top, length });
  for (const [kind, of] of lines) drawLine(svg, kind, of, x, y);
  place.replaceChildren(svg);
  place.dataset.plot = `${LEFT} ${width - RIGHT} ${height - BOTTOM} 0 ${length}`;
  tell(place.closest("figure"), lines.map(([, of]) => of));
}

// The same as a table, which is what is read off the chart.
function tell(figure, lines) {
  const body = figure.querySelector(".values tbody");
  lines[0].forEach(([at], index) => {
    const row = body.rows[index] ?? body.insertRow();
    row.dataset.x = at;
    const cells = [`${at} s`, ...lines.map((of) => of[index][1]).map(valueText)];
    cells.forEach((value, column) => {
      const cell = row.cells[column] ?? row.insertCell();
      if (cell.textContent !== value) cell.textContent = value;
    });
  });
  while (body.rows.length > lines[0].length) body.deleteRow(-1);
  figure.dispatchEvent(new Event("redrawn"));
}

function valueText(value) {
  return value === null ? "–" : numberText(value);
}

function drawBands(svg, x, height) {
  const group = node("g", { class: "bands" }, svg);
  bands.forEach((band, index) => {
    const [left, right] = [x(band.first), x(band.last)];
    const shade = `band${band.judged ? " judged" : ""}${index % 2 ? " odd" : ""}`;
    const box = { x: left, y: 0, width: Math.max(0, right - left), height: height - BOTTOM };
    const rect = node("rect", { ...box, class: shade }, group);
    node("title", {}, rect, band.name);
    if (right - left > band.name.length * 7 + 8) {
      node("text", { x: (left + right) / 2, y: 14, class: "band-name" }, group, band.name);
    }
  });
}

function drawAxes(svg, x, y, { width, height, foot, top, length }) {
  const upright = node("g", { class: "axis y" }, svg);
  for (const value of [foot, (foot + top) / 2, top]) {
    node("line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }, upright);
    node("text", { x: LEFT - 6, y: y(value) + 4 }, upright, axisText(value));
  }
  const across = node("g", { class: "axis x" }, svg);
  const step = TIME_STEPS.find((s) => length / s <= width / 90) ?? TIME_STEPS.at(-1);
  for (let at = 0; at <= length; at += step) {
    const text = at < 600 ? `${at} s` : `${Math.round(at / 6) / 10} min`;
    if (x(at) < width - 16) node("text", { x: x(at), y: height - 6 }, across, text);
  }
}

function drawLine(svg, kind, of, x, y) {
  const group = node("g", { class: `line-${kind}` }, svg);
  let run = [];
  const flush = () => {
    // One by itself becomes a dot, as in the report.
    const shown = run.length === 1 ? [...run, ...run] : run;
    if (shown.length) node("polyline", { points: shown.join(" ") }, group);
    run = [];
  };
  for (const [at, value] of of) {
    if (value === null) flush();
    else run.push(`${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  }
  flush();
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) draw(place);
}

function fill(key, rows) {
  const table = document.querySelector(`table[data-rows="${key}"]`);
  const [body, titles] = [table.tBodies[0], table.tHead.rows[0].cells];
  rows.forEach((cells, index) => {
    const row = body.rows[index] ?? body.insertRow();
    cells.forEach((value, column) => {
      const cell = row.cells[column] ?? row.insertCell();
      if (cell.textContent !== value) cell.textContent = value;
      if (titles[column].textContent === "State") cell.dataset.state = value.toLowerCase();
    });
  });
  while (body.rows.length > rows.length) body.deleteRow(-1);
}

function fillList(id, lines) {
  const list = document.getElementById(id);
  lines.forEach((line, index) => {
    const item = list.children[index] ?? list.appendChild(document.createElement("li"));
    if (item.textContent !== line) item.textContent = line;
  });
  while (list.children.length > lines.length) list.lastChild.remove();
}

function setText(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}

// The report of the run takes the place of all this, without the page being left.
async function showReport() {
  const answer = await fetch(location.href);
  if (!answer.ok) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
  readCharts();
}

async function poll() {
  try {
    const answer = await fetch(`${live}?known=${seconds.length}`);
    if (answer.status === 401) return location.reload();
    const now = await answer.json();
    if (now.over) return await showReport();
    for (const second of now.seconds) seconds.push(second);
    // Those of a long run come in several answers; the last has what is new since one second.
    if (now.seconds.length > MOST_NEW) return setTimeout(poll);
    bands = now.bands;
    setText("place", now.place);
    setText("elapsed", `${now.elapsed_s} s`);
    const badge = document.getElementById("status");
    setText("status", now.status);
    badge.className = `badge ${now.status === "RUNNING" ? "profiled" : now.status.toLowerCase()}`;
    fill("stages", now.stages);
    fillList("diagnoses", now.diagnoses);
    fill("checks", now.checks);
    drawAll();
  } catch (error) {
    setText("place", "No answer from jobload; trying again.");
  }
  setTimeout(poll, POLL_MS);
}

addEventListener("resize", drawAll);
poll();
