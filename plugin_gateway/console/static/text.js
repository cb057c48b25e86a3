// Numbers and words for people.

const GROUPED = new Intl.NumberFormat("en");

export function grouped(number) {
  return GROUPED.format(number);
}

export function plural(number, noun) {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

export function bytes(number) {
  if (number < 1000) return `${number} B`;
  if (number < 1e6) return `${(number / 1000).toFixed(number < 1e4 ? 1 : 0)} kB`;
  return `${(number / 1e6).toFixed(1)} MB`;
}

/** 940, 12.3k, 1.8M */
export function short(number) {
  if (number < 1000) return String(number);
  if (number < 999_950) return `${(number / 1000).toFixed(number < 99_950 ? 1 : 0)}k`;
  return `${(number / 1e6).toFixed(1)}M`;
}

/** Return the time of day of an ISO text or of Unix seconds. */
export function clock(time) {
  const date = new Date(typeof time === "number" ? time * 1000 : time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toLocaleTimeString("en-GB");
}

/** Name a schema's type in a few words. */
export function typeOf(schema) {
  if (schema === true || schema === null || typeof schema !== "object") return "any value";
  if (schema.$ref) return String(schema.$ref).split("/").pop();
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  for (const word of ["oneOf", "anyOf"]) if (Array.isArray(schema[word])) return schema[word].map(typeOf).join(" or ");
  if (Array.isArray(schema.allOf)) return schema.allOf.map(typeOf).join(" and ");
  const type = [schema.type ?? (schema.properties ? "object" : schema.items ? "array" : "any value")].flat().join(" or ");
  if (type === "array") return `array of ${typeOf(schema.items ?? true)}`;
  return schema.format ? `${type} (${schema.format})` : type;
}
