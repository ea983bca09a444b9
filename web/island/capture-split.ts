// Dividers between panes: drag, arrow keys on the focused divider, double click
// resets. The size goes into a custom property of the divider's parent, and is
// kept per view.
import { html, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";

export interface Divider {
  /** Name of the view and pane; sizes are kept under it. */
  readonly name: string;
  /** "v": panes side by side; "h": one above the other. */
  readonly way: "v" | "h";
  /** Custom property of the parent that takes the size: percent of its extent
   * that the pane after the divider has. */
  readonly property: string;
  readonly initial: number;
  readonly label: string;
}

function stored(name: string): number | undefined {
  try {
    return Number(localStorage.getItem(`sonde-split-${name}`)) || undefined;
  } catch {
    return undefined;
  }
}

function keep(name: string, value: number | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`sonde-split-${name}`);
    else localStorage.setItem(`sonde-split-${name}`, value.toFixed(2));
  } catch {
    // no storage: the size lasts for this page
  }
}

/** Draws the divider; it sets the stored size when it enters the page. */
export function divider(d: Divider): TemplateResult {
  const set = (el: HTMLElement, percent: number | undefined): void => {
    const parent = el.parentElement;
    if (!parent) return;
    const v = percent === undefined ? undefined : Math.max(10, Math.min(85, percent));
    if (v === undefined) parent.style.removeProperty(d.property);
    else parent.style.setProperty(d.property, `${v.toFixed(2)}%`);
    el.setAttribute("aria-valuenow", String(Math.round(v ?? d.initial)));
    keep(d.name, v);
  };
  const down = (e: PointerEvent): void => {
    const el = e.currentTarget as HTMLElement;
    const box = el.parentElement!.getBoundingClientRect();
    e.preventDefault();
    el.setPointerCapture(e.pointerId);
    const move = (m: PointerEvent): void => set(el, d.way === "v" ? ((box.right - m.clientX) / box.width) * 100 : ((box.bottom - m.clientY) / box.height) * 100);
    const end = (): void => {
      el.removeEventListener("pointermove", move);
      el.removeEventListener("pointerup", end);
      el.removeEventListener("pointercancel", end);
    };
    el.addEventListener("pointermove", move);
    el.addEventListener("pointerup", end);
    el.addEventListener("pointercancel", end);
  };
  const key = (e: KeyboardEvent): void => {
    const el = e.currentTarget as HTMLElement;
    const by = { ArrowLeft: d.way === "v" ? 2 : 0, ArrowRight: d.way === "v" ? -2 : 0, ArrowUp: d.way === "h" ? 2 : 0, ArrowDown: d.way === "h" ? -2 : 0 }[e.key];
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    set(el, (stored(d.name) ?? d.initial) + by);
  };
  return html`<div class="grip ${d.way === "h" ? "lying" : ""}" role="separator" aria-orientation=${d.way === "v" ? "vertical" : "horizontal"} aria-label=${d.label} aria-valuemin="10" aria-valuemax="85" aria-valuenow=${Math.round(stored(d.name) ?? d.initial)} tabindex="0"
    @pointerdown=${down} @keydown=${key} @dblclick=${(e: Event) => set(e.currentTarget as HTMLElement, undefined)}
    ${ref((el) => { const v = stored(d.name); if (el?.parentElement && v !== undefined) el.parentElement.style.setProperty(d.property, `${v}%`); })}></div>`;
}
