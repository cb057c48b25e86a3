// A stream of events from the gateway, read by fetch: an EventSource cannot send the page secret.

import { open } from "./api.js";

const PAUSE_MS = 3000;

/** Read events until `close` is called or the session has ended. A stream that ends or breaks off is opened again. */
export class Stream {
  /** `on` has `open` and `lost`, and a function for each kind of event, which gets the data. */
  constructor(path, on) {
    this._leaving = new AbortController();
    this._run(path, on);
  }

  close() {
    this._leaving.abort();
  }

  async _run(path, on) {
    const { signal } = this._leaving;
    while (!signal.aborted) {
      try {
        const answer = await open(path, { signal });
        on.open();
        await read(answer.body, (kind, data) => signal.aborted || on[kind]?.(data));
        // The gateway ends each stream after a while, to see who still reads.
        continue;
      } catch (error) {
        if (signal.aborted || error.status === 401) return;
      }
      if (signal.aborted) return;
      on.lost();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function read(body, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const lines = Object.fromEntries(event.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (lines.event) take(lines.event, lines.data);
    }
  }
}
