// A trial: a form made of an operation's parameters, a call through the real gate, and its answer.

import { post } from "./api.js";
import { el } from "./dom.js";
import { failure, snippet } from "./parts.js";
import { bytes, grouped, typeOf } from "./text.js";

let forms = 0;

export function trial(app, n, { parameters = [], request, consumers = [] }) {
  const form = `try-${++forms}`;
  const inputs = parameters.map((each, i) => [each, inputOf(each, `${form}-${i}`)]);
  const media = Object.entries(request?.content ?? {})[0];
  const body = media ? el("textarea", { id: `${form}-body`, rows: "6", spellcheck: "false" }) : null;
  if (body) body.value = exampleOf(media[1]);
  const consumer = consumers.length
    ? el(
        "select",
        { id: `${form}-as` },
        el("option", { value: "" }, "no consumer"),
        consumers.map((name) => el("option", { value: name }, name)),
      )
    : null;
  const result = el("div", { role: "status" });
  const send = el("button", { class: "button main" }, "Send");
  const submit = async (event) => {
    event.preventDefault();
    send.disabled = true;
    result.replaceChildren(el("p", null, "Waiting for the answer …"));
    try {
      const question = { n, document: app.catalogue.document, arguments: argumentsIn(inputs) };
      if (body?.value.trim()) question.body = valueIn(body.value, /json/i.test(media[0]));
      if (consumer?.value) question.consumer = consumer.value;
      result.replaceChildren(...shown(await post("try", question)));
    } catch (error) {
      result.replaceChildren(failure(error));
    } finally {
      send.disabled = false;
    }
  };
  return el(
    "form",
    { on: { submit } },
    inputs.map(([each, input]) =>
      field(input, [
        el("code", null, each.name),
        ` ${each.in}, ${typeOf(each.schema ?? true)}${each.required ? ", required" : ""}`,
      ]),
    ),
    body ? field(body, ["Body, ", el("code", null, media[0])]) : null,
    consumer ? field(consumer, ["Call as"]) : null,
    el(
      "div",
      { class: "actions" },
      send,
      el("p", { class: "hint" }, "The call passes the same gate, limits and masking as a client's, and reaches the upstream."),
    ),
    result,
  );
}

function field(input, label) {
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input);
}

function inputOf({ schema, required, example }, id) {
  const values = Array.isArray(schema?.enum) ? schema.enum : schema?.type === "boolean" ? [true, false] : null;
  if (values)
    return el(
      "select",
      { id, required },
      el("option", { value: "" }, required ? "choose" : "leave out"),
      values.map((value) => el("option", null, String(value))),
    );
  const input = el("input", {
    id,
    required,
    type: "text",
    inputmode: /^(integer|number)$/.test(schema?.type) ? "decimal" : null,
    autocomplete: "off",
    spellcheck: "false",
  });
  const shown = example ?? schema?.example;
  if (shown !== undefined && shown !== null)
    input.placeholder = typeof shown === "object" ? JSON.stringify(shown) : String(shown);
  return input;
}

function exampleOf(media) {
  const example = media?.example ?? media?.schema?.example;
  if (example !== undefined && example !== null)
    return typeof example === "string" ? example : JSON.stringify(example, null, 2);
  const properties = Object.entries(media?.schema?.properties ?? {});
  const needed = new Set(Array.isArray(media?.schema?.required) ? media.schema.required : []);
  const made = Object.fromEntries(
    properties.filter(([name]) => needed.has(name)).map(([name, schema]) => [name, valueFor(schema)]),
  );
  return properties.length ? JSON.stringify(made, null, 2) : "";
}

function valueFor(schema) {
  if (schema?.default !== undefined) return schema.default;
  if (Array.isArray(schema?.enum)) return schema.enum[0];
  return { integer: 0, number: 0, boolean: false, array: [], object: {} }[schema?.type] ?? "";
}

function argumentsIn(inputs) {
  const given = {};
  for (const [{ name, schema }, input] of inputs) {
    if (input.value === "") continue;
    given[name] = schema?.type && schema.type !== "string" ? valueIn(input.value, true) : input.value;
  }
  return given;
}

function valueIn(text, isJson) {
  if (!isJson) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function shown({ verdict, rule, request, response, curl }) {
  const head =
    request &&
    [
      `${request.method} ${request.url}`,
      ...request.headers.map(([name, value]) => `${name}: ${value}`),
      ...(request.body ? ["", pretty(request.body)] : []),
    ].join("\n");
  const isAllowed = verdict === "allowed";
  return [
    el(
      "p",
      { class: isAllowed ? "good" : "bad" },
      el("span", { class: "sign", "aria-hidden": "true" }, isAllowed ? "✓ " : "✗ "),
      el("strong", null, verdict),
      rule ? `: ${rule}` : "",
    ),
    response
      ? el(
          "p",
          null,
          el("strong", null, String(response.status)),
          ` in ${grouped(Math.round(response.ms))} ms, ${bytes(response.bytes)}, about ${grouped(response.tokens)} tokens`,
        )
      : null,
    response ? snippet({ label: "Answer", text: pretty(response.body ?? "") }) : null,
    head ? snippet({ label: "What the upstream got", text: head }) : null,
    curl ? snippet({ label: "As curl", text: curl }) : null,
  ].filter(Boolean);
}

function pretty(body) {
  if (typeof body !== "string") return JSON.stringify(body, null, 2);
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
