// The status bar: the same view as a command, facts of the view, what sonde
// itself costs. A page sets the first two.
import { signal } from "@preact/signals-core";

/** The terminal command of what is shown; "" keeps the server's. */
export const command = signal("");
/** One fact of the view: "312 processes, 1184 threads". */
export const fact = signal("");

export function currentCommand(): string {
  return command.peek() || document.querySelector("#command")?.textContent || "";
}
