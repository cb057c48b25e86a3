// The rows: one for each operation that is found, built shortly before a person sees it.

import { detail } from "./detail.js";
import { arrange, el, setText } from "./dom.js";
import { short } from "./text.js";

const FIRST_ROWS = 36;
/** Rows are built this many pixels before they are seen, and dropped when they are three times as far. */
const NEAR_PX = 800;
const TICK = ".row > input";
const OPENER = ".opener";

export class Rows {
  /** `onTick` takes each tick that a person changes, `onLocked` each that cannot change because a group allows the operation, `onOpener` each row to open or close. */
  constructor(app, { onTick, onLocked, onOpener }) {
    Object.assign(this, { app, onTick, onLocked, onOpener, built: [], found: [], from: 0, to: 0, active: -1, open: -1 });
    this.above = el("div", { class: "space" });
    this.below = el("div", { class: "space" });
    this.list = el("ul", {
      class: "rows",
      "aria-label": "Operations",
      on: {
        change: (event) => this._change(event),
        click: (event) => this._click(event),
        focusin: (event) => this._focused(event),
      },
    });
    this.root = el("div", null, this.above, this.list, this.below);
    const isNear = (entries) => entries.some(({ isIntersecting }) => isIntersecting);
    this.watcher = new IntersectionObserver((entries) => isNear(entries) && this._slide(), { rootMargin: `${NEAR_PX}px` });
  }

  /** Forget the rows, because the catalogue is new. */
  forget() {
    this.built = [];
    this.found = [];
    this.open = -1;
  }

  /** Show these operations in this order. Rows that stay are not touched. */
  show(found) {
    if (found.length && found.length === this.found.length && found.every((n, i) => n === this.found[i])) return;
    this.found = found;
    // After a search, the first row is next. The focus stays where it is within the list.
    if (!found.includes(this.active) || !this.list.contains(document.activeElement)) this._activate(found[0] ?? -1);
    this._hold(0, FIRST_ROWS);
  }

  /** Keep rows for these places, and space for the others, so that the scroll bar is as long as with all rows. */
  _hold(from, to) {
    const most = this.found.length;
    this.from = Math.max(0, Math.min(from, most - 1));
    this.to = Math.max(0, Math.min(to, most));
    const rows = this.found.slice(this.from, this.to).map((n) => this._row(n));
    arrange(this.list, rows);
    this._space(this.above, this.from);
    this._space(this.below, most - this.to);
  }

  _space(space, left) {
    space.hidden = left === 0;
    space.style.setProperty("--left", left);
    // Observed again, because the observer is silent while the space stays in sight.
    this.watcher.unobserve(space);
    if (left) this.watcher.observe(space);
  }

  /** Build the rows near the window, and drop those far from it: a browser is slow to remove thousands of rows at once. */
  _slide() {
    const height = parseFloat(getComputedStyle(this.list).getPropertyValue("--row"));
    const { top, bottom } = this.list.getBoundingClientRect();
    const places = (px) => Math.ceil(px / height);
    let from = this.from - places(top + 2 * NEAR_PX);
    let to = this.to + places(innerHeight + 2 * NEAR_PX - bottom);
    const isApart = from >= this.to || to <= this.from;
    // The detail of an open row is higher than a row, so only its neighbours can be counted from their pixels.
    if (!isApart && (this.open >= 0 || top > -3 * NEAR_PX)) from = Math.min(from, this.from);
    if (!isApart && (this.open >= 0 || bottom < innerHeight + 3 * NEAR_PX)) to = Math.max(to, this.to);
    this._hold(from, to);
  }

  _row(n) {
    return (this.built[n] ??= this._build(n));
  }

  _build(n) {
    const { catalogue } = this.app;
    const entry = catalogue.isLocked(n) ? catalogue.entryOf(n) : null;
    const kinds = ["new", "changed", "deprecated"].filter((kind) => catalogue.flag(n, kind));
    const marks = kinds.map((kind) => el("span", { class: `badge ${kind}` }, kind));
    if (entry) {
      marks.push(el("span", { class: "badge", id: `lock-${n}`, title: entry.text.trim() }, `by line ${entry.line}`));
    }
    const tabindex = n === this.active ? "0" : "-1";
    const tick = el("input", {
      type: "checkbox",
      id: `tick-${n}`,
      "aria-label": `Allow ${catalogue.name(n)}`,
      "aria-describedby": entry && `lock-${n}`,
      "aria-disabled": entry && "true",
      tabindex,
    });
    const opener = el(
      "button",
      { type: "button", class: "opener", "aria-expanded": "false", tabindex },
      el("span", { class: `method ${catalogue.method[n].toLowerCase()}` }, catalogue.method[n]),
      el("span", { class: "path", title: catalogue.path[n] }, catalogue.path[n]),
      el("span", { class: "summary" }, marks, catalogue.summary[n] || catalogue.id[n]),
    );
    const cost = el("span", { class: "number tokens" }, short(catalogue.tokens[n]), el("span", { class: "unit" }, " tokens"));
    const use = el("span", { class: "number calls" }, el("span"), el("span", { class: "unit" }, " calls"));
    const row = el("li", { class: "item" }, el("div", { class: "row" }, tick, opener, cost, use));
    row.n = n;
    this._paint(row);
    this._count(row);
    return row;
  }

  /** Show the ticks of the catalogue in the rows that are built. */
  showTicks() {
    for (const n in this.built) this._paint(this.built[n]);
  }

  showCalls() {
    for (const n in this.built) this._count(this.built[n]);
  }

  _count(row) {
    const calls = this.app.catalogue.calls[row.n];
    const place = row.querySelector(".calls");
    setText(place.firstChild, calls ? short(calls) : "·");
    place.classList.toggle("none", !calls);
  }

  _paint(row) {
    const isTicked = this.app.catalogue.isTicked(row.n);
    row.querySelector(TICK).checked = isTicked;
    row.classList.toggle("ticked", isTicked);
    row.classList.toggle("pending", this.app.catalogue.isKind(row.n, "ticked"));
  }

  _change(event) {
    const row = event.target.closest(".item");
    if (!row || !event.target.matches(TICK)) return;
    if (this.app.catalogue.isLocked(row.n)) this.onLocked(row.n);
    else this.onTick(row.n, event.target.checked);
    this._paint(row);
  }

  _click(event) {
    const opener = event.target.closest(OPENER);
    if (opener) this.onOpener(opener.closest(".item").n);
  }

  /** Open the row of operation n and close the other; -1 opens none. */
  setOpen(n) {
    if (this.open >= 0 && this.open !== n) this._close(this.open);
    this.open = n;
    if (n >= 0) this._open(n);
  }

  _open(n) {
    this._reach(this.found.indexOf(n));
    const row = this._row(n);
    const opener = row.querySelector(OPENER);
    if (opener.getAttribute("aria-expanded") === "true") return;
    opener.setAttribute("aria-expanded", "true");
    row.classList.add("opened");
    row.append(detail(this.app, n));
    if (row.contains(document.activeElement)) return;
    this._activate(n);
    row.scrollIntoView({ block: "nearest" });
  }

  _close(n) {
    const row = this.built[n];
    if (!row) return;
    const hadFocus = row.contains(document.activeElement);
    row.querySelector(OPENER).setAttribute("aria-expanded", "false");
    row.classList.remove("opened");
    row.querySelector(".detail")?.remove();
    if (hadFocus) row.querySelector(OPENER).focus();
  }

  /** Make operation n the one row that the Tab key reaches; arrows go from there. */
  _activate(n) {
    const before = this.built[this.active];
    this.active = n;
    for (const row of [before, this.built[n]]) {
      const tabindex = row?.n === n ? "0" : "-1";
      for (const control of row?.querySelectorAll(`${TICK}, ${OPENER}`) ?? []) control.setAttribute("tabindex", tabindex);
    }
  }

  _focused(event) {
    const row = event.target.closest(".item");
    if (row && row.n !== this.active) this._activate(row.n);
  }

  _reach(place) {
    if (place < this.from || place >= this.to) this._hold(place - FIRST_ROWS, place + FIRST_ROWS);
  }

  /** Move the focus by some rows, or into the list. Return whether there is such a row. */
  step(by) {
    const place = this.found.indexOf(this.active);
    const next = this.list.contains(document.activeElement) ? place + by : Math.max(place, 0);
    if (next < 0 || next >= this.found.length) return next >= 0;
    this._reach(next);
    const n = this.found[next];
    const control = document.activeElement?.matches(OPENER) ? OPENER : TICK;
    this._activate(n);
    this._row(n).querySelector(control).focus();
    return true;
  }
}
