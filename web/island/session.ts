// Session with the server: the one-time code of the first link is exchanged for
// two halves. The cookie half is out of reach of scripts; this half is kept in
// localStorage (bound to this origin, so to this port) and sent as a header.
const halfKey = "sonde-half";

/** A failed request: the code for branching, the message and remedy for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy = "",
    readonly at?: number,
    readonly length?: number,
  ) {
    super(message);
  }
}

export function half(): string {
  try {
    return localStorage.getItem(halfKey) ?? "";
  } catch {
    return "";
  }
}

let expired = false;

/** Shows the page that tells how to get a new link. The address stays, so that
 * the new session returns to the same view. */
export function expire(): void {
  if (expired) return;
  expired = true;
  document.dispatchEvent(new CustomEvent("sonde-expired"));
}

/** Takes #k=CODE out of the address and exchanges it. Resolves to whether there
 * is a session to try. */
export async function start(): Promise<boolean> {
  const code = new URLSearchParams(location.hash.slice(1)).get("k");
  if (!code) return half() !== "";
  history.replaceState(null, "", location.pathname + location.search);
  const res = await fetch("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (res.ok) {
    const granted = (await res.json()) as { readonly half: string };
    localStorage.setItem(halfKey, granted.half);
    return true;
  }
  return half() !== "";
}

async function failure(res: Response): Promise<ApiError> {
  let body: { error?: { code?: string; message?: string; remedy?: string; at?: number; length?: number } } = {};
  try {
    body = await res.json();
  } catch {
    // not JSON: a proxy or a crash; the status says what is known
  }
  const e = body.error;
  return new ApiError(res.status, e?.code ?? "", e?.message ?? `the server answered ${res.status}`, e?.remedy, e?.at, e?.length);
}

export function authorize(): Record<string, string> {
  const h = half();
  return h ? { "x-sonde-half": h } : {};
}

/** A JSON request to the API. Throws ApiError; a lost session shows the login page. */
export async function api<T>(method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH", url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = authorize();
  if (body !== undefined) headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  const res = await fetch(url, init);
  if (res.status === 401) expire();
  if (!res.ok) throw await failure(res);
  const text = await res.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Downloads need the header too: fetch the bytes, then hand them to the browser. */
export async function download(url: string, name: string): Promise<void> {
  const res = await fetch(url, { headers: authorize() });
  if (!res.ok) throw await failure(res);
  const a = document.createElement("a");
  a.href = URL.createObjectURL(await res.blob());
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

/** Words for an error, message and remedy in one sentence each. */
export function explain(e: unknown): string {
  if (e instanceof ApiError) return e.remedy ? `${e.message}. ${e.remedy}` : e.message;
  return e instanceof Error ? e.message : String(e);
}
