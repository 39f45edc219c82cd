// On Locust's own page: where the run stands, which fields count, and what is breached.

const own = document.querySelector("script[data-state]").dataset;
const POLL_MS = 2000;
const OPENS_AFTER_S = 5;
const STATES = new Set(["PASS", "FAIL", "WARN", "INVALID", "INSUFFICIENT", "PROFILED"]);
const NONE = "– none –";
const ADHOC_ONLY = ["userCount", "spawnRate", "runTime"];

// --- the bar ---------------------------------------------------------------------------------

const bar = document.createElement("aside");
bar.id = "jobload-bar";
bar.setAttribute("aria-label", "jobload");
document.body.prepend(bar);

new ResizeObserver(() => {
  document.documentElement.style.setProperty("--jl-bar", `${bar.offsetHeight}px`);
}).observe(bar);

let seenRunning = null;
let stayed = null;
let opening = null;

function link(text, href) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.textContent = text;
  return anchor;
}

function text(content, className) {
  const span = document.createElement("span");
  span.textContent = content;
  if (className) span.className = className;
  return span;
}

function showBar(run) {
  const parts = [];
  if (run) {
    const state = run.status || "running";
    parts.push(text(state, `state ${state.toLowerCase()}`));
    parts.push(text(run.status ? run.reasons.join("; ") : run.place, "place"));
    parts.push(link(`Run ${run.id}`, run.page));
  }
  parts.push(link("All runs", own.runs));
  if (opening) parts.push(stayButton(run));
  const signature = parts.map((part) => part.outerHTML).join("");
  if (bar.dataset.shown !== signature) {
    bar.replaceChildren(...parts);
    bar.dataset.shown = signature;
  }
}

function stayButton(run) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Stay here";
  button.title = `The page of the run opens after ${OPENS_AFTER_S} s`;
  button.addEventListener("click", () => {
    clearTimeout(opening);
    opening = null;
    stayed = run.id;
    showBar(run);
  });
  return button;
}

// The page of a run opens when it ends, for whoever has seen it running here.
function openWhenEnded(run) {
  if (!run) return;
  if (!run.status) {
    seenRunning = run.id;
  } else if (run.id === seenRunning && run.id !== stayed && !opening) {
    opening = setTimeout(() => location.assign(run.page), OPENS_AFTER_S * 1000);
  }
}

async function poll() {
  try {
    const answer = await fetch(own.state, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.reload();
    const { run } = await answer.json();
    openWhenEnded(run);
    showBar(run);
  } catch {
    showBar(null);
  }
  setTimeout(poll, POLL_MS);
}

// --- the start form ----------------------------------------------------------------------------

function field(name) {
  return document.querySelector(`form [name="${name}"]`);
}

function choice(name) {
  const value = field(name)?.value;
  return value === NONE ? "" : value;
}

function chosen() {
  const suite = choice("suite");
  const scenario = choice("scenario");
  if (suite && !scenario) return `the suite ${suite}`;
  if (scenario) return scenario;
  const shape = field("shapeClass")?.value ?? "Default";
  if (shape === "AdHoc") return "adhoc";
  return shape === "Default" ? "light" : `the shape ${shape}`;
}

function say(input, reason) {
  const id = `jobload-why-${input.name}`;
  let note = document.getElementById(id);
  if (!reason) {
    if (note) input.removeAttribute("aria-describedby");
    return note?.remove();
  }
  if (!note) {
    note = document.createElement("p");
    note.id = id;
    note.className = "jobload-why";
    (input.closest(".MuiFormControl-root") ?? input).append(note);
    input.setAttribute("aria-describedby", id);
  }
  if (note.textContent !== reason) note.textContent = reason;
}

// What says the same again must change nothing: each change is looked at by the observer below.
function enable(name, reason, hint = "") {
  const input = field(name);
  if (!input) return;
  if (input.disabled !== Boolean(reason)) input.disabled = Boolean(reason);
  say(input, reason || hint);
}

function fitForm() {
  if (!field("scenario")) return;
  const what = chosen();
  const adhoc = what === "adhoc";
  const why = `${what} has its own; only adhoc takes this.`;
  for (const name of ADHOC_ONLY) enable(name, adhoc ? "" : why);
  const noRate = field("noRate")?.checked ? "No rate is asked for." : "";
  enable("rate", noRate, adhoc ? "" : `In place of that of ${what}.`);
  const scenario = choice("scenario");
  enable("suite", scenario ? "A scenario is chosen; clear it to run a suite: several in order." : "");
  const profile = field("profileOnly")?.checked ? "A profile judges nothing." : "";
  enable("baseline", profile, "An earlier run to compare with.");
}

// Scenario and suite are what the form is about, so they are not left folded away.
const unfolded = new WeakSet();
function unfold() {
  const box = field("scenario")?.closest(".MuiAccordion-root");
  if (!box || unfolded.has(box)) return;
  unfolded.add(box);
  const head = box.querySelector("button");
  if (head?.getAttribute("aria-expanded") === "false") head.click();
}

// --- the tables --------------------------------------------------------------------------------

function colourCells() {
  for (const cell of document.querySelectorAll("#root td")) {
    const state = STATES.has(cell.textContent) ? cell.textContent.toLowerCase() : "";
    if ((cell.dataset.state ?? "") !== state) cell.dataset.state = state;
  }
}

function followTheme() {
  const stored = localStorage.theme;
  const dark = stored ? stored === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = dark ? "dark" : "light";
  if (document.documentElement.dataset.theme !== theme) {
    document.documentElement.dataset.theme = theme;
  }
}

const PICTURES = [
  ["header", "Menu, or light and dark"],
  [".MuiDrawer-root", "Light and dark"],
  [".MuiModal-root", "Close"],
  ["*", "Choose columns"],
];

// Locust's buttons that are only a picture have no name for those who can't see it.
function nameButtons() {
  for (const button of document.querySelectorAll("button:not([aria-label])")) {
    if (button.textContent.trim()) continue;
    const [, name] = PICTURES.find(([place]) => button.closest(place));
    button.setAttribute("aria-label", name);
  }
}

// A table that is wider than the page can be reached and moved with the keyboard.
function reachTables() {
  for (const table of document.querySelectorAll("#root table")) {
    const box = table.parentElement;
    const name = document.querySelector('#root [role="tab"][aria-selected="true"]')?.textContent;
    if (box.tabIndex !== 0) box.tabIndex = 0;
    if (box.getAttribute("role") !== "region") box.setAttribute("role", "region");
    if (name && box.getAttribute("aria-label") !== name) box.setAttribute("aria-label", name);
  }
}

// Locust would change users and spawn rate in the midst of a run, which belong to its scenario.
function closeEdit() {
  for (const button of document.querySelectorAll("button.MuiButton-root")) {
    const edits = button.textContent.trim() === "Edit";
    if (edits !== ("jobloadWhy" in button.dataset)) {
      button.disabled = edits;
      button.title = edits ? "A run keeps its users and rate; stop it to start another." : "";
      if (edits) button.dataset.jobloadWhy = "";
      else delete button.dataset.jobloadWhy;
    }
  }
}

// Of the class picker: what they would change is refused, because the locustfile has the say.
function closeUserSettings() {
  if (!field("shapeClass")) return;
  for (const button of document.querySelectorAll("form table button:not([disabled])")) {
    button.disabled = true;
    button.title = "User classes are set in the locustfile and by the scenario's users_mix.";
    button.setAttribute("aria-label", "Settings of the user class");
  }
}

function look() {
  closeUserSettings();
  nameButtons();
  reachTables();
  closeEdit();
  unfold();
  fitForm();
  colourCells();
  followTheme();
}

new MutationObserver(look).observe(document.body, {
  childList: true,
  subtree: true,
  characterData: true,
});
document.addEventListener("change", look);
document.addEventListener("click", () => setTimeout(followTheme));
look();
poll();
