// The header: whether the file, the document and the gateway agree, on every screen.

import { el } from "./dom.js";
import { plural } from "./text.js";

/** Show the state. Only what changed is touched, so a screen reader speaks of changes only. */
export function showState(place, state) {
  const parts = partsOf(state);
  const key = JSON.stringify(parts);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(
    ...parts.map(({ kind, sign, text, href, title }) =>
      el(
        href ? "a" : "span",
        { class: `badge ${kind}`, href, title, "data-screen": href && "health" },
        el("span", { class: "sign", "aria-hidden": "true" }, sign),
        text,
      ),
    ),
  );
}

function partsOf(state) {
  if (!state) return [{ kind: "bad", sign: "✗", text: "The gateway does not answer" }];
  const parts = [syncOf(state)];
  if (state.stale) parts.push({ kind: "warn", sign: "!", text: "old document", href: "health", title: String(state.stale) });
  const quarantined = state.drifted.filter(({ outcome }) => outcome === "quarantined").length;
  const drifted = `${state.drifted.length} drifted${quarantined ? `, ${quarantined} quarantined` : ""}`;
  if (state.drifted.length) parts.push({ kind: "warn", sign: "!", text: drifted, href: "health" });
  if (state.held.length) parts.push({ kind: "warn", sign: "!", text: `${state.held.length} new, closed`, href: "health" });
  return parts;
}

function syncOf({ sync, revision, findings, file }) {
  if (sync === "refused") {
    const first = findings.find(({ severity }) => severity === "error") ?? findings[0];
    const name = String(first?.file ?? file)
      .split("/")
      .pop();
    const where = first?.line ? `${name}:${first.line}` : name;
    return { kind: "bad", sign: "✗", text: `refused: ${where}`, href: "health", title: first?.message };
  }
  if (sync === "changed") return { kind: "warn", sign: "↻", text: "changed on disk", href: "health" };
  return {
    kind: "good",
    sign: "✓",
    text: `in sync, ${plural(revision.operations, "operation")} in revision ${revision.number}`,
    href: "health",
  };
}

export function showApprovals(link, number) {
  const count = link.querySelector(".count");
  const text = number ? String(number) : "";
  if (count.textContent === text) return;
  count.textContent = text;
  count.hidden = !number;
  link.title = number ? `${plural(number, "call")} waiting` : "";
}
