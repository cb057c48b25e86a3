// Parts that several screens show: findings, a diff, a text to copy, a meter.

import { el, link } from "./dom.js";
import { grouped } from "./text.js";

const SIGNS = { error: "✗", warning: "!", note: "i" };

/** A list of findings, the most severe first. `jump` returns the address of the operation that a finding is about, or null. */
export function findings(list, jump = () => null) {
  const order = Object.keys(SIGNS);
  const sorted = [...list].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return el(
    "ul",
    { class: "findings" },
    sorted.map((each) => finding(each, jump(each))),
  );
}

function finding(each, place) {
  const where = each.line
    ? `${String(each.file ?? "gateway.yaml")
        .split("/")
        .pop()}:${each.line}`
    : "";
  return el(
    "li",
    { class: `finding ${each.severity in SIGNS ? each.severity : "note"}` },
    el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[each.severity] ?? "i"),
    el(
      "div",
      null,
      el("span", { class: "hidden-text" }, `${each.severity}: `),
      prose(each.message),
      each.hint ? el("p", { class: "hint" }, prose(each.hint)) : null,
      where || place
        ? el(
            "p",
            { class: "where" },
            where ? el("code", null, where) : null,
            place ? el("a", { href: place }, "Show the operation") : null,
          )
        : null,
    ),
  );
}

/** Sentences in which the text between backticks is code. */
export function prose(text) {
  return String(text)
    .split(/`([^`\n]+)`/)
    .map((part, i) => (i % 2 ? el("code", null, part) : part));
}

/** A unified diff. Signs, not only colours, tell what is added and removed. */
export function diff(text, label) {
  const lines = text.replace(/\n$/, "").split("\n");
  return el("pre", { class: "diff", tabindex: "0", role: "region", "aria-label": label }, lines.map(diffLine));
}

function diffLine(line) {
  // The name of the file is enough to read; the text that is copied has its path.
  const file = /^(\+\+\+|---) .*\/([^/]+)$/.exec(line);
  if (file) return el("span", { class: "place", title: line }, `${file[1]} ${file[2]}\n`);
  const kind = /^(\+\+\+|---|@@)/.test(line) ? "place" : { "+": "added", "-": "removed" }[line[0]];
  return el("span", { class: kind }, `${line}\n`);
}

export function copyButton(textOf, label = "Copy", name = label) {
  const said = el("span", { class: "hidden-text", role: "status" });
  const button = el("button", { type: "button", class: "button", "aria-label": name === label ? null : name }, label);
  button.addEventListener("click", async () => {
    const isCopied = await copied(textOf());
    button.textContent = isCopied ? "Copied" : "Select the text and copy it";
    said.textContent = button.textContent;
    setTimeout(() => {
      button.textContent = label;
      said.textContent = "";
    }, 2000);
  });
  return el("span", { class: "copy" }, button, said);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers have no clipboard for pages without TLS on other hosts than localhost.
    const area = el("textarea", { class: "hidden-text", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

/** A text to read and copy. */
export function snippet({ label, text, url }) {
  const code = url ? el("code", null, link(url)) : el("code", null, text);
  return el(
    "figure",
    { class: "snippet" },
    el(
      "figcaption",
      null,
      label,
      copyButton(() => url || text, "Copy", `Copy ${label}`),
    ),
    el("pre", { tabindex: "0", role: "region", "aria-label": label }, code),
  );
}

/** How much of each platform's limits is used. A platform that has no limits is left out. */
export function meters(platforms) {
  return platforms
    .filter(({ limits }) => limits.length)
    .map(({ name, limits }) =>
      el(
        "div",
        { class: "platform" },
        el("h3", null, name),
        limits.map((each) => {
          const over = each.value - each.limit;
          const text = `${grouped(each.value)} of ${grouped(each.limit)} ${each.name}${over > 0 ? `, ${grouped(over)} too many` : ""}`;
          return el(
            "div",
            { class: over > 0 ? "limit over" : "limit" },
            el("span", null, over > 0 ? el("span", { class: "sign", "aria-hidden": "true" }, "✗ ") : null, text),
            el("meter", {
              min: 0,
              max: each.limit,
              high: each.limit * 0.9,
              optimum: 0,
              value: each.value,
              "aria-label": `${name}: ${text}`,
            }),
          );
        }),
      ),
    );
}

/** Tell a person why the gateway could not answer. */
export function failure(error) {
  const body = error.body ?? {};
  return el(
    "div",
    { class: "failure", role: "alert" },
    el("p", null, prose(error.message)),
    body.hint ? el("p", { class: "hint" }, prose(body.hint)) : null,
    body.findings ? findings(body.findings) : null,
  );
}

/** A `<details>` with a heading in its summary. */
export function fold(title, content, isOpen = false) {
  return el("details", { class: "fold", open: isOpen }, el("summary", null, title), content);
}
