// The screen Approvals: calls that wait for a person.

import { get, NOT_AN_APPROVER, post } from "./api.js";
import { el, setText } from "./dom.js";
import { failure, prose } from "./parts.js";
import { clock, plural } from "./text.js";

export class Approvals {
  constructor(app) {
    this.app = app;
    this.place = el("div", { class: "cards" });
    this.approver = "";
    this.said = el("p", { class: "said", role: "status" });
    this.root = el("div", { class: "page" }, el("h1", { tabindex: "-1" }, "Approvals"), this.said, this.place);
  }

  title() {
    return "Approvals";
  }

  show() {
    this.read();
  }

  hide() {
    clearTimeout(this._timer);
  }

  stateChanged() {
    if (this.root.isConnected) this.read();
  }

  async read() {
    clearTimeout(this._timer);
    try {
      const { approvals } = await get("approvals", undefined, this._headers());
      const key = JSON.stringify(approvals);
      // A card that is unchanged stays, and with it the focus of a person who is about to decide.
      if (key !== this.key) {
        this.key = key;
        this.place.replaceChildren(...approvals.map((one) => this._card(one)));
        setText(
          this.said,
          approvals.length
            ? `${plural(approvals.filter(({ status }) => status === "pending").length, "call")} waiting.`
            : "No call waits. Calls of operations with `consequential: confirm` appear here.",
        );
      }
    } catch (error) {
      this.key = null;
      if (error.body?.code === NOT_AN_APPROVER) {
        this._askKey();
        return;
      }
      this.place.replaceChildren(failure(error));
    }
    if (this.root.isConnected) this._timer = setTimeout(() => this.read(), 2000);
  }

  _headers() {
    return this.approver ? { Authorization: `Bearer ${this.approver}` } : {};
  }

  /** Ask for the key of `approvals.key`. It stays in the memory of this page. */
  _askKey() {
    const isWrong = Boolean(this.approver);
    this.approver = "";
    if (!isWrong && this.place.querySelector("#approver-key")) return;
    const input = el("input", { type: "password", id: "approver-key", autocomplete: "off", required: true });
    const submit = (event) => {
      event.preventDefault();
      this.approver = input.value;
      this.place.replaceChildren();
      this.read();
    };
    setText(this.said, isWrong ? "This is not the key." : "");
    this.place.replaceChildren(
      el(
        "form",
        { class: "card", on: { submit } },
        el("p", null, prose("gateway.yaml sets `approvals.key`: only people who know the key see and decide calls.")),
        el("label", { for: "approver-key" }, "Key"),
        el("div", { class: "actions" }, input, el("button", { class: "button main" }, "Show the calls")),
      ),
    );
    if (isWrong) input.focus();
  }

  _card(one) {
    const {
      id,
      status,
      operation,
      caller,
      method,
      path,
      query,
      fields,
      body,
      media_type: type,
      body_left_out: cut,
      ran_before: again,
      asked_at: asked,
      expires_at: until,
    } = one;
    const isPending = status === "pending";
    const decide = (decision) => () => this._decide(one, decision);
    return el(
      "article",
      { class: "card", "aria-labelledby": `approval-${id}` },
      el("h2", { id: `approval-${id}` }, operation),
      el(
        "p",
        { class: "call" },
        el("span", { class: `method ${String(method).toLowerCase()}` }, method),
        " ",
        el("code", null, query ? `${path}?${query}` : path),
      ),
      el(
        "p",
        { class: "hint" },
        `${caller ?? "A client"} asked at ${clock(asked)}; the question ends at ${clock(until)}.${again ? " The same call ran before." : ""}`,
      ),
      fields
        ? el(
            "dl",
            { class: "values" },
            Object.entries(fields).map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, String(value)))),
          )
        : null,
      body
        ? el(
            "pre",
            { tabindex: "0", "aria-label": `Body, ${type ?? ""}` },
            typeof body === "string" ? body : JSON.stringify(body, null, 2),
            cut ? "\n…" : "",
          )
        : null,
      isPending
        ? el(
            "div",
            { class: "actions" },
            el(
              "button",
              { type: "button", class: "button main", on: { click: decide("approve") }, "aria-label": `Approve ${operation}` },
              "Approve",
            ),
            el(
              "button",
              { type: "button", class: "button", on: { click: decide("deny") }, "aria-label": `Refuse ${operation}` },
              "Refuse",
            ),
          )
        : el("p", null, el("strong", null, status)),
    );
  }

  async _decide({ id, operation }, decision) {
    try {
      await post(`approvals/${encodeURIComponent(id)}`, { decision }, undefined, this._headers());
      this.key = null;
      await this.read();
      setText(
        this.said,
        decision === "approve"
          ? `Approved: ${operation}. The call runs when the caller sends it again.`
          : `Refused: ${operation}.`,
      );
      this.root.querySelector("h1").focus();
      this.app.poll();
    } catch (error) {
      this.place.prepend(failure(error));
    }
  }
}
