// The screen Operations: one box to search, one row for each operation, and the change beside them.

import { get, isAbort } from "./api.js";
import { Change } from "./change.js";
import { detail } from "./detail.js";
import { arrange, el, setText } from "./dom.js";
import { containing, filterOf, KINDS, parse, toggled } from "./query.js";
import { grouped, plural, short } from "./text.js";

const FIRST_ROWS = 60;
const MORE_ROWS = 150;
const PAUSE_MS = 60;
const MOST_CHIPS = 12;

export class Operations {
  constructor(app) {
    this.app = app;
    this.rows = [];
    this.found = [];
    this.shown = 0;
    this.active = -1;
    this.open = -1;
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
    this.count = el("output", { class: "shown", for: "search", role: "status" });
    this.chips = el("div", { class: "chips", role: "group", "aria-label": "Narrow the list" });
    this.rest = el("li", { class: "rest", role: "presentation" });
    this.list = el(
      "ul",
      {
        class: "rows",
        "aria-label": "Operations",
        on: {
          change: (event) => this._change(event),
          click: (event) => this._click(event),
          focusin: (event) => this._focused(event),
        },
      },
      this.rest,
    );
    this.nothing = el("p", { class: "nothing", hidden: true }, "No operation matches.");
    this.change = new Change(app);
    this.dialog = el("dialog", { "aria-labelledby": "all-title" });
    this.root = el(
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
          el(
            "p",
            { id: "search-help", class: "hidden-text" },
            `Words, and tag:NAME, method:GET, is:${KINDS.join(", is:")}. Press ? for the keys.`,
          ),
          this.chips,
        ),
        el(
          "div",
          { class: "head row", "aria-hidden": "true" },
          el("span"),
          el("span", null, "Method"),
          el("span", null, "Path"),
          el("span", null, "Summary"),
          el("span", { class: "number" }, "Tokens"),
          el("span", { class: "number" }, "Calls, 24 h"),
        ),
        this.list,
        this.nothing,
      ),
      this.change.root,
      this.change.bar,
      this.dialog,
    );
    this.watcher = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && this._more(), {
      rootMargin: "800px",
    });
    this.watcher.observe(this.rest);
  }

  /** Take a new index: rows are built anew, what is open stays open. */
  take() {
    this.rows = [];
    this.open = -1;
    this.ranked = { text: "", found: null };
    this._index();
    this.change.update({ isCalm: true });
  }

  show(address) {
    const text = address.searchParams.get("q") ?? "";
    if (this.box.value !== text) this.box.value = text;
    this._index(address.searchParams.get("open"));
    this.change.show();
  }

  title() {
    return "Operations";
  }

  _index(name = new URL(location.href).searchParams.get("open")) {
    const { catalogue } = this.app;
    if (!catalogue) return;
    const open = name ? catalogue.find(name) : -1;
    if (this.open >= 0 && this.open !== open) this._close(this.open);
    this.open = open;
    this._find();
    if (open >= 0) this._openRow(open);
  }

  search() {
    const address = new URL(location.href);
    if (this.box.value.trim()) address.searchParams.set("q", this.box.value);
    else address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
    this._find();
  }

  /** Show at once what has all the words; then, in their order, the operations that the gateway finds. */
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
    const passes = filterOf(query, catalogue);
    this.found = candidates.filter(passes);
    if (this.open >= 0 && !this.found.includes(this.open)) this.found.unshift(this.open);
    setText(
      this.count,
      this.found.length === catalogue.size
        ? `${grouped(catalogue.size)} operations`
        : `${grouped(this.found.length)} of ${grouped(catalogue.size)}`,
    );
    this.nothing.hidden = this.found.length > 0;
    if (!this.found.includes(this.active)) this._activate(this.found[0] ?? -1);
    this._render(FIRST_ROWS);
    this._showChips(
      query,
      query.tag.length ? candidates.filter(filterOf(query, catalogue, { withoutTags: true })) : this.found,
    );
  }

  _render(most) {
    this.shown = Math.min(most, this.found.length);
    arrange(
      this.list,
      this.found.slice(0, this.shown).map((n) => this._row(n)),
      this.rest,
    );
    this._rest();
  }

  /** The space of the rows that are not built yet: the scroll bar tells the truth, and rows come before they are seen. */
  _rest() {
    const left = this.found.length - this.shown;
    this.rest.hidden = left === 0;
    this.rest.style.setProperty("--left", left);
    if (left === 0) return;
    this.watcher.unobserve(this.rest);
    this.watcher.observe(this.rest);
  }

  _more(most = 0) {
    const missing = Math.max(MORE_ROWS, most - this.shown, this._missingAbove());
    const next = this.found.slice(this.shown, this.shown + missing);
    for (const n of next) this.rest.before(this._row(n));
    this.shown += next.length;
    this._rest();
  }

  /** Return how many rows are missing above the lower edge of the window, after a jump of the scroll bar. */
  _missingAbove() {
    const { top, height } = this.rest.getBoundingClientRect();
    const left = this.found.length - this.shown;
    return height ? Math.ceil(((innerHeight - top) / height) * left) : 0;
  }

  _row(n) {
    return (this.rows[n] ??= this._build(n));
  }

  _build(n) {
    const { catalogue } = this.app;
    const isLocked = catalogue.isLocked(n);
    const marks = ["new", "changed", "deprecated"]
      .filter((kind) => catalogue.flag(n, kind))
      .map((kind) => el("span", { class: `badge ${kind}` }, kind));
    const entry = isLocked ? catalogue.entryOf(n) : null;
    if (entry) marks.push(el("span", { class: "badge locked", id: `lock-${n}`, title: entry.text }, `by line ${entry.line}`));
    const isActive = n === this.active;
    const tick = el("input", {
      type: "checkbox",
      id: `tick-${n}`,
      "aria-label": `Allow ${catalogue.name(n)}`,
      "aria-describedby": entry ? `lock-${n}` : null,
      "aria-disabled": isLocked ? "true" : null,
      tabindex: isActive ? "0" : "-1",
    });
    tick.checked = catalogue.isTicked(n);
    const opener = el(
      "button",
      { type: "button", class: "opener", "aria-expanded": "false", tabindex: isActive ? "0" : "-1" },
      el("span", { class: `method ${catalogue.method[n].toLowerCase()}` }, catalogue.method[n]),
      el("span", { class: "path" }, catalogue.path[n]),
      el("span", { class: "summary" }, marks, catalogue.summary[n] || catalogue.id[n]),
    );
    const calls = catalogue.calls[n] ?? 0;
    const row = el(
      "li",
      { class: "item" },
      el(
        "div",
        { class: "row" },
        tick,
        opener,
        el("span", { class: "number tokens" }, short(catalogue.tokens[n]), el("span", { class: "unit" }, " tokens")),
        el("span", { class: "number calls" }, calls ? short(calls) : "·", el("span", { class: "unit" }, " calls")),
      ),
    );
    row.n = n;
    row.classList.toggle("ticked", tick.checked);
    row.classList.toggle("pending", catalogue.isKind(n, "ticked"));
    return row;
  }

  _showChips(query, counted) {
    const { catalogue } = this.app;
    const kinds = ["allowed", "ticked", "new", "changed", "deprecated", "unused"];
    const numbers = new Map();
    const ofKind = Object.fromEntries(kinds.map((kind) => [kind, 0]));
    for (const n of counted) {
      for (const tag of catalogue.index.operations.tags[n] ?? []) numbers.set(tag, (numbers.get(tag) ?? 0) + 1);
      for (const kind of kinds) if (catalogue.isKind(n, kind)) ofKind[kind]++;
    }
    const tags = [...numbers].sort((a, b) => b[1] - a[1]).map(([tag, number]) => ["tag", catalogue.index.tags[tag], number]);
    const wanted = [
      ...kinds.filter((kind) => ofKind[kind] || query.is.includes(kind)).map((kind) => ["is", kind, ofKind[kind]]),
      ...tags,
    ];
    const most = this.hasAllChips ? wanted.length : MOST_CHIPS;
    const chips = wanted.slice(0, most).map((chip) => this._chip(query, ...chip));
    if (wanted.length > MOST_CHIPS) {
      this.moreChips ??= el("button", {
        type: "button",
        class: "chip more",
        on: { click: () => ((this.hasAllChips = !this.hasAllChips), this._find()) },
      });
      setText(this.moreChips, this.hasAllChips ? "Fewer" : `${wanted.length - MOST_CHIPS} more`);
      this.moreChips.setAttribute("aria-expanded", String(Boolean(this.hasAllChips)));
      chips.push(this.moreChips);
    }
    arrange(this.chips, chips);
  }

  _chip(query, key, value, number) {
    this._chipsBuilt ??= new Map();
    const name = `${key}:${value}`;
    let chip = this._chipsBuilt.get(name);
    if (!chip) {
      chip = el(
        "button",
        { type: "button", class: `chip ${key}`, on: { click: () => this._toggle(key, value) } },
        el("span"),
        el("span", { class: "number" }),
      );
      setText(chip.firstChild, value);
      this._chipsBuilt.set(name, chip);
    }
    setText(chip.lastChild, ` ${grouped(number)}`);
    chip.setAttribute("aria-pressed", String(query[key].includes(value.toLowerCase())));
    return chip;
  }

  _toggle(key, value) {
    this.box.value = toggled(this.box.value, key, value);
    this.search();
  }

  /** Show the ticks of the catalogue in the rows that are built. */
  ticked() {
    for (const n in this.rows) this._showTick(Number(n));
    this.change.update();
    if (parse(this.box.value).is.length) this._find();
    else this._showChips(parse(this.box.value), this.found);
  }

  _showTick(n) {
    const row = this.rows[n];
    const { catalogue } = this.app;
    const tick = row.querySelector("input");
    tick.checked = catalogue.isTicked(n);
    row.classList.toggle("ticked", tick.checked);
    row.classList.toggle("pending", catalogue.isKind(n, "ticked"));
  }

  _change(event) {
    const row = event.target.closest(".item");
    if (!row || !event.target.matches(".row > input")) return;
    const { catalogue } = this.app;
    if (catalogue.isLocked(row.n)) {
      this._sayLocked(row.n);
    } else {
      catalogue.tick(row.n, event.target.checked);
      this.change.update();
      this._showChips(parse(this.box.value), this.found);
    }
    this._showTick(row.n);
  }

  _sayLocked(n) {
    const { line, text } = this.app.catalogue.entryOf(n);
    this.change.isSaved = true;
    setText(
      this.change.said,
      `Line ${line} of gateway.yaml allows ${this.app.catalogue.name(n)}: ${text.trim()} Change that line to close the operation.`,
    );
  }

  _click(event) {
    const opener = event.target.closest(".opener");
    if (opener) this.toggleRow(opener.closest(".item").n);
  }

  toggleRow(n) {
    const address = new URL(location.href);
    if (this.open === n) address.searchParams.delete("open");
    else address.searchParams.set("open", this.app.catalogue.name(n));
    this.app.go(address, { isSamePlace: true });
  }

  _openRow(n) {
    const place = this.found.indexOf(n);
    if (place >= this.shown) this._more(place + 1);
    const row = this._row(n);
    const opener = row.querySelector(".opener");
    if (opener.getAttribute("aria-expanded") === "true") return;
    opener.setAttribute("aria-expanded", "true");
    row.classList.add("opened");
    row.append(detail(this.app, n));
    if (!row.contains(document.activeElement)) {
      this._activate(n);
      row.scrollIntoView({ block: "nearest" });
    }
  }

  _close(n) {
    const row = this.rows[n];
    if (!row) return;
    const hadFocus = row.contains(document.activeElement);
    row.querySelector(".opener").setAttribute("aria-expanded", "false");
    row.classList.remove("opened");
    row.querySelector(".detail")?.remove();
    if (hadFocus) row.querySelector(".opener").focus();
  }

  /** One row of the list is in the order of the Tab key; arrows choose which. */
  _activate(n) {
    for (const [one, tabindex] of [
      [this.rows[this.active], "-1"],
      [this.rows[n], "0"],
    ]) {
      for (const control of one?.querySelectorAll(".row > input, .opener") ?? []) control.setAttribute("tabindex", tabindex);
    }
    this.active = n;
  }

  _focused(event) {
    const row = event.target.closest(".item");
    if (row && row.n !== this.active) this._activate(row.n);
  }

  _step(by) {
    const place = this.found.indexOf(this.active);
    const isInList = this.list.contains(document.activeElement);
    const next = isInList ? place + by : Math.max(place, 0);
    if (next < 0) {
      this.box.focus();
      return;
    }
    if (next >= this.found.length) return;
    if (next >= this.shown) this._more(next + 1);
    const n = this.found[next];
    this._activate(n);
    const control = document.activeElement?.classList.contains("opener") ? ".opener" : ".row > input";
    this._row(n).querySelector(control).focus();
  }

  /** Answer a key; return whether it meant something here. */
  key(event) {
    const { target, key } = event;
    const isInDetail = target.closest?.(".detail");
    const isText = target.matches?.("input:not([type=checkbox]), textarea, select");
    if (key === "Escape") return this._escape(target);
    if (isInDetail || (isText && target !== this.box)) return false;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (target === this.box && key === "ArrowUp") return false;
      this._step(key === "ArrowDown" ? 1 : -1);
      return true;
    }
    if (key === "Enter" && target.matches?.(".row > input")) {
      this.toggleRow(target.closest(".item").n);
      return true;
    }
    if (key === "Enter" && target === this.box && this.found.length) {
      this._step(0);
      return true;
    }
    if (isText) return false;
    if (key === "/") {
      this.box.focus();
      this.box.select();
      return true;
    }
    if (key === "a") {
      this._askAll();
      return true;
    }
    if (key === "c") {
      this.change.focus();
      return true;
    }
    return false;
  }

  _escape(target) {
    if (this.open >= 0) {
      this.toggleRow(this.open);
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
    const wanted = free.filter((n) => !catalogue.isTicked(n));
    const isTicking = wanted.length > 0;
    const chosen = isTicking ? wanted : free;
    if (!chosen.length) return;
    const before = document.activeElement;
    const close = () => {
      this.dialog.close();
      before?.focus();
    };
    const confirm = () => {
      for (const n of chosen) catalogue.tick(n, isTicking);
      this.ticked();
      close();
    };
    const word = isTicking ? "Tick" : "Untick";
    const button = el(
      "button",
      { type: "button", class: "button main", on: { click: confirm } },
      `${word} ${grouped(chosen.length)}`,
    );
    this.dialog.replaceChildren(
      el("h2", { id: "all-title" }, `${word} ${plural(chosen.length, "operation")}?`),
      el("p", null, "All that the list shows now. Nothing is saved yet."),
      el(
        "div",
        { class: "actions" },
        button,
        el("button", { type: "button", class: "button", on: { click: close } }, "Cancel"),
      ),
    );
    this.dialog.showModal();
    button.focus();
  }
}
