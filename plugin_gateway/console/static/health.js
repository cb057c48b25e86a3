// The screen Health: whether the gateway serves what the file says, and how it fares.

import { get } from "./api.js";
import { el } from "./dom.js";
import { failure, findings } from "./parts.js";

const SHOWN_ABOVE = new Set(["held", "drift", "drifted"]);

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

  take() {}

  /** A new state came: what this screen shows of it may have changed. */
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
  const cards = [];
  if (state?.findings?.length)
    cards.push(card(state.sync === "refused" ? "The gateway refuses the file" : "Findings", findings(state.findings)));
  const held = health.held ?? state?.held ?? [];
  if (held.length) {
    cards.push(
      card(
        "Quarantined",
        el(
          "p",
          null,
          "The document added these operations to groups of the allow-list. They stay closed until `plugin-gateway lock` agrees to them.",
        ),
        names(held),
      ),
    );
  }
  const drift = health.drift ?? state?.drifted ?? [];
  if (drift.length) {
    cards.push(
      card(
        "Drifted",
        el("p", null, "These operations are not as they were locked. `plugin-gateway diff` says in words what changed."),
        names(
          drift.map(
            ({ operation, outcome, parts, changed }) => `${operation}: ${outcome}, ${(parts ?? changed ?? []).join(", ")}`,
          ),
        ),
      ),
    );
  }
  const rest = Object.entries(health).filter(([key]) => !SHOWN_ABOVE.has(key));
  const plain = rest.filter(([, value]) => value === null || typeof value !== "object");
  cards.push(card("Gateway", values(Object.fromEntries(plain))));
  for (const [key, value] of rest)
    if (value !== null && typeof value === "object" && Object.keys(value).length) cards.push(card(words(key), values(value)));
  return cards;
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
  const text = key.replaceAll("_", " ");
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
  return typeof value === "object" ? values(value) : String(value);
}
