// The one websocket of a tab. Islands subscribe to topics and get a Table that
// stays up to date; the module sends the hello, renews subscriptions after a
// reconnect, and says when the values on the screen are stale.
//
//   const sub = subscribe("probe/processes", { user: "app" }, (t) => this.draw(t));
//   sub.close();
//
// The handler runs at most once an animation frame per topic, with the newest
// version. Subscribing twice to the same topic and arguments shares one stream.
import { signal } from "@preact/signals-core";
import { authorize, expire, half } from "./session";
import { Table } from "./table";
import { type Failure, PROTOCOL, type Reply, type Request, type Welcome } from "./wire";

export type Handler = (table: Table, change: { readonly gap: number; readonly error?: Failure }) => void;
export interface Subscription {
  readonly table: Table;
  close(): void;
}
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly since: number; readonly retryAt: number };

/** Where the connection stands; `lost` carries when it broke and when the next try is. */
export const link = signal<Link>({ state: "connecting" });
/** Display is paused: tables go on collecting, handlers wait. */
export const paused = signal(false);
/** Version words of the server: its build and the session's role. */
export const welcome = signal<Welcome | undefined>(undefined);

class Stream {
  readonly table = new Table();
  readonly handlers = new Set<Handler>();
  gap = 0;
  error: Failure | undefined;
  dirty = false;
  id = 0;
  constructor(
    readonly topic: string,
    readonly args: Readonly<Record<string, string>>,
  ) {}
}

const streams = new Map<string, Stream>();
const byId = new Map<number, Stream>();
let nextId = 1;
let ws: WebSocket | undefined;
let ready = false;
let tries = 0;
let timer = 0;
let frame = 0;

export function subscribe(topic: string, args: Readonly<Record<string, string>>, handler: Handler): Subscription {
  const name = `${topic}?${new URLSearchParams(Object.entries(args).sort()).toString()}`;
  let s = streams.get(name);
  if (!s) {
    s = new Stream(topic, args);
    streams.set(name, s);
    request(s);
  } else if (s.table.updates > 0 || s.error) {
    const known = s;
    queueMicrotask(() => known.handlers.has(handler) && handler(known.table, { gap: 0, ...(known.error ? { error: known.error } : {}) }));
  }
  s.handlers.add(handler);
  const stream = s;
  let open = true;
  return {
    table: stream.table,
    close() {
      if (!open) return;
      open = false;
      stream.handlers.delete(handler);
      if (stream.handlers.size > 0) return;
      streams.delete(name);
      byId.delete(stream.id);
      if (ready) send({ op: "unsub", id: stream.id });
    },
  };
}

function request(s: Stream): void {
  if (!ready) return;
  byId.delete(s.id);
  s.id = nextId++;
  byId.set(s.id, s);
  send({ op: "sub", topic: s.topic, args: s.args, id: s.id });
}

function send(message: Request): void {
  ws?.send(JSON.stringify(message));
}

/** Opens the connection; called once a session exists. */
export function connect(): void {
  clearTimeout(timer);
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  ws = socket;
  socket.onopen = () => socket.send(JSON.stringify({ op: "hello", half: half() }));
  socket.onmessage = (e: MessageEvent<string>) => receive(JSON.parse(e.data) as Reply);
  socket.onclose = (e) => {
    if (ws !== socket) return;
    ws = undefined;
    ready = false;
    void closed(e.code);
  };
}

async function closed(code: number): Promise<void> {
  // 1008: the server refused this session. A refused upgrade looks like any
  // other failure, so ask over HTTP, where the status can be seen.
  if (code === 1008 || tries === 0) {
    try {
      const res = await fetch("/api/session", { headers: authorize() });
      if (res.status === 401) return expire();
    } catch {
      // the server is away: retry below
    }
  }
  tries++;
  const delay = Math.min(15_000, 500 * 2 ** Math.min(tries, 5)) * (0.75 + Math.random() / 2);
  const before = link.peek();
  link.value = { state: "lost", since: before.state === "lost" ? before.since : Date.now(), retryAt: Date.now() + delay };
  timer = window.setTimeout(connect, delay);
}

/** Tries again at once; for the button beside the countdown. */
export function retry(): void {
  if (ws) return;
  connect();
}

function receive(m: Reply): void {
  if (m.welcome) {
    if (m.welcome.protocol !== PROTOCOL) return location.reload();
    ready = true;
    tries = 0;
    welcome.value = m.welcome;
    link.value = { state: "live" };
    for (const s of streams.values()) request(s);
    return;
  }
  const s = byId.get(m.id ?? 0);
  if (!s) return;
  if (m.error) {
    s.error = m.error;
  } else if (m.snapshot) {
    s.error = undefined;
    s.table.snapshot({ ...m.snapshot, version: m.version ?? m.snapshot.version });
  } else if (m.delta) {
    // A delta for another version would corrupt the table: ask for a new snapshot.
    if (m.delta.from !== s.table.version) {
      send({ op: "unsub", id: s.id });
      return request(s);
    }
    s.table.delta(m.delta);
  }
  s.gap += m.gap ?? 0;
  s.dirty = true;
  schedule();
}

function schedule(): void {
  if (frame || paused.peek()) return;
  // A hidden page gets no frames; a timer keeps its state from growing old.
  frame = document.hidden ? window.setTimeout(flush, 1000) : requestAnimationFrame(flush);
}

function flush(): void {
  frame = 0;
  for (const s of streams.values()) {
    if (!s.dirty) continue;
    s.dirty = false;
    const change = { gap: s.gap, ...(s.error ? { error: s.error } : {}) };
    s.gap = 0;
    for (const h of [...s.handlers]) h(s.table, change);
  }
}

paused.subscribe((p) => {
  if (!p) schedule();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  frame = 0;
  schedule();
});
