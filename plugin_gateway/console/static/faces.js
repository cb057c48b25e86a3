// The screen Faces: what a person pastes into each client, and what that client will say.

import { get } from "./api.js";
import { el } from "./dom.js";
import { failure, findings, prose, snippet } from "./parts.js";

export class Faces {
  constructor(app) {
    this.app = app;
    this.place = el("div", { class: "cards" });
    this.root = el(
      "div",
      { class: "page" },
      el("h1", null, "Faces"),
      el("p", { class: "lead" }, "How each client reaches this gateway. Copy what it asks for."),
      this.place,
    );
  }

  title() {
    return "Faces";
  }

  show() {
    this.read();
  }

  take() {
    if (this.root.isConnected) this.read();
  }

  async read() {
    try {
      const { faces } = await get("faces");
      this.place.replaceChildren(...faces.map(card));
    } catch (error) {
      this.place.replaceChildren(failure(error));
    }
  }
}

function card({ client, title, steps = [], snippets = [], findings: found = [] }, i) {
  return el(
    "article",
    { class: "card", "aria-labelledby": `face-${i}` },
    el("h2", { id: `face-${i}` }, title, el("span", { class: "badge" }, client)),
    steps.length
      ? el(
          "ol",
          null,
          steps.map((step) => el("li", null, prose(step))),
        )
      : null,
    snippets.map(snippet),
    found.length ? [el("h3", null, "What this client will say"), findings(found)] : null,
  );
}
