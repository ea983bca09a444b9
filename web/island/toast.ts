// Toasts: bottom right, one sentence, at most one action. Four seconds, eight
// with an action; they stay while hovered or focused. The only record of an
// error is never a toast.
export function toast(text: string, action?: { readonly label: string; run(): void }): void {
  const box = document.getElementById("toasts");
  if (!box) return;
  const el = document.createElement("div");
  el.className = "toast";
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  el.append(words);
  if (action) {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = action.label;
    b.addEventListener("click", () => {
      el.remove();
      action.run();
    });
    el.append(b);
  }
  const life = action ? 8000 : 4000;
  let timer = window.setTimeout(() => el.remove(), life);
  const stay = (): void => clearTimeout(timer);
  const leave = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => el.remove(), life / 2);
  };
  el.addEventListener("pointerenter", stay);
  el.addEventListener("focusin", stay);
  el.addEventListener("pointerleave", leave);
  el.addEventListener("focusout", leave);
  box.append(el);
}

/** Copies text and says so. */
export async function copy(text: string, said = `Copied: ${text}`): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast("The browser did not allow copying.");
  }
}
