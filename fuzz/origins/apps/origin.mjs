// Node's http server with Express 5, Express 4 (both fold case), find-my-way (Fastify's router) and WHATWG URLs.
import http from "node:http";
import express5 from "express";
import express4 from "express4";
import findMyWay from "find-my-way";
import override from "method-override";
import url from "node:url";

const table = JSON.parse(process.env.ORIGIN_ROUTES);
const routes = table.routes.filter((route) => !route.path.includes("?"));
const outside = (path) => !(path + "/").toLowerCase().startsWith(table.base + "/");

// Each router only notes which route it found, and leaves the request to the next one.
const escapes = (literal) => encodeURI(literal).replace(/[+?!:()[\]]/g, "\\$&");
function expressRouter(express, style, wildcard) {
  const router = express.Router();
  for (const { name, method, path } of routes) {
    const pattern = path.split(/(\{\w+\})/).map((part) => part === "{path}" ? wildcard : part.startsWith("{") ? `:${part.slice(1, -1)}` : escapes(part)).join("");
    router[method.toLowerCase()](pattern, (request, response, next) => {
      request.reached[style] = name;
      next("router");
    });
  }
  return router;
}

function findMyWayRouter(caseSensitive) {
  const router = findMyWay({ caseSensitive, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, useSemicolonDelimiter: true });
  for (const { name, method, path } of routes) {
    if (/[:()]/.test(path)) continue; // it has no way to write these
    router.on(method, path.replace("{path}", "*").replace(/\{(\w+)\}\./g, ":$1(^[^.]+).").replace(/\{(\w+)\}/g, ":$1"), () => name);
  }
  return (method, path) => router.find(method === "HEAD" ? "GET" : method, path)?.handler();
}

const byTemplate = routes.map(({ name, method, path }) => {
  const source = path.split(/(\{\w+\})/).map((part) => (part === "{path}" ? ".+" : part.startsWith("{") ? "[^/]+" : part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"))).join("");
  return { name, method, plain: new RegExp(`^${source}/?$`), folded: new RegExp(`^${source}/?$`, "iu") };
});
function byPattern(kind, method, path) {
  return byTemplate.find((route) => route.method === method && route[kind].test(path))?.name;
}

const fastify = findMyWayRouter(true), fastifyFolded = findMyWayRouter(false);
const app = express5();
app.disable("x-powered-by");
app.use((request, response, next) => {
  const found = (request.reached = {});
  const method = request.method === "HEAD" ? "GET" : request.method;
  const note = (style, read) => {
    try {
      const [path, name] = read();
      if (name) found[style] = name;
      if (outside(path)) found[style] = table.outside;
    } catch { /* a URL that this reading refuses reaches nothing */ }
  };
  note("whatwg", () => { const path = decodeURIComponent(new URL(request.url, "http://origin.test").pathname); return [path, byPattern("plain", method, path)]; });
  note("whatwg-iu", () => { const path = decodeURI(new URL(request.url, "http://origin.test").pathname); return [path, byPattern("folded", method, path)]; });
  note("legacy-url", () => { const path = url.parse(request.url).pathname; return [path, byPattern("plain", method, decodeURIComponent(path))]; });
  note("lower", () => { const path = decodeURIComponent(request.url.split("?")[0]).toLowerCase(); return [path, byPattern("plain", method, path)]; });
  note("upper", () => { const path = decodeURIComponent(request.url.split("?")[0]).toUpperCase().toLowerCase(); return [path, byPattern("plain", method, path)]; });
  note("find-my-way", () => ["/base", fastify(request.method, request.url)]);
  note("find-my-way-folded", () => ["/base", fastifyFolded(request.method, request.url)]);
  const target = new URL(request.url.replace(/^\/+/, "/"), "http://origin.test");
  if (method === "GET" && target.pathname.replace(/\/+$/, "") === table.base) {
    for (const { name, path } of table.routes) {
      const wanted = path.split("?Action=")[1]?.toLowerCase();
      for (const style of ["first", "last"]) {
        const sent = target.searchParams.getAll("Action").at(style === "first" ? 0 : -1);
        if (wanted && sent?.toLowerCase() === wanted) found[`action-${style}`] = name;
      }
    }
  }
  next();
});
app.use(expressRouter(express5, "express5", "*path"));
app.use(expressRouter(express4, "express4", "*"));
app.use(express5.urlencoded({ extended: true }), express5.json({ strict: false }), (error, request, response, next) => next());
app.use(override("X-HTTP-Method-Override"), override("_method", { methods: null }), override((request) => (request.body && typeof request.body === "object" && request.body._method) || request.method, { methods: null }));
app.use((request, response, next) => {
  const found = request.method !== request.originalMethod && byPattern("plain", request.method, request.path);
  if (found) request.reached["method-override"] = found;
  next();
});
const answer = (request, response) => {
  const found = Object.entries(request.reached ?? {}).map(([style, name]) => `${style}=${name}`).join(",");
  response.writeHead(200, { "Content-Length": "2", "X-Reached": found });
  response.end("{}");
};
app.use(answer);
app.use((error, request, response, next) => answer(request, response));

const server = http.createServer({ keepAliveTimeout: 600_000 }, (request, response) => app(request, response, () => answer(request, response)));
server.listen(Number(process.env.ORIGIN_PORT), "127.0.0.1");
