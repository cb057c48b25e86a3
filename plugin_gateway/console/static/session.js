// The session: the page secret, which this browser keeps for this origin alone. Its cookie goes to every port of the host.

const KEY = "page-secret";

/** The fields that each question to the gateway carries. Another tab may have entered by a new link, so the secret is read each time. */
export function fields() {
  return { "Plugin-Gateway-Page-Secret": localStorage.getItem(KEY) ?? "" };
}

export function keep(secret) {
  localStorage.setItem(KEY, secret);
}

export function forget() {
  localStorage.removeItem(KEY);
}

/** Tell when another tab enters by a link, or logs out. */
export function whenOtherTab({ enters, logsOut }) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key === KEY) (newValue ? enters : logsOut)();
    else if (key === null) logsOut();
  });
}
