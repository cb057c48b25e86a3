// The catalogue: the operations of the document as the index names them, the ticks of the person, and what both cost.

const DEPRECATED = 1;
const WRITE = 2;
const NEW = 4;
const CHANGED = 8;
const KEPT = "plugin-gateway-ticks";

export class Catalogue {
  constructor(index) {
    const { operations } = index;
    Object.assign(this, {
      index,
      base: index.base,
      document: index.document,
      size: operations.method.length,
      method: operations.method,
      path: operations.path,
      id: operations.id,
      summary: operations.summary,
      tokens: operations.tokens,
      calls: [],
      adds: new Set(),
      removes: new Set(),
    });
    this._hay = new Array(this.size);
    this._used = new Int32Array(index.components.length);
    this._bytes = 0;
    this._count = 0;
    this._places = null;
    for (let n = 0; n < this.size; n++) if (this.isAllowed(n)) this._countIn(n);
    this._start = { bytes: this._bytes, count: this._count };
  }

  hay(n) {
    return (this._hay[n] ??=
      `${this.method[n]} ${this.path[n]} ${this.id[n]} ${this.summary[n]} ${this.tagsOf(n).join(" ")}`.toLowerCase());
  }

  name(n) {
    return `${this.method[n]} ${this.path[n]}`;
  }

  /** Return the number of the operation with this name, or -1. */
  find(name) {
    this._places ??= new Map(this.path.map((_, n) => [this.name(n), n]));
    return this._places.get(name) ?? -1;
  }

  /** Return the number of the operation with this name or operationId, or -1. */
  named(text) {
    const n = this.find(text);
    return n >= 0 || !text ? n : this.id.indexOf(text);
  }

  /** Return the number of the operation that takes this call, or -1. A literal segment wins over a parameter. */
  match(method, path) {
    const target = path.split("?")[0];
    const exact = this.find(`${method} ${target}`);
    if (exact >= 0) return exact;
    const segments = target.split("/");
    this._templates ??= this.path.map((template) => template.split("/").map(patternOf));
    const fits = (template) =>
      template.length === segments.length &&
      template.every((one, i) => (typeof one === "string" ? one === segments[i] : one.test(segments[i])));
    const literal = (n) => this._templates[n].map((one) => (typeof one === "string" ? "0" : "1")).join("");
    let best = -1;
    for (let n = 0; n < this.size; n++) {
      if (this.method[n] === method && fits(this._templates[n]) && (best < 0 || literal(n) < literal(best))) best = n;
    }
    return best;
  }

  /** Take the calls of the last 24 hours, by method and path; those of an operation that the gateway no longer serves come by its id. */
  takeCalls(calls) {
    this.calls = this.id.map((id, n) => calls[id] ?? calls[this.name(n)] ?? 0);
  }

  tagsOf(n) {
    return (this.index.operations.tags[n] ?? []).map((tag) => this.index.tags[tag]);
  }

  isAllowed(n) {
    // If an environment variable replaces the list, the entries have no lines in gateway.yaml.
    return this.index.operations.allowed[n] > 0 || this.index.operations.by[n] >= 0;
  }

  /** Return the entry of gateway.yaml that allows the operation, or null. */
  entryOf(n) {
    return this.index.entries[this.index.operations.by[n]] ?? null;
  }

  /** Say whether a group allows the operation: then gateway.yaml has no line for it alone that could be removed. */
  isLocked(n) {
    return this.isAllowed(n) && Boolean(this.entryOf(n)?.is_group);
  }

  isTicked(n) {
    return this.isAllowed(n) ? !this.removes.has(n) : this.adds.has(n);
  }

  flag(n, name) {
    return Boolean(this.index.operations.flags[n] & { deprecated: DEPRECATED, write: WRITE, new: NEW, changed: CHANGED }[name]);
  }

  isKind(n, kind) {
    switch (kind) {
      case "allowed":
        return this.isAllowed(n);
      case "ticked":
        return this.adds.has(n) || this.removes.has(n);
      case "unused":
        return this.isAllowed(n) && !this.calls[n];
      case "new":
      case "changed":
      case "deprecated":
      case "write":
        return this.flag(n, kind);
      default:
        return false;
    }
  }

  get hasChanges() {
    return this.adds.size + this.removes.size > 0;
  }

  tick(n, isTicked) {
    if (this.isLocked(n) || isTicked === this.isTicked(n)) return;
    const changes = this.isAllowed(n) ? this.removes : this.adds;
    if (changes.has(n)) changes.delete(n);
    else changes.add(n);
    if (isTicked) this._countIn(n);
    else this._countOut(n);
    this._keep();
  }

  clear() {
    for (const n of [...this.adds]) this.tick(n, false);
    for (const n of [...this.removes]) this.tick(n, true);
  }

  /** What the ticked operations cost: the components that any of them reaches count once. */
  estimate() {
    const { now } = this.index;
    const bytes = Math.max(0, now.bytes + this._bytes - this._start.bytes);
    const rate = now.bytes ? now.tokens / now.bytes : 0.25;
    return { operations: now.operations + this._count - this._start.count, bytes, tokens: Math.round(bytes * rate) };
  }

  _countIn(n) {
    const { operations, components } = this.index;
    for (const part of operations.components[n]) if (this._used[part]++ === 0) this._bytes += components[part];
    this._bytes += operations.bytes[n];
    this._count++;
  }

  _countOut(n) {
    const { operations, components } = this.index;
    for (const part of operations.components[n]) if (--this._used[part] === 0) this._bytes -= components[part];
    this._bytes -= operations.bytes[n];
    this._count--;
  }

  /** Take ticks by name: the document may have changed since they were set. */
  take({ add, remove }) {
    for (const name of add) {
      const n = this.find(name);
      if (n >= 0 && !this.isAllowed(n)) this.tick(n, true);
    }
    for (const name of remove) {
      const n = this.find(name);
      if (n >= 0 && this.isAllowed(n)) this.tick(n, false);
    }
    this._keep();
  }

  ticks() {
    return { add: [...this.adds].map((n) => this.name(n)), remove: [...this.removes].map((n) => this.name(n)) };
  }

  /** Keep the ticks for a reload of the page; once for many ticks in a row. */
  _keep() {
    if (this._isKeeping) return;
    this._isKeeping = true;
    queueMicrotask(() => {
      this._isKeeping = false;
      try {
        sessionStorage.setItem(KEPT, JSON.stringify(this.ticks()));
      } catch {
        // A browser may forbid storage; then a reload forgets the ticks.
      }
    });
  }

  static kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) ?? { add: [], remove: [] };
    } catch {
      return { add: [], remove: [] };
    }
  }
}

/** A segment of a path template: its text, or what matches it. */
function patternOf(segment) {
  const parts = segment.split(/\{[^{}]*\}/);
  if (parts.length === 1) return segment;
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".+")}$`);
}
