// The screen Traffic: the last calls as they come, and why the gateway refused the refused ones.

import { el, setText } from "./dom.js";
import { Stream } from "./stream.js";
import { clock, grouped, plural } from "./text.js";

const MOST = 500;
/** The colour and the sign of each verdict. */
const VERDICTS = {
  forwarded: ["good", "✓"],
  answered: ["good", "✓"],
  held: ["warn", "…"],
  refused: ["bad", "✗"],
  failed: ["bad", "!"],
};

export class Traffic {
  constructor(app) {
    this.app = app;
    this.records = [];
    this.waiting = [];
    this.dropped = 0;
    this.isPaused = false;
    this.box = el("input", {
      type: "search",
      id: "traffic-filter",
      placeholder: "refused POST /repos",
      autocomplete: "off",
      spellcheck: "false",
      on: { input: () => this._filter() },
    });
    this.pause = el(
      "button",
      { type: "button", class: "button", "aria-pressed": "false", on: { click: () => this._pause() } },
      "Pause",
    );
    this.count = el("output", { for: "traffic-filter" });
    this.body = el("tbody");
    this.nothing = el("p", { class: "nothing" }, "No call yet. Calls appear here as they come; their bodies never do.");
    this.root = el(
      "div",
      { class: "page" },
      el("h1", null, "Traffic"),
      el(
        "form",
        { class: "search", role: "search", on: { submit: (event) => event.preventDefault() } },
        el("label", { for: "traffic-filter", class: "hidden-text" }, "Filter calls"),
        this.box,
        this.pause,
        this.count,
      ),
      el(
        "div",
        { class: "wide", tabindex: "0", role: "region", "aria-label": "Calls" },
        el(
          "table",
          { class: "calls" },
          el(
            "thead",
            null,
            el(
              "tr",
              null,
              ["Time", "Caller", "Call", "Verdict", "Status", "ms", ""].map((name) =>
                el("th", { scope: "col" }, name || el("span", { class: "hidden-text" }, "Action")),
              ),
            ),
          ),
          this.body,
        ),
      ),
      this.nothing,
    );
  }

  title() {
    return "Traffic";
  }

  show(address) {
    this.box.value = address.searchParams.get("q") ?? "";
    this._filter();
    if (this.stream) return;
    this.body.replaceChildren();
    this.records = [];
    this.waiting = [];
    this.dropped = 0;
    this.stream = new Stream("traffic", {
      open: () => {
        // Each connection begins with the last calls, so the gateway sends again what is shown.
        this.waiting = [];
        this.isAfresh = true;
        this._later();
      },
      record: (data) => this._take(JSON.parse(data)),
      dropped: (data) => {
        this.dropped += Number(data) || 0;
        this._later();
      },
      lost: () => this.app.poll(),
    });
  }

  hide() {
    this.stream?.close();
    this.stream = null;
  }

  take() {
    for (const record of this.records) this._showAction(record);
  }

  _take(record) {
    this.waiting.push(record);
    if (this.waiting.length > MOST) this.waiting.shift();
    this._later();
  }

  /** Draw once in a frame, however many records came. */
  _later() {
    if (this.isDrawing || this.isPaused) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      if (!this.isPaused) this._draw();
    });
  }

  _draw() {
    if (this.isAfresh) {
      this.isAfresh = false;
      this.records = [];
      this.body.replaceChildren();
    }
    const words = this._words();
    const rows = this.waiting.map((record) => this._row(record, words));
    this.records.push(...this.waiting);
    this.waiting = [];
    this.body.prepend(...rows.reverse());
    for (const old of this.records.splice(0, Math.max(0, this.records.length - MOST))) old.row.remove();
    this._count();
  }

  _row(record, words) {
    const { time, caller, method, path, query, operation, verdict, reason, status, ms } = record;
    const [kind, sign] = VERDICTS[verdict] ?? VERDICTS.failed;
    record.hay = [caller, method, path, operation, verdict, reason, status].join(" ").toLowerCase();
    record.action = el("td");
    record.row = el(
      "tr",
      { class: verdict === "refused" ? "refused" : null },
      el("td", { class: "time" }, clock(time)),
      el("td", null, caller || "·"),
      el(
        "td",
        { class: "call" },
        el("span", { class: `method ${String(method).toLowerCase()}` }, method),
        " ",
        el("span", { class: "path" }, path, query?.length ? `?${query.map((name) => `${name}=…`).join("&")}` : null),
      ),
      el(
        "td",
        null,
        el("span", { class: kind }, el("span", { class: "sign", "aria-hidden": "true" }, `${sign} `), verdict),
        reason && reason !== verdict ? ` ${reason}` : null,
      ),
      el("td", { class: "number" }, status ? String(status) : "·"),
      el("td", { class: "number" }, ms === null || ms === undefined ? "·" : grouped(Math.round(ms))),
      record.action,
    );
    record.row.hidden = !words.every((word) => record.hay.includes(word));
    this._showAction(record);
    return record.row;
  }

  /** Offer to allow a refused call, if the document has its operation and the list does not. */
  _showAction({ verdict, method, path, action }) {
    const { catalogue } = this.app;
    action.replaceChildren();
    if (verdict !== "refused" || !catalogue) return;
    const n = catalogue.match(method, path);
    if (n < 0 || catalogue.isAllowed(n)) return;
    action.append(
      el(
        "button",
        {
          type: "button",
          class: "button small",
          "aria-label": `Allow ${catalogue.name(n)}`,
          on: { click: () => this._allow(n) },
        },
        "Allow this",
      ),
    );
  }

  _allow(n) {
    const { catalogue } = this.app;
    catalogue.tick(n, true);
    this.app.ticked();
    this.app.go(`./?open=${encodeURIComponent(catalogue.name(n))}`);
  }

  _words() {
    return this.box.value.toLowerCase().split(/\s+/).filter(Boolean);
  }

  _filter() {
    const words = this._words();
    for (const { hay, row } of this.records) {
      const isHidden = !words.every((word) => hay.includes(word));
      if (row.hidden !== isHidden) row.hidden = isHidden;
    }
    const address = new URL(location.href);
    if (this.box.value) address.searchParams.set("q", this.box.value);
    else address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
    this._count();
  }

  _count() {
    const shown = this.records.filter(({ row }) => !row.hidden).length;
    this.nothing.hidden = this.records.length > 0;
    setText(
      this.count,
      `${shown === this.records.length ? plural(shown, "call") : `${grouped(shown)} of ${plural(this.records.length, "call")}`}${this.dropped ? `, ${grouped(this.dropped)} not shown` : ""}${this.isPaused ? ", paused" : ""}`,
    );
  }

  _pause() {
    this.isPaused = !this.isPaused;
    this.pause.setAttribute("aria-pressed", String(this.isPaused));
    setText(this.pause, this.isPaused ? "Resume" : "Pause");
    this._count();
    this._later();
  }
}
