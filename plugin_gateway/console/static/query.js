// A query: free words, and the words `tag:`, `method:` and `is:`.

// The ranking of the gateway leaves these words out, too.
const SILENT = new Set("a an the of to for in on by with and or all my me i is are this that please".split(" "));
const KINDS = ["allowed", "ticked", "new", "changed", "deprecated", "write", "unused"];
const TERM = /(?:(tag|method|is):)?(?:"([^"]*)"?|(\S+))/gi;

export { KINDS };

export function parse(text) {
  const query = { words: [], free: [], tag: [], method: [], is: [] };
  for (const [, key, quoted, plain] of text.matchAll(TERM)) {
    const value = (quoted ?? plain).trim();
    if (key) {
      if (value) query[key.toLowerCase()].push(value.toLowerCase());
    } else if (value) {
      query.free.push(value);
      const word = value.toLowerCase();
      if (!SILENT.has(word)) query.words.push(word);
    }
  }
  return query;
}

/** Return the text with the term added, or without it if the text has it. */
export function toggled(text, key, value) {
  const isTerm = ([, other, quoted, plain]) =>
    other?.toLowerCase() === key && (quoted ?? plain).toLowerCase() === value.toLowerCase();
  const terms = [...text.matchAll(TERM)];
  const rest = terms.filter((term) => !isTerm(term)).map(([whole]) => whole);
  if (rest.length === terms.length) rest.push(`${key}:${/\s/.test(value) ? `"${value}"` : value}`);
  return rest.join(" ");
}

/** Return a function that says whether operation n passes `tag:`, `method:` and `is:`. Values of one word are alternatives, but each `is:` must hold. */
export function filterOf(query, catalogue, { withoutTags = false } = {}) {
  const tags = new Set(withoutTags ? [] : query.tag);
  const methods = new Set(query.method);
  const kinds = query.is;
  return (n) =>
    (tags.size === 0 || catalogue.tagsOf(n).some((tag) => tags.has(tag.toLowerCase()))) &&
    (methods.size === 0 || methods.has(catalogue.method[n].toLowerCase())) &&
    kinds.every((kind) => catalogue.isKind(n, kind));
}

/** Say which operations have all the words, in the order of the document. The gateway's ranking replaces this a moment later. */
export function containing(words, catalogue) {
  const found = [];
  for (let n = 0; n < catalogue.size; n++) {
    const hay = catalogue.hay(n);
    if (words.every((word) => hay.includes(word))) found.push(n);
  }
  return found;
}
