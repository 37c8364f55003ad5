/** Stored runs beside each other. */
import type { BacktestDocument } from './document.ts';
import { figureGroups } from './summary.ts';

export interface Comparison {
  /** Names of figures, and for each run its text; runs in the order given. */
  readonly rows: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** Settings, period, data or assumptions that are not the same in all. */
  readonly differing: readonly { readonly name: string; readonly values: readonly string[] }[];
}

type Json = Readonly<Record<string, unknown>>;

const flat = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

/** Parts of a document that make a result what it is. */
function causes(document: BacktestDocument): Json {
  const prefixed = (prefix: string, value: unknown): [string, unknown][] =>
    Object.entries((value ?? {}) as Json).map(([key, each]) => [`${prefix} ${key}`, each]);
  return Object.fromEntries([
    ['kind', document.kind],
    ['pairs', document.pairs.join(', ')],
    ['from', new Date(document.from).toISOString()],
    ['to', new Date(document.to).toISOString()],
    ['interval, ms', document.intervalMs],
    ['data', document.data.map(({ sha256 }) => sha256?.slice(0, 12) ?? '–').join(', ')],
    ['code', document.code.commit?.slice(0, 12) ?? document.code.version],
    ...prefixed('setting', document.settings),
    ...prefixed('assumed', document.assumptions),
    ...prefixed('funds', document.funds),
  ]);
}

export function compareDocuments(documents: readonly BacktestDocument[]): Comparison {
  const figures = documents.map((document) => figureGroups(document).flatMap((group) => group.figures));
  const names = [...new Set(figures.flatMap((rows) => rows.map(({ name }) => name)))];
  const made = documents.map(causes);
  const keys = [...new Set(made.flatMap((each) => Object.keys(each)))];
  return {
    rows: names.map((name) => ({ name, values: figures.map((rows) => rows.find((row) => row.name === name)?.value ?? '–') })),
    differing: keys
      .map((name) => ({ name, values: made.map((each) => flat(each[name])) }))
      .filter(({ values }) => new Set(values).size > 1),
  };
}
