// Display filters as text: what Apply as filter makes of a value and the filter
// that is there, conversations by direction, values quoted. Words and layout are
// the display filter language's; nothing here knows the page.

/** How a new condition joins the present filter, in the order of the menus. */
export type Join = "selected" | "not" | "and" | "or" | "and not" | "or not";

export const joins: readonly (readonly [Join, string])[] = [
  ["selected", "Selected"],
  ["not", "Not selected"],
  ["and", "… and selected"],
  ["or", "… or selected"],
  ["and not", "… and not selected"],
  ["or not", "… or not selected"],
];

/** The filter that `condition` gives together with what is there. */
export function join(now: string, condition: string, how: Join): string {
  const there = now.trim();
  const not = `!(${condition})`;
  switch (how) {
    case "selected":
      return condition;
    case "not":
      return not;
    case "and":
      return there ? `(${there}) && (${condition})` : condition;
    case "or":
      return there ? `(${there}) || (${condition})` : condition;
    case "and not":
      return there ? `(${there}) && ${not}` : not;
    case "or not":
      return there ? `(${there}) || ${not}` : not;
  }
}

/** Both conditions; either may be empty. */
export function both(a: string, b: string): string {
  return a && b ? `(${a}) && (${b})` : a || b;
}

/** A string of the filter language, whatever it holds. */
export function quote(text: string): string {
  let out = '"';
  for (const b of new TextEncoder().encode(text)) {
    if (b === 0x22 || b === 0x5c) out += `\\${String.fromCharCode(b)}`;
    else if (b < 0x20 || b >= 0x7f) out += `\\x${b.toString(16).padStart(2, "0")}`;
    else out += String.fromCharCode(b);
  }
  return `${out}"`;
}

/** A time range of the capture, in seconds since its first packet: "18-23.5". */
export function parseRange(text: string): readonly [number, number] | undefined {
  const m = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text);
  if (!m) return undefined;
  const from = Number(m[1]);
  const to = Number(m[2]);
  return to > from ? [from, to] : undefined;
}

export function rangeFilter(range: readonly [number, number] | undefined): string {
  return range ? `frame.time_relative >= ${range[0]} && frame.time_relative <= ${range[1]}` : "";
}

/** The protocol whose addresses these are: "eth", "ip" or "ipv6". */
export function family(address: string): "eth" | "ip" | "ipv6" {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address)) return "eth";
  return address.includes(":") ? "ipv6" : "ip";
}

/** Directions between two ends, in Wireshark's order. */
export const directions = ["A ↔ B", "A → B", "B → A", "A ↔ Any", "A → Any", "Any → A", "Any ↔ B", "Any → B", "B → Any"] as const;
export type Direction = (typeof directions)[number];

/** One row of a conversation table. */
export interface Pair {
  /** Layer of the table: eth, ip, ipv6, tcp, udp. */
  readonly layer: string;
  readonly a: string;
  readonly b: string;
  readonly portA?: number;
  readonly portB?: number;
  readonly stream?: number;
}

function end(layer: string, address: string, port: number | undefined, side: "addr" | "src" | "dst"): string[] {
  const out = [`${family(address)}.${side} == ${address}`];
  if (port !== undefined) out.push(`${layer}.${side === "addr" ? "port" : `${side}port`} == ${port}`);
  return out;
}

/** The filter for a conversation in one direction. Both ways of a TCP or UDP
 * conversation is its stream, since ports come back. */
export function pairFilter(p: Pair, way: Direction): string {
  const a = (side: "addr" | "src" | "dst"): string[] => end(p.layer, p.a, p.portA, side);
  const b = (side: "addr" | "src" | "dst"): string[] => end(p.layer, p.b, p.portB, side);
  const parts: Readonly<Record<Direction, () => string[]>> = {
    "A ↔ B": () => (p.portA !== undefined && p.stream !== undefined ? [`${p.layer}.stream == ${p.stream}`] : [...a("addr"), ...b("addr")]),
    "A → B": () => [...a("src"), ...b("dst")],
    "B → A": () => [...b("src"), ...a("dst")],
    "A ↔ Any": () => a("addr"),
    "A → Any": () => a("src"),
    "Any → A": () => a("dst"),
    "Any ↔ B": () => b("addr"),
    "Any → B": () => b("dst"),
    "B → Any": () => b("src"),
  };
  return parts[way]().join(" && ");
}

/** The filter for one end of an endpoint table. */
export function endFilter(layer: string, address: string, port: number | undefined): string {
  return end(layer, address, port, "addr").join(" && ");
}

/** UTF-16 position of a byte position, since the server counts bytes. */
export function charAt(text: string, byte: number): number {
  if (byte <= 0) return 0;
  return new TextDecoder().decode(new TextEncoder().encode(text).slice(0, byte)).length;
}

/** Byte position of a UTF-16 position. */
export function byteAt(text: string, char: number): number {
  return new TextEncoder().encode(text.slice(0, char)).length;
}

/** The value part of a ready-made "field == value", "" when it has none. */
export function filterValue(filter: string): string {
  const m = / == (.*)$/s.exec(filter);
  return m ? m[1]! : "";
}
