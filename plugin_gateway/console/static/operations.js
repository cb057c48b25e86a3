// The screen Operations: one box to search, one row for each operation, and the change beside them.

import { get, isAbort } from "./api.js";
import { Change } from "./change.js";
import { Chips } from "./chips.js";
import { el, setText } from "./dom.js";
import { containing, filterOf, KINDS, parse, toggled } from "./query.js";
import { Rows } from "./rows.js";
import { grouped, plural } from "./text.js";

const PAUSE_MS = 60;
const ADDRESS_PAUSE_MS = 300;

export class Operations {
  constructor(app) {
    this.app = app;
    this.ranked = { text: "", found: null };
    this.box = el("input", {
      type: "search",
      id: "search",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "create an issue tag:issues method:post is:allowed",
      "aria-describedby": "search-help",
      on: { input: () => this.search() },
    });
    this.count = el("output", { class: "shown", for: "search" });
    this.chips = new Chips((key, value) => {
      this.box.value = toggled(this.box.value, key, value);
      this.search();
    });
    this.change = new Change(app);
    this.rows = new Rows(app, {
      onTick: (n, isTicked) => this._tick(n, isTicked),
      onLocked: (n) => this._sayLocked(n),
      onOpener: (n) => this.toggleRow(n),
    });
    this.nothing = el("p", { class: "nothing", hidden: true }, "No operation matches.");
    this.dialog = el("dialog", { "aria-labelledby": "all-title" });
    this.root = this._lay();
  }

  _lay() {
    const help = `Words, and tag:NAME, method:GET, is:${KINDS.join(", is:")}. Press ? for the keys.`;
    const columns = ["", "Method", "Path", "Summary", "Tokens", "Calls, 24 h"];
    return el(
      "div",
      { class: "operations" },
      el(
        "div",
        { class: "left" },
        el("h1", { class: "hidden-text" }, "Operations"),
        el(
          "form",
          { class: "search", role: "search", on: { submit: (event) => event.preventDefault() } },
          el("label", { for: "search", class: "hidden-text" }, "Search operations"),
          this.box,
          this.count,
          el("p", { id: "search-help", class: "hidden-text" }, help),
          this.chips.root,
        ),
        el(
          "div",
          { class: "head row", "aria-hidden": "true" },
          columns.map((name, i) => el("span", { class: i > 3 && "number" }, name)),
        ),
        this.rows.root,
        this.nothing,
      ),
      this.change.root,
      this.change.bar,
      this.dialog,
    );
  }

  title() {
    return "Operations";
  }

  /** Take a new index. The open row stays open. */
  take() {
    this.rows.forget();
    this.ranked = { text: "", found: null };
    this._find();
    this.change.update({ isNewTick: false });
  }

  show(address) {
    const text = address.searchParams.get("q") ?? "";
    if (this.box.value !== text) this.box.value = text;
    this._find();
    this.change.show();
  }

  search() {
    clearTimeout(this._leaving);
    // Not with each key: a browser takes longer to change the address than to find the operations.
    this._leaving = setTimeout(() => this.leave(), ADDRESS_PAUSE_MS);
    if (scrollY) scrollTo(0, 0);
    this._find();
  }

  hide() {
    clearTimeout(this._leaving);
  }

  /** Put the query into the address, before a person goes elsewhere. */
  leave() {
    clearTimeout(this._leaving);
    const address = new URL(location.href);
    if ((address.searchParams.get("q") ?? "") === this.box.value.trim()) return;
    if (this.box.value.trim()) address.searchParams.set("q", this.box.value);
    else address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
  }

  /** Show at once the operations that have all the words; then those that the gateway finds, in its order. */
  _find() {
    const { catalogue } = this.app;
    if (!catalogue) return;
    const query = parse(this.box.value);
    const text = query.free.join(" ");
    this._asked?.abort();
    clearTimeout(this._timer);
    const ranked = this.ranked.text === text ? this.ranked.found : null;
    this._show(query, ranked ?? containing(query.words, catalogue));
    if (text && !ranked) this._timer = setTimeout(() => this._rank(text), PAUSE_MS);
  }

  async _rank(text) {
    const asked = (this._asked = new AbortController());
    try {
      const { found } = await get(`search?q=${encodeURIComponent(text)}`, asked.signal);
      if (asked.signal.aborted) return;
      this.ranked = { text, found: found.filter((n) => n < this.app.catalogue.size) };
      this._show(parse(this.box.value), this.ranked.found);
    } catch (error) {
      if (!isAbort(error)) this.ranked = { text: "", found: null };
    }
  }

  _show(query, candidates) {
    const { catalogue } = this.app;
    const { size } = catalogue;
    this.candidates = candidates;
    this.found = candidates.filter(filterOf(query, catalogue));
    const number = this.found.length;
    setText(this.count, number === size ? plural(size, "operation") : `${grouped(number)} of ${grouped(size)}`);
    const name = new URL(location.href).searchParams.get("open");
    const open = name ? catalogue.find(name) : -1;
    const isApart = open >= 0 && !this.found.includes(open);
    this.nothing.hidden = number > 0 || isApart;
    this.rows.show(isApart ? [open, ...this.found] : this.found);
    this.rows.setOpen(open);
    this.chips.show(query, candidates, catalogue);
  }

  _tick(n, isTicked) {
    this.app.catalogue.tick(n, isTicked);
    this.change.update();
    this.chips.show(parse(this.box.value), this.candidates, this.app.catalogue);
  }

  /** Show ticks that were set elsewhere. */
  ticked() {
    if (!this.app.catalogue) return;
    this.rows.showTicks();
    this.change.update();
    this._find();
  }

  /** Show how often each operation was called. */
  counted() {
    this.rows.showCalls();
    if (parse(this.box.value).is.includes("unused")) this._find();
  }

  _sayLocked(n) {
    const { line, text } = this.app.catalogue.entryOf(n);
    const rule = text.trim().replace(/^- /, "");
    this.change.say(
      `Line ${line} of gateway.yaml, ${rule}, allows ${this.app.catalogue.name(n)}. Change that line to close it.`,
    );
  }

  toggleRow(n) {
    this.leave();
    const address = new URL(location.href);
    if (this.rows.open === n) address.searchParams.delete("open");
    else address.searchParams.set("open", this.app.catalogue.name(n));
    this.app.go(address);
  }

  /** Handle a key; return whether this screen uses it. */
  key({ target, key }) {
    const isText = target.matches?.("input:not([type=checkbox]), textarea, select");
    if (key === "Escape") return this._escape(target);
    if (target.closest?.(".detail, .change, nav") || (isText && target !== this.box)) return false;
    if (key === "ArrowDown" || (key === "ArrowUp" && target !== this.box)) {
      if (!this.rows.step(key === "ArrowDown" ? 1 : -1)) this.box.focus();
      return true;
    }
    if (key === "Enter" && target.matches?.(".row > input")) {
      this.toggleRow(target.closest(".item").n);
      return true;
    }
    if (key === "Enter" && target === this.box) return this.rows.step(0);
    return !isText && this._letter(key);
  }

  _letter(key) {
    switch (key) {
      case "/":
        this.box.focus();
        this.box.select();
        return true;
      case "a":
        this._askAll();
        return true;
      case "c":
        this.change.focus();
        return true;
      default:
        return false;
    }
  }

  _escape(target) {
    if (this.rows.open >= 0) {
      this.toggleRow(this.rows.open);
      return true;
    }
    if (target === this.box && this.box.value) {
      this.box.value = "";
      this.search();
      return true;
    }
    return false;
  }

  /** Ask before all that are shown are ticked or unticked. */
  _askAll() {
    const { catalogue } = this.app;
    const free = this.found.filter((n) => !catalogue.isLocked(n));
    const unticked = free.filter((n) => !catalogue.isTicked(n));
    const isTicking = unticked.length > 0;
    const chosen = isTicking ? unticked : free;
    if (!chosen.length) return;
    const before = document.activeElement;
    const close = () => {
      this.dialog.close();
      before?.focus();
    };
    const confirm = () => {
      for (const n of chosen) catalogue.tick(n, isTicking);
      close();
      this.ticked();
    };
    const word = isTicking ? "Tick" : "Untick";
    const yes = el(
      "button",
      { type: "button", class: "button main", on: { click: confirm } },
      `${word} ${grouped(chosen.length)}`,
    );
    const no = el("button", { type: "button", class: "button", on: { click: close } }, "Cancel");
    this.dialog.replaceChildren(
      el("h2", { id: "all-title" }, `${word} ${plural(chosen.length, "operation")}?`),
      el("p", null, "These are all that the list shows now. Nothing is saved yet."),
      el("div", { class: "actions" }, yes, no),
    );
    this.dialog.showModal();
    yes.focus();
  }
}
