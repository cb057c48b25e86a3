// Elements. Every text reaches the page as a text node or an attribute, so no text of a document becomes markup.

/** Build an element. `attributes` may have `on`, a map of listeners; an attribute that is null or false is left out. */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key === "on") {
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Set a text only where it differs: an unchanged live region stays silent, and nothing is laid out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Give `parent` exactly these children. Children that stay in their order are not touched, so they keep focus and layout. */
export function arrange(parent, wanted) {
  const kept = new Set(wanted);
  for (let child = parent.firstChild; child;) {
    const next = child.nextSibling;
    if (!kept.has(child)) child.remove();
    child = next;
  }
  let at = parent.firstChild;
  for (const child of wanted) {
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
}

/** Return a link if the address begins with http: or https:, else its text, because `javascript:` would run. */
export function link(url, text = url) {
  return /^https?:\/\//i.test(url) ? el("a", { href: url, rel: "noreferrer" }, text) : document.createTextNode(text);
}
