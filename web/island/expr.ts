// The filter language of every table that is not packets: `field op value`
// joined by and, or, not, with parentheses; bare words match any column.
//
//   user == app and cpu > 5        state in {ESTAB, CLOSE-WAIT}
//   not name contains nginx        postgres
//
// A filter is empty, valid, partial (unfinished: keep the last result) or
// invalid (with the reason). It never selects silently wrong rows.

export type Value = string | number | boolean | null | undefined;
/** Values of a field: several when either side may match (port, addr). */
export type Lookup = (field: string) => Value | readonly Value[];

export interface Fields {
  /** Known names, with what they mean, for completion and messages. */
  readonly names: Readonly<Record<string, string>>;
}

export type Verdict<T> =
  | { readonly state: "empty" }
  | { readonly state: "valid"; readonly test: (row: T) => boolean }
  | { readonly state: "partial" | "invalid"; readonly reason: string };

export interface Reader<T> {
  value(row: T, field: string): Value | readonly Value[];
  /** Text that bare words are looked up in. */
  text(row: T): string;
}

type Test<T> = (row: T) => boolean;
interface Token {
  readonly kind: "word" | "string" | "op" | "(" | ")" | "{" | "}" | ",";
  readonly text: string;
}

class Wrong extends Error {
  constructor(
    message: string,
    readonly unfinished: boolean,
  ) {
    super(message);
  }
}

const operators = new Set(["==", "!=", ">=", "<=", ">", "<", "=", "eq", "ne", "gt", "lt", "ge", "le", "contains", "matches", "in"]);
const units: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4, ms: 1e6, us: 1e3, s: 1e9 };

function scan(text: string): Token[] {
  const out: Token[] = [];
  const re = /\s*(?:"((?:[^"\\]|\\.)*)("?)|(==|!=|>=|<=|&&|\|\||[<>=!])|([(){},])|([^\s"(){},=<>!&|]+|&|\|))/gy;
  let at = 0;
  while (at < text.length) {
    re.lastIndex = at;
    const m = re.exec(text);
    if (!m) break;
    at = re.lastIndex;
    if (m[1] !== undefined) {
      if (!m[2]) throw new Wrong("The quoted text is not closed", true);
      out.push({ kind: "string", text: m[1].replace(/\\(.)/g, "$1") });
    } else if (m[3]) out.push({ kind: "op", text: m[3] });
    else if (m[4]) out.push({ kind: m[4] as Token["kind"], text: m[4] });
    else if (m[5]) out.push({ kind: operators.has(m[5].toLowerCase()) ? "op" : "word", text: m[5] });
  }
  return out;
}

export function compile<T>(text: string, fields: Fields, reader: Reader<T>): Verdict<T> {
  if (!text.trim()) return { state: "empty" };
  try {
    return { state: "valid", test: new Parser(scan(text), fields, reader).parse() };
  } catch (e) {
    if (!(e instanceof Wrong)) throw e;
    return { state: e.unfinished ? "partial" : "invalid", reason: e.message };
  }
}

class Parser<T> {
  private i = 0;
  constructor(
    private readonly tokens: readonly Token[],
    private readonly fields: Fields,
    private readonly reader: Reader<T>,
  ) {}

  parse(): Test<T> {
    const t = this.or();
    if (this.i < this.tokens.length) throw new Wrong(`“${this.tokens[this.i]!.text}” is not expected here`, false);
    return t;
  }

  private is(...words: readonly string[]): boolean {
    const t = this.tokens[this.i];
    return !!t && t.kind !== "string" && words.includes(t.text.toLowerCase());
  }

  private or(): Test<T> {
    let left = this.and();
    while (this.is("or", "||")) {
      this.i++;
      const a = left;
      const b = this.and();
      left = (r) => a(r) || b(r);
    }
    return left;
  }

  private and(): Test<T> {
    let left = this.not();
    for (;;) {
      if (this.is("and", "&&")) this.i++;
      else if (this.i >= this.tokens.length || this.is("or", "||", ")")) return left;
      const a = left;
      const b = this.not();
      left = (r) => a(r) && b(r);
    }
  }

  private not(): Test<T> {
    if (this.is("not", "!")) {
      this.i++;
      const a = this.not();
      return (r) => !a(r);
    }
    if (this.is("(")) {
      this.i++;
      const a = this.or();
      if (!this.is(")")) throw new Wrong("A “)” is missing", true);
      this.i++;
      return a;
    }
    return this.term();
  }

  private term(): Test<T> {
    const t = this.tokens[this.i];
    if (!t) throw new Wrong(this.i === 0 ? "A word or a field is expected" : `Something is expected after “${this.tokens[this.i - 1]!.text}”`, true);
    if (t.kind !== "word" && t.kind !== "string") throw new Wrong(`A field or a word is expected before “${t.text}”`, false);
    this.i++;
    const op = this.tokens[this.i];
    if (t.kind === "string" || op?.kind !== "op" || op.text === "!") {
      const word = t.text.toLowerCase();
      return (r) => this.reader.text(r).toLowerCase().includes(word);
    }
    this.i++;
    const field = t.text.toLowerCase();
    if (!(field in this.fields.names)) {
      const near = nearest(field, Object.keys(this.fields.names));
      throw new Wrong(`“${t.text}” is not a field here${near ? `. Did you mean ${near}?` : ""}`, false);
    }
    const name = { "=": "==", eq: "==", ne: "!=", gt: ">", lt: "<", ge: ">=", le: "<=" }[op.text.toLowerCase()] ?? op.text.toLowerCase();
    if (name === "in") return this.set(field);
    const v = this.operand(op.text);
    return this.relation(field, name, v);
  }

  private operand(after: string): string {
    const v = this.tokens[this.i];
    if (!v) throw new Wrong(`A value is expected after “${after}”`, true);
    if (v.kind !== "word" && v.kind !== "string") throw new Wrong(`A value is expected before “${v.text}”`, false);
    this.i++;
    return v.text;
  }

  private set(field: string): Test<T> {
    if (!this.is("{")) throw new Wrong("A list such as {a, b} is expected after “in”", this.i >= this.tokens.length);
    this.i++;
    const of: string[] = [];
    while (!this.is("}")) {
      if (this.i >= this.tokens.length) throw new Wrong("A “}” is missing", true);
      if (this.is(",")) this.i++;
      else of.push(this.operand("{"));
    }
    this.i++;
    const tests = of.map((v) => this.relation(field, "==", v));
    return (r) => tests.some((t) => t(r));
  }

  private values(row: T, field: string): readonly Value[] {
    const v = this.reader.value(row, field);
    return Array.isArray(v) ? (v as readonly Value[]) : [v as Value];
  }

  private relation(field: string, op: string, text: string): Test<T> {
    const lower = text.toLowerCase();
    const m = /^(-?\d+(?:\.\d+)?)([a-z]*)$/i.exec(text);
    const unit = m?.[2] ? units[m[2].toLowerCase()] : 1;
    const number = m && unit !== undefined ? Number(m[1]) * unit : Number.NaN;
    switch (op) {
      case "==":
        return (r) => this.values(r, field).some((v) => (typeof v === "number" ? v === number : String(v ?? "").toLowerCase() === lower));
      case "!=":
        return (r) => this.values(r, field).every((v) => (typeof v === "number" ? v !== number : String(v ?? "").toLowerCase() !== lower));
      case "contains":
        return (r) => this.values(r, field).some((v) => String(v ?? "").toLowerCase().includes(lower));
      case "matches": {
        let re: RegExp;
        try {
          re = new RegExp(text, "i");
        } catch {
          throw new Wrong(`“${text}” is not a regular expression`, false);
        }
        return (r) => this.values(r, field).some((v) => re.test(String(v ?? "")));
      }
    }
    if (Number.isNaN(number)) throw new Wrong(`A number is expected after “${op}”, not “${text}”`, false);
    const than = (v: number): boolean => (op === ">" ? v > number : op === "<" ? v < number : op === ">=" ? v >= number : v <= number);
    return (r) => this.values(r, field).some((v) => typeof v === "number" && than(v));
  }
}

/** The known word at edit distance 1 or 2, if any. */
export function nearest(word: string, known: readonly string[]): string {
  let best = "";
  let at = 3;
  for (const k of known) {
    const d = distance(word, k, at);
    if (d < at) {
      at = d;
      best = k;
    }
  }
  return best;
}

function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Clauses of an and-only filter, for chips that toggle one of them. */
export function clauses(text: string): string[] {
  return text.split(/\s+and\s+/i).map((c) => c.trim()).filter(Boolean);
}

/** The filter with its clauses on a field replaced by one (or by none). */
export function withClause(text: string, field: string, clause: string): string {
  const rest = clauses(text).filter((c) => !new RegExp(`^${field}\\b`, "i").test(c));
  return (clause ? [clause, ...rest] : rest).join(" and ");
}
