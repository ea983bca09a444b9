// The address is the state: every view option lives in the query string.
// Modules read it through `query`, a signal that follows navigation, and change
// it with `go`; nothing else touches history.
import { computed, signal } from "@preact/signals-core";

const here = signal(location.pathname + location.search);

/** The query of the current address; changes with go(), Back and Forward. */
export const query = computed(() => new URLSearchParams(new URL(here.value, location.origin).search));
/** The path of the current address. It changes only with a page load. */
export const path = location.pathname;

/** Options that follow the user from view to view. */
export const sticky = ["focus", "t"] as const;

export type Changes = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One option of the current address, "" when absent. */
export function get(name: string): string {
  return query.value.get(name) ?? "";
}

export function has(name: string): boolean {
  return query.value.get(name) === "1";
}

/** The address with some options changed; null, false and "" remove one. With
 * another path only the sticky options are kept. */
export function href(changes: Changes, to?: string): string {
  const now = query.value;
  const next = new URLSearchParams();
  for (const [k, v] of now) if (!to || to === path || sticky.includes(k as (typeof sticky)[number])) next.set(k, v);
  for (const [k, v] of Object.entries(changes)) {
    if (v === null || v === undefined || v === "" || v === false) next.delete(k);
    else next.set(k, v === true ? "1" : String(v));
  }
  const s = next.toString();
  return (to ?? path) + (s ? `?${s}` : "");
}

/** Goes to a changed address. `replace` is for typing and moving a selection,
 * which are not steps that Back should undo. */
export function go(changes: Changes, options: { readonly replace?: boolean; readonly path?: string } = {}): void {
  open(href(changes, options.path), options.replace);
}

/** Opens an address of this program: in place when the path stays. */
export function open(to: string, replace = false): void {
  const url = new URL(to, location.href);
  if (url.pathname !== path || url.origin !== location.origin) {
    location.assign(url);
    return;
  }
  const next = url.pathname + url.search;
  if (next === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", next);
  else history.pushState(null, "", next);
  here.value = next;
}

/** Whether this server has a page: links to views it lacks are left out. */
export function pageExists(to: string): boolean {
  return document.querySelector(`s-rail a[data-path="${to}"]`) !== null;
}

addEventListener("popstate", () => {
  here.value = location.pathname + location.search;
});

// A plain click on a link to the page already open changes the view in place.
document.addEventListener("click", (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  const a = e.target instanceof Element ? e.target.closest<HTMLAnchorElement>("a[href]") : null;
  if (!a || a.target || a.hasAttribute("download") || a.origin !== location.origin || a.pathname !== path || a.hash) return;
  e.preventDefault();
  open(a.href);
});
