/**
 * What a sweep is to make large, or must keep: a formula over the figures of a run, such as
 * "profit / drawdown" or "profit > 0 and drawdown < 0.2". Numbers, names of figures, + - * / ( ), min, max, abs, sqrt, log,
 * comparisons (1 when true, else 0), and, or, not. A division by zero gives no number, and a run without one comes last.
 */
import { SweepError } from './sweep-error.ts';

export type Figures = Readonly<Record<string, number>>;
export type Formula = (figures: Figures) => number;

type Token = { readonly kind: 'number' | 'name' | 'sign'; readonly text: string; readonly at: number };

const longest = 500;
const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  min: Math.min,
  max: Math.max,
  abs: Math.abs,
  sqrt: Math.sqrt,
  log: Math.log,
};
const arity: Readonly<Record<string, number>> = { min: 2, max: 2, abs: 1, sqrt: 1, log: 1 };
const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** @throws SweepError `formula-malformed`, saying where; `names` are the figures that there are */
export function readFormula(text: string, names: readonly string[]): Formula {
  return new Reader(text, names).read();
}

class Reader {
  readonly #text: string;
  readonly #names: ReadonlySet<string>;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, names: readonly string[]) {
    this.#text = text;
    this.#names = new Set(names);
    if (text.length > longest) throw this.#fault(longest, `it is longer than ${longest} characters`);
    this.#tokens = this.#split();
  }

  read(): Formula {
    const formula = this.#either();
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw this.#fault(rest.at, `"${rest.text}" is not expected here`);
    return formula;
  }

  #split(): Token[] {
    const tokens: Token[] = [];
    const pattern = /\s+|(\d+(?:\.\d+)?)|([A-Za-z][A-Za-z0-9]*)|(<=|>=|[-+*/()<>,])/gy;
    while (pattern.lastIndex < this.#text.length) {
      const at = pattern.lastIndex;
      const match = pattern.exec(this.#text);
      if (match === null) throw this.#fault(at, `"${this.#text[at]}" means nothing in a formula`);
      const [, number, name, sign] = match;
      if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
      else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
      else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
    }
    return tokens;
  }

  #fault(at: number, why: string): SweepError {
    return new SweepError('formula-malformed', `"${this.#text.slice(0, longest)}" at character ${at + 1}: ${why}`);
  }

  #take(...texts: readonly string[]): string | undefined {
    const token = this.#tokens[this.#next];
    if (token === undefined || !texts.includes(token.text)) return undefined;
    this.#next += 1;
    return token.text;
  }

  #either(): Formula {
    let left = this.#both();
    while (this.#take('or')) left = joined(left, this.#both(), (a, b) => (a !== 0 || b !== 0 ? 1 : 0));
    return left;
  }

  #both(): Formula {
    let left = this.#comparison();
    while (this.#take('and')) left = joined(left, this.#comparison(), (a, b) => (a !== 0 && b !== 0 ? 1 : 0));
    return left;
  }

  #comparison(): Formula {
    if (this.#take('not')) {
      const value = this.#comparison();
      return (figures) => (value(figures) === 0 ? 1 : 0);
    }
    const left = this.#sum();
    const sign = this.#take('<', '<=', '>', '>=');
    const compare = sign === undefined ? undefined : comparisons[sign];
    return compare === undefined ? left : joined(left, this.#sum(), (a, b) => (compare(a, b) ? 1 : 0));
  }

  #sum(): Formula {
    let left = this.#product();
    for (let sign = this.#take('+', '-'); sign !== undefined; sign = this.#take('+', '-'))
      left = joined(left, this.#product(), sign === '+' ? (a, b) => a + b : (a, b) => a - b);
    return left;
  }

  #product(): Formula {
    let left = this.#factor();
    for (let sign = this.#take('*', '/'); sign !== undefined; sign = this.#take('*', '/'))
      left = joined(left, this.#factor(), sign === '*' ? (a, b) => a * b : (a, b) => (b === 0 ? Number.NaN : a / b));
    return left;
  }

  #factor(): Formula {
    this.#depth += 1;
    if (this.#depth > 50) throw this.#fault(0, 'it is nested more than 50 deep');
    try {
      return this.#inner();
    } finally {
      this.#depth -= 1;
    }
  }

  #inner(): Formula {
    if (this.#take('-')) {
      const value = this.#factor();
      return (figures) => -value(figures);
    }
    if (this.#take('(')) {
      const value = this.#either();
      this.#close();
      return value;
    }
    const token = this.#tokens[this.#next];
    if (token === undefined) throw this.#fault(this.#text.length, 'it ends too early');
    this.#next += 1;
    if (token.kind === 'number') {
      const value = Number(token.text);
      return () => value;
    }
    if (token.kind === 'sign') throw this.#fault(token.at, `"${token.text}" is not expected here`);
    return this.#named(token);
  }

  #named({ text, at }: Token): Formula {
    const apply = Object.hasOwn(functions, text) ? functions[text] : undefined;
    if (apply !== undefined) return this.#call(text, at, apply);
    if (!this.#names.has(text)) throw this.#fault(at, `"${text}" is no figure; there are ${[...this.#names].join(', ')}`);
    return (figures) => figures[text] ?? Number.NaN;
  }

  #call(name: string, at: number, apply: (...values: number[]) => number): Formula {
    if (!this.#take('(')) throw this.#fault(at, `"${name}" wants its values in brackets`);
    const values = [this.#either()];
    while (this.#take(',')) values.push(this.#either());
    this.#close();
    if (values.length !== arity[name]) throw this.#fault(at, `"${name}" takes ${arity[name]} values`);
    return (figures) => apply(...values.map((value) => value(figures)));
  }

  #close(): void {
    if (this.#take(')')) return;
    throw this.#fault(this.#tokens[this.#next]?.at ?? this.#text.length, 'a closing bracket is missing');
  }
}

const joined =
  (left: Formula, right: Formula, of: (a: number, b: number) => number): Formula =>
  (figures) =>
    of(left(figures), right(figures));
