// The console: chooses the screen by the address, and keeps the state and the catalogue that the screens share.

import { get, post } from "./api.js";
import { Approvals } from "./approvals.js";
import { Catalogue } from "./catalogue.js";
import { DocumentScreen } from "./document.js";
import { el } from "./dom.js";
import { Faces } from "./faces.js";
import { showApprovals, showState } from "./header.js";
import { Health } from "./health.js";
import { Operations } from "./operations.js";
import { failure } from "./parts.js";
import { forget, whenOtherTab } from "./session.js";
import { Traffic } from "./traffic.js";

const PAUSE_MS = 3000;
const POLLS_PER_COUNT = 10;
const SCREENS = {
  operations: Operations,
  document: DocumentScreen,
  faces: Faces,
  traffic: Traffic,
  health: Health,
  approvals: Approvals,
};
const HOME = new URL("./", import.meta.url);

class App {
  constructor() {
    this.state = null;
    this.catalogue = null;
    this.screens = {};
    this.name = "";
    this._polls = 0;
    this._hasFailed = false;
    this._triedAt = "";
    this.main = document.getElementById("main");
    this.notice = document.querySelector(".notice");
  }

  start() {
    addEventListener("popstate", () => this._show());
    addEventListener("click", (event) => this._clicked(event));
    addEventListener("keydown", (event) => this._key(event));
    addEventListener("signed-out", () => this._signedOut());
    whenOtherTab({ enters: () => this._enteredAgain(), logsOut: showEntrance });
    document.querySelector(".log-out").addEventListener("click", () => this._logOut());
    document.addEventListener("visibilitychange", () => document.hidden || this.poll());
    history.scrollRestoration = "manual";
    this._show();
    this.read();
    this.poll();
  }

  get screen() {
    return this.screens[this.name];
  }

  /** Go to an address of the console. */
  go(address) {
    this.screen.leave?.();
    history.replaceState({ ...history.state, top: scrollY }, "");
    history.pushState({}, "", new URL(address, HOME));
    this._show();
  }

  _show() {
    const address = new URL(location.href);
    const last = address.pathname.slice(HOME.pathname.length).replace(/\/$/, "");
    const name = last in SCREENS ? last : "operations";
    const isNew = name !== this.name;
    if (isNew) {
      this.screen?.hide?.();
      this.name = name;
      this.screens[name] ??= new SCREENS[name](this);
      this.main.replaceChildren(this.screen.root);
      for (const link of document.querySelectorAll("nav [data-screen]")) {
        if (link.dataset.screen === name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
    }
    this.screen.show(address);
    document.title = `${this.screen.title()} · plugin-gateway`;
    if (isNew) scrollTo(0, history.state?.top ?? 0);
  }

  /** Read the index again, and keep the ticks. */
  async read(state) {
    try {
      const kept = this.catalogue?.ticks() ?? Catalogue.kept();
      this.catalogue = new Catalogue(await get("operations"));
      this.catalogue.take(kept);
    } catch (error) {
      this._hasFailed = true;
      if (error.status !== 401)
        this._say(
          failure(error),
          el("button", { type: "button", class: "button", on: { click: () => this.readAgain() } }, "Try again"),
        );
      return;
    }
    this._hasFailed = false;
    this._say();
    if (state) this._take(state);
    for (const screen of Object.values(this.screens)) screen.take?.();
    this.readCalls();
  }

  /** Read how often each operation was called. Without an answer, the screens show no calls. */
  async readCalls() {
    try {
      const { calls } = await get("calls");
      this.catalogue.takeCalls(calls);
      this.screens.operations?.counted();
    } catch {
      // The numbers come again with the next question.
    }
  }

  async readAgain() {
    await this.read();
    await this.poll();
  }

  /** Tell the screens that the ticks changed elsewhere. */
  ticked() {
    this.screens.operations?.ticked();
  }

  /** Ask for the state now, and from then on while the page is visible. */
  async poll() {
    clearTimeout(this._timer);
    let state = null;
    try {
      state = await get("state");
    } catch (error) {
      if (error.status === 401) return;
    }
    this._take(state);
    if (this.catalogue && ++this._polls % POLLS_PER_COUNT === 0) this.readCalls();
    clearTimeout(this._timer);
    if (!document.hidden) this._timer = setTimeout(() => this.poll(), PAUSE_MS);
  }

  _take(state) {
    const before = this.state;
    this.state = state;
    showState(document.querySelector(".state"), state);
    showApprovals(document.querySelector("nav [data-screen=approvals]"), state?.approvals ?? 0);
    if (!state) return;
    this._compare(before, state);
    if (JSON.stringify(before) !== JSON.stringify(state)) {
      this.screen.stateChanged?.();
      this.screens.operations?.change.show();
    }
  }

  /** Read the operations again if the file or what is served changed. */
  _compare(before, state) {
    if (this.screens.operations?.change.isSaving) return;
    if (!this.catalogue) {
      // The file had a mistake when this page asked for the operations. It may be mended by now, even before the first state came.
      const standing = `${state.base} ${state.sync}`;
      if (this._hasFailed && this._triedAt !== standing) {
        this._triedAt = standing;
        this.read();
      }
    } else if (state.base !== this.catalogue.base) {
      this.fileChanged();
    } else if (before && before.revision.digest !== state.revision.digest && !this.catalogue.hasChanges) {
      this.read();
    }
  }

  /** The file, or the document, is not what this page read. Read it again at once; if there are ticks, let the person decide when. */
  fileChanged(name = "gateway.yaml") {
    if (!this.catalogue.hasChanges) {
      if (!this._isReading) {
        this._isReading = true;
        this.read().finally(() => (this._isReading = false));
      }
      return;
    }
    if (this.notice.dataset.about === "file") return;
    this._say(
      `${name} changed. `,
      el("button", { type: "button", class: "button", on: { click: () => this.readAgain() } }, "Read it again, keep my ticks"),
    );
    this.notice.dataset.about = "file";
  }

  _say(...content) {
    delete this.notice.dataset.about;
    if (content.length || this.notice.hasChildNodes()) this.notice.replaceChildren(...content);
  }

  _signedOut() {
    clearTimeout(this._timer);
    const state = document.querySelector(".state");
    delete state.dataset.key;
    state.replaceChildren();
    this._say("This session has ended. Run ", el("code", null, "plugin-gateway console"), " and open the link that it prints.");
  }

  /** A link was opened in another tab: this one may ask again. */
  async _enteredAgain() {
    await this.readAgain();
    this.screen.hide?.();
    this.screen.show(new URL(location.href));
  }

  async _logOut() {
    try {
      await post("logout", {});
    } catch (error) {
      // A session that has ended needs no end.
      if (error.status !== 401) {
        this._say(failure(error));
        return;
      }
    }
    forget();
    showEntrance();
  }

  _clicked(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    if (link.origin !== HOME.origin || !link.pathname.startsWith(HOME.pathname) || link.classList.contains("skip")) return;
    event.preventDefault();
    this.go(link.href);
    this.main.focus({ preventScroll: true });
  }

  _key(event) {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]"))
      return;
    const isText = event.target.matches?.("input:not([type=checkbox]), textarea, select");
    if (this.screen.key?.(event)) {
      event.preventDefault();
    } else if (event.key === "?" && !isText) {
      event.preventDefault();
      document.querySelector(".keys").showModal();
    }
  }
}

/** Show the entrance page, which the gateway sends without a session. Nothing of the console stays on the screen or in memory. */
function showEntrance() {
  sessionStorage.clear();
  location.replace(HOME);
}

new App().start();
