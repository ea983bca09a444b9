// The keyboard. One listener; keys never fire while typing or while a dialog is
// open. A page adds its own keys, which come before the list keys:
//
//   pageKeys({ t: () => go({ tree: !has("tree") }) });
//
// The main grid of the page takes movement keys wherever the focus is.
import { get, go, href, open, path } from "./address";
import { dialogOpen } from "./dialog";
import type { SGrid } from "./grid";

export type KeyMap = Readonly<Record<string, (e: KeyboardEvent) => boolean | undefined | void>>;

const pages: KeyMap[] = [];
const everywhere: Record<string, (e: KeyboardEvent) => void> = {};
let chord = 0;

/** Views reached by g and a letter; filled from the rail. */
const destinations = new Map<string, string>();

/** Adds keys of the open page. A handler that returns false lets the key go on. */
export function pageKeys(keys: KeyMap): void {
  pages.push(keys);
}

/** Adds keys that work in every view. Names are KeyboardEvent.key, with "Ctrl-" before. */
export function globalKeys(keys: Readonly<Record<string, (e: KeyboardEvent) => void>>): void {
  Object.assign(everywhere, keys);
}

export function destination(key: string, to: string): void {
  destinations.set(key, to);
}

/** The setting "vi": k moves up in Processes too. */
export function viKeys(): boolean {
  try {
    return localStorage.getItem("sonde-vi") === "1";
  } catch {
    return false;
  }
}

function mainGrid(from: Element | null): SGrid | null {
  return from?.closest<SGrid>("s-grid") ?? document.querySelector<SGrid>("main s-grid[data-main]") ?? document.querySelector<SGrid>("main s-grid");
}

export function typing(e: Event): boolean {
  return e.target instanceof Element && e.target.matches("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable=true]");
}

document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.metaKey || e.altKey) return;
  const k = e.key;
  const name = e.ctrlKey ? `Ctrl-${k.toLowerCase()}` : k;
  if (name === "Ctrl-k" || (k === ":" && !typing(e) && !dialogOpen())) {
    e.preventDefault();
    return everywhere["Ctrl-k"]?.(e);
  }
  if (typing(e) || dialogOpen()) return;

  if (!e.ctrlKey && chord && e.timeStamp - chord < 900) {
    chord = 0;
    const to = destinations.get(k);
    if (to !== undefined) {
      e.preventDefault();
      return open(to === path ? to : href({}, to));
    }
    if (k === "g") {
      e.preventDefault();
      mainGrid(e.target as Element)?.handleKey("Home");
      return;
    }
  }
  if (k === "g" && !e.ctrlKey) {
    chord = e.timeStamp;
    return;
  }
  for (const keys of pages) {
    const run = keys[name];
    if (run && run(e) !== false) {
      e.preventDefault();
      return;
    }
  }
  const run = everywhere[name];
  // Space on a button is the button's.
  if (run && !(k === " " && e.target instanceof Element && e.target.closest("button, a, [role=slider], summary"))) {
    e.preventDefault();
    return run(e);
  }
  if (e.ctrlKey) return;
  const inOther = e.target instanceof Element && e.target.closest("[role=tree], [role=slider], [role=tablist], [role=listbox]:not(.grid)");
  if (inOther && k.startsWith("Arrow")) return;
  const grid = mainGrid(e.target as Element);
  if (!grid) return;
  if (k === "Enter") {
    if (!(e.target instanceof Element && e.target.closest("a, button")) && grid.openSelected()) e.preventDefault();
  } else if (grid.handleKey(k)) {
    e.preventDefault();
    if (!document.activeElement?.closest("s-grid")) grid.focus();
  } else if (k === "R" && grid.sort) {
    e.preventDefault();
    const s = grid.sort;
    go({ sort: s.startsWith("-") ? s.slice(1) : `-${s}` });
  } else if ((k === "<" || k === ">") && grid.sort) {
    e.preventDefault();
    const ids = grid.columns.filter((c) => c.sortable !== false).map((c) => c.id);
    const i = ids.indexOf(grid.sort.replace(/^-/, ""));
    const to = ids[(i + (k === ">" ? 1 : -1) + ids.length) % ids.length];
    if (to) go({ sort: grid.sort.startsWith("-") ? `-${to}` : to });
  }
});

/** Escape goes one step out: field, panel, focus. */
export function stepOut(): void {
  if (get("sel")) go({ sel: null, tab: path === "/processes" ? null : get("tab") }, { replace: true });
  else if (get("focus")) go({ focus: null });
}
