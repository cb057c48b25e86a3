// The detail of one operation: what it takes and answers, what the gateway makes of it, who may call it, and a form to try it.

import { get } from "./api.js";
import { el } from "./dom.js";
import { failure, fold } from "./parts.js";
import { typeOf } from "./text.js";
import { trial } from "./trial.js";

const DEEPEST = 4;
const MOST_FIELDS = 200;

export function detail(app, n) {
  const { catalogue } = app;
  const place = el(
    "div",
    { class: "detail", role: "region", "aria-label": `Details of ${catalogue.name(n)}`, "aria-busy": "true" },
    el("p", { class: "hint" }, "Loading …"),
  );
  get(`operation?n=${n}&document=${catalogue.document}`)
    .then((operation) => place.replaceChildren(...content(app, n, operation)))
    .catch((error) => {
      place.replaceChildren(failure(error));
      if (error.status === 409) app.fileChanged("The document");
    })
    .finally(() => place.removeAttribute("aria-busy"));
  return place;
}

function content(app, n, operation) {
  const {
    parameters = [],
    request,
    responses = {},
    shape,
    consumers = [],
    allowed_by: allowed,
    document: text,
    problems = [],
  } = operation;
  const id = app.catalogue.id[n];
  return [
    el(
      "p",
      null,
      allowed
        ? [
            el("span", { class: "sign", "aria-hidden": "true" }, "✓ "),
            `Line ${allowed.line} of gateway.yaml allows it: `,
            el("code", null, allowed.text.trim()),
          ]
        : "gateway.yaml does not allow it. Clients can neither see nor call it.",
    ),
    id ? el("p", { class: "hint" }, "operationId ", el("code", null, id)) : null,
    ...problems.map((text) => el("p", { class: "warn" }, el("span", { class: "sign", "aria-hidden": "true" }, "! "), text)),
    operation.deprecated
      ? el(
          "p",
          { class: "warn" },
          el("span", { class: "sign", "aria-hidden": "true" }, "! "),
          "The document calls it deprecated.",
        )
      : null,
    operation.description ? el("p", { class: "prose" }, operation.description) : null,
    parameters.length ? fold(`Parameters (${parameters.length})`, parameterTable(parameters), true) : null,
    request ? fold("Request body", contents(request), !parameters.length) : null,
    fold(
      "Answers",
      el(
        "dl",
        { class: "answers" },
        Object.entries(responses).map(([status, answer]) =>
          el(
            "div",
            null,
            el("dt", null, status),
            el("dd", null, answer?.description ?? "", answer?.content ? contents(answer) : null),
          ),
        ),
      ),
    ),
    isEmpty(shape)
      ? null
      : fold("What the gateway hides, fixes and keeps", el("pre", { tabindex: "0" }, JSON.stringify(shape, null, 2))),
    consumers.length
      ? fold(
          `Who may call it (${consumers.length})`,
          el(
            "ul",
            { class: "names" },
            consumers.map((name) => el("li", null, name)),
          ),
        )
      : null,
    text ? fold("In the document", el("pre", { tabindex: "0", "aria-label": "The operation as YAML" }, text)) : null,
    fold("Try it", trial(app, n, operation)),
  ].filter(Boolean);
}

function isEmpty(value) {
  return value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
}

function parameterTable(parameters) {
  return el(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": "Parameters" },
    el(
      "table",
      null,
      el(
        "thead",
        null,
        el(
          "tr",
          null,
          ["Name", "In", "Type", "Meaning"].map((name) => el("th", { scope: "col" }, name)),
        ),
      ),
      el(
        "tbody",
        null,
        parameters.map((each) =>
          el(
            "tr",
            null,
            el(
              "th",
              { scope: "row" },
              el("code", null, each.name),
              each.required ? el("span", { class: "badge" }, "required") : null,
            ),
            el("td", null, each.in),
            el("td", null, typeOf(each.schema ?? true)),
            el("td", { class: "prose" }, each.description ?? ""),
          ),
        ),
      ),
    ),
  );
}

function contents({ content, required }) {
  return Object.entries(content ?? {}).map(([type, media]) =>
    el(
      "div",
      null,
      el("p", null, el("code", null, type), required ? el("span", { class: "badge" }, "required") : null),
      fields(media?.schema ?? true),
    ),
  );
}

/** List the fields of a schema. The list is cut where it is deep or long; the document below shows all. */
function fields(schema, depth = 0, budget = { left: MOST_FIELDS }) {
  const of = schema?.type === "array" || schema?.items ? schema.items : schema;
  const properties = Object.entries(of?.properties ?? {});
  if (!properties.length) return depth ? null : el("p", null, typeOf(schema));
  const needed = new Set(Array.isArray(of.required) ? of.required : []);
  const items = [];
  for (const [name, one] of properties) {
    if (budget.left-- <= 0) {
      items.push(el("li", null, "…"));
      break;
    }
    items.push(
      el(
        "li",
        null,
        el("code", null, name),
        ` ${typeOf(one)}`,
        needed.has(name) ? el("span", { class: "badge" }, "required") : null,
        one?.description ? el("span", { class: "meaning" }, one.description) : null,
        depth < DEEPEST ? fields(one, depth + 1, budget) : null,
      ),
    );
  }
  return el("ul", { class: "fields" }, items);
}
