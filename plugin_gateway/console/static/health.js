// The screen Health: whether the gateway serves what the file says, and how it fares.

import { get } from "./api.js";
import { el } from "./dom.js";
import { failure, findings, prose } from "./parts.js";
import { bytes, grouped } from "./text.js";

const NEW =
  "The document added these operations to groups of the allow-list. They stay closed until `plugin-gateway lock` agrees to them.";
const DRIFTED = "These operations are not as they were locked. `plugin-gateway diff` says in words what changed.";
const SHOWN_ABOVE = new Set(["held", "drift", "quarantine"]);
const WORDS = {
  awaited: "Waits for",
  calls_in_flight: "Calls under way",
  client_connections: "Connections of clients",
  log_lines_dropped: "Lost lines of the log",
  operations: "Operations served",
  operations_total: "Operations in the document",
  reload_error: "Error of the last reload",
  stale: "Document is an old copy",
  worker_restarts: "Workers that were replaced",
  workers_memory_bytes: "Memory of workers",
  workers_open_files: "Open files of workers",
};
/** Limits that are sizes, and have no unit in their names. */
const SIZES = new Set(["request_head", "request_body", "response_body"]);

export class Health {
  constructor(app) {
    this.app = app;
    this.place = el("div", { class: "cards" });
    this.root = el("div", { class: "page" }, el("h1", null, "Health"), this.place);
  }

  title() {
    return "Health";
  }

  show() {
    this.read();
  }

  hide() {
    clearTimeout(this._timer);
  }

  /** The state is new, and this screen shows some of it. */
  stateChanged() {
    if (this.root.isConnected) this.read();
  }

  async read() {
    clearTimeout(this._timer);
    let cards;
    try {
      cards = cardsOf(await get("health"), this.app.state);
    } catch (error) {
      cards = [failure(error)];
    }
    const key = cards.map((card) => card.textContent).join();
    if (key !== this.key) {
      this.key = key;
      this.place.replaceChildren(...cards);
    }
    if (this.root.isConnected) this._timer = setTimeout(() => this.read(), 3000);
  }
}

function cardsOf(health, state) {
  const { held, drift } = health;
  const rest = Object.entries(health).filter(([key]) => !SHOWN_ABOVE.has(key));
  const isNested = ([, value]) => value !== null && typeof value === "object";
  return [
    state?.findings?.length &&
      card(state.sync === "refused" ? "The gateway refuses the file" : "Findings", findings(state.findings)),
    held.length && card("New and closed", el("p", null, prose(NEW)), names(held)),
    drift.length && card("Drifted", el("p", null, prose(DRIFTED)), names(drift.map(driftLine))),
    card("Gateway", values(Object.fromEntries(rest.filter((each) => !isNested(each))))),
    ...rest
      .filter(isNested)
      .filter(([, value]) => Object.keys(value).length)
      .map(([key, value]) => card(words(key), values(value))),
  ].filter(Boolean);
}

function driftLine({ operation, outcome, changed }) {
  return `${operation}: ${outcome}, ${changed.join(", ")}`;
}

function card(title, ...content) {
  return el("article", { class: "card" }, el("h2", null, title), content);
}

function names(list) {
  return el(
    "ul",
    { class: "names" },
    list.map((name) => el("li", null, String(name))),
  );
}

function words(key) {
  if (key in WORDS) return WORDS[key];
  const text = key.replace(/_(bytes|s)$/, "").replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

function values(value) {
  if (Array.isArray(value))
    return value.every((each) => typeof each !== "object" || each === null) ? names(value) : value.map(values);
  if (value === null || typeof value !== "object") return String(value);
  return el(
    "dl",
    { class: "values" },
    Object.entries(value).map(([key, one]) => el("div", null, el("dt", null, words(key)), el("dd", null, shownOf(key, one)))),
  );
}

function shownOf(key, value) {
  if (value === null || value === "") return "none";
  if (value === true || value === false) return value ? "yes" : "no";
  if (typeof value === "number" && /_at$/.test(key)) return value ? new Date(value * 1000).toLocaleString("en-GB") : "never";
  if (typeof value === "number")
    return SIZES.has(key) || /_bytes$/.test(key) ? bytes(value) : `${grouped(value)}${/_s$/.test(key) ? " s" : ""}`;
  if (/^[0-9a-f]{40,}$/.test(value)) return el("code", { title: value }, `${value.slice(0, 12)}…`);
  return typeof value === "object" ? values(value) : String(value);
}
