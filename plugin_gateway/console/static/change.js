// The change: what the ticks would do to the document, to each client and to gateway.yaml, before anything is saved.

import { get, isAbort, post } from "./api.js";
import { el, setText } from "./dom.js";
import { copyButton, diff, failure, findings, meters, prose } from "./parts.js";
import { bytes, grouped, plural } from "./text.js";

const PAUSE_MS = 120;
const ASK_AGAIN_MS = 200;
const MOST_QUESTIONS = 50;
const MOST_NAMES = 50;

export class Change {
  constructor(app) {
    this.app = app;
    this.preview = null;
    this.isSaving = false;
    this.title = el("h2", { id: "change-title", tabindex: "-1" });
    this.said = el("p", { class: "said", role: "status" });
    this.cells = {};
    const row = (key, name) => {
      this.cells[key] = [el("td"), el("td")];
      return el("tr", null, el("th", { scope: "row" }, name), this.cells[key]);
    };
    this.after = el("th", { scope: "col" }, "After");
    this.costs = el(
      "table",
      { class: "costs" },
      el("caption", { class: "hidden-text" }, "What models read, now and after this change"),
      el("thead", null, el("tr", null, el("td"), el("th", { scope: "col" }, "Now"), this.after)),
      el("tbody", null, row("operations", "Operations"), row("bytes", "Document"), row("tokens", "Tokens, about")),
    );
    this.save = el(
      "button",
      { type: "button", class: "button main", on: { click: () => this._save() } },
      "Save to gateway.yaml",
    );
    this.undo = el("button", { type: "button", class: "button", on: { click: () => this._undo() } }, "Undo all ticks");
    this.copy = copyButton(() => this.preview?.diff ?? "", "Copy diff");
    this.actions = el("div", { class: "actions" }, this.save, this.copy, this.undo);
    this.why = el("p", { class: "hint" });
    this.found = el("div", { class: "found" });
    this.news = el("div", { class: "news" });
    this.root = el(
      "section",
      { class: "change", id: "change", "aria-labelledby": "change-title" },
      this.title,
      this.said,
      this.costs,
      this.actions,
      this.why,
      this.news,
      this.found,
    );
    this.bar = el("button", { type: "button", class: "bar", hidden: true, on: { click: () => this.focus() } });
  }

  /** Show a sentence in the place of the number of ticks, until the next tick. */
  say(text) {
    this.isSaying = true;
    setText(this.said, text);
  }

  focus() {
    this.root.scrollIntoView();
    this.title.focus();
  }

  /** Show the browser's estimate in this frame; ask the gateway as soon as the person pauses. `isNewTick` is false if no person set a tick. */
  update({ isNewTick = true } = {}) {
    const { catalogue } = this.app;
    this._asked?.abort();
    clearTimeout(this._timer);
    if (isNewTick) this.isSaying = false;
    this.preview = null;
    this._estimate();
    if (catalogue.hasChanges) {
      this._timer = setTimeout(() => this._ask(), PAUSE_MS);
    } else {
      this.news.replaceChildren();
      this.found.replaceChildren();
      this._showPlatforms(catalogue.index.platforms);
    }
    this.show();
  }

  /** Show what can be done now. */
  show() {
    const { catalogue, state } = this.app;
    if (!catalogue) return;
    const { hasChanges, adds, removes } = catalogue;
    const isWritable = state?.is_writable ?? true;
    setText(this.title, hasChanges ? "After this change" : "Now");
    if (!this.isSaving && !this.isSaying) {
      setText(
        this.said,
        hasChanges ? counts(adds.size, removes.size) : "Tick operations to see what changes. Only Save writes to gateway.yaml.",
      );
    }
    this.root.classList.toggle("idle", !hasChanges);
    this.actions.hidden = !hasChanges;
    this.save.hidden = !isWritable;
    this.save.disabled = this.isSaving || !this.preview || Boolean(this.preview.isRefused);
    this.copy.hidden = !this.preview?.diff;
    this.copy.firstChild.classList.toggle("main", !isWritable);
    setText(
      this.why,
      hasChanges && !isWritable
        ? (state.why_read_only ?? "This console only shows gateway.yaml. Copy the diff, and apply it where the file is kept.")
        : "",
    );
    this.bar.hidden = !hasChanges;
    if (hasChanges)
      setText(
        this.bar,
        `${counts(adds.size, removes.size)} About ${grouped((this.preview?.after ?? catalogue.estimate()).tokens)} tokens. Review`,
      );
  }

  _estimate() {
    const { catalogue } = this.app;
    this._showCosts(catalogue.index.now, catalogue.estimate());
  }

  _showCosts(now, after) {
    this.after.hidden = !this.app.catalogue.hasChanges;
    for (const [key, [first, second]] of Object.entries(this.cells)) {
      const shown = key === "bytes" ? bytes : grouped;
      setText(first, shown(now[key]));
      setText(second, shown(after[key]));
      second.hidden = this.after.hidden;
    }
  }

  async _ask() {
    const { catalogue } = this.app;
    const asked = (this._asked = new AbortController());
    this.root.setAttribute("aria-busy", "true");
    try {
      const preview = await post("preview", request(catalogue), asked.signal);
      if (asked.signal.aborted) return;
      this.preview = preview;
      this._showCosts(preview.before, preview.after);
      this._showNews(preview);
      this._showPlatforms(preview.platforms, preview.findings);
    } catch (error) {
      if (isAbort(error) || asked.signal.aborted) return;
      this.preview = error.status === 422 ? { isRefused: true, diff: error.body.diff ?? "" } : null;
      if (error.status === 409) this.app.fileChanged(nameOf(error));
      this.news.replaceChildren();
      this.found.replaceChildren(
        error.status === 409 ? el("p", null, `${nameOf(error)} changed since this page read it.`) : failure(error),
      );
    } finally {
      if (this._asked === asked) this.root.removeAttribute("aria-busy");
    }
    this.show();
  }

  _showNews({ new_for_clients: added, gone_for_clients: gone, notes = [], diff: text }) {
    const list = (title, sign, names) =>
      names.length && [
        el("h3", null, title),
        el(
          "ul",
          { class: "names" },
          names
            .slice(0, MOST_NAMES)
            .map((name) => el("li", null, el("span", { class: "sign", "aria-hidden": "true" }, sign), name)),
          names.length > MOST_NAMES && el("li", null, `and ${names.length - MOST_NAMES} more`),
        ),
      ];
    this.news.replaceChildren(
      ...[
        list("New for clients", "+", added),
        list("Gone for clients", "−", gone),
        notes.map((note) => el("p", { class: "hint" }, prose(note))),
        text && [el("h3", null, "What is written"), diff(text, "What is written")],
      ]
        .flat(2)
        .filter(Boolean),
    );
  }

  _showPlatforms(platforms, found = []) {
    const all = [
      ...found,
      ...platforms.flatMap((each) => (each.findings ?? []).map((one) => ({ ...one, message: `${each.name}: ${one.message}` }))),
    ];
    const limits = meters(platforms);
    this.found.replaceChildren(
      ...[
        limits.length && el("h3", null, "Limits of clients"),
        ...limits,
        all.length && el("h3", null, plural(all.length, "finding")),
        all.length && findings(all, (one) => this._placeOf(one)),
      ].filter(Boolean),
    );
  }

  /** Return the address of the ticked operation that a finding names, or null. */
  _placeOf({ message }) {
    const { catalogue } = this.app;
    const n = namesIn(message)
      .map((name) => catalogue.named(name))
      .find((one) => one >= 0 && catalogue.isTicked(one));
    return n === undefined ? null : `./?open=${encodeURIComponent(catalogue.name(n))}`;
  }

  _undo() {
    this.app.catalogue.clear();
    this.app.ticked();
    this.title.focus();
  }

  async _save() {
    const { catalogue } = this.app;
    this.isSaving = true;
    setText(this.said, "Saving …");
    this.show();
    try {
      const { base } = await post("save", request(catalogue));
      await this._served(base);
    } catch (error) {
      this._notSaved(error);
    } finally {
      this.isSaving = false;
      this.show();
    }
  }

  /** Wait until the gateway serves what was saved, and read the index again. */
  async _served(base) {
    setText(this.said, "Saved. The gateway is loading it …");
    let state = null;
    for (let asked = 0; asked < MOST_QUESTIONS; asked++) {
      state = await get("state");
      if (state.base !== base || state.sync !== "changed") break;
      await new Promise((resume) => setTimeout(resume, ASK_AGAIN_MS));
    }
    this.app.catalogue.clear();
    await this.app.read(state);
    this.isSaying = true;
    const isServed = state.sync === "in-sync";
    setText(
      this.said,
      isServed
        ? `Saved. Revision ${state.revision.number} serves ${plural(state.revision.operations, "operation")}.`
        : "Saved, but the gateway does not serve it yet. See Health.",
    );
    this.title.focus();
  }

  _notSaved(error) {
    const { theirs, yours, diff: text } = error.body ?? {};
    this.isSaying = true;
    setText(this.said, "Not saved.");
    if (error.status === 409) {
      this.app.fileChanged(nameOf(error));
      this.found.replaceChildren(
        el("h3", null, `${nameOf(error)} changed in the meantime`),
        el(
          "button",
          { type: "button", class: "button main", on: { click: () => this.app.readAgain() } },
          "Take the new file, keep my ticks",
        ),
        ...(theirs ? [el("h3", null, "What changed in the file"), diff(theirs, "What changed in the file")] : []),
        ...(yours ? [el("h3", null, "What you wanted to save"), diff(yours, "What you wanted to save")] : []),
      );
      this.news.replaceChildren();
    } else {
      this.found.replaceChildren(failure(error));
      if (error.status === 403 && text) this.preview = { ...this.preview, diff: text };
    }
  }
}

/** Return what may be the name of an operation: the texts in backquotes, each method with its path, and each word. */
function namesIn(message) {
  const words = message.split(/[\s`]+/).map((word) => word.replace(/[.,:;]+$/, ""));
  const pairs = words.slice(1).map((word, at) => `${words[at]} ${word}`);
  return [...Array.from(message.matchAll(/`([^`]+)`/g), ([, name]) => name), ...pairs, ...words];
}

/** Name what changed in the meantime. */
function nameOf(error) {
  return error.body.code === "document-changed" ? "The document" : "gateway.yaml";
}

function request(catalogue) {
  return { base: catalogue.base, document: catalogue.document, add: [...catalogue.adds], remove: [...catalogue.removes] };
}

function counts(added, removed) {
  const parts = [];
  if (added) parts.push(`${plural(added, "operation")} added`);
  if (removed) parts.push(`${added ? grouped(removed) : plural(removed, "operation")} removed`);
  return `${parts.join(", ")}.`;
}
