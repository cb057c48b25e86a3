// The screen Document: the document that clients get, whole or cut to a profile.

import { get, isAbort } from "./api.js";
import { el, setText } from "./dom.js";
import { copyButton, failure } from "./parts.js";
import { bytes, grouped } from "./text.js";

const PROFILES = [
  ["", "as it is"],
  ["3.0", "OpenAPI 3.0"],
  ["gpt-actions", "GPT Actions"],
  ["plugin", "plugin"],
  ["lean", "lean"],
];
const LINES = 200;

export class DocumentScreen {
  constructor(app) {
    this.app = app;
    this.text = "";
    this.profile = el(
      "select",
      { id: "profile", on: { change: () => this._choose() } },
      PROFILES.map(([value, name]) => el("option", { value }, name)),
    );
    this.size = el("output", { for: "profile", role: "status" });
    this.copy = copyButton(() => this.text, "Copy");
    this.place = el("div", { class: "code", tabindex: "0", role: "region", "aria-label": "The document" });
    this.root = el(
      "div",
      { class: "page" },
      el("h1", null, "Document"),
      el("p", { class: "lead" }, "What clients read: the allowed operations and the components that they reach."),
      el("div", { class: "actions" }, el("label", { for: "profile" }, "Profile"), this.profile, this.copy, this.size),
      this.place,
    );
  }

  title() {
    return "Document";
  }

  show(address) {
    this.profile.value = address.searchParams.get("profile") ?? "";
    if (this.profile.selectedIndex < 0) this.profile.value = "";
    this.read();
  }

  take() {
    if (this.root.isConnected) this.read();
  }

  hide() {
    this._asked?.abort();
  }

  _choose() {
    const address = new URL(location.href);
    if (this.profile.value) address.searchParams.set("profile", this.profile.value);
    else address.searchParams.delete("profile");
    this.app.go(address);
  }

  async read() {
    this._asked?.abort();
    const asked = (this._asked = new AbortController());
    try {
      const found = await get(`document?profile=${encodeURIComponent(this.profile.value)}`, asked.signal);
      this.text = typeof found === "string" ? found : JSON.stringify(found, null, 2);
      const lines = this.text.split("\n");
      setText(this.size, `${bytes(new Blob([this.text]).size)}, ${grouped(lines.length)} lines`);
      const parts = [];
      for (let at = 0; at < lines.length; at += LINES) {
        const part = lines.slice(at, at + LINES);
        const block = el("pre", null, part.join("\n"));
        block.style.setProperty("--lines", part.length);
        parts.push(block);
      }
      this.place.replaceChildren(...parts);
    } catch (error) {
      if (!isAbort(error)) this.place.replaceChildren(failure(error));
    }
  }
}
