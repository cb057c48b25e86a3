// Questions to the gateway. A refusal is thrown as a `Problem`, which carries the members of the problem details.

import { fields } from "./session.js";

export const NOT_AN_APPROVER = "not-an-approver";
const BASE = new URL("api/", import.meta.url);

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `The gateway answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** Ask, and return the answer as it comes. */
export async function open(path, options) {
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), { ...options, headers: { ...options.headers, ...fields() } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The gateway does not answer. Is it still running?" });
  }
  if (answer.ok) return answer;
  const body = await bodyOf(answer);
  if (answer.status === 401 && body?.code !== NOT_AN_APPROVER) dispatchEvent(new Event("signed-out"));
  throw new Problem(answer.status, typeof body === "object" && body ? body : {});
}

async function ask(path, options) {
  return bodyOf(await open(path, options));
}

async function bodyOf(answer) {
  const type = answer.headers.get("Content-Type") ?? "";
  return /\bjson\b/.test(type) ? answer.json() : answer.text();
}

export function get(path, signal, headers) {
  return ask(path, { signal, headers });
}

export function post(path, value, signal, headers) {
  return ask(path, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(value),
    signal,
  });
}

export function isAbort(error) {
  return error.name === "AbortError";
}
