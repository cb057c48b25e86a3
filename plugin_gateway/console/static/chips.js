// The chips below the search box: the tags and kinds of what is found, with their numbers. Each adds a term to the query.

import { arrange, el, setText } from "./dom.js";
import { filterOf } from "./query.js";
import { grouped } from "./text.js";

const MOST = 12;
const KINDS = ["allowed", "ticked", "new", "changed", "deprecated", "unused"];

export class Chips {
  constructor(onToggle) {
    this.onToggle = onToggle;
    this.built = new Map();
    this.hasAll = false;
    const more = () => {
      this.hasAll = !this.hasAll;
      this.show(...this.last);
    };
    this.more = el("button", { type: "button", class: "chip more", on: { click: more } });
    this.root = el("div", { class: "chips", role: "group", "aria-label": "Narrow the list" });
  }

  /** `candidates` match the words of the query. Tags are counted as if the query had none, so that a second one can be chosen. */
  show(query, candidates, catalogue) {
    this.last = [query, candidates, catalogue];
    const counted = candidates.filter(filterOf(query, catalogue, { withoutTags: true }));
    const chips = [...kinds(query, counted, catalogue), ...tags(counted, catalogue)];
    const shown = chips.slice(0, this.hasAll ? chips.length : MOST).map((chip) => this._chip(query, ...chip));
    if (chips.length > MOST) {
      setText(this.more, this.hasAll ? "Fewer" : `${chips.length - MOST} more`);
      this.more.setAttribute("aria-expanded", String(this.hasAll));
      shown.push(this.more);
    }
    arrange(this.root, shown);
  }

  _chip(query, key, value, number) {
    const name = `${key}:${value}`;
    let chip = this.built.get(name);
    if (!chip) {
      const click = () => this.onToggle(key, value);
      chip = el(
        "button",
        { type: "button", class: `chip ${key}`, on: { click } },
        el("span", null, value),
        el("span", { class: "number" }),
      );
      this.built.set(name, chip);
    }
    setText(chip.lastChild, ` ${grouped(number)}`);
    chip.setAttribute("aria-pressed", String(query[key].includes(value.toLowerCase())));
    return chip;
  }
}

function kinds(query, counted, catalogue) {
  const numbers = KINDS.map((kind) => [kind, counted.reduce((sum, n) => sum + catalogue.isKind(n, kind), 0)]);
  return numbers.filter(([kind, number]) => number || query.is.includes(kind)).map(([kind, number]) => ["is", kind, number]);
}

function tags(counted, catalogue) {
  const numbers = new Map();
  for (const n of counted) for (const tag of catalogue.tagsOf(n)) numbers.set(tag, (numbers.get(tag) ?? 0) + 1);
  return [...numbers].sort((a, b) => b[1] - a[1]).map(([tag, number]) => ["tag", tag, number]);
}
