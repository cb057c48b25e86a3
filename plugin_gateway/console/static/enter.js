// The page of a link: keeps the page secret, and goes to the console. The link leaves the history, because it works once.

import { keep } from "./session.js";

try {
  keep(document.querySelector("meta[name=page-secret]").content);
  location.replace("./");
} catch {
  document.querySelector("[role=status]").textContent =
    "This browser keeps no data for this page. Allow it to, then run `plugin-gateway console` and open the new link.";
}
