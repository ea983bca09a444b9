// Menus: opened by a button or at a point, moved through with arrows, closed by
// Escape, a choice or a press outside. Checkable items carry a tick.
import { html, nothing, render } from "lit";
import { type IconName, icon } from "./draw";

export type MenuItem =
  | { readonly label: string; readonly key?: string; readonly icon?: IconName; readonly checked?: boolean; readonly href?: string; run?(): void }
  | { readonly heading: string }
  | "rule";

let current: { el: HTMLElement; back: HTMLElement | undefined } | undefined;

export function closeMenu(): void {
  if (!current) return;
  const { el, back } = current;
  current = undefined;
  el.remove();
  back?.removeAttribute("aria-expanded");
  back?.focus();
}

export function openMenu(items: readonly MenuItem[], at: HTMLElement | { readonly x: number; readonly y: number }): void {
  const again = current?.back === at;
  closeMenu();
  if (again) return;
  const el = document.createElement("div");
  el.className = "menu";
  el.setAttribute("role", "menu");
  const choose = (m: Extract<MenuItem, { label: string }>): void => {
    closeMenu();
    if (m.href) location.assign(m.href);
    m.run?.();
  };
  render(
    items.map((m) => {
      if (m === "rule") return html`<hr role="separator">`;
      if ("heading" in m) return html`<div class="lab" role="presentation">${m.heading}</div>`;
      const check = m.checked !== undefined;
      return html`<button type="button" role=${check ? "menuitemcheckbox" : "menuitem"} aria-checked=${check ? String(m.checked) : nothing} tabindex="-1" @click=${() => choose(m)}><span class="tick">${m.checked ? icon("check", 13) : m.icon ? icon(m.icon, 14) : nothing}</span>${m.label}${m.key ? html`<kbd>${m.key}</kbd>` : nothing}</button>`;
    }),
    el,
  );
  // Inside an open dialog the menu must be its child, or it would be inert.
  (document.querySelector("dialog[open]") ?? document.body).append(el);
  const back = at instanceof HTMLElement ? at : undefined;
  const r = back?.getBoundingClientRect() ?? new DOMRect((at as { x: number }).x, (at as { y: number }).y, 0, 0);
  const below = r.bottom + 4 + el.offsetHeight <= innerHeight;
  el.style.left = `${Math.max(8, Math.min(r.left, innerWidth - el.offsetWidth - 8))}px`;
  el.style.top = `${below ? r.bottom + 4 : Math.max(8, r.top - el.offsetHeight - 4)}px`;
  back?.setAttribute("aria-expanded", "true");
  current = { el, back };
  const buttons = [...el.querySelectorAll<HTMLElement>("button")];
  buttons[0]?.focus();
  el.addEventListener("keydown", (e) => {
    e.stopPropagation();
    const i = buttons.indexOf(document.activeElement as HTMLElement);
    const n = buttons.length;
    const to = { ArrowDown: (i + 1) % n, ArrowUp: (i - 1 + n) % n, Home: 0, End: n - 1 }[e.key];
    if (to !== undefined) buttons[to]?.focus();
    else if (e.key === "Escape" || e.key === "Tab") closeMenu();
    else return;
    e.preventDefault();
  });
  setTimeout(() => {
    const outside = (e: Event): void => {
      if (el.contains(e.target as Node)) return;
      removeEventListener("pointerdown", outside, true);
      if (current?.el !== el) return;
      current.back?.removeAttribute("aria-expanded");
      current = undefined;
      el.remove();
    };
    addEventListener("pointerdown", outside, true);
  });
}
