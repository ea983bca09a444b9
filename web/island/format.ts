// Figures to text, as the tools print them: memory and files in 1024s as top
// does, packet bytes in SI, rates in bits unless asked for bytes.
import { get } from "./address";

const thousands = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 1234567 -> "1,234,567" */
export function count(n: number): string {
  return thousands.format(n);
}

/** Bytes in 1024s: 0, 812B, 7.6K, 24M, 1.9G */
export function size(bytes: number): string {
  if (!bytes) return "0";
  let v = bytes;
  let i = 0;
  while (v >= 1024 && i < 5) {
    v /= 1024;
    i++;
  }
  return i === 0 ? `${Math.round(v)}B` : (v < 9.95 ? v.toFixed(1) : String(Math.round(v))) + "BKMGTP"[i];
}

/** Bytes in SI: 12 B, 281 kB, 1.72 GB */
export function bytes(b: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let v = b;
  let i = 0;
  while (v >= 1000 && i < 5) {
    v /= 1000;
    i++;
  }
  return `${i === 0 ? Math.round(v) : v < 10 ? v.toFixed(2) : v < 100 ? v.toFixed(1) : Math.round(v)} ${units[i]}`;
}

/** A rate given in bytes a second: bits ("868Mb"), or bytes with ?unit=bytes ("108M"). */
export function rate(bytesPerSecond: number): string {
  if (get("unit") === "bytes") return size(bytesPerSecond);
  return bits(bytesPerSecond * 8);
}

/** Bits a second: 0, 812b, 7.6kb, 51.8Mb, 1.00Gb */
export function bits(bps: number): string {
  if (bps < 0.5) return "0";
  const units = ["b", "kb", "Mb", "Gb", "Tb"];
  let v = bps;
  let i = 0;
  while (v >= 999.5 && i < 4) {
    v /= 1000;
    i++;
  }
  return (i === 0 ? Math.round(v) : v < 10 && i > 1 ? v.toFixed(2) : v < 100 ? v.toFixed(1) : Math.round(v)) + units[i]!;
}

/** Nanoseconds as "812 µs", "4.21 ms", "1.30 s", "12 min", "3 h 5 min". */
export function duration(ns: number): string {
  if (ns < 1000) return `${Math.round(ns)} ns`;
  const us = ns / 1000;
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e4 ? 2 : us < 1e5 ? 1 : 0)} ms`;
  const s = us / 1e6;
  if (s < 60) return `${s.toFixed(s < 10 ? 2 : 1)} s`;
  return ago(s);
}

/** Seconds as people say them: "12 s", "13 min", "4 h 20 min", "9 d 18 h". */
export function ago(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** Compact age for a column: 12s, 13m, 4h, 9d */
export function age(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86400)}d`;
}

/** TIME+ of top: minutes, seconds, hundredths of CPU time given in nanoseconds. */
export function cpuTime(ns: number): string {
  const cs = Math.floor(ns / 1e7);
  const m = Math.floor(cs / 6000);
  return `${m}:${String(Math.floor((cs % 6000) / 100)).padStart(2, "0")}.${String(cs % 100).padStart(2, "0")}`;
}

/** Uptime as "41d 06:12". */
export function uptime(seconds: number): string {
  const d = Math.floor(seconds / 86400);
  const h = Math.floor((seconds % 86400) / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  return `${d ? `${d}d ` : ""}${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** HH:MM:SS of a time in milliseconds, UTC: the host's clock, not the reader's zone. */
export function clock(ms: number): string {
  const d = new Date(ms);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

/** "Tue 10 Feb" */
export function date(ms: number): string {
  return day.format(ms).replace(",", "");
}

/** A moment for lists: today the clock, yesterday by name, else the date. */
export function when(ms: number, now = Date.now()): string {
  const days = Math.floor(now / 86.4e6) - Math.floor(ms / 86.4e6);
  if (days === 0) return clock(ms);
  if (days === 1) return `Yesterday ${clock(ms).slice(0, 5)}`;
  return `${date(ms)} ${clock(ms).slice(0, 5)}`;
}

/** A ratio as percent: 0.123 -> "12.3". */
export function percent(ratio: number, digits = 1): string {
  return (ratio * 100).toFixed(digits);
}

/** Quotes a word for a shell line when it needs it. */
export function shell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
